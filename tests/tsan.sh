#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tsan.sh [ARGUMENT]...: runs tests under ThreadSanitizer, in a build of its own: the plugin's and the engine's pool, or
# what the arguments of `meson test` choose. Exit status 0 only if no race was seen. tests/util/tsan-glib.c tells it about
# GLib's locks; tests/util/tsan.supp says what is not reported, and why.
set -eu
unset CDPATH

cd "$(dirname "$0")/.."
build=${CLIPTAG_BUILD:-build}-tsan
sh pipelines/setup.sh --tests

[ -f "$build/build.ninja" ] || meson setup "$build" -Db_sanitize=thread -Db_lundef=false
ninja -C "$build"
root=$(pwd)
case $build in /*) ;; *) build=$root/$build ;; esac
# Not built for the sanitizer itself: nothing in it is to be looked at.
# shellcheck disable=SC2046
${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O1 -g -shared -fPIC "$root/tests/util/tsan-glib.c" -o "$build/tsan-glib.so" \
  $(pkg-config --cflags --libs gstreamer-1.0) -ldl

# Without address randomisation, which older runtimes cannot do with; with an allocator that the runtime sees.
run () {
  TSAN_OPTIONS=exitcode=66:suppressions=$root/tests/util/tsan.supp G_SLICE=always-malloc \
    meson test -C "$build" --timeout-multiplier 10 --print-errorlogs \
    --wrapper "setarch $(uname -m) -R env LD_PRELOAD=$build/tsan-glib.so" "$@"
}
if [ $# -gt 0 ]; then
  run "$@"
else
  run pool
  run --suite plugin
fi
