#!/bin/sh
# SPDX-License-Identifier: MIT
#
# live-rtsp.sh [--seconds N] [rtsp://…|FILE [PROMPTS]]: labels a camera live.
#
# Shows the labelled picture where there is a display and prints each event as it ends; stops after N seconds or on
# Ctrl-C. Without an address it needs no camera: FILE, or a recording of known faults that it makes, is
# served on this machine in a loop. PROMPTS ("a van;an empty yard") instead of the model's own.
# CLIPTAG_DEFAULT_MODEL names another model.
# Exit status: 0 done, 1 something failed, 2 wrong usage or no such file.
set -eu
unset CDPATH

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

root=$(cd "$(dirname "$0")/../.." && pwd)
sh "$root/pipelines/setup.sh"
build=$(cd "$root" && cd "${CLIPTAG_BUILD:-build}" && pwd)
# shellcheck source=/dev/null
. "$build/pipelines/env.sh"
# shellcheck source=/dev/null
. "$root/pipelines/common.sh"
out=$build/live-rtsp
mkdir -p "$out"
case $input in
  rtsp*://*) ;;
  *)
    # shellcheck source=/dev/null
    . "$root/pipelines/examples/serve.sh"
    addresses=
    serve live-rtsp "$out" ${input:+"$input"}
    input=$addresses
    ;;
esac

# A camera with a microphone has two streams; this takes the pictures.
set -- gst-launch-1.0 -q -e rtspsrc "location=$(gst_quote "$input")" latency=200 \
  ! application/x-rtp,media=video ! decodebin ! videoconvert ! cliptagger
[ -z "$prompts" ] || set -- "$@" "prompts=$(gst_quote "$prompts")"
set -- "$@" ! cliplog level=events ! clipoverlay
if [ -n "${DISPLAY-}${WAYLAND_DISPLAY-}" ]; then
  set -- "$@" ! videoconvert ! autovideosink
else
  set -- "$@" ! fakesink sync=true
fi
# In the foreground: timeout would signal twice otherwise, and the second one kills.
[ -z "$seconds" ] || set -- timeout --foreground --preserve-status -s INT "$seconds" "$@"

# Ctrl-C ends the stream; what goes on then is still printed.
interrupted=
trap 'interrupted=yes' INT
rm -f "$out/status"
{
  trap : INT
  "$@" 2> "$out/errors.txt" || echo $? > "$out/status"
} | (
  trap '' INT
  cliptag timeline
)
redact_file "$out/errors.txt"
if [ -f "$out/status" ] && [ -z "$interrupted" ]; then
  reason=$(gst_reason "$out/errors.txt")
  die 1 "$(printf '%s' "$input" | redact): ${reason:-it failed} (more in $out/errors.txt)"
fi
