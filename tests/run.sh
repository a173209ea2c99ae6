#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh [--quick] [--werror]: from a clean clone to all tests run: dependencies, build, tests; then, unless --quick, the
# engine's and the plugin's once more under AddressSanitizer and UndefinedBehaviorSanitizer, in a second build. With --werror,
# as CI has it, warnings of the compiler are errors in the first. The last line of standard output counts both, "N passed, N
# failed, N skipped"; the exit status is 0 only if something ran and nothing failed.
set -eu
unset CDPATH

sanitize=yes
args=${CLIPTAG_MESON_ARGS-}
for arg; do
  case $arg in
    --quick) sanitize= ;;
    --werror) args="$args -Dwerror=true" ;;
    *)
      echo "usage: sh tests/run.sh [--quick] [--werror]" >&2
      exit 2
      ;;
  esac
done
cd "$(dirname "$0")/.."
build=${CLIPTAG_BUILD:-build}
CLIPTAG_MESON_ARGS=$args sh pipelines/setup.sh --tests
unset CLIPTAG_MESON_ARGS # of the first build

log=$build/tests.log
status=$build/tests.status
{
  rc=0
  meson test -C "$build" --print-errorlogs || rc=$?
  if [ -n "$sanitize" ]; then
    # Leaks are looked for in the engine's: for the plugin's that takes five times as long.
    CLIPTAG_LEAKS=engine sh tests/sanitize.sh --asan || rc=1
  fi
  echo "$rc" > "$status"
} 2>&1 | tee "$log"

# Meson's summaries: "Ok: 12", "Fail: 0", …; a run that broke off has none.
awk -v rc="$(cat "$status")" '
  /^(Ok|Expected Fail): +[0-9]+/ { passed += $NF; }
  /^(Fail|Unexpected Pass|Timeout): +[0-9]+/ { failed += $NF; }
  /^Skipped: +[0-9]+/ { skipped += $NF; }
  END {
    if (rc != 0 && failed == 0)
      failed = 1;
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped;
    exit !(rc == 0 && failed == 0 && passed > 0);
  }
' "$log"
