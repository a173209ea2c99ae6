#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-demo.sh: the demo, with short scenes: every scene is told rightly; then a file of a name full of traps with
# prompts of its own; then what happens to a file that holds no video.
set -eu

cd "$CLIPTAG_SOURCE_ROOT"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export CLIPTAG_DEMO_DIR="$dir/demo" CLIPTAG_DEMO_SECONDS=1

fail () {
  echo "FAILED: $*"
  exit 1
}

# is_there FILE SIZE: at least so many bytes
is_there () {
  [ -f "$dir/demo/$1" ] || fail "$1 is missing"
  [ "$(wc -c < "$dir/demo/$1")" -ge "$2" ] || fail "$1 is too small"
}

sh pipelines/demo.sh
scenes=$(wc -l < "$dir/demo/truth.txt")
[ "$scenes" -ge 10 ] || fail "only $scenes scenes"
grep -qx "$scenes of $scenes scenes told rightly" "$dir/demo/result.txt" || fail "not every scene was told rightly"
is_there annotated.mp4 20000
is_there labelled.png 5000

cp "$dir/demo/recording.mp4" "$dir/a \"b\" 100% 'ü' #1 !.mp4"
sh pipelines/demo.sh "$dir/a \"b\" 100% 'ü' #1 !.mp4" 'a clear picture;colour bars, "quoted"\;' > "$dir/out"
cat "$dir/out"
is_there annotated.mp4 20000
grep -q '  a clear picture$' "$dir/demo/timeline.txt" || fail "the first prompt was not found"
grep -q '  colour bars, "quoted";$' "$dir/demo/timeline.txt" || fail "the second prompt was not found as it was given"

echo 'no video' > "$dir/text.mp4"
rc=0
sh pipelines/demo.sh "$dir/text.mp4" > "$dir/out" 2> "$dir/err" || rc=$?
cat "$dir/err"
[ "$rc" = 1 ] || fail "exit status $rc for a file without video"
[ "$(grep -c '^demo: ' "$dir/err")" = 1 ] || fail "expected one line of error"
