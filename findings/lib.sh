#!/bin/sh
# SPDX-License-Identifier: MIT
#
# lib.sh: what the findings share; to be read in by them. Leaves $tmp, a folder that goes when the script ends.
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM

# expect WHAT FOUND EXPECTED: tells what was found; ends the script if it is something else.
expect () {
  echo "$1: $2"
  [ "$2" = "$3" ] || {
    echo "changed: expected $3" >&2
    exit 1
  }
}

# debian_gstreamer PACKAGE=VERSION…: GStreamer's packages as Debian 12 has them, unpacked; `gst COMMAND…` runs with them.
debian_gstreamer () {
  mkdir "$tmp/debs" "$tmp/root"
  (cd "$tmp/debs" && apt-get download -q "$@" > "$tmp/apt.log" 2>&1) || {
    cat "$tmp/apt.log" >&2
    exit 1
  }
  for deb in "$tmp"/debs/*.deb; do
    dpkg-deb -x "$deb" "$tmp/root"
  done
  libdir=$tmp/root/usr/lib/$(dpkg-architecture -qDEB_HOST_MULTIARCH)
}

gst () {
  env LD_LIBRARY_PATH="$libdir" GST_PLUGIN_SYSTEM_PATH_1_0="$libdir/gstreamer-1.0" GST_PLUGIN_PATH= \
    GST_REGISTRY="$tmp/registry" GST_PLUGIN_SCANNER="$libdir/gstreamer1.0/gstreamer-1.0/gst-plugin-scanner" \
    PATH="$tmp/root/usr/bin:$PATH" "$@"
}

# python_with PACKAGE==VERSION…: a virtual environment; `python SCRIPT` runs in it.
python_with () {
  python3 -m venv "$tmp/venv"
  "$tmp/venv/bin/pip" install -q --disable-pip-version-check "$@"
}

python () {
  "$tmp/venv/bin/python" "$@"
}
