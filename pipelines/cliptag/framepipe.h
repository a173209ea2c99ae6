/* SPDX-License-Identifier: MIT
 *
 * framepipe.h: the frames of a URI as GStreamer decodes them, or the bytes of a still if that is what it is.
 */
#ifndef FRAME_PIPE_H
#define FRAME_PIPE_H

#include <gst/gst.h>
#include <signal.h>

#include "clip.h"

G_BEGIN_DECLS

typedef struct _FramePipe FramePipe;

typedef struct
{
  const char *uri;
  gboolean is_file;                  /* a regular one on this machine */
  gboolean is_cut;                   /* and it is known that its end is missing */
  double timeout;                    /* seconds of waiting for one frame; 0 = for ever */
  const volatile sig_atomic_t *stop; /* polled while waiting; may be NULL */
} FramePipeParams;

/* Returns at once. NULL with `error` set where GStreamer lacks an element. The strings are copied. */
FramePipe *frame_pipe_new (const FramePipeParams *params, GError **error);

/* Whatever the elements do, this returns within seconds: what does not stop is left behind. */
void frame_pipe_free (FramePipe *self);

/* The next decoded frame and how it has to be turned, or NULL at the end. */
GstSample *frame_pipe_pull (FramePipe *self, ClipOrientation *ret_orientation);

/* After NULL, where no frame came: the whole content, if it is a still. Owned by the pipe. */
GByteArray *frame_pipe_get_still (FramePipe *self);

/* After NULL: no frame came for too long. */
gboolean frame_pipe_has_timed_out (const FramePipe *self);

/* After NULL: something is known to be wrong, so that a single frame is not to be trusted. */
gboolean frame_pipe_has_failed (const FramePipe *self);

/* After NULL: why there is no more where there should have been; NULL if this is the proper end. Newly allocated. */
GError *frame_pipe_explain_end (FramePipe *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FramePipe, frame_pipe_free)

G_END_DECLS

#endif
