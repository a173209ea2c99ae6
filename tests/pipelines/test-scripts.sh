#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-scripts.sh: every script parses, has no findings of shellcheck where that is installed, and refuses wrong usage
# in one line without doing anything.
set -eu

cd "$CLIPTAG_SOURCE_ROOT"
failed=0
found=0

for script in pipelines/*.sh tests/*.sh tests/*/*.sh; do
  [ -f "$script" ] || continue
  found=$((found + 1))
  sh -n "$script" || failed=1
  if command -v shellcheck > /dev/null; then
    shellcheck -s sh "$script" || failed=1
  fi
done
if [ $found -lt 5 ]; then
  echo "FAILED: only $found scripts were found"
  failed=1
fi

# refuses COMMAND…
refuses () {
  rc=0
  "$@" > out 2> err || rc=$?
  if [ "$rc" != 2 ] || [ -s out ] || [ "$(wc -l < err)" != 1 ]; then
    echo "FAILED: $*: exit status $rc and" "$(cat out err)"
    failed=1
  fi
}

root=$PWD
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
refuses sh "$root/pipelines/demo.sh" --bad
refuses sh "$root/pipelines/demo.sh" ''
refuses sh "$root/pipelines/demo.sh" 'no such file.mp4'
refuses sh "$root/pipelines/demo.sh" a b c
refuses sh "$root/pipelines/setup.sh" --bad
refuses sh "$root/tests/run.sh" --bad
refuses sh "$root/tests/sanitize.sh" --bad
refuses sh "$root/tests/fuzz.sh"
refuses sh "$root/tests/fuzz.sh" soon
refuses sh "$root/pipelines/live-rtsp.sh" --bad
refuses sh "$root/pipelines/live-rtsp.sh" --seconds soon
refuses sh "$root/pipelines/live-rtsp.sh" 'no such file.mp4'
refuses sh "$root/pipelines/live-rtsp.sh" a b c
sh "$root/pipelines/live-rtsp.sh" --help | grep -q PROMPTS || failed=1
sh "$root/pipelines/many-cameras.sh" --help | grep -q FILE || failed=1
sh "$root/pipelines/demo.sh" --help | grep -q PROMPTS || failed=1
exit $failed
