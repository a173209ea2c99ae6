#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#
# test-meta-gi.py GIR: the metadata from Python, as an application's pad probe uses it, and the version that each of its
# symbols came with. Exits with 77 (skipped) where PyGObject is missing.
import gc
import sys
import xml.etree.ElementTree

try:
    import gi
    gi.require_version('Gst', '1.0')
    from gi.repository import Gst
except (ImportError, ValueError) as error:
    print('SKIP: %s, nothing was tested' % error, file=sys.stderr)
    sys.exit(77)

gi.require_version('GstClipTag', '1.0')
from gi.repository import GstClipTag

Gst.init(None)

# Every symbol says since when it is there.
gi_namespace = '{http://www.gtk.org/introspection/core/1.0}'
symbols = [element for kind in ('function', 'method', 'constructor', 'record', 'constant', 'function-macro')
           for element in xml.etree.ElementTree.parse(sys.argv[1]).iter(gi_namespace + kind)
           if 'moved-to' not in element.attrib]
unversioned = [element.get('name') for element in symbols if not element.get('version')]
assert len(symbols) > 20 and not unversioned, 'without Since: %s' % unversioned
assert GstClipTag.CLIPTAG_VERSION_MAJOR >= 0 and GstClipTag.CLIPTAG_VERSION_MINOR >= 0


def make_tags():
    labels = [GstClipTag.ClipTagLabel.new(3, 'ein großer Hund 🐕', 0.75, 0.25),
              GstClipTag.ClipTagLabel.new(1, 'a cat', 0.25, 0.125)]
    return GstClipTag.ClipTags.new('tiny', '0123abcd', 7 * Gst.SECOND, labels, [0.5, -0.25, 0.0])


def check_tags(tags):
    assert tags.get_model_name() == 'tiny'
    assert tags.get_fingerprint() == '0123abcd'
    assert tags.get_source_pts() == 7 * Gst.SECOND
    assert tags.get_n_labels() == 2
    label = tags.get_label(0)
    assert (label.id, label.label, label.confidence, label.cosine) == (3, 'ein großer Hund 🐕', 0.75, 0.25)
    assert tags.get_label(1).label == 'a cat'
    assert list(tags.get_embedding()) == [0.5, -0.25, 0.0]


# Fields and getters of the metadata.
buffer = Gst.Buffer.new_allocate(None, 4, None)
assert GstClipTag.buffer_get_clip_tag_meta(buffer) is None
GstClipTag.buffer_add_clip_tag_meta(buffer, make_tags(), 5, True)
meta = GstClipTag.buffer_get_clip_tag_meta(buffer)
assert meta.age == 5 and meta.sampled is True
check_tags(meta.tags)
check_tags(meta.get_tags())
check_tags(GstClipTag.buffer_get_clip_tag_meta(buffer.copy()).tags)
assert meta.serial == 0 and meta.tagger is None and meta.is_newest(buffer)
meta.set_result('front door', 12)
copy = GstClipTag.buffer_get_clip_tag_meta(buffer.copy())
assert (copy.serial, copy.tagger) == (12, 'front door')
newer = GstClipTag.buffer_add_clip_tag_meta(buffer, make_tags(), 5, True)
newer.set_result('front door', 13)
assert newer.is_newest(buffer) and not GstClipTag.buffer_get_clip_tag_meta(buffer).is_newest(buffer)
structure = newer.to_structure()
assert structure.get_name() == 'clip-tags' and structure.get_uint64('serial') == (True, 13)

# Events: from a structure, on a buffer and back.
structure = Gst.Structure.new_from_string(
    'clip-event, id=(guint64)7, state=(string)end, label=(string)"a van", label-id=(uint)2, object-id=(int)5, '
    'confidence=(double)0.75, mean=(double)0.5, samples=(uint)12, reason=(string)over' + ''.join(
        ', %s-timestamp=(guint64)%d, %s-stream-time=(guint64)%d, %s-running-time=(guint64)%d, %s-utc=(gint64)%d' % (
            name, n, name, n + 1, name, n + 2, name, n + 3)
        for name, n in (('start', 10), ('end', 30), ('peak', 20))))
event = GstClipTag.ClipEvent.new_from_structure(structure)
assert (event.id, event.state, event.label, event.label_id) == (7, GstClipTag.ClipEventState.END, 'a van', 2)
assert (event.object_id, event.reason, event.zone, event.group) == (5, 'over', None, None)
assert (event.confidence, event.mean, event.n_samples) == (0.75, 0.5, 12)
assert (event.start.timestamp, event.end.stream_time, event.peak.running_time, event.start.utc) == (10, 31, 22, 13)
assert event.to_structure().is_equal(structure)
GstClipTag.buffer_add_clip_event_meta(buffer, event)
assert GstClipTag.buffer_get_clip_event(buffer, 0).id == 7 and GstClipTag.buffer_get_clip_event(buffer, 1) is None
assert GstClipTag.buffer_get_clip_event(buffer.copy(), 0).label == 'a van'
del event

# Tags and labels outlive the buffer that they came from.
tags, label = meta.tags, meta.tags.get_label(0)
del meta, copy, newer, structure, buffer
gc.collect()
check_tags(tags)
del tags
gc.collect()
assert label.label == 'ein großer Hund 🐕'

# Neither labels nor an embedding.
nothing = GstClipTag.ClipTags.new(None, None, Gst.CLOCK_TIME_NONE, None, None)
assert nothing.get_n_labels() == 0 and not nothing.get_embedding()
assert nothing.get_source_pts() == Gst.CLOCK_TIME_NONE

# From a pad probe, behind elements that copy.
seen = []


def probe(pad, info):
    meta = GstClipTag.buffer_get_clip_tag_meta(info.get_buffer())
    check_tags(meta.tags)
    seen.append(meta.age)
    return Gst.PadProbeReturn.OK


pipeline = Gst.parse_launch('appsrc name=in format=time caps=video/x-raw,format=RGB,width=8,height=8,framerate=0/1 '
                            '! videoscale ! video/x-raw,width=16,height=16 ! fakesink name=out sync=false')
pipeline.get_by_name('out').get_static_pad('sink').add_probe(Gst.PadProbeType.BUFFER, probe)
pipeline.set_state(Gst.State.PLAYING)
for age in range(3):
    buffer = Gst.Buffer.new_allocate(None, 8 * 8 * 3, None)
    buffer.pts = age
    GstClipTag.buffer_add_clip_tag_meta(buffer, make_tags(), age, age == 0)
    pipeline.get_by_name('in').emit('push-buffer', buffer)
pipeline.get_by_name('in').emit('end-of-stream')
message = pipeline.get_bus().timed_pop_filtered(20 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
pipeline.set_state(Gst.State.NULL)
assert message.type == Gst.MessageType.EOS, message.parse_error()
assert seen == [0, 1, 2], seen
