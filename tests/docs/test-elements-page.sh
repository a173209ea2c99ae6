#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-elements-page.sh GENERATOR PLUGIN TEMPLATE PAGE: the page is what the generator makes today.
set -eu
unset CDPATH

made=$(mktemp)
trap 'rm -f "$made"' EXIT
"$1" "$2" "$3" "$made"
if ! cmp -s "$made" "$4"; then
  diff -u "$4" "$made" >&2 || true
  echo "docs/elements.md is out of date: run \"ninja -C build docs-elements\" and commit it" >&2
  exit 1
fi
