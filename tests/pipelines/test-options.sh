#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-options.sh: every part can be disabled and enabled, no part needs the libraries of another, and under GStreamer's
# own prefix the plugin goes to GStreamer's folder of plugins. Only configures.
set -eu
unset CDPATH

cd "$CLIPTAG_SOURCE_ROOT"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=

complain () {
  echo "FAILED: $*" >&2
  failed=yes
}

# configure ARGS…
configure () {
  rm -rf "$dir/build"
  meson setup "$dir/build" "$@" > "$dir/log" 2>&1
}

# configures PARTS ARGS…: PARTS is what the summary must say of tests, tools and introspection ("YES NO YES").
configures () {
  expected=$1
  shift
  configure "$@" || {
    complain "meson setup $*: $(grep ERROR "$dir/log")"
    return 0
  }
  found=$(for part in tests tools introspection; do sed -n "s/^ *$part *: \([A-Z]*\)$/\1/p" "$dir/log"; done | paste -sd ' ')
  [ "$found" = "$expected" ] || complain "meson setup $*: tests, tools, introspection: $found instead of $expected"
}

introspection='YES enabled'
grep -q 'introspection *: YES' "$CLIPTAG_BUILD/meson-logs/meson-log.txt" || introspection='NO auto'
configures 'YES NO NO' -Dtests=enabled -Dtools=disabled -Dintrospection=disabled
configures "NO YES ${introspection% *}" -Dtests=disabled -Dtools=enabled -Dintrospection="${introspection#* }"

# Meson does not always guess a distribution's folder of libraries, without Debian's dpkg-dev for one.
prefix=$(pkg-config --variable=prefix gstreamer-1.0)
plugins=$(pkg-config --variable=pluginsdir gstreamer-1.0)
configures 'NO NO NO' --prefix="$prefix" --libdir=lib -Dtests=disabled -Dtools=disabled -Dintrospection=disabled \
  -Danalytics=disabled -Ddocs=disabled
meson introspect --installed "$dir/build" | grep -q "\"$plugins/libgstcliptag.so\"" ||
  complain "with --prefix=$prefix the plugin would not go to $plugins"

# Without GStreamer's test library and a library of the programs.
mkdir "$dir/pc"
for folder in $(pkg-config --variable=pc_path pkg-config | tr : ' '); do
  for pc in "$folder"/*.pc; do
    case ${pc##*/} in gstreamer-check-1.0.pc | libtiff-4.pc) continue ;; esac
    [ ! -f "$pc" ] || ln -sf "$pc" "$dir/pc/${pc##*/}"
  done
done
PKG_CONFIG_LIBDIR=$dir/pc
export PKG_CONFIG_LIBDIR
configures 'NO NO NO' -Dintrospection=disabled
for part in tests tools; do
  if configure -D$part=enabled; then
    complain "-D$part=enabled is quiet about what is missing"
  fi
done
[ -z "$failed" ]
