#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sanitize.sh [--asan|--valgrind] [SUITE]…: runs test suites (default: engine, plugin and fuzz) under AddressSanitizer,
# LeakSanitizer and UndefinedBehaviorSanitizer, in a build of its own, and under valgrind in the ordinary build (of the
# plugin's tests only some); or one of the two halves. A failure in one does not keep the other from running: the end says
# which suites failed where, and the exit status is 0 only if all are clean. tests/suppressions/ says what of others' libraries is not reported, and why.
# CLIPTAG_LEAKS=engine looks for leaks in that suite alone, which for the plugin takes five times as long.
set -eu
unset CDPATH

halves='asan valgrind'
case ${1-} in
  --asan | --valgrind)
    halves=${1#--}
    shift
    ;;
  -*)
    echo "usage: sh tests/sanitize.sh [--asan|--valgrind] [SUITE]..." >&2
    exit 2
    ;;
esac
[ $# -gt 0 ] || set -- engine plugin fuzz
cd "$(dirname "$0")/.."
root=$(pwd)
build=${CLIPTAG_BUILD:-build}
sh pipelines/setup.sh --tests

CLIPTAG_SLOWLY=1 # tests/util/slowly.h
export CLIPTAG_SLOWLY

# Leaks are told from others' by their whole stack, which only the slow way finds through libraries without frame
# pointers. GCC 14 lays AVX-512 variables askew on the stack that is for uses after a return (GCC 12 has none by default).
asan () {
  [ -f "$build-asan/build.ninja" ] || meson setup "$build-asan" -Db_sanitize=address,undefined -Db_lundef=false \
    -Dtools=disabled -Doptimization=1 -Dc_args=-g1 || return 1 # as little as will do: it is half of what CI builds
  ninja -C "$build-asan" || return 1
  options=detect_stack_use_after_return=0
  case $1:${CLIPTAG_LEAKS-} in
    engine:* | fuzz:*) options=$options:detect_leaks=1 ;;
    *:engine) options=$options:detect_leaks=0 ;;
    *) options=$options:detect_leaks=1:fast_unwind_on_malloc=0 ;;
  esac
  ASAN_OPTIONS=$options UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
    LSAN_OPTIONS=suppressions=$root/tests/suppressions/lsan.supp:print_suppressions=0 \
    meson test -C "$build-asan" --no-rebuild --suite "$1" --timeout-multiplier 20 --print-errorlogs
}

memcheck () {
  command -v valgrind > /dev/null || {
    echo "sanitize: valgrind is missing (apt-get install valgrind)" >&2
    return 1
  }
  tests="--suite $1"
  # Of the plugin's, those that neither keep to a clock nor decode video: the others take minutes each, or fail of it.
  [ "$1" != plugin ] || tests='meta cliplog cliplog-writer cliptagger-sampling scheduler'
  # shellcheck disable=SC2086
  meson test -C "$build" --setup=valgrind --print-errorlogs $tests
}

clean=
failed=
for half in $halves; do
  for suite; do
    [ "$half:$suite" != valgrind:fuzz ] || continue # programs run by a script, which valgrind does not follow
    rc=0
    case $half in
      asan) asan "$suite" || rc=$? ;;
      valgrind) memcheck "$suite" || rc=$? ;;
    esac
    if [ $rc = 0 ]; then
      clean="$clean $half:$suite"
    else
      failed="$failed $half:$suite"
    fi
  done
done
echo "sanitize: clean:${clean:- none}; failed:${failed:- none}"
[ -z "$failed" ]
