#!/bin/sh
# SPDX-License-Identifier: MIT
#
# house-rules.sh: what may include what, and how files begin. Prints each breach and fails if there is one.
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
  breach 'only json.c includes json-glib in the engine' $(includes 'json-glib' $engine | grep -v '^engine/json\.c$' || true)
  breach 'only linear.c includes cblas.h' $(includes 'cblas' $engine | grep -v '^engine/linear\.c$' || true)
  breach 'kernels know no GLib' $(includes 'glib' engine/kernels.h engine/loops.h engine/tables.h engine/pack.[ch] engine/resample-lines.h engine/pixels.h engine/x86/*.[ch])
  for header in engine/*.h; do
    name=$(basename "$header")
    case $name in
      json.h | message.h) continue ;; # clip-timeline reads JSON as the engine does
    esac
    breach "clip.h is all that is seen of the engine, not $name" $(includes "(.*/)?$name\"" $plugin)
  done
  for pair in stilljpeg:jpeglib stillpng:png stillgif:gif_lib stillwebp:webp/ stilltiff:tiffio stillpixbuf:gdk-pixbuf; do
    breach "only ${pair%:*}.c includes it in the programs" \
      $(includes "${pair#*:}" $plugin | grep -v "^pipelines/${pair%:*}\.c$" || true)
  done
  breach 'comments are /* */' $(grep -lE '^[[:space:]]*//' $own || true)
  breach 'begins without an SPDX line' $(grep -L '^/\* SPDX-License-Identifier: MIT$' $own || true)
  breach 'has a line of more than 120 characters' $(grep -lP '^.{121}' $own || true)
}
exit $((breaches > 0))
