#!/bin/sh
# SPDX-License-Identifier: MIT
#
# GStreamer 1.22 forgets that a stream is full range when its caps do not name a colour matrix, too.
#
# A decoder that knows the range alone (an H.264 stream whose VUI has the full-range flag and no colour description) says
# colorimetry=1:0:0:0: full range, the rest unknown. gst_video_info_from_caps() finds the matrix missing for a Y'CbCr format
# and replaces the whole colorimetry by the default for the size, which is limited range: every element that asks it,
# videoconvert among them, clips shadows and highlights. 1:4:0:0 (full range, BT.601) is kept.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

debian_gstreamer gstreamer1.0-tools=1.22.0-2+deb12u1 libgstreamer1.0-0=1.22.0-2+deb12u1 \
  gstreamer1.0-plugins-base=1.22.0-3+deb12u7 libgstreamer-plugins-base1.0-0=1.22.0-3+deb12u7

# A gray frame, 16 x 16, I420: luma 8, which is 8 of 255 in full range and below black in limited range.
{ head -c 256 /dev/zero | tr '\0' '\010'; head -c 128 /dev/zero | tr '\0' '\200'; } > "$tmp/in.raw"

# gray_of COLORIMETRY: what videoconvert makes of it.
gray_of () {
  gst gst-launch-1.0 -q filesrc location="$tmp/in.raw" blocksize=384 \
    ! "video/x-raw,format=I420,width=16,height=16,framerate=1/1,colorimetry=(string)$1" ! videoconvert dither=none \
    ! video/x-raw,format=RGB ! filesink location="$tmp/out.raw"
  od -An -tu1 -N1 "$tmp/out.raw" | tr -d ' '
}

expect 'red of luma 8, colorimetry=1:4:0:0' "$(gray_of 1:4:0:0)" 8
expect 'red of luma 8, colorimetry=1:0:0:0' "$(gray_of 1:0:0:0)" 0
