# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# serve.sh: for scripts to source with the build's programs in PATH: simulated cameras.
#
# serve NAME FOLDER [FILE…]: serves the recordings (default: one of known faults, made in FOLDER) by rtsp-loop and sets
# $addresses to their addresses, one a line. The server outlives Ctrl-C and ends with the script. NAME begins messages.
serve () {
  serve_name=$1
  serve_folder=$2
  shift 2
  if ! command -v rtsp-loop > /dev/null; then
    echo "$serve_name: rtsp-loop was not built: sh pipelines/setup.sh --tests installs what it needs" >&2
    exit 1
  fi
  mkdir -p "$serve_folder"
  if [ $# = 0 ]; then
    set -- "$serve_folder/recording.mp4"
    if [ ! -f "$1" ]; then
      echo "$serve_name: making a recording of known faults" >&2
      demo-recording --seconds "${CLIPTAG_DEMO_SECONDS:-2}" "$1.part" > "$serve_folder/truth.txt"
      mv "$1.part" "$1"
    fi
  fi
  : > "$serve_folder/addresses"
  rtsp-loop --port 0 "$@" > "$serve_folder/addresses" &
  server=$!
  trap 'kill "$server" 2> /dev/null || :' EXIT
  trap 'exit 130' HUP INT TERM
  while [ "$(wc -l < "$serve_folder/addresses")" -lt $# ]; do
    kill -0 "$server" 2> /dev/null || exit 1 # it has said why
    sleep 0.1
  done
  # shellcheck disable=SC2034 # for the script that sources this
  addresses=$(cat "$serve_folder/addresses")
}
