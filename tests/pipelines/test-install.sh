#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-install.sh: what "meson install" puts down works from there, moved to another prefix too: the plugin finds the
# metadata library and the built-in model.
set -eu
unset CDPATH

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
DESTDIR=$root meson install -C "$CLIPTAG_BUILD" --no-rebuild > "$root/log" 2>&1 || {
  cat "$root/log" >&2
  exit 1
}
plugin=$(find "$root" -name libgstcliptag.so)
[ -n "$plugin" ] || { echo "no plugin was installed" >&2; exit 1; }

unset LD_LIBRARY_PATH GST_PLUGIN_PATH GST_PLUGIN_PATH_1_0 CLIPTAG_DEFAULT_MODEL
[ -z "${CLIPTAG_SYSTEM_LIBDIR-}" ] || export LD_LIBRARY_PATH="$root$CLIPTAG_SYSTEM_LIBDIR"
GST_PLUGIN_PATH=$(dirname "$plugin")
GST_REGISTRY=$root/registry.bin
export GST_PLUGIN_PATH GST_REGISTRY
gst-launch-1.0 -q videotestsrc num-buffers=1 ! cliptagger ! cliplog ! fakesink > "$root/labels" 2> "$root/errors" || {
  cat "$root/errors" >&2
  exit 1
}
grep -q '"model":"camera-health".*"label":"' "$root/labels" || {
  echo "the built-in model did not label anything:" >&2
  cat "$root/labels" "$root/errors" >&2
  exit 1
}
for program in clip-bench clip-embed clip-timeline; do
  "$(find "$root" -name $program -type f)" --version
done
# Called by name, from anywhere, a program finds the model beside it.
bin=$(dirname "$(find "$root" -name clip-embed -type f)")
(cd / && PATH="$bin:$PATH" clip-embed --text "a dark picture") | grep -q '"embedding":\[' || {
  echo "clip-embed, called by its name, did not find the built-in model" >&2
  exit 1
}
