#!/bin/sh
# SPDX-License-Identifier: MIT
#
# demo.sh [--prompts PROMPTS] [FILE|FOLDER|URI]… [PROMPTS]: prints what happens in recordings or a stream, and when.
#
# Without arguments it makes a recording of known faults, labels it with the default model and counts the scenes that
# were recognised. Files, all videos in folders, and URIs are labelled one after the other, with PROMPTS ("a cat;a dog")
# instead of the model's own if given; a live stream runs until Ctrl-C. Results are in build/demo (or CLIPTAG_DEMO_DIR):
# labels.jsonl, timeline.txt, annotated.mp4 (with sound unless live), labelled.png, in a folder for each of several
# inputs; without arguments also recording.mp4, truth.txt, result.txt. Those of the last run are moved to earlier-1, -2 …
# CLIPTAG_DEFAULT_MODEL names another model.
# Exit status: 0 done, 1 something failed (the other inputs are still done), 2 wrong usage or no such file.
set -eu
unset CDPATH

complain () {
  echo "demo: $*" >&2
}

die () {
  rc=$1
  shift
  complain "$@"
  exit "$rc"
}

# Prints a command so that it can be copied into a shell, passwords left out.
show () {
  for word; do
    case $word in
      '!') ;;
      '' | *[!A-Za-z0-9_./:=,%+~-]*) word="'$(printf '%s' "$word" | sed "s/'/'\\\\''/g")'" ;;
    esac
    printf '%s ' "$word"
  done | redact
}

absolute () {
  case $1 in
    /) printf / ;;
    */) absolute "${1%/}" ;;
    */*) printf '%s/%s' "$(cd "${1%/*}/" && pwd -P)" "${1##*/}" ;;
    *) printf '%s/%s' "$(pwd -P)" "$1" ;;
  esac
}

here=$(dirname "$0")
# shellcheck source=/dev/null
. "$here/common.sh"

prompts=
case ${1-} in
  -h | --help)
    sed -n 's/^# \{0,1\}//; 4,12p' "$0"
    exit 0
    ;;
  --prompts)
    [ -n "${2-}" ] || die 2 "--prompts: expected what to look for (see --help)"
    prompts=$2
    shift 2
    ;;
  -*) die 2 "unknown option $1 (see --help)" ;;
esac

# ---- What is to be labelled ---------------------------------------------------------------------------------

is_video () {
  case $(printf '%s' "$1" | tr '[:upper:]' '[:lower:]') in
    *.mp4 | *.m4v | *.mov | *.mkv | *.webm | *.avi | *.mpg | *.mpeg | *.ts | *.m2ts | *.mts | *.vob | *.wmv | *.flv | \
      *.ogv | *.3gp | *.mxf | *.dv | *.y4m) return 0 ;;
  esac
  return 1
}

# Each argument is replaced by an absolute path or an address; a folder by its videos.
n_left=$#
given=$#
while [ "$n_left" -gt 0 ]; do
  word=$1
  shift
  n_left=$((n_left - 1))
  case $word in
    '') die 2 "the file's name is empty" ;;
    [a-z]*://*) set -- "$@" "$word" ;;
    *)
      if [ -d "$word" ]; then
        folder=$(absolute "$word")
        n=$#
        for file in "$folder"/* "$folder"/*/*; do
          if [ -f "$file" ] && is_video "$file"; then
            [ -r "$file" ] || die 2 "$file: not readable"
            set -- "$@" "$file"
          fi
        done
        [ $# -gt "$n" ] || die 2 "$word: there is no video in this folder (*.mp4, *.mkv, *.mov …)"
      elif [ -f "$word" ]; then
        [ -r "$word" ] || die 2 "$word: not readable"
        set -- "$@" "$(absolute "$word")"
      else
        # The last one may be the prompts: what separates them, or has a blank and no suffix, is hardly a file's name.
        case $word in
          *\;*) ;;
          */* | *.[A-Za-z0-9] | *.[A-Za-z0-9][A-Za-z0-9] | *.[A-Za-z0-9][A-Za-z0-9][A-Za-z0-9] | \
            *.[A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9]) die 2 "$word: no such file" ;;
          *' '*) ;;
          *) die 2 "$word: no such file (prompts: --prompts)" ;;
        esac
        if [ "$n_left" != 0 ] || [ "$given" = 1 ] || [ -n "$prompts" ]; then
          die 2 "$word: no such file"
        fi
        prompts=$word
      fi
      ;;
  esac
done

# ---- Ready --------------------------------------------------------------------------------------------------

cd "$here/.."
sh pipelines/setup.sh
build=${CLIPTAG_BUILD:-build}
# shellcheck source=/dev/null
. "$build/pipelines/env.sh"
out=${CLIPTAG_DEMO_DIR:-$build/demo}
mkdir -p "$out"
out=$(absolute "$out")

# Results of the last run make room, whatever they are called; an input may be one of them.
earlier=
for left in labels.jsonl timeline.txt annotated.mp4 labelled.png recording.mp4 truth.txt result.txt errors.txt \
  "$out"/of-*; do
  left=${left##*/}
  [ -e "$out/$left" ] || continue
  if [ -z "$earlier" ]; then
    n=1
    while [ -e "$out/earlier-$n" ]; do n=$((n + 1)); done
    earlier=$out/earlier-$n
    mkdir "$earlier"
  fi
  mv "$out/$left" "$earlier/$left"
done
if [ -n "$earlier" ]; then
  complain "the results of the last run are now in $earlier"
  for word; do
    shift
    moved=$earlier/${word#"$out"/}
    if [ ! -e "$word" ] && [ -e "$moved" ]; then
      word=$moved
    fi
    set -- "$@" "$word"
  done
fi

# ---- One input ----------------------------------------------------------------------------------------------

# has KIND URI: whether it has a stream of KIND ("video", "audio") that can be decoded; messages are left in $work/KIND.
has () {
  timeout 60 gst-launch-1.0 -q uridecodebin "uri=$2" "caps=$1/x-raw(ANY)" expose-all-streams=false \
    ! fakesink num-buffers=1 > "$work/$1" 2>&1
}

# probe URI: finds the streams of a recording. Sets $sound, and $reason where it cannot be labelled. Live streams are not
# probed, which would connect twice, and go without sound.
probe () {
  sound='' reason=''
  case $1 in
    file://* | http://* | https://*) ;;
    *) return ;;
  esac
  if ! has video "$1"; then
    decoder=$(missing_decoder video "$work/video")
    if [ -n "$decoder" ]; then
      reason="no decoder for $decoder is installed; most are in Debian's gstreamer1.0-libav"
    elif grep -q '^Missing decoder: ' "$work/video"; then
      reason="there is no video in it"
    else
      reason=$(gst_reason "$work/video")
      reason=${reason:-it cannot be read}
    fi
  elif has audio "$1"; then
    sound=yes
  else
    decoder=$(missing_decoder audio "$work/audio")
    [ -z "$decoder" ] || complain "$name: without its sound: no decoder for $decoder is installed"
  fi
}

# label URI NAME DIR: labels one input into DIR. Returns 1 where that failed, which is said.
label () {
  uri=$1 name=$2 dir=$3
  probe "$uri"
  if [ -n "$reason" ]; then
    complain "$name: $reason"
    return 1
  fi
  mkdir -p "$dir"
  # Turned here, because mp4mux of GStreamer 1.22 does not write which way up pictures are.
  set -- gst-launch-1.0 -q -e uridecodebin name=in "uri=$uri" ! videoconvert ! videoflip video-direction=auto \
    ! cliptagger frame-rate=5
  [ -z "$prompts" ] || set -- "$@" "prompts=$(gst_quote "$prompts")"
  set -- "$@" ! cliplog level=both ! clipoverlay ! videoconvert \
    ! x264enc speed-preset=veryfast tune=zerolatency pass=qual quantizer=25 \
    ! h264parse ! mp4mux name=out ! filesink "location=$(gst_quote "$dir/annotated.mp4")"
  # Encoded sound waits for the pictures, however much later they come.
  [ -z "$sound" ] || set -- "$@" in. ! audioconvert ! audioresample ! avenc_aac \
    ! queue max-size-bytes=0 max-size-buffers=0 max-size-time=0 ! out.

  echo "With the plugin just built (. $build/pipelines/env.sh):"
  echo
  printf '  '
  show "$@"
  printf '| cliptag timeline\n\nFrom, to, confidence at the peak and on average, label:\n\n'

  # Ctrl-C ends the stream; what follows still runs.
  trap 'interrupted=yes' INT
  {
    trap : INT
    rc=0
    # gst-launch-1.0 -q says nothing of warnings; the debug log does.
    GST_DEBUG=${GST_DEBUG:-cliptagger:2} GST_DEBUG_NO_COLOR=1 "$@" 2> "$dir/errors.txt" || rc=$?
    echo "$rc" > "$work/status"
  } | (
    trap '' INT
    tee "$dir/labels.jsonl" | cliptag timeline | tee "$dir/timeline.txt"
  )
  trap 'exit 130' INT
  redact_file "$dir/errors.txt"
  sed -n 's/.* WARN .*<cliptagger[0-9]*> warning: //p' "$dir/errors.txt" | while read -r warning; do
    complain "$name: warning: $warning"
  done

  if [ "$(cat "$work/status")" != 0 ] || [ ! -s "$dir/labels.jsonl" ]; then
    reason=$(gst_reason "$dir/errors.txt")
    complain "$name: ${reason:-nothing was labelled} (more in $dir/errors.txt)"
    return 1
  fi
  rm -f "$dir/errors.txt"
  [ -s "$dir/timeline.txt" ] || echo "No event: no label reached 50 % for a second. Best labels: cliptag timeline --best $dir/labels.jsonl"

  # The annotated frame of second three, or the last one of a shorter recording.
  gst-launch-1.0 -q filesrc "location=$(gst_quote "$dir/annotated.mp4")" ! decodebin ! videoconvert ! videorate \
    ! video/x-raw,framerate=1/1 ! identity eos-after=4 ! pngenc \
    ! multifilesink "location=$(gst_quote "$(printf '%s' "$dir/labelled.png" | sed 's/%/%%/g')")"
}

# ---- All ----------------------------------------------------------------------------------------------------

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' HUP INT TERM
interrupted=
if [ $# = 0 ]; then
  complain "making a recording of known faults"
  demo-recording --seconds "${CLIPTAG_DEMO_SECONDS:-2}" "$out/recording.mp4" > "$out/truth.txt"
  set -- "$out/recording.mp4"
fi

several=
[ $# = 1 ] || several=yes
failed=0
for input; do
  [ -z "$interrupted" ] || break
  case $input in
    /*) uri=$(file_uri "$input") ;;
    *) uri=$input ;;
  esac
  name=$(printf '%s' "$input" | redact)
  dir=$out
  if [ -n "$several" ]; then
    n=
    base=$(printf '%s' "${name##*/}" | cut -c 1-100)
    while [ -e "$out/of-$base$n" ]; do n=$((${n:--1} - 1)); done
    dir=$out/of-$base$n
    echo "== $name"
  fi
  label "$uri" "$name" "$dir" || failed=$((failed + 1))
  [ -z "$several" ] || echo
done

if [ -f "$out/truth.txt" ] && [ $failed = 0 ]; then
  # A scene is recognised where the timeline has its label in the scene's middle; "clear" also where it has nothing.
  echo
  awk '
    function seconds (t, part) { split (t, part, ":"); return part[1] * 3600 + part[2] * 60 + part[3]; }
    FILENAME == ARGV[1] { n++; from[n] = seconds ($1); to[n] = seconds ($3); sub (/.*%  /, ""); found[n] = $0; next }
    {
      middle = (seconds ($1) + seconds ($3)) / 2;
      when = $1 " - " $3;
      sub (/^[^ ]* - [^ ]*  /, "");
      names = "";
      ok = 0;
      for (i = 1; i <= n; i++) {
        if (from[i] > middle || middle > to[i]) continue;
        names = names (names ? ", " : "") found[i];
        ok = ok || found[i] == $0;
      }
      if (ok || ($0 == "clear" && !names)) right++;
      else printf "wrong at %s: \"%s\" was taken for \"%s\"\n", when, $0, names ? names : "nothing";
    }
    END { printf "%d of %d scenes recognised\n", right, FNR; }
  ' "$out/timeline.txt" "$out/truth.txt" | tee "$out/result.txt"
fi
if [ -n "$several" ]; then
  [ $failed = 0 ] || complain "$failed of $# inputs failed"
  echo "In $out/of-*: annotated.mp4, labelled.png, labels.jsonl, timeline.txt"
elif [ $failed = 0 ]; then
  echo "In $out: annotated.mp4, labelled.png, labels.jsonl, timeline.txt"
fi
exit $((failed > 0))
