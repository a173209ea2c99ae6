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
own=$(find docs engine plugin pipelines tests -name '*.[ch]')
[ "$(echo "$own" | wc -l)" -gt 50 ] || { echo "house-rules: the sources were not found" >&2; exit 1; }

# Splitting at white space is meant: no file here has a blank in its name.
# shellcheck disable=SC2046,SC2086
{
  breach 'the engine knows nothing of GStreamer' $(includes 'gst/' $engine)
  breach 'the engine reads JSON by clip-json.h alone' $(includes 'json-glib' $engine)
  breach 'only linear.c includes cblas.h' $(includes 'cblas' $engine | grep -v '^engine/nn/linear\.c$' || true)
  # A public header serves the units that begin as it does; change.c's part is in clip.h.
  for unit in $(echo "$engine" | grep -E '^engine/[a-z]+/[^/]+\.c$' | grep -vE '^engine/(bench/|image/change\.c)'); do
    name=$(basename "$unit" .c)
    [ -e "${unit%.c}.h" ] || [ -e "${unit%%-*}.h" ] || [ -e "engine/include/clip-${name%%-*}.h" ] || breach 'has no header of its own' "$unit"
  done
  breach 'kernels know no GLib' $(includes 'glib' engine/kernels/*.[ch] engine/kernels/x86/*.[ch] \
    engine/image/resample-lines.h engine/image/deep-*.h engine/image/pixels.h engine/image/x86/*.[ch])
  breach 'the engine is for little-endian machines only (tensor.c): no other byte order here' \
    $(grep -lE 'BIG_ENDIAN|BYTE_ORDER|_(FROM|TO)_[LB]E' engine/image/*.[ch] engine/image/x86/*.[ch] || true)
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
    breach "only ${pair%:*}.c includes it" \
      $(includes "${pair#*:}" $plugin | grep -v "^plugin/common/stills/${pair%:*}\.c$" || true)
  done
  breach 'only tarreader.c includes it in the programs' \
    $(includes 'archive(_entry)?\.h' $plugin | grep -v '^pipelines/cliptag/data/tarreader\.c$' || true)
  # A unit is a header with its source; one that only declares the element's type stands on nothing.
  breach 'includes go round in a circle there' $(for file in plugin/*/*.[ch]; do
    sed -n "s|^#include \"[a-z]*/\([a-z]*\)\.h\".*|$(basename "${file%.?}") \1|p" "$file"
  done | grep -vE '^([a-z]*) \1$| gstcliptagger$' | sed 's/private\( \|$\)/\1/g' | sort -u | grep -vE '^([a-z]*) \1$' |
    tsort 2>&1 >/dev/null | sed -n 's/^tsort: \(gst[a-z]*\)$/\1/p')
  breach 'comments are /* */' $(grep -lE '^[[:space:]]*//' $own || true)
  breach 'begins without an SPDX line' $(grep -L '^/\* SPDX-License-Identifier: MIT$' $own || true)
  breach 'has a line of more than 120 characters' $(grep -lP '^.{121}' $own || true)
}
version=$(sed -n "s/^  version: '\(.*\)',$/\1/p" meson.build)
grep -q "^gst-cliptag ($version)" debian/changelog || breach "does not begin with version $version, which is meson.build's" debian/changelog
exit $((breaches > 0))
