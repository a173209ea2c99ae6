#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-symbols.sh LIBRARY: the Debian package lists the symbols that libgstcliptag-1.0 exports, no fewer and no more. Exit
# status 77 without nm.
set -eu

command -v nm > /dev/null || { echo "SKIP: nm is missing" >&2; exit 77; }
listed=$(sed -n 's/^ \([^@]*\)@.*/\1/p' "$(dirname "$0")/../../../debian/libgstcliptag-1.0-0.symbols" | LC_ALL=C sort)
exported=$(nm -D --defined-only "$1" | sed -n 's/.* \(gst_[^@]*\).*/\1/p' | LC_ALL=C sort)
[ -n "$exported" ]
[ "$listed" = "$exported" ] || {
  echo "debian/libgstcliptag-1.0-0.symbols: expected what the library exports:" >&2
  printf '%s\n' "$exported" >&2
  exit 1
}
