#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-demo.sh: the demo, with short scenes: every scene is recognised by its event; then a file of a name full of traps
# with prompts of its own; then files, one without a decoder, one without video, and a folder; sound is kept; what a run
# left is still there after the next; turned pictures come out upright.
set -eu
unset CDPATH

cd "$CLIPTAG_SOURCE_ROOT"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
export CLIPTAG_DEMO_DIR="$dir/demo" CLIPTAG_DEMO_SECONDS=2

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
grep -qx "$scenes of $scenes scenes recognised" "$dir/demo/result.txt" || fail "not every scene was recognised"
is_there annotated.mp4 20000
is_there labelled.png 5000

cp "$dir/demo/recording.mp4" "$dir/a \"b\" 100% 'ü' #1 !.mp4"
sh pipelines/demo.sh "$dir/a \"b\" 100% 'ü' #1 !.mp4" 'a clear picture;colour bars, "quoted"\;' > "$dir/out" 2> "$dir/err"
cat "$dir/out" "$dir/err"
grep -q "warning: model camera-health never learned the word 'quoted'" "$dir/err" || fail "a warning was not shown"
is_there annotated.mp4 20000
grep -q '  a clear picture$' "$dir/demo/timeline.txt" || fail "the first prompt was not found"
grep -q '  colour bars, "quoted";$' "$dir/demo/timeline.txt" || fail "the second prompt was not found as it was given"

[ -f "$dir/demo/earlier-1/result.txt" ] || fail "the second run deleted the first one's results"
[ ! -e "$dir/demo/recording.mp4" ] || fail "the first run's recording is taken for the second one's"

# sound FILE: how many bytes of sound (mono, 8 bits, 8000 a second) it has
sound () {
  gst-launch-1.0 -q uridecodebin uri="file://$1" caps=audio/x-raw expose-all-streams=false ! audioconvert \
    ! audioresample ! audio/x-raw,format=S8,channels=1,rate=8000 ! filesink location="$dir/sound" > /dev/null 2>&1 || :
  wc -c < "$dir/sound"
}
# Whole blocks of 16: padded pictures make the decoder of GStreamer 1.26 abort now and then.
pictures="videotestsrc num-buffers=50 pattern=ball ! video/x-raw,format=I420,width=160,height=128,framerate=25/1"
mkdir -p "$dir/folder/2026" "$dir/folder/empty"
# Splitting is meant.
# shellcheck disable=SC2086
gst-launch-1.0 -q $pictures ! x264enc speed-preset=veryfast ! h264parse ! mp4mux name=mux \
  ! filesink location="$dir/folder/sound.MP4" \
  audiotestsrc num-buffers=88 samplesperbuffer=1000 ! audio/x-raw,rate=44100 ! avenc_aac ! mux.
# shellcheck disable=SC2086
gst-launch-1.0 -q $pictures ! theoraenc ! oggmux ! filesink location="$dir/folder/2026/sound.ogv"
gst-launch-1.0 -q audiotestsrc num-buffers=88 ! avenc_aac ! mp4mux ! filesink location="$dir/only-sound.mp4"
echo 'no video' > "$dir/folder/read me.txt"
echo 'no video' > "$dir/text.mp4"

# without_h264 COMMAND…: as if no decoder of it were installed
without_h264 () {
  ranks=
  for decoder in $(gst-inspect-1.0 | sed -n 's/^[^:]*: *\([a-z0-9_]*h264[a-z0-9_]*dec\|[a-z0-9]*dec_h264\|openh264dec\):.*/\1/p'); do
    ranks="$ranks$decoder:NONE,"
  done
  GST_PLUGIN_FEATURE_RANK=$ranks "$@"
}

# run NAME STATUS ARGUMENTS…: leaves $dir/out and $dir/err
run () {
  name=$1 status=$2
  shift 2
  rc=0
  "$@" > "$dir/out" 2> "$dir/err" || rc=$?
  cat "$dir/out" "$dir/err"
  [ "$rc" = "$status" ] || fail "$name: exit status $rc instead of $status"
}

run 'several' 1 sh pipelines/demo.sh --prompts 'a ball;colour bars' "$dir/text.mp4" "$dir/folder" "$dir/only-sound.mp4"
[ "$(grep -c '%  a ball$' "$dir/out")" = 2 ] || fail "two of four inputs have a ball"
[ "$(grep -c '^demo: .*: there is no video in it$' "$dir/err")" = 1 ] || fail "expected one file without video"
[ "$(grep -c "^demo: $dir/text.mp4: " "$dir/err")" = 1 ] || fail "expected one line of error for the text"
grep -qx 'demo: 2 of 4 inputs failed' "$dir/err" || fail "expected two failures"
is_there of-sound.MP4/annotated.mp4 5000
is_there of-sound.MP4/labelled.png 1000
is_there of-sound.ogv/annotated.mp4 5000
n=$(sound "$dir/demo/of-sound.MP4/annotated.mp4")
[ "$n" -ge 15000 ] || fail "two seconds of sound have become $n samples"
[ "$n" -le 17000 ] || fail "two seconds of sound have become $n samples"
[ "$(sound "$dir/demo/of-sound.ogv/annotated.mp4")" = 0 ] || fail "where does this sound come from?"
[ -f "$dir/demo/earlier-2/timeline.txt" ] || fail "the third run deleted the second one's results"

# The first run's recording, where it is now.
run 'what an earlier run left' 0 sh pipelines/demo.sh "$dir/demo/of-sound.MP4/annotated.mp4"
is_there annotated.mp4 5000
[ -d "$dir/demo/earlier-3/of-sound.MP4" ] || fail "the fourth run deleted the third one's results"

run 'no decoder' 1 without_h264 sh pipelines/demo.sh "$dir/folder/sound.MP4"
[ "$(grep -c '^demo: .*: no decoder for H.264.* is installed; .*gstreamer1.0-libav$' "$dir/err")" = 1 ] \
  || fail "the missing decoder was not named"

# A telephone's recording: turned clockwise by its display matrix, which is the tkhd box's.
python3 - "$dir/folder/sound.MP4" "$dir/turned.mp4" << 'END'
import struct, sys
data = bytearray(open(sys.argv[1], "rb").read())
at = data.index(b"tkhd") + 44
data[at:at + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 128 << 16, 0, 1 << 30)
open(sys.argv[2], "wb").write(data)
END
run 'turned' 0 sh pipelines/demo.sh "$dir/turned.mp4"
size=$(od -An -tu1 -j 18 -N 6 "$dir/demo/labelled.png" | tr -s ' ')
[ "$size" = ' 0 128 0 0 0 160' ] || fail "a picture of 160x128 that is to be turned came out with the size$size"
