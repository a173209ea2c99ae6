#!/bin/sh
# SPDX-License-Identifier: MIT
#
# tsan.sh [ARGUMENT]...: runs tests under ThreadSanitizer, in a build of its own: the plugin's and the engine's pool, or
# what the arguments of `meson test` choose. Races in one do not keep the other from running; exit status 0 only if none
# was seen. tests/util/tsan-glib.c tells it about GLib's locks; tests/suppressions/tsan.supp says what is not reported,
# and why.
set -eu
unset CDPATH

cd "$(dirname "$0")/.."
build=${CLIPTAG_BUILD:-build}-tsan
sh pipelines/setup.sh --tests

# GCC 12's runtime takes wrong sizes for thread-local data that a plugin's threads allocate late, and breaks off.
[ -f "$build/build.ninja" ] || meson setup "$build" -Db_sanitize=thread -Db_lundef=false -Dc_args=-ftls-model=initial-exec
ninja -C "$build"
root=$(pwd)
case $build in /*) ;; *) build=$root/$build ;; esac
# Not built for the sanitizer itself: nothing in it is to be looked at.
# shellcheck disable=SC2046
${CC:-cc} -std=gnu11 -D_GNU_SOURCE -O1 -g -shared -fPIC "$root/tests/util/tsan-glib.c" -o "$build/tsan-glib.so" \
  $(pkg-config --cflags --libs gstreamer-1.0) -ldl

# Without address randomisation, which older runtimes cannot do with; with an allocator that the runtime sees. In what
# order GStreamer's mixers ("meta") and demuxers ("cliptagger-cases-data") take their locks shows on stacks that end in the
# middle, so that no suppression could name them; the order of ours is watched in all other tests. "mosaic" cannot be run:
# GStreamer's compositor frees locks that its workers have just given back, on stacks like these.
# shellcheck disable=SC2016
wrapper='case $1 in
  */test-plugin-meta | */test-plugin-cliptagger-cases-data) TSAN_OPTIONS=$TSAN_OPTIONS:detect_deadlocks=0 ;;
  */test-plugin-mosaic) echo "1..0 # SKIP the workers of the compositor race"; exit ;;
  */sh) echo "a script: not run" >&2; exit 77 ;;
esac'
run () {
  TSAN_OPTIONS=exitcode=66:suppressions=$root/tests/suppressions/tsan.supp G_SLICE=always-malloc \
    meson test -C "$build" --timeout-multiplier 10 --print-errorlogs \
    --wrapper "setarch $(uname -m) -R sh -c '$wrapper; exec env LD_PRELOAD=$build/tsan-glib.so \"\$@\"' sh" "$@"
}
if [ $# -gt 0 ]; then
  run "$@"
  exit
fi
failed=
run pool || failed="$failed pool"
run --suite plugin || failed="$failed plugin"
echo "tsan: failed:${failed:- none}"
[ -z "$failed" ]
