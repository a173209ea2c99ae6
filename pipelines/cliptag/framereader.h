/* SPDX-License-Identifier: MIT
 *
 * framereader.h: the sampled pictures of a file or URI: a still, or frames of a video.
 */
#ifndef FRAME_READER_H
#define FRAME_READER_H

#include <gst/gst.h>
#include <signal.h>

#include "clip.h"
#include "common/gstclippicture.h"
#include "common/stills/still.h"

G_BEGIN_DECLS

typedef struct _FrameReader FrameReader;

typedef struct
{
  gboolean is_still; /* the only picture there is */
  GstClockTime time; /* stream time; GST_CLOCK_TIME_NONE for a still and where it is unknown */

  /* Private: one of them holds the pixels. */
  Still still;
  GstSample *sample;
  ClipOrientation orientation; /* of the sample */
  GstClipPicture picture;
  gboolean is_mapped;
} ReaderFrame;

typedef struct
{
  double frame_rate;                 /* samples per second of stream time, 0 = every frame */
  double timeout;                    /* seconds of waiting for one frame of a stream, 0 = for ever */
  const volatile sig_atomic_t *stop; /* polled while waiting; once it is set no more frames come. May be NULL */
} FrameReaderParams;

/* input: a path in the file system's encoding, or a URI. Returns NULL with `error` set. */
FrameReader *frame_reader_new (const char *input, const FrameReaderParams *params, GError **error);
void frame_reader_free (FrameReader *self);

/* TRUE: ret_frame holds the next sampled frame, to be cleared by reader_frame_clear(). FALSE: the end, with `error` set
 * where there should have been more; what came before the fault has been delivered by then. */
gboolean frame_reader_next (FrameReader *self, ReaderFrame *ret_frame, GError **error);

/* The picture as the engine takes it; its memory is the frame's. Once a frame. */
gboolean reader_frame_map (ReaderFrame *frame, ClipImage *ret_image, GError **error);

/* NULL, or what the decoder found wrong without giving up; the frame's. */
const char *reader_frame_get_warning (const ReaderFrame *frame);
void reader_frame_clear (ReaderFrame *frame);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FrameReader, frame_reader_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ReaderFrame, reader_frame_clear)

G_END_DECLS

#endif
