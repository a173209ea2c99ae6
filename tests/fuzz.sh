#!/bin/sh
# SPDX-License-Identifier: MIT
#
# fuzz.sh SECONDS [TARGET]…: fuzzes each target of tests/fuzz for so long, under libFuzzer, AddressSanitizer and
# UndefinedBehaviorSanitizer, in a build of its own (clang). Begins with what the tests' tables hold; what it learns is
# kept in the build folder's corpus/ for the next time. An input that goes wrong is left in finds/ there and named at the
# end; the exit status is 0 only if there is none.
set -eu
unset CDPATH

case ${1-} in
  '' | *[!0-9]*)
    echo "usage: sh tests/fuzz.sh SECONDS [TARGET]..." >&2
    exit 2
    ;;
esac
seconds=$1
shift
cd "$(dirname "$0")/.."
build=${CLIPTAG_BUILD:-build}-fuzz
command -v clang > /dev/null || {
  echo "fuzz: clang is missing (apt-get install clang)" >&2
  exit 1
}

[ -f "$build/build.ninja" ] || CC=clang meson setup "$build" -Dfuzzing=true -Db_sanitize=address,undefined \
  -Db_lundef=false -Dc_args=-fsanitize=fuzzer-no-link > /dev/null
programs=$(ninja -C "$build" -t targets all | sed -n 's|^\(tests/fuzz/fuzz-[a-z]*\): c_LINKER.*|\1|p')
[ -n "$programs" ] || { echo "fuzz: $build has no targets" >&2; exit 1; }
seeders=$(sed -n 's/^leave \([a-z-]*\).*/\1/p; s/^for program in \(.*\); do/\1/p' tests/fuzz/seeds.sh)
# shellcheck disable=SC2046,SC2086
ninja -C "$build" $programs $(printf 'tests/engine/test-engine-%s ' $seeders) > "$build/fuzz-build.log" || {
  tail -n 50 "$build/fuzz-build.log" >&2
  exit 1
}
# shellcheck disable=SC2046
[ $# -gt 0 ] || set -- $(printf '%s\n' "$programs" | sed 's|.*/fuzz-||')

root=$(pwd)
case $build in /*) ;; *) build=$root/$build ;; esac
scratch=/tmp
[ ! -w /dev/shm ] || scratch=/dev/shm # a file or more an input
TMPDIR=$(mktemp -d "$scratch/cliptag-fuzz-XXXXXX")
trap 'rm -rf "$TMPDIR"' EXIT
trap 'exit 1' INT TERM
export TMPDIR
CLIPTAG_GOLDEN=$root/tests/golden CLIPTAG_SOURCE_ROOT=$root XDG_CACHE_HOME=/dev/null
export CLIPTAG_GOLDEN CLIPTAG_SOURCE_ROOT XDG_CACHE_HOME
# What data asks for may be more than there is: that is an error of the engine's, not the fuzzer's.
ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=0:quarantine_size_mb=16
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export ASAN_OPTIONS UBSAN_OPTIONS
sh tests/fuzz/seeds.sh "$build/tests/engine" "$TMPDIR/seeds"

before=$TMPDIR/before
mkdir -p "$build/finds" "$build/corpus"
touch "$before"
failed=
for target; do
  program=$build/tests/fuzz/fuzz-$target
  mkdir -p "$TMPDIR/seeds/$target" "$build/corpus/$target"
  FUZZ_WRITE_SEEDS=$TMPDIR/seeds/$target "$program"
  log=$build/fuzz-$target.log
  rc=0
  "$program" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=4096 -malloc_limit_mb=65536 -print_final_stats=1 \
    -artifact_prefix="$build/finds/$target-" "$build/corpus/$target" "$TMPDIR/seeds/$target" > "$log" 2>&1 || rc=$?
  executed=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  covered=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -n 1)
  echo "fuzz-$target: ${executed:-0} inputs, $covered edges$([ $rc = 0 ] || echo ", FAILED: see $log")"
  [ $rc = 0 ] || failed="$failed $target"
done

find "$build/finds" -type f -newer "$before" | while read -r find; do
  target=${find##*/}
  echo "find: $find (again: $build/tests/fuzz/fuzz-${target%%-*} $find)"
done
[ -z "$failed" ] || { echo "fuzz: failed:$failed" >&2; exit 1; }
