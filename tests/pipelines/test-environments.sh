#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-environments.sh: "meson devenv" sets up everything for the build tree, pkg-config's variables name the folders of an
# installed tree, and its programs find their library without help, wherever the tree was moved.
set -eu
unset CDPATH

die () {
  echo "FAILED: $*" >&2
  exit 1
}

# The environment of the test must not help.
unset LD_LIBRARY_PATH GST_PLUGIN_PATH GST_PLUGIN_PATH_1_0 GST_REGISTRY GI_TYPELIB_PATH CLIPTAG_DEFAULT_MODEL

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
typelib=$(find "$CLIPTAG_BUILD/plugin/meta" -name '*.typelib')

# uses_metadata COMMAND…: Python under COMMAND does; nothing to be done without typelib or bindings.
uses_metadata () {
  [ -n "$typelib" ] || return 0
  /usr/bin/python3 -c 'import gi; gi.require_version("Gst", "1.0")' 2> /dev/null || return 0
  "$@" /usr/bin/python3 -c '
import gi
gi.require_version("GstClipTag", "1.0")
from gi.repository import Gst, GstClipTag
Gst.init(None)
assert GstClipTag.ClipTagLabel.new(1, "a cat", 0.5, 0.25).label == "a cat"
'
}

devenv () {
  meson devenv -C "$CLIPTAG_BUILD" "$@"
}
devenv gst-inspect-1.0 cliptagger > "$root/inspect" || die "meson devenv: no cliptagger"
grep -q "^ *Filename  *$CLIPTAG_BUILD/plugin/libgstcliptag.so$" "$root/inspect" || die "meson devenv: another plugin"
uses_metadata devenv || die "meson devenv: Python does not find the metadata"
n=0
programs=$(find "$CLIPTAG_BUILD/pipelines" -maxdepth 1 -type f -perm -100 -name '*clip*')
for program in $programs; do
  n=$((n + 1))
  [ "$(devenv sh -c "command -v ${program##*/}")" = "$program" ] || die "meson devenv: no ${program##*/} in PATH"
done
[ $n -gt 0 ] || die "no programs were built"

DESTDIR=$root meson install -C "$CLIPTAG_BUILD" --no-rebuild > "$root/log" 2>&1 || {
  cat "$root/log" >&2
  exit 1
}
[ -z "${CLIPTAG_SYSTEM_LIBDIR-}" ] || export LD_LIBRARY_PATH="$root$CLIPTAG_SYSTEM_LIBDIR"
n=0
programs=$(find "$root" \( -path '*/bin/*' -o -path '*/libexec/*' \) -type f)
for program in $programs; do
  n=$((n + 1))
  (cd / && "$program" --version) || die "$program does not run from there"
done
[ $n -gt 0 ] || die "no programs were installed"

pc=$(find "$root" -name gstcliptag-1.0.pc)
variable () {
  PKG_CONFIG_PATH=${pc%/*} pkg-config --variable="$1" gstcliptag-1.0
}
GST_REGISTRY=$root/registry.bin GST_PLUGIN_PATH=$root$(variable pluginsdir) gst-inspect-1.0 cliptagger > "$root/inspect" ||
  die "there is no cliptagger in pluginsdir, $(variable pluginsdir)"
grep -q "^ *Filename  *$root" "$root/inspect" || die "another plugin than that of pluginsdir"
uses_metadata env "LD_LIBRARY_PATH=$root$(variable libdir)" "GI_TYPELIB_PATH=$root$(variable typelibdir)" ||
  die "Python does not find the metadata in typelibdir, $(variable typelibdir)"
