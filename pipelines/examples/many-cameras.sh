#!/bin/sh
# SPDX-License-Identifier: MIT
#
# many-cameras.sh [OPTION|rtsp://…|FILE]…: `cliptag cameras` for recordings too, without any camera.
#
# Arguments are those of `cliptag cameras` (see its --help), except that each FILE is served on this machine in a loop,
# as a camera would. Without an address or FILE, a recording of known faults is served as four cameras. For instance:
#   sh pipelines/examples/many-cameras.sh --repeat 16 --frame-rate 1 yard.mp4 door.mp4
# Ends on Ctrl-C. Exit status: 0 done, 1 something failed, 2 wrong usage.
set -eu
unset CDPATH

case ${1-} in
  -h | --help)
    sed -n 's/^# \{0,1\}//; 4,9p' "$0"
    exit 0
    ;;
esac
cameras=none
for word; do
  case $word in
    *://*) cameras=some ;;
    *) [ ! -f "$word" ] || cameras=files ;;
  esac
  [ "$cameras" != files ] || break
done

root=$(cd "$(dirname "$0")/../.." && pwd)
sh "$root/pipelines/setup.sh"
build=$(cd "$root" && cd "${CLIPTAG_BUILD:-build}" && pwd)
# shellcheck source=/dev/null
. "$build/pipelines/env.sh"
# shellcheck source=/dev/null
. "$root/pipelines/examples/serve.sh"

# Serves those of its arguments that are files.
serve_files () {
  for word; do
    shift
    [ ! -f "$word" ] || set -- "$@" "$word"
  done
  serve many-cameras "$build/many-cameras" "$@"
}

addresses=
case $cameras in
  none)
    serve many-cameras "$build/many-cameras"
    set -- --repeat 4 "$@" "$addresses"
    ;;
  files)
    serve_files "$@"
    # Each file's place is taken by the next address.
    for word; do
      shift
      if [ -f "$word" ]; then
        word=$(printf '%s\n' "$addresses" | head -n 1)
        addresses=$(printf '%s\n' "$addresses" | tail -n +2)
      fi
      set -- "$@" "$word"
    done
    ;;
esac

trap : INT # ends cliptag itself
cliptag cameras "$@"
