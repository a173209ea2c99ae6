#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-format.sh: C files are as clang-format 14 lays them out (.clang-format); other versions differ in details. Exit
# status 77 (skipped) where there is no clang-format-14, as after Debian 12.
set -eu
unset CDPATH

cd "${CLIPTAG_SOURCE_ROOT:-$(dirname "$0")/../..}"
command -v clang-format-14 > /dev/null || {
  echo "SKIP: clang-format-14 is missing, no file was checked" >&2
  exit 77
}

list=$(mktemp)
trap 'rm -f "$list"' EXIT
find engine plugin pipelines tests -name '*.[ch]' > "$list"
[ "$(wc -l < "$list")" -gt 100 ] || {
  echo "the sources were not found" >&2
  exit 1
}
xargs clang-format-14 --dry-run -Werror < "$list" || {
  echo "to mend it: clang-format-14 -i FILE..." >&2
  exit 1
}
