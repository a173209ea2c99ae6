#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-spelling.sh: codespell finds no misspelled word, but for those of ignored-words.txt. Exit status 77 (skipped) where
# it is missing or not Debian 12's: each version has a dictionary of its own.
set -eu
unset CDPATH

cd "${CLIPTAG_SOURCE_ROOT:-$(dirname "$0")/../..}"
version=$(codespell --version 2> /dev/null) || version=
[ "$version" = 2.2.2 ] || {
  echo "SKIP: codespell 2.2.2 is missing${version:+ (this is $version)}, no file was checked" >&2
  exit 77
}
list=$(mktemp)
trap 'rm -f "$list"' EXIT
# Data are not spelled: models, golden files, and the HTML standard's names.
find . -type d \( -path './.git' -o -path './build*' -o -path './obj-*' -o -path './tests/golden/?*' \) -prune -o -type f \
  \( -name '*.[ch]' -o -name '*.sh' -o -name '*.py' -o -name '*.md' -o -name '*.txt' -o -name '*.in' -o -name '*.supp' \
  -o -name 'meson.build' -o -path './debian/[a-z]*' \) ! -name merges.txt ! -name html-entities.c ! -name ignored-words.txt \
  -print > "$list"
[ "$(wc -l < "$list")" -gt 100 ] || {
  echo "the files were not found" >&2
  exit 1
}
xargs codespell --ignore-words tests/style/ignored-words.txt < "$list"
