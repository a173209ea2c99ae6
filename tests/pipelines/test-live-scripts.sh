#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-live-scripts.sh: live-rtsp.sh and many-cameras.sh with a file of a name full of traps, which a server of their own
# plays, and that nothing of it is left running.
set -eu
unset CDPATH

cd "$CLIPTAG_SOURCE_ROOT"
# shellcheck source=/dev/null
. "$CLIPTAG_BUILD/pipelines/env.sh"
command -v rtsp-loop > /dev/null || {
  echo "skipped: built without gst-rtsp-server"
  exit 77
}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

fail () {
  echo "FAILED: $*"
  exit 1
}

file="$dir/a \"b\" 100% 'ü' #1 !.mp4"
gst-launch-1.0 -q videotestsrc num-buffers=50 pattern=ball ! video/x-raw,format=I420,width=160,height=120,framerate=25/1 \
  ! x264enc key-int-max=10 speed-preset=veryfast ! h264parse ! mp4mux ! filesink location="$dir/ball.mp4"
mv "$dir/ball.mp4" "$file"

# A busy machine may need longer before the first picture.
for seconds in 3 10 60; do
  sh pipelines/examples/live-rtsp.sh --seconds $seconds "$file" 'a ball;colour bars, "quoted"\;' > "$dir/out"
  cat "$dir/out"
  [ ! -s "$dir/out" ] || break
done
grep -q '%  a ball$' "$dir/out" || fail "live-rtsp.sh did not find the ball"

for seconds in 2 10 60; do
  sh pipelines/examples/many-cameras.sh --seconds $seconds --repeat 2 "$file" --frame-rate 1 > "$dir/out"
  tail -n 8 "$dir/out"
  ! grep -q '2 of 2 cameras' "$dir/out" || break
done
grep -q '2 of 2 cameras' "$dir/out" || fail "many-cameras.sh did not see two cameras"

rc=0
DISPLAY='' WAYLAND_DISPLAY='' sh pipelines/examples/live-rtsp.sh 'rtsp://admin:secret@127.0.0.1:1/none?pwd=secret' > "$dir/out" 2> "$dir/err" || rc=$?
cat "$dir/err"
[ "$rc" = 1 ] || fail "exit status $rc without a camera"
[ "$(grep -c '^live-rtsp: rtsp://127.0.0.1:1/none?pwd=\*\*\*: ' "$dir/err")" = 1 ] || fail "expected one line of error"
! grep -q secret "$dir/out" "$dir/err" "$CLIPTAG_BUILD/live-rtsp/errors.txt" || fail "a password was printed"

while read -r address; do
  ! timeout 20 gst-launch-1.0 -q rtspsrc location="$address" ! fakesink num-buffers=1 > /dev/null 2>&1 \
    || fail "$address is still served"
done < "$CLIPTAG_BUILD/live-rtsp/addresses"
