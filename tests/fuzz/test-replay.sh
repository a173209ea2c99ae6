#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-replay.sh BUILD TARGET…: the fuzz targets in BUILD take what the tests' tables of hostile data hold, each as it is
# and with a few damages that are the same on every run.
set -eu

build=$1
shift
here=$(dirname "$0")
[ ! -d /dev/shm ] || [ ! -w /dev/shm ] || TMPDIR=/dev/shm # thousands of small files
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/cliptag-replay-XXXXXX")
export TMPDIR
trap 'rm -rf "$TMPDIR"' EXIT
sh "$here/seeds.sh" "$build/../engine" "$TMPDIR/seeds"

failed=
for target; do
  mkdir -p "$TMPDIR/seeds/$target"
  if ! said=$(FUZZ_MUTATIONS=2 "$build/fuzz-$target" "$TMPDIR/seeds/$target" 2>&1); then
    # once more, with the input's name
    FUZZ_VERBOSE=1 FUZZ_MUTATIONS=2 "$build/fuzz-$target" "$TMPDIR/seeds/$target" 2>&1 | tail -n 30 >&2 || true
    failed="$failed $target"
  fi
  echo "fuzz-$target: $said"
done
[ -z "$failed" ] || { echo "fuzz-replay: failed:$failed" >&2; exit 1; }
