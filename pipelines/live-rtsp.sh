#!/bin/sh
# SPDX-License-Identifier: MIT
#
# live-rtsp.sh [--seconds N] [rtsp://…|FILE [PROMPTS]]: says what a camera sees, as it sees it.
#
# Shows the labelled picture where there is a display and prints from when to when which label was the best; stops after
# N seconds or on Ctrl-C. Without an address it needs no camera: FILE, or a recording of known faults that it makes, is
# served on this machine in a loop. PROMPTS ("a van;an empty yard") instead of the model's own.
# CLIPTAG_DEFAULT_MODEL names another model.
# Exit status: 0 done, 1 something failed, 2 wrong usage or no such file.
set -eu

die () {
  rc=$1
  shift
  echo "live-rtsp: $*" >&2
  exit "$rc"
}

seconds=
case ${1-} in
  -h | --help)
    sed -n 's/^# \{0,1\}//; 4,10p' "$0"
    exit 0
    ;;
  --seconds)
    case ${2-} in
      '' | *[!0-9]*) die 2 "--seconds: expected a number (see --help)" ;;
    esac
    seconds=$2
    shift 2
    ;;
esac
case ${1-} in
  -*) die 2 "unknown option $1 (see --help)" ;;
esac
[ $# -le 2 ] || die 2 "expected at most an address or FILE and PROMPTS (see --help)"
input=${1-}
prompts=${2-}
case $input in
  '') [ $# = 0 ] || die 2 "the address is empty" ;;
  rtsp://* | rtsps://*) ;;
  *) [ -f "$input" ] || die 2 "$input: no such file, and no address rtsp://…" ;;
esac

root=$(cd "$(dirname "$0")/.." && pwd)
sh "$root/pipelines/setup.sh"
build=$(cd "$root" && cd "${CLIPTAG_BUILD:-build}" && pwd)
# shellcheck source=/dev/null
. "$build/pipelines/env.sh"
out=$build/live-rtsp
mkdir -p "$out"
case $input in
  rtsp*://*) ;;
  *)
    # shellcheck source=/dev/null
    . "$root/pipelines/serve.sh"
    addresses=
    serve live-rtsp "$out" ${input:+"$input"}
    input=$addresses
    ;;
esac

# gst-launch-1.0 takes what stands in double quotes as it is, but for a backslash before a character.
quote () {
  printf '"%s"' "$(printf '%s' "$1" | sed 's/["\\]/\\&/g')"
}

# A camera with a microphone has two streams; this takes the pictures.
set -- gst-launch-1.0 -q -e rtspsrc "location=$(quote "$input")" latency=200 \
  ! application/x-rtp,media=video ! decodebin ! videoconvert ! cliptagger
[ -z "$prompts" ] || set -- "$@" "prompts=$(quote "$prompts")"
set -- "$@" ! cliplog ! clipoverlay
if [ -n "${DISPLAY-}${WAYLAND_DISPLAY-}" ]; then
  set -- "$@" ! videoconvert ! autovideosink
else
  set -- "$@" ! fakesink sync=true
fi
[ -z "$seconds" ] || set -- timeout --preserve-status -s INT "$seconds" "$@"

# Ctrl-C ends the stream; its last label is still printed.
interrupted=
trap 'interrupted=yes' INT
rm -f "$out/status"
{
  trap : INT
  "$@" 2> "$out/errors.txt" || echo $? > "$out/status"
} | (
  trap '' INT
  clip-timeline --min-duration=1
)
if [ -f "$out/status" ] && [ -z "$interrupted" ]; then
  # The first error in one line: what gst-launch-1.0 says of it, and three lines on what the element says.
  reason=$(awk '
    /^(WARNING: erroneous pipeline|ERROR): / && !n { n = NR; sub (/^ERROR: (from element [^ ]*: )?/, ""); text = $0; }
    n && NR == n + 3 && !/^ERROR: / { text = text " " $0; }
    END { print text; }
  ' "$out/errors.txt")
  die 1 "$input: ${reason:-it failed} (more in $out/errors.txt)"
fi
