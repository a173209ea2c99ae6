#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-timeline-events.sh: from frames to a timeline, with a recording of known faults: cliptagger's events and those that
# `cliptag timeline` makes of the scores are the same ones, in every kind of log, behind an encoder too.
set -eu
unset CDPATH

# shellcheck source=/dev/null
. "$CLIPTAG_BUILD/pipelines/env.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

fail () {
  echo "FAILED: $*"
  failed=1
}

# same NAME FILE FILE
same () {
  diff "$2" "$3" > "$dir/diff" || fail "$1: $(cat "$dir/diff")"
}

# label LOG LEVEL ELEMENT…: labels the recording, with elements between cliptagger and cliplog
label () {
  log=$1 level=$2
  shift 2
  gst-launch-1.0 -q filesrc location="$dir/recording.mp4" ! decodebin ! videoconvert ! cliptagger frame-rate=5 "$@" \
    ! cliplog level="$level" location="$dir/$log" source=street ! fakesink > "$dir/printed" 2>&1 \
    || fail "$log: $(cat "$dir/printed")"
}

# once LOG: each event has one start and one end, no news comes twice, and nothing behind the end.
once () {
  sed -n 's/^{"event":"\([a-z]*\)","id":\([0-9]*\),.*"samples":\([0-9]*\).*/\1 \2 \3/p' "$dir/$1" > "$dir/news"
  awk '
    $1 == "start" && started[$2]++ || $1 == "end" && ended[$2]++ || seen[$0]++ || $1 != "end" && ended[$2] { print "twice, or late:", $0 }
    END { for (id in started) if (!ended[id]) print "no end:", id; for (id in ended) if (!started[id]) print "no start:", id }
  ' "$dir/news" > "$dir/wrong"
  [ -s "$dir/news" ] || fail "$1: there is no event"
  [ ! -s "$dir/wrong" ] || fail "$1: $(cat "$dir/wrong")"
}

demo-recording --seconds 2 "$dir/recording.mp4" > "$dir/truth"
label both.jsonl both
label events.jsonl events
label changes.jsonl changes
once both.jsonl
once events.jsonl
cliptag timeline "$dir/both.jsonl" > "$dir/both"
# A log does not tell that "clear" is to make no events.
cliptag timeline --hold-time=1 "$dir/both.jsonl" | grep -v '%  clear$' > "$dir/scores"
cliptag timeline "$dir/events.jsonl" > "$dir/events"
cat "$dir/both"
same 'made of the scores' "$dir/both" "$dir/scores"
same 'of events only' "$dir/both" "$dir/events"

# found FILE: each scene's label is there in the middle of the scene; where the camera is well that need not be an event.
found () {
  awk '
    function seconds (t, part) { split (t, part, ":"); return part[1] * 3600 + part[2] * 60 + part[3]; }
    FILENAME == ARGV[1] { n++; from[n] = seconds ($1); to[n] = /  \(open\)$/ ? 1e9 : seconds ($3); sub (/.*%  /, ""); sub (/  \(open\)$/, ""); label[n] = $0; next }
    {
      middle = (seconds ($1) + seconds ($3)) / 2;
      sub (/^[^ ]* - [^ ]*  /, "");
      ok = $0 == "clear";
      for (i = 1; i <= n; i++) ok = ok || from[i] <= middle && middle <= to[i] && label[i] == $0;
      if (!ok) print "no", $0;
    }' "$1" "$dir/truth"
}
[ -z "$(found "$dir/both")" ] || fail "events: $(found "$dir/both")"
cliptag timeline "$dir/changes.jsonl" > "$dir/changes"
[ -z "$(found "$dir/changes")" ] || fail "changes: $(found "$dir/changes")"
n=$(wc -l < "$dir/changes.jsonl")
[ "$n" -lt 40 ] || fail "changes: $n lines for 14 scenes"

# Frames out of order, each cut into several buffers; those between samples dropped; repeated.
label encoded.jsonl both ! x264enc bframes=3 b-adapt=false key-int-max=50 speed-preset=ultrafast threads=1 ! h264parse \
  ! video/x-h264,alignment=nal,stream-format=byte-stream
once encoded.jsonl
cliptag timeline "$dir/encoded.jsonl" > "$dir/encoded"
same 'behind an encoder' "$dir/both" "$dir/encoded"
label repeated.jsonl events ! videorate ! video/x-raw,framerate=60/1
once repeated.jsonl
cliptag timeline "$dir/repeated.jsonl" > "$dir/repeated"
same 'repeated' "$dir/both" "$dir/repeated"

# Groups and a zone, whose labels all make events.
cat > "$dir/prompts.json" << 'END'
{"version": 1,
 "groups": [{"name": "light", "prompts": [{"text": "a clear picture", "label": "ok"}, {"text": "a dark picture", "label": "dark"}]},
            {"name": "sharp", "prompts": [{"text": "a clear picture", "label": "ok"}, {"text": "a blurred picture", "label": "blurred"}]}],
 "zones": [{"name": "left", "box": [0, 0, 0.5, 1],
            "prompts": [{"text": "a clear picture", "label": "free"}, {"text": "a covered lens", "label": "covered"}]}]}
END
gst-launch-1.0 -q filesrc location="$dir/recording.mp4" ! decodebin ! videoconvert \
  ! cliptagger frame-rate=5 top-k=0 prompts-file="$dir/prompts.json" ! cliplog level=both location="$dir/groups.jsonl" ! fakesink
once groups.jsonl
cliptag timeline "$dir/groups.jsonl" | sort > "$dir/groups"
cliptag timeline --hold-time=1 "$dir/groups.jsonl" | sort > "$dir/groups-scores"
cat "$dir/groups"
same 'groups and zones, made of the scores' "$dir/groups" "$dir/groups-scores"
for about in 'dark  \[light\]' 'blurred  \[sharp\]' 'covered  \[left\]'; do
  grep -q "%  $about\$" "$dir/groups" || fail "no event: $about"
done

# A stream that ends in the middle of an event.
gst-launch-1.0 -q filesrc location="$dir/recording.mp4" ! decodebin ! videoconvert ! cliptagger frame-rate=5 \
  ! cliplog level=events location="$dir/cut.jsonl" ! fakesink num-buffers=90 > "$dir/printed" 2>&1 || :
once cut.jsonl
exit $failed
