#!/bin/sh
# SPDX-License-Identifier: MIT
#
# oom.sh: memory that runs out, everywhere: each allocation of the engine that data sizes, each mapping and each thread
# fails once, from loading a model to labels, in reading prompts, and from cliptagger's start to its first frame. Exit
# status 0 if every one of them ends as an error or does no harm.
set -eu
unset CDPATH

cd "$(dirname "$0")/.."
build=${CLIPTAG_BUILD:-build}
sh pipelines/setup.sh --tests

[ -f "$build/build.ninja" ] || meson setup "$build"
ninja -C "$build"
CLIPTAG_OOM=all meson test -C "$build" --timeout-multiplier 10 --print-errorlogs oom prompts-oom cliptagger-oom
