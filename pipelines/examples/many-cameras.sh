#!/bin/sh
# SPDX-License-Identifier: MIT
#
# many-cameras.sh [OPTION|rtsp://…|FILE]…: labels many cameras in one process, with a table of how they fare.
#
# Arguments are those of clip-many-cameras (see its --help), but that each FILE is served on this machine in a loop, as a
# camera would. Without any address or FILE, a recording of known faults is, to four cameras. For instance:
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

trap : INT # ends clip-many-cameras, which says so by itself
clip-many-cameras "$@"
