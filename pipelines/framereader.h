/* SPDX-License-Identifier: MIT
 *
 * framereader.h: the pictures of a file or URI, as GStreamer decodes them, those that are sampled.
 */
#ifndef FRAME_READER_H
#define FRAME_READER_H

#include <gst/gst.h>
#include <signal.h>

G_BEGIN_DECLS

typedef struct _FrameReader FrameReader;

typedef struct
{
  GstSample *sample; /* raw video in a format that gst_clip_picture_map() takes */
  gboolean is_still; /* the only picture there is */
  GstClockTime time; /* stream time; GST_CLOCK_TIME_NONE for a still and where it is unknown */
} ReaderFrame;

/* input: a path in the file system's encoding, or a URI. frame_rate: samples per second of stream time, 0 = every
 * frame. stop: looked at while waiting; once it is set no more frames come. May be NULL. Returns NULL with `error` set.
 */
FrameReader *frame_reader_new (const char *input, double frame_rate, const volatile sig_atomic_t *stop, GError **error);
void frame_reader_free (FrameReader *self);

/* TRUE: ret_frame holds the next sampled frame, to be cleared by reader_frame_clear(). FALSE: the end, with `error` set
 * where there should have been more; what came before the fault has been delivered by then. */
gboolean frame_reader_next (FrameReader *self, ReaderFrame *ret_frame, GError **error);
void reader_frame_clear (ReaderFrame *frame);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FrameReader, frame_reader_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ReaderFrame, reader_frame_clear)

G_END_DECLS

#endif
