#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-headers-alone.sh CC...: each header compiles by itself, without warnings: a file may include it first.
set -eu
unset CDPATH

cd "${CLIPTAG_SOURCE_ROOT:-$(dirname "$0")/../..}"
[ $# -gt 0 ] || set -- cc
packages='gstreamer-video-1.0 gstreamer-app-1.0 gstreamer-check-1.0 json-glib-1.0 pangocairo openblas'
# shellcheck disable=SC2086
libraries=$(pkg-config --cflags $packages)

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
find engine plugin pipelines tests -name '*.h' > "$dir/headers"
n=0
while read -r header; do
  # Without an include guard it is a fragment: a body that the file around it completes by macros.
  grep -q '^#ifndef ' "$header" || continue
  n=$((n + 1))
  case $header in
    engine/*) flags='-Iengine -Iengine/include' ;;
    plugin/*) flags='-Iplugin -Iplugin/meta -Iengine/include' ;;
    pipelines/*) flags='-Ipipelines/cliptag -Ipipelines/demo -Iplugin -Iplugin/meta -Iengine/include' ;;
    *) flags='-Itests/util -Itests/plugin -Iplugin -Iplugin/meta -Ipipelines/demo -Iengine -Iengine/include' ;;
  esac
  case $header in */x86/*) flags="$flags -mavx2 -mfma -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vnni" ;; esac
  printf '#include "%s"\n' "$header" > "$dir/$n.c"
  echo "$dir/$n.c $flags"
done < "$dir/headers" > "$dir/list"
[ "$n" -gt 50 ] || {
  echo "the headers were not found" >&2
  exit 1
}
# One run of the compiler for each, on all CPUs.
# shellcheck disable=SC2016
CCACHE_DISABLE=1 CC=$* LIBRARIES=$libraries xargs -P "$(nproc)" -L 1 sh -c '$CC -std=gnu11 -D_GNU_SOURCE -DG_LOG_DOMAIN=\"headers\" \
  -I. $LIBRARIES -Wall -Wextra -Werror -Wno-unused-parameter -Wno-unused-function -Wno-missing-field-initializers \
  -fsyntax-only "$@"' sh < "$dir/list" || exit 1
echo "$n headers"
