#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-elements-errors.sh SOURCE: the tables of errors in docs/elements.in.md have the domains and codes that the
# sources name, folder by folder, and no others.
set -eu
unset CDPATH

cd "$1"
rows=$(mktemp)
posts=$(mktemp)
trap 'rm -f "$rows" "$posts"' EXIT

# Lists of "folder DOMAIN CODE".
awk -F '|' '
  /^<!-- errors: / { folder = $0; sub(/^<!-- errors: /, "", folder); sub(/ -->$/, "", folder); next }
  /^\| (error|warning|error or warning) \|/ && folder { gsub(/ /, ""); print folder, $3, $4; next }
  /^#/ { folder = "" }' docs/elements.in.md | sort -u >"$rows"

# A macro's arguments may be on lines of their own; some errors are mapped to codes.
for folder in tagger overlay log common; do
  cat plugin/$folder/*.[ch] | tr '\n' ' ' |
    grep -oE 'GST_ELEMENT_(ERROR|WARNING) \([^,]*, *[A-Z]+, *[A-Z_]+|GST_(RESOURCE|STREAM)_ERROR_[A-Z_]+' |
    sed -E "s/GST_ELEMENT_[A-Z]+ \([^,]*, *([A-Z]+), *([A-Z_]+)/$folder \1 \2/" |
    sed -E "s/GST_([A-Z]+)_ERROR_([A-Z_]+)/$folder \1 \2/"
done | sort -u >"$posts"

[ -s "$posts" ] || { echo 'no error was found in the sources' >&2; exit 1; }
if ! cmp -s "$rows" "$posts"; then
  echo 'docs/elements.in.md (-) and the sources (+) differ in: folder, domain, code' >&2
  diff -u "$rows" "$posts" >&2 || true
  exit 1
fi
