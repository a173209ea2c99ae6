#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-shell.sh: shellcheck has nothing to say about the scripts. Exit status 77 (skipped) where it is missing.
set -eu
unset CDPATH

cd "${CLIPTAG_SOURCE_ROOT:-$(dirname "$0")/../..}"
command -v shellcheck > /dev/null || {
  echo "SKIP: shellcheck is missing, no script was checked" >&2
  exit 77
}
list=$(mktemp)
trap 'rm -f "$list"' EXIT
find engine plugin pipelines tests findings -name '*.sh' > "$list"
[ "$(wc -l < "$list")" -gt 10 ] || {
  echo "the scripts were not found" >&2
  exit 1
}
xargs shellcheck -s sh < "$list"
shellcheck .ci/run
