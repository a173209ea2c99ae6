#!/bin/sh
# SPDX-License-Identifier: MIT
#
# GStreamer's description of the video format VYUY (1.22) has the places of U and V exchanged.
#
# Its pack and unpack functions, and so videotestsrc and videoconvert, keep to the name: V Y U Y. What the library tells of
# the format (GstVideoFormatInfo's poffset, which GST_VIDEO_FRAME_COMP_OFFSET and GST_VIDEO_FRAME_COMP_DATA return) is that
# of UYVY. A program that reads components by these macros swaps red and blue in VYUY alone.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname "$0")/lib.sh"

debian_gstreamer gstreamer1.0-tools=1.22.0-2+deb12u1 libgstreamer1.0-0=1.22.0-2+deb12u1 \
  libgstreamer-plugins-base1.0-0=1.22.0-3+deb12u7 gstreamer1.0-plugins-base=1.22.0-3+deb12u7

# Red: Y 81, U 90, V 240.
for format in UYVY VYUY; do
  gst gst-launch-1.0 -q videotestsrc pattern=red num-buffers=1 ! "video/x-raw,format=$format,width=4,height=2" \
    ! filesink location="$tmp/$format"
done
expect 'a red pixel pair as UYVY' "$(od -An -tu1 -N4 "$tmp/UYVY" | sed 's/^ *//;s/  */ /g')" '90 81 240 81'
expect 'a red pixel pair as VYUY' "$(od -An -tu1 -N4 "$tmp/VYUY" | sed 's/^ *//;s/  */ /g')" '240 81 90 81'

# poffset: the offsets of the first Y, U and V in bytes.
offsets () {
  gst python3 - "$1" << 'END'
import ctypes, sys
class Info(ctypes.Structure):
    _fields_ = [("format", ctypes.c_int), ("name", ctypes.c_char_p), ("description", ctypes.c_char_p),
                ("flags", ctypes.c_int), ("bits", ctypes.c_uint), ("n_components", ctypes.c_uint),
                ("shift", ctypes.c_uint * 4), ("depth", ctypes.c_uint * 4), ("pixel_stride", ctypes.c_int * 4),
                ("n_planes", ctypes.c_uint), ("plane", ctypes.c_uint * 4), ("poffset", ctypes.c_uint * 4)]
video = ctypes.CDLL("libgstvideo-1.0.so.0")
video.gst_video_format_get_info.restype = ctypes.POINTER(Info)
info = video.gst_video_format_get_info(video.gst_video_format_from_string(sys.argv[1].encode())).contents
assert info.name.decode() == sys.argv[1]
print(*info.poffset[:3])
END
}
expect 'where Y, U and V of UYVY are said to be' "$(offsets UYVY)" '1 0 2'
# As it is packed: 1 2 0.
expect 'where Y, U and V of VYUY are said to be' "$(offsets VYUY)" '1 0 2'
