#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-commits.sh: subjects of commits after the one below are "area: what" in at most 72 columns; earlier ones cannot be
# changed any more. Exit status 77 (skipped) without a history that reaches back to it.
set -eu
unset CDPATH

since=745d19a7c45dd631e21ce921a98c40fed7d9ff8c

cd "${CLIPTAG_SOURCE_ROOT:-$(dirname "$0")/../..}"

skip () {
  echo "SKIP: $*, no commit was checked" >&2
  exit 77
}

command -v git > /dev/null || skip "git is missing"
[ "$(git rev-parse --show-toplevel 2> /dev/null)" = "$(pwd -P)" ] || skip "this is no git checkout"
git merge-base --is-ancestor "$since" HEAD 2> /dev/null || skip "the history does not reach back to $since"

# awk counts bytes in some implementations and locales, so wc counts the characters.
failed=
subjects=$(mktemp)
trap 'rm -f "$subjects"' EXIT
git log --no-merges --format='%h %s' "$since..HEAD" > "$subjects"
while read -r commit subject; do
  columns=$(printf '%s' "$subject" | LC_ALL=C.UTF-8 wc -m)
  if [ "$columns" -gt 72 ]; then
    echo "$commit: the subject has $columns columns, at most are 72: $subject" >&2
    failed=yes
  fi
  printf '%s\n' "$subject" | grep -qE '^(Revert ")?[a-z0-9.][^:]*: [^ ]' || {
    echo "$commit: the subject is not \"area: what\": $subject" >&2
    failed=yes
  }
done < "$subjects"
echo "$(wc -l < "$subjects") commits since $since"
[ -z "$failed" ]
