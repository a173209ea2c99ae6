#!/bin/sh
# SPDX-License-Identifier: MIT
#
# metadata-table.sh [BUILD]: which elements pass the labels on, as a table, from a run of test-plugin-meta with the
# GStreamer that is installed. What this machine lacks is left out, and named at the end.
set -eu
unset CDPATH
cd "$(cd -- "$(dirname -- "$0")/../.." && pwd)"
build=${1:-build}
out=$(mktemp)
trap 'rm -f "$out"' EXIT
meson test -C "$build" --suite plugin meta >/dev/null || { echo "metadata-table.sh: the test failed" >&2; exit 1; }
sed -n '/test-plugin-meta$/,/^=====/p' "$build/meson-logs/testlog.txt" >"$out"
echo "| GStreamer $(pkg-config --modversion gstreamer-1.0) | labels |"
echo "|---|---|"
# shellcheck disable=SC2016  # no expansion, Markdown
sed -n 's/^# table | \(.*\) | \(.*\)$/| `\1` | \2 |/p' "$out" | sort -t'|' -k3,3 -k2,2
sed -n 's/^ok .*# SKIP there is no element \(.*\)$/not here: \1/p' "$out" | sort -u
