#!/bin/sh
# SPDX-License-Identifier: MIT
#
# GStreamer 1.22's pngdec decodes PNGs of three 16-bit channels into rows that are shifted by one channel.
#
# A 16-bit RGB file comes out as ARGB64, with the added alpha behind the pixel instead of before it: what is labelled A, R,
# G, B holds R, G, B, A of its neighbours, so that colours are wrong while the picture looks plausible in outline.
# 8-bit RGB and 16-bit gray are right. gdk-pixbuf and libpng read the same file as it is.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

debian_gstreamer gstreamer1.0-tools=1.22.0-2+deb12u1 libgstreamer1.0-0=1.22.0-2+deb12u1 \
  gstreamer1.0-plugins-good=1.22.0-5+deb12u4

# All pixels are R 0x1111, G 0x5555, B 0x9999: 4 x 2, 16 bits, colour type 2.
python3 - "$tmp/in.png" << 'END'
import struct, sys, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
row = b"\0" + struct.pack(">3H", 0x1111, 0x5555, 0x9999) * 4
with open(sys.argv[1], "wb") as file:
    file.write(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 4, 2, 16, 2, 0, 0, 0))
               + chunk(b"IDAT", zlib.compress(row * 2)) + chunk(b"IEND", b""))
END
format=$(gst gst-launch-1.0 -v filesrc location="$tmp/in.png" ! pngdec ! filesink location="$tmp/out.raw" \
  | sed -n 's/.*GstPngDec.*:src: caps.*format=(string)\([A-Z0-9_]*\).*/\1/p' | head -n 1)
expect 'format' "$format" ARGB64
# As it should be: ffff 1111 5555 9999 for each pixel.
expect 'the first three pixels' "$(od -An -v -tx2 -N24 "$tmp/out.raw" | tr -d '\n' | sed 's/^ //;s/  */ /g')" \
  '0000 ffff 1111 5555 9999 ffff 1111 5555 9999 ffff 1111 5555'
