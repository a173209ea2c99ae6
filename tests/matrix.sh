#!/bin/sh
# SPDX-License-Identifier: MIT
#
# matrix.sh [--sanitize] [12] [13] [sid]: from a clean Debian to all tests run, as tests/run.sh has it, on each of these
# releases (GStreamer 1.22, 1.26, and 1.28 or later), in a throw-away root each, which shares only the kernel and the
# shared data with this machine. The sanitizers' half is left out unless asked for. Ends with a line a release; exit
# status 0 only if all passed.
#
# Needs root, mmdebstrap, 4 GB in TMPDIR and a mirror (CLIPTAG_MIRROR). CLIPTAG_MATRIX_CACHE (default
# $XDG_CACHE_HOME/cliptag-matrix) keeps packages and compiled objects (ccache) for the next run, and the logs.
set -eu
unset CDPATH

usage () {
  echo "usage: sh tests/matrix.sh [--sanitize] [12] [13] [sid]" >&2
  exit 2
}

quick=--quick
releases=
for arg; do
  case $arg in
    --sanitize) quick= ;;
    12 | 13 | sid) releases="$releases $arg" ;;
    *) usage ;;
  esac
done
[ -n "$releases" ] || releases='12 13 sid'

cd "$(dirname "$0")/.."
source=$(pwd)
shared=${CLIPTAG_SHARED:-$source/../shared}
cache=${CLIPTAG_MATRIX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/cliptag-matrix}
mirror=${CLIPTAG_MIRROR:-http://deb.debian.org/debian}

fail () {
  echo "matrix: $*" >&2
  exit 1
}
[ "$(id -u)" = 0 ] || fail "only root can make roots of other releases (sudo sh tests/matrix.sh)"
command -v mmdebstrap > /dev/null || fail "mmdebstrap is missing (apt-get install mmdebstrap)"

root=
clean_up () {
  # Mounts went with their namespace; should one be left, its files are not ours.
  [ -z "$root" ] || rm -rf --one-file-system "$root"
  root=
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# make_root RELEASE: the least that is Debian, at $root.
make_root () {
  case $1 in
    12) suite=bookworm ;;
    13) suite=trixie ;;
    *) suite=$1 ;;
  esac
  root=$(mktemp -d)
  chmod 755 "$root"
  set -- --variant=minbase --include=ca-certificates,ccache
  # sid's lists expire after a week, which a mirror that stands still would not survive.
  [ "$suite" != sid ] || set -- "$@" --aptopt='Acquire::Check-Valid-Until "false"'
  mmdebstrap "$@" "$suite" "$root" "$mirror"
}

# The sources as they are here, committed or not, without what was built of them.
copy_source () {
  mkdir "$root/src"
  if [ "$(git rev-parse --show-toplevel 2> /dev/null)" = "$(pwd -P)" ]; then
    git ls-files -z --cached --others --exclude-standard --deduplicate
  else
    find . \( -path './build*' -o -path ./.git \) -prune -o -type f -print0
  fi | tar --create --null --files-from - | tar --extract --directory "$root/src"
}

# inside COMMAND…: runs it in the root.
inside () {
  mkdir -p "$root/ccache" "$root/shared" "$cache/ccache" "$cache/packages/$suite/partial"
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  # shellcheck disable=SC2016
  unshare --mount sh -euc '
    root=$1 shared=$2 cache=$3 packages=$4
    shift 4
    mount -t proc proc "$root/proc"
    mount --bind /dev "$root/dev"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
    mount -t tmpfs tmpfs "$root/dev/shm"
    mount --bind "$cache" "$root/ccache"
    mount --bind "$packages" "$root/var/cache/apt/archives"
    [ ! -d "$shared" ] || mount --bind -o ro "$shared" "$root/shared"
    exec chroot "$root" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin TMPDIR=/tmp \
      CLIPTAG_SHARED=/shared CCACHE_DIR=/ccache CCACHE_COMPILERCHECK=content ${http_proxy:+http_proxy=$http_proxy} "$@"
  ' sh "$root" "$shared" "$cache/ccache" "$cache/packages/$suite" "$@"
}

mkdir -p "$cache/logs"
failed=
summary=
for release in $releases; do
  log=$cache/logs/$release.log
  echo "matrix: Debian $release (see $log)"
  started=$(date +%s)
  result=
  if { make_root "$release" && copy_source; } > "$log" 2>&1; then
    # shellcheck disable=SC2086
    rc=0; inside sh /src/tests/run.sh $quick >> "$log" 2>&1 || rc=$?
    result=$(tail -n 1 "$log")
    case $result in *' passed, '*' failed, '*' skipped') ;; *) result="broke off: $result" ;; esac
    versions=$(inside sh -c 'gst-launch-1.0 --gst-version; gcc --version' 2> /dev/null |
      sed -nE -e 's/^GStreamer Core Library version ([0-9.]*).*/GStreamer \1/p' -e 's/^gcc .* ([0-9.]+)$/ GCC \1/p' |
      paste -sd ,) || :
  else
    rc=1 versions='' result="no root: $(tail -n 1 "$log")"
  fi
  [ "$rc" = 0 ] || failed=yes
  minutes=$((($(date +%s) - started + 59) / 60))
  line="Debian $release${versions:+ ($versions)}: $result, $minutes min"
  echo "matrix: $line"
  summary="$summary$line
"
  clean_up
done
printf '\n%s' "$summary"
[ -z "$failed" ]
