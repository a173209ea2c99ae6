#!/bin/sh
# SPDX-License-Identifier: MIT
#
# GStreamer 1.22's jpegdec gives other pixels than libjpeg does by default, and halves the chroma of 4:4:4 files.
#
# Its `idct-method` is ifast unless set, libjpeg's own default is islow. On smooth pictures ifast is biased: luma is half
# a level too dark in the mean. And whatever the file's sampling is, the output is I420: a 4:4:4 JPEG loses three
# quarters of its chroma samples without a word. Both are small to the eye and systematic to whatever measures pixels.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

debian_gstreamer gstreamer1.0-tools=1.22.0-2+deb12u1 libgstreamer1.0-0=1.22.0-2+deb12u1 \
  gstreamer1.0-plugins-good=1.22.0-5+deb12u4
python_with pillow==12.3.0 numpy==2.3.5

cat > "$tmp/make.py" << 'END'
import sys
import numpy
from PIL import Image
y, x = numpy.mgrid[0:256, 0:256]
noise = numpy.random.default_rng(0).normal(0, 4, (256, 256))
gray = (128 + 60 * numpy.sin(x / 17.0) + 50 * numpy.cos(y / 23.0) + noise).clip(0, 255).astype(numpy.uint8)
Image.fromarray(gray).save(sys.argv[1] + "/gray.jpg", quality=90)
Image.fromarray(numpy.stack([gray, gray, gray], -1)).save(sys.argv[1] + "/444.jpg", quality=90, subsampling=0)
END
cat > "$tmp/compare.py" << 'END'
import sys
import numpy
from PIL import Image
ours = numpy.fromfile(sys.argv[1] + "/gray.raw", numpy.uint8)[:65536].astype(int)
libjpeg = numpy.asarray(Image.open(sys.argv[1] + "/gray.jpg")).astype(int).ravel()
print("%.2f" % (ours - libjpeg).mean())
END
python "$tmp/make.py" "$tmp"

# decode FILE [PROPERTY]: into gray.raw; prints the format.
decode () {
  gst gst-launch-1.0 -v filesrc location="$tmp/$1" ! jpegdec ${2:+"$2"} ! filesink location="$tmp/gray.raw" \
    | sed -n 's/.*GstJpegDec.*:src: caps.*format=(string)\([A-Z0-9]*\).*/\1/p' | head -n 1
}

decode gray.jpg '' > "$tmp/format"
expect 'mean difference to libjpeg, defaults' "$(python "$tmp/compare.py" "$tmp")" -0.49
decode gray.jpg idct-method=islow > "$tmp/format"
expect 'mean difference to libjpeg, islow' "$(python "$tmp/compare.py" "$tmp")" 0.00
expect 'format of a 4:4:4 file' "$(decode 444.jpg '')" I420
