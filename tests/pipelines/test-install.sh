#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-install.sh: what "meson install" puts down works from there, moved to another prefix too: the plugin finds the
# metadata library and the built-in model, programs find both, and all is where pkg-config says. "meson devenv" gives a
# shell that has all of it from the build tree.
set -eu
unset CDPATH

die () {
  echo "FAILED: $*" >&2
  exit 1
}

# What this build is for the environment that the tests run in must not help.
unset LD_LIBRARY_PATH GST_PLUGIN_PATH GST_PLUGIN_PATH_1_0 GI_TYPELIB_PATH CLIPTAG_DEFAULT_MODEL

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root meson install -C "$CLIPTAG_BUILD" --no-rebuild > "$root/log" 2>&1 || {
  cat "$root/log" >&2
  exit 1
}
plugin=$(find "$root" -name libgstcliptag.so)
[ -n "$plugin" ] || die "no plugin was installed"

# labels COMMAND…: runs the pipeline, and there must be labels of the built-in model.
labels () {
  "$@" gst-launch-1.0 -q videotestsrc num-buffers=1 ! cliptagger ! cliplog ! fakesink > "$root/labels" 2> "$root/errors" || {
    cat "$root/errors" >&2
    exit 1
  }
  grep -q '"model":"camera-health".*"label":"' "$root/labels" || {
    cat "$root/labels" "$root/errors" >&2
    die "the built-in model did not label anything"
  }
}
labels env "GST_PLUGIN_PATH=${plugin%/*}" "GST_REGISTRY=$root/registry.bin"

# Programs, of PATH and those that programs call; by name, from anywhere, they find their library and the model.
n=0
for program in $(find "$root" -path '*/bin/*' -type f) $(find "$root" -path '*/libexec/*' -type f); do
  (cd / && "$program" --version) || die "$program does not run from there"
  n=$((n + 1))
done
[ $n -gt 0 ] || die "no programs were installed"
bin=$(find "$root" -type d -name bin)
(cd / && PATH="$bin:$PATH" clip-embed --text "a dark picture") | grep -q '"embedding":\[' ||
  die "clip-embed, called by its name, did not find the built-in model"

# Where applications look.
pc=$(find "$root" -name gstcliptag-1.0.pc)
variable () {
  PKG_CONFIG_PATH=${pc%/*} pkg-config --variable="$1" gstcliptag-1.0
}
[ "$root$(variable pluginsdir)" = "${plugin%/*}" ] || die "pkg-config says that the plugin is in $(variable pluginsdir)"
[ -f "$root$(variable includedir)/gstcliptag-1.0/gstcliptagmeta.h" ] || die "the header is not in $(variable includedir)"
typelib=$(find "$CLIPTAG_BUILD/plugin/meta" -name '*.typelib')
[ -z "$typelib" ] || [ -f "$root$(variable typelibdir)/${typelib##*/}" ] || die "the typelib is not in $(variable typelibdir)"

# The environment of the build tree: elements, programs, and the typelib with its library.
devenv () {
  meson devenv -C "$CLIPTAG_BUILD" "$@"
}
labels devenv
# shellcheck disable=SC2016
devenv sh -c 'cmp "$GST_PLUGIN_PATH/libgstcliptag.so" "$1"' sh "$CLIPTAG_BUILD/plugin/libgstcliptag.so" > /dev/null ||
  die "meson devenv has another plugin"
devenv sh -c 'command -v clip-embed' > "$root/which" || die "meson devenv has no programs"
grep -q "^$CLIPTAG_BUILD/" "$root/which" || die "meson devenv has $(cat "$root/which")"
if [ -n "$typelib" ] && /usr/bin/python3 -c 'import gi; gi.require_version("Gst", "1.0")' 2> /dev/null; then
  devenv /usr/bin/python3 -c '
import gi
gi.require_version("GstClipTag", "1.0")
from gi.repository import Gst, GstClipTag
Gst.init(None)
GstClipTag.ClipTagLabel.new(1, "a cat", 0.5, 0.25)
' || die "meson devenv: Python does not find the metadata"
fi
