#!/bin/sh
# SPDX-License-Identifier: MIT
#
# setup.sh [--tests]: makes this checkout ready to run: installs what is missing of the packages below (Debian and its
# kin; nothing is touched when all are there), then builds into build/. With --tests also what only the tests need.
# Set CLIPTAG_BUILD to build elsewhere. Prints progress on standard error and the build's own words only if it fails.
set -eu
unset CDPATH

build_packages='
  meson ninja-build pkg-config gcc libc6-dev
  libglib2.0-dev libjson-glib-dev libopenblas-dev
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libpango1.0-dev
  libjpeg-dev libpng-dev libgif-dev libwebp-dev libtiff-dev libgdk-pixbuf-2.0-dev
  gobject-introspection libgirepository1.0-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  gstreamer1.0-plugins-ugly gstreamer1.0-libav fonts-dejavu-core
  help2man
'
test_packages='
  man-db
  python3-gi python3-gst-1.0 gir1.2-gstreamer-1.0 qemu-user libgstrtspserver-1.0-dev gi-docgen
'

say () {
  echo "setup: $*" >&2
}

fail () {
  say "$*"
  exit 1
}

# quietly LOG COMMAND…: runs silently; shows the end of what it said if it fails.
quietly () {
  log=$1
  shift
  if ! "$@" > "$log" 2>&1; then
    tail -n 100 "$log" >&2
    fail "failed: $* (all of it is in $log)"
  fi
}

is_installed () {
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2> /dev/null)" = installed ]
}

install_packages () {
  if ! command -v dpkg-query > /dev/null || ! command -v apt-get > /dev/null; then
    say "this is no Debian; going on in the hope that the likes of these are there:" "$@"
    return
  fi
  missing=
  for package; do
    is_installed "$package" || missing="$missing $package"
  done
  [ -n "$missing" ] || return 0

  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif command -v sudo > /dev/null; then
    as_root=sudo
  else
    fail "these packages are missing and neither root nor sudo is at hand:$missing"
  fi
  say "installing with apt-get:$missing"
  log=$(mktemp)
  quietly "$log" $as_root apt-get update -q
  # The list is meant to be split; a terminal would only be asked questions.
  # shellcheck disable=SC2086
  quietly "$log" $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends $missing
  rm -f "$log"
  installed=yes
}

installed=
packages=$build_packages
case "${1-}" in
  '') ;;
  --tests) packages="$packages $test_packages" ;;
  *)
    echo "usage: sh pipelines/setup.sh [--tests]" >&2
    exit 2
    ;;
esac

cd "$(dirname "$0")/.."
build=${CLIPTAG_BUILD:-build}
# shellcheck disable=SC2086
install_packages $packages

mkdir -p "$build"
if [ ! -f "$build/build.ninja" ]; then
  say "configuring $build"
  quietly "$build/setup.log" meson setup "$build"
elif [ -n "$installed" ]; then
  quietly "$build/setup.log" meson setup --reconfigure "$build" # looks again for what was missing
fi
say "building $build"
quietly "$build/setup.log" ninja -C "$build"
