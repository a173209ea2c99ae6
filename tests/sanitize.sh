#!/bin/sh
# SPDX-License-Identifier: MIT
#
# sanitize.sh [SUITE]: runs a test suite (default: engine) under AddressSanitizer and UndefinedBehaviorSanitizer, in a build
# of its own, and then under valgrind in the ordinary build. Exit status 0 only if both are clean.
set -eu
unset CDPATH

suite=${1:-engine}
cd "$(dirname "$0")/.."
build=${CLIPTAG_BUILD:-build}
sh pipelines/setup.sh --tests
command -v valgrind > /dev/null || {
  echo "sanitize: valgrind is missing (apt-get install valgrind)" >&2
  exit 1
}

[ -f "$build-asan/build.ninja" ] || meson setup "$build-asan" -Db_sanitize=address,undefined -Db_lundef=false
ninja -C "$build-asan"
# The plugins that GStreamer loads and fontconfig leak on their own: leaks are looked for in the engine alone.
leaks=0
[ "$suite" != engine ] || leaks=1
# GCC 14 lays AVX-512 variables askew on the stack that is for uses after a return (GCC 12 has none by default).
ASAN_OPTIONS=detect_leaks=$leaks:detect_stack_use_after_return=0 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
  meson test -C "$build-asan" --suite "$suite" --timeout-multiplier 10 --print-errorlogs

meson test -C "$build" --setup=valgrind --suite "$suite" --print-errorlogs
