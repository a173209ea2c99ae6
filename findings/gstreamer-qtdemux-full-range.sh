#!/bin/sh
# SPDX-License-Identifier: MIT
#
# GStreamer 1.22's qtdemux says "limited range" of MP4s whose nclx colour box says full range.
#
# ISO/IEC 14496-12 puts a full_range_flag behind the three colour codes of a `colr` box of type nclx. qtdemux reads the codes
# and not the flag, and its caps do not leave the range open but say limited, so that whoever trusts them clips shadows and
# highlights; FFmpeg reads the same file as "pc". An encoder's VUI hides this where it has the flag, too. GStreamer 1.28
# gives the range as it is in the box.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

debian_gstreamer gstreamer1.0-tools=1.22.0-2+deb12u1 libgstreamer1.0-0=1.22.0-2+deb12u1 \
  gstreamer1.0-plugins-good=1.22.0-5+deb12u4
python_with imageio-ffmpeg==0.8.1
ffmpeg=$(python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')

# H.264 without a range of its own; then bit 7 of the box's last byte is set: "colr", "nclx", three codes of two bytes.
"$ffmpeg" -v error -f lavfi -i color=c=gray:s=64x64:r=5:d=1 -pix_fmt yuv420p -c:v libx264 -color_primaries bt709 \
  -color_trc bt709 -colorspace bt709 -movflags +write_colr "$tmp/limited.mp4"
python - "$tmp" << 'END'
import sys
data = bytearray(open(sys.argv[1] + "/limited.mp4", "rb").read())
data[data.index(b"colrnclx") + 14] |= 0x80
open(sys.argv[1] + "/full.mp4", "wb").write(data)
END

colorimetry () {
  gst gst-launch-1.0 -v filesrc location="$tmp/$1.mp4" ! qtdemux ! fakesink \
    | sed -n "s/.*fakesink0.*:sink: caps.*colorimetry=(string)\\([a-z0-9:]*\\).*/\\1/p" | head -n 1
}

# Range:matrix:transfer:primaries; range 1 is full, 2 limited.
expect 'colorimetry of the box with limited range' "$(colorimetry limited)" 2:3:0:0
expect 'colorimetry of the box with full range' "$(colorimetry full)" 2:3:0:0
expect 'FFmpeg on the latter' "$("$ffmpeg" -i "$tmp/full.mp4" 2>&1 | grep -o 'yuvj*420p([a-z]*')" 'yuv420p(pc'
