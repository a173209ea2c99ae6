#!/bin/sh
# SPDX-License-Identifier: MIT
#
# house-rules.sh: what may include what, how files begin, and that versions agree. Prints each breach and fails if there is one.
set -eu
unset CDPATH

cd "${CLIPTAG_SOURCE_ROOT:-$(dirname "$0")/..}"
breaches=0

# breach TEXT FILES…: complains if there are any files.
breach () {
  text=$1
  shift
  for file; do
    echo "$file: $text" >&2
    breaches=$((breaches + 1))
  done
}

includes () {
  pattern=$1
  shift
  grep -lE "^#include [<\"]$pattern" "$@" || true
}

engine=$(find engine -name '*.[ch]')
plugin=$(find plugin pipelines -name '*.[ch]')
own=$(find engine plugin pipelines tests -name '*.[ch]')
[ "$(echo "$own" | wc -l)" -gt 50 ] || { echo "house-rules: the sources were not found" >&2; exit 1; }

# Splitting at white space is meant: no file here has a blank in its name.
# shellcheck disable=SC2046,SC2086
{
  breach 'the engine knows nothing of GStreamer' $(includes 'gst/' $engine)
  breach 'the engine reads JSON by clip-json.h alone' $(includes 'json-glib' $engine)
  breach 'only linear.c includes cblas.h' $(includes 'cblas' $engine | grep -v '^engine/nn/linear\.c$' || true)
  breach 'kernels know no GLib' $(includes 'glib' engine/kernels/*.[ch] engine/kernels/x86/*.[ch] \
    engine/image/resample-lines.h engine/image/deep-*.h engine/image/pixels.h engine/image/x86/*.[ch])
  for arrows in 'engine/base' 'engine/runtime' 'engine/kernels: runtime' 'engine/image: base runtime' \
    'engine/tokenizer: base' 'engine/nn: kernels runtime' 'engine/model: nn image tokenizer base runtime' \
    'engine/labels: model tokenizer base' \
    'plugin/meta' 'plugin/common: meta' 'plugin/tagger: common' 'plugin/overlay: common' 'plugin/log: common'; do
    folder=${arrows%%:*}
    allowed=$(basename "$folder")
    [ "$folder" = "$arrows" ] || allowed="$allowed$(printf '|%s' ${arrows#*:})"
    breach "$allowed are the folders that $folder may include" \
      $(grep -rHE '^#include "([a-z0-9]+/)+' "$folder" | grep -vE "#include \"($allowed)/" | cut -d: -f1 | sort -u)
  done
  breach 'of the engine only engine/include is seen outside' \
    $(includes '(base|runtime|kernels|image|tokenizer|nn|model|labels)/' $plugin)
  for pair in stilljpeg:jpeglib stillpng:png stillgif:gif_lib stillwebp:webp/ stilltiff:tiffio stillpixbuf:gdk-pixbuf; do
    breach "only ${pair%:*}.c includes it in the programs" \
      $(includes "${pair#*:}" $plugin | grep -v "^pipelines/cliptag/stills/${pair%:*}\.c$" || true)
  done
  breach 'comments are /* */' $(grep -lE '^[[:space:]]*//' $own || true)
  breach 'begins without an SPDX line' $(grep -L '^/\* SPDX-License-Identifier: MIT$' $own || true)
  breach 'has a line of more than 120 characters' $(grep -lP '^.{121}' $own || true)
}
version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" meson.build)
grep -q "^gst-cliptag ($version)" debian/changelog || breach "does not begin with version $version, which is meson.build's" debian/changelog
exit $((breaches > 0))
