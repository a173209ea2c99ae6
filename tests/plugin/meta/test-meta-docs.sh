#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-meta-docs.sh GI-DOCGEN CONFIG GIR CONTENT: every symbol of the metadata library is documented, and its API pages
# are made without a warning (a broken link, say).
set -eu
unset CDPATH

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$1" check --quiet --fatal-warnings --config="$2" "$3"
"$1" generate --quiet --fatal-warnings --config="$2" --content-dir="$4" --no-namespace-dir --output-dir="$out" "$3"
test -s "$out/index.html" && test -s "$out/overview.html"
