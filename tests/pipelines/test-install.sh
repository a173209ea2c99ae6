#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-install.sh: what "meson install" puts down works from there, moved to another prefix too: the plugin and the
# programs find the metadata library and the built-in model, `cliptag bench` its program; man pages and completion are
# where man and bash look.
set -eu
unset CDPATH

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

fail () {
  echo "FAILED: $*" >&2
  exit 1
}

# folder_of PATH: the folder of the one installed file with a path that ends so.
folder_of () {
  found=$(find "$root" -path "*/$1" ! -type d)
  [ "$(echo "$found" | grep -c .)" = 1 ] || fail "expected one $1, found \"$found\""
  dirname "$found"
}

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
  cat "$root/labels" "$root/errors" >&2
  fail "the built-in model did not label anything"
}

# By its name, from anywhere, through a link too.
bin=$(folder_of bin/cliptag)
PATH=$bin:$PATH
cd /
[ "$(ls "$bin")" = cliptag ] || fail "there is more than one program in $bin:" "$(ls "$bin")"
cliptag --version
cliptag timeline --best --min-duration=0 "$root/labels" | grep -q ' %  ' || fail "cliptag timeline did not print a label"
cliptag embed --text "a dark picture" | grep -q '"embedding":\[' || fail "cliptag embed did not find the built-in model"
ln -s "$bin/cliptag" "$root/link"
for cliptag in cliptag "$root/link"; do
  "$cliptag" bench --seconds 0 --threads 1 --json | grep -q '"model":"camera-health"' || fail "$cliptag bench does not work"
done
cliptag cameras --seconds 0.1 file:///no/such/file > "$root/table" || fail "cliptag cameras does not work"
grep -q '0 of 1 cameras' "$root/table" || fail "cliptag cameras printed no table"

completions=$(folder_of share/bash-completion/completions/cliptag)
if command -v bash > /dev/null; then
  bash -c '. "$1" && complete -p cliptag' bash "$completions/cliptag" > /dev/null || fail "the completion does not load"
fi
for page in "$CLIPTAG_BUILD"/pipelines/man1/*.1; do
  [ -f "$page" ] || continue # built without help2man
  folder_of "man/man1/${page##*/}" > /dev/null
done
