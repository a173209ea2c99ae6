#!/bin/sh
# SPDX-License-Identifier: MIT
#
# setup.sh [--tests]: makes this checkout ready to run: installs what is missing of the packages below (Debian and its
# kin; nothing is touched when all are there), then builds into build/. With --tests also what only the tests need.
# Set CLIPTAG_BUILD to build elsewhere, CLIPTAG_MESON_ARGS to options of "meson setup" (-Dwerror=true). Prints progress on
# standard error and the build's own words only if it fails.
set -eu
unset CDPATH

build_packages='
  meson ninja-build pkg-config gcc libc6-dev
  libglib2.0-dev libjson-glib-dev libopenblas-dev
  libgstreamer1.0-dev libgstreamer-plugins-base1.0-dev libpango1.0-dev
  libjpeg-dev libpng-dev libgif-dev libwebp-dev libtiff-dev libgdk-pixbuf-2.0-dev libarchive-dev liblbfgs-dev
  gobject-introspection libgirepository1.0-dev
  gstreamer1.0-tools gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  gstreamer1.0-plugins-ugly gstreamer1.0-libav fonts-dejavu-core
  help2man
'
test_packages='
  man-db
  python3-gi python3-gst-1.0 gir1.2-gstreamer-1.0 qemu-user libgstrtspserver-1.0-dev gi-docgen
  shellcheck codespell locales python3-jsonschema
'
optional_packages='
  clang-format-14
' # of the tests, for what not every release has

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

# Adds to $missing what is not installed of $optional, as far as this release has it.
add_optional () {
  for package in $optional; do
    case "$missing " in *" $package "*) continue ;; esac
    is_installed "$package" || ! apt-cache show "$package" > /dev/null 2>&1 || missing="$missing $package"
  done
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
  add_optional
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
  add_optional # from lists that have only just come
  # The list is meant to be split; a terminal would only be asked questions.
  # shellcheck disable=SC2086
  quietly "$log" $as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -q --no-install-recommends $missing
  rm -f "$log"
  installed=yes
}

installed=
packages=$build_packages
optional=
case "${1-}" in
  '') ;;
  --tests)
    packages="$packages $test_packages"
    optional=$optional_packages
    ;;
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
  # shellcheck disable=SC2086
  quietly "$build/setup.log" meson setup ${CLIPTAG_MESON_ARGS-} "$build"
elif [ -n "$installed" ] || [ -n "${CLIPTAG_MESON_ARGS-}" ]; then
  # Looks again for what was missing.
  # shellcheck disable=SC2086
  quietly "$build/setup.log" meson setup --reconfigure ${CLIPTAG_MESON_ARGS-} "$build"
fi
say "building $build"
quietly "$build/setup.log" ninja -C "$build"
