#!/bin/sh
# SPDX-License-Identifier: MIT
#
# coverage.sh: what of engine/ and plugin/ the tests run, in lines and branches, from a build of its own: all suites, so
# that the tests under CPU masks and on emulated CPUs count, and tests/oom.sh. Prints a line a file, least covered first, and
# the totals; exit status 0 only if all tests passed and the totals are what is promised below. gcovr, 5.2 or later.
set -eu
unset CDPATH

engine_least='98 90' # per cent of lines, of branches
plugin_least='97 82'

cd "$(dirname "$0")/.."
build=${CLIPTAG_BUILD:-build}-coverage
sh pipelines/setup.sh --tests
command -v gcovr > /dev/null || {
  echo "coverage: gcovr is missing (apt-get install gcovr)" >&2
  exit 1
}

# Threads count at once: without atomic counters some would run backwards.
[ -f "$build/build.ninja" ] || meson setup "$build" -Db_coverage=true -Dc_args=-fprofile-update=atomic > /dev/null
ninja -C "$build"
find "$build" -name '*.gcda' -exec rm -f {} +
failed=
meson test -C "$build" --timeout-multiplier 4 --print-errorlogs || failed=yes
[ ! -f tests/oom.sh ] || CLIPTAG_BUILD=$build sh tests/oom.sh || failed=yes

# What is not counted, and why:
# - kernels for CPUs that this one is not: a file whose table cannot be chosen here at all. Emulated CPUs run from the
#   same objects, so that older ones do count.
# - engine/bench/: a benchmark, no part of the engine; its own test is tests/bench/test-bench.py.
# - branches inside macros of GLib and GStreamer that are not written here: definitions of types and of cleanup
#   functions for lists that nobody makes, whether a debug category is on, whether an element message has a text and a
#   detail, whether sizes that the compiler knows overflow, and assertions about callers' faults.
cpu_flags=$(sed -n 's/^flags[^:]*: //p' /proc/cpuinfo | head -n 1)
set -- --exclude 'engine/bench/'
case " $cpu_flags " in *' avx512_vnni '*) ;; *) set -- "$@" --exclude 'engine/(image|kernels)/x86/.*avx512' ;; esac
case " $cpu_flags " in *' avx2 '*) ;; *) set -- "$@" --exclude 'engine/(image|kernels)/x86/' ;; esac
macros='G_DEFINE_|GST_(DEBUG|LOG|INFO|TRACE|FIXME|WARNING|ERROR)(_OBJECT)?[ (]|GST_DEBUG_CATEGORY'
macros="$macros|GST_ELEMENT_(ERROR|WARNING|INFO|(REGISTER_)?DEFINE)|g_(try_)?(re)?new0? ?\\(|g_return_(val_)?if_(fail|reached)|g_assert"
data=$build/coverage.json
gcovr --root . "$build" --filter 'engine/' --filter 'plugin/' "$@" --exclude-lines-by-pattern '.*G_DEFINE_AUTOPTR_CLEANUP_FUNC.*' \
  --exclude-branches-by-pattern ".*($macros).*" --exclude-unreachable-branches --json "$data"

# total PART LINES BRANCHES: its files, its totals.
total () {
  gcovr --root . --add-tracefile "$data" --filter "$1/" --csv "$build/coverage.csv"
  awk -F, -v part="$1" -v lines="$2" -v branches="$3" '
    NR == 1 { for (i = 1; i <= NF; i++) column[$i] = i; next }
    {
      l = $column["line_total"]; lc = $column["line_covered"]; b = $column["branch_total"]; bc = $column["branch_covered"];
      total_l += l; total_lc += lc; total_b += b; total_bc += bc;
      printf "%6.1f %% of %4d lines, %6.1f %% of %4d branches  %s\n", l ? 100 * lc / l : 100, l, b ? 100 * bc / b : 100, b, $column["filename"] | "sort -n";
    }
    END {
      close ("sort -n");
      l = total_l ? 100 * total_lc / total_l : 0; b = total_b ? 100 * total_bc / total_b : 0;
      printf "%s: %.1f %% of %d lines (at least %d), %.1f %% of %d branches (at least %d)\n", part, l, total_l, lines, b, total_b, branches;
      exit l < lines || b < branches;
    }
  ' "$build/coverage.csv"
}
# shellcheck disable=SC2086
total engine $engine_least || failed=yes
# shellcheck disable=SC2086
total plugin $plugin_least || failed=yes
[ -z "$failed" ] || { echo "coverage: tests failed, or the totals are below what is promised" >&2; exit 1; }
