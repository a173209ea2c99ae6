#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# labels-appsink.py [FILE]: pulls labelled frames out of a pipeline by appsink and prints the best label of each.
#
# Without FILE it labels half a second each of three test patterns. Needs python3-gi, python3-gst-1.0 and the plugin:
# installed, or after ". build/pipelines/env.sh".
import os
import sys

import gi

gi.require_version('Gst', '1.0')
gi.require_version('GstApp', '1.0')
gi.require_version('GstClipTag', '1.0')
gi.require_version('GstVideo', '1.0')
from gi.repository import Gst, GstApp, GstClipTag, GstVideo

Gst.init(None)
if len(sys.argv) > 1:
    source = 'uridecodebin uri="%s" ! videoconvert ! tagger.' % Gst.filename_to_uri(os.path.abspath(sys.argv[1]))
else:
    source = 'concat name=patterns ! tagger. ' + ' '.join(
        'videotestsrc pattern=%s num-buffers=15 ! patterns.' % pattern for pattern in ('smpte', 'black', 'zone-plate'))
# drop=false and max-buffers make the pipeline wait for us, so that no frame is missed.
pipeline = Gst.parse_launch('cliptagger name=tagger frame-rate=4 ! videoconvert ! video/x-raw,format=RGB '
                            '! appsink name=out max-buffers=4 drop=false sync=false ' + source)
appsink = pipeline.get_by_name('out')
bus = pipeline.get_bus()
pipeline.set_state(Gst.State.PLAYING)

n_frames = 0
while not appsink.is_eos():
    error = bus.pop_filtered(Gst.MessageType.ERROR)
    if error:
        pipeline.set_state(Gst.State.NULL)
        sys.exit('labels-appsink: %s' % error.parse_error()[0].message)
    # With a timeout, because after an error upstream there may be neither a sample nor the end of the stream.
    sample = appsink.try_pull_sample(100 * Gst.MSECOND)
    if not sample:
        continue
    n_frames += 1
    # Metadata stays on the buffer behind most elements, videoconvert among them.
    meta = GstClipTag.buffer_get_clip_tag_meta(sample.get_buffer())
    if meta and meta.age == 0:  # this very frame was analysed
        # Not caps.get_structure(), whose Python class differs from version to version of GStreamer.
        size = GstVideo.VideoInfo.new_from_caps(sample.get_caps())
        best = meta.tags.get_label(0) if meta.tags.get_n_labels() else None
        print('%.2f s, %dx%d:' % (sample.get_buffer().pts / Gst.SECOND, size.width, size.height),
              '%s %.0f %%' % (best.label, 100 * best.confidence) if best else 'nothing', flush=True)
pipeline.set_state(Gst.State.NULL)
print(n_frames, 'frames')
