#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh [FILE|URI [PROMPTS]]: says what is in a recording or a stream, and when.
#
# Without arguments it makes a recording whose faults are known, labels it with the default model and says how many of
# its scenes were told rightly. With a file or URI it labels that, with PROMPTS ("a cat;a dog") instead of the model's
# own if given; a live stream runs until Ctrl-C. Left behind in build/demo (or CLIPTAG_DEMO_DIR): labels.jsonl,
# timeline.txt, annotated.mp4, labelled.png; without arguments also recording.mp4, truth.txt, result.txt.
# CLIPTAG_DEFAULT_MODEL names another model.
# Exit status: 0 done, 1 something failed, 2 wrong usage or no such file.
set -eu

die () {
  rc=$1
  shift
  echo "demo: $*" >&2
  exit "$rc"
}

# An absolute path as a file:// URI: all but harmless characters as %XX.
file_uri () {
  printf 'file://'
  printf '%s' "$1" | od -An -v -tx1 | awk '
    BEGIN {
      for (i = 33; i < 127; i++)
        if (sprintf ("%c", i) ~ /[A-Za-z0-9._\/~-]/)
          plain[sprintf ("%02x", i)] = sprintf ("%c", i);
    }
    { for (i = 1; i <= NF; i++) printf "%s", ($i in plain) ? plain[$i] : "%" toupper ($i); }
  '
}

# Prints a command so that it can be copied into a shell.
show () {
  for word; do
    case $word in
      '!') ;;
      '' | *[!A-Za-z0-9_./:=,%+~-]*) word="'$(printf '%s' "$word" | sed "s/'/'\\\\''/g")'" ;;
    esac
    printf '%s ' "$word"
  done
}

case ${1-} in
  -h | --help)
    sed -n 's/^# \{0,1\}//; 4,11p' "$0"
    exit 0
    ;;
  -*) die 2 "unknown option $1 (see --help)" ;;
esac
[ $# -le 2 ] || die 2 "expected at most a FILE or URI and PROMPTS (see --help)"

input=${1-}
shown=$input
case $input in
  '') [ $# = 0 ] || die 2 "the file's name is empty" ;;
  [a-z]*://*) ;;
  *)
    [ -f "$input" ] || die 2 "$input: no such file"
    [ -r "$input" ] || die 2 "$input: not readable"
    input=$(file_uri "$(cd "$(dirname "$input")" && pwd)/$(basename "$input")")
    ;;
esac
prompts=${2-}

cd "$(dirname "$0")/.."
sh pipelines/setup.sh
build=${CLIPTAG_BUILD:-build}
# shellcheck source=/dev/null
. "$build/pipelines/env.sh"
out=${CLIPTAG_DEMO_DIR:-$build/demo}
mkdir -p "$out"
for left in labels.jsonl timeline.txt annotated.mp4 labelled.png recording.mp4 truth.txt result.txt; do
  rm -f "$out/$left"
done

if [ -z "$input" ]; then
  echo "demo: making a recording of known faults" >&2
  demo-recording --seconds "${CLIPTAG_DEMO_SECONDS:-2}" "$out/recording.mp4" > "$out/truth.txt"
  input=$(file_uri "$(cd "$out" && pwd)/recording.mp4")
fi

# gst-launch-1.0 takes what stands in double quotes as it is, but for a backslash before a character.
set -- gst-launch-1.0 -q -e uridecodebin "uri=$input" ! videoconvert ! cliptagger frame-rate=5
if [ -n "$prompts" ]; then
  set -- "$@" "prompts=\"$(printf '%s' "$prompts" | sed 's/["\\]/\\&/g')\""
fi
set -- "$@" ! cliplog ! clipoverlay ! videoconvert \
  ! x264enc speed-preset=veryfast tune=zerolatency pass=qual quantizer=25 \
  ! h264parse ! mp4mux ! filesink "location=$out/annotated.mp4"

echo "With the plugin just built (. $build/pipelines/env.sh):"
echo
printf '  '
show "$@"
printf '| clip-timeline --min-duration=0.5\n\n'

# Ctrl-C ends the stream; what follows still runs.
trap : INT
{
  trap : INT
  rc=0
  "$@" 2> "$out/errors.txt" || rc=$?
  echo "$rc" > "$out/status"
} | (
  trap '' INT
  tee "$out/labels.jsonl" | clip-timeline --min-duration=0.5 | tee "$out/timeline.txt"
)
trap - INT

if [ "$(cat "$out/status")" != 0 ] || [ ! -s "$out/timeline.txt" ]; then
  # The first error in one line: what gst-launch-1.0 says of it, and behind the colon what the element says.
  reason=$(awk '
    sub (/^WARNING: erroneous pipeline: /, "") { print; exit; }
    /reason not-linked/ { print "there is no video in it"; exit; }
    /^ERROR: / && n == 0 { sub (/^ERROR: (from element [^ ]*: )?/, ""); text = $0; n = NR; }
    n && NR == n + 3 && !/^ERROR: / { print text " " $0; text = ""; exit; }
    END { if (text != "") print text; }
  ' "$out/errors.txt" | head -n 1)
  die 1 "${shown:-the demo}: ${reason:-nothing was labelled} (more in $out/errors.txt)"
fi
rm -f "$out/status" "$out/errors.txt"

# The annotated frame of second three, or the last one of a shorter recording.
gst-launch-1.0 -q filesrc "location=$out/annotated.mp4" ! decodebin ! videoconvert ! videorate \
  ! video/x-raw,framerate=1/1 ! identity eos-after=4 ! pngenc ! multifilesink "location=$out/labelled.png"

echo
if [ -f "$out/truth.txt" ]; then
  # A scene is told rightly where the timeline has its label in the scene's middle.
  awk '
    function seconds (t, part) { split (t, part, ":"); return part[1] * 3600 + part[2] * 60 + part[3]; }
    FNR == NR { from[NR] = seconds ($1); to[NR] = seconds ($3); sub (/.*%  /, ""); found[NR] = $0; n = NR; next }
    {
      middle = (seconds ($1) + seconds ($3)) / 2;
      when = $1 " - " $3;
      sub (/^[^ ]* - [^ ]*  /, "");
      for (i = 1; i <= n && !(from[i] <= middle && middle < to[i]); i++);
      if (i <= n && found[i] == $0) right++;
      else printf "wrong at %s: \"%s\" was taken for \"%s\"\n", when, $0, i <= n ? found[i] : "nothing";
    }
    END { printf "%d of %d scenes told rightly\n", right, FNR; }
  ' "$out/timeline.txt" "$out/truth.txt" | tee "$out/result.txt"
fi
echo "Left in $out: annotated.mp4, labelled.png, labels.jsonl, timeline.txt"
