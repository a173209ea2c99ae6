#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh: from a clean clone to all tests run: dependencies, build, tests. The last line of standard output is
# "N passed, N failed, N skipped"; the exit status is 0 only if something ran and nothing failed.
set -eu
unset CDPATH

cd "$(dirname "$0")/.."
build=${CLIPTAG_BUILD:-build}
sh pipelines/setup.sh --tests

log=$build/tests.log
status=$build/tests.status
{
  rc=0
  meson test -C "$build" --print-errorlogs || rc=$?
  echo "$rc" > "$status"
} 2>&1 | tee "$log"

# Meson's summary: "Ok: 12", "Fail: 0", …; a run that broke off has none.
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
