/* SPDX-License-Identifier: MIT
 *
 * gstclipprogress.c: progress messages for encodings of prompts that take their time. One encoding's, and one thread's;
 * the clock is the caller's.
 */
#include "tagger/gstclipprogress.h"

#include "clip.h"

#define CODE     "prompts"
#define PATIENCE (G_USEC_PER_SEC / 2) /* until the first message: nobody wonders before */
#define INTERVAL (G_USEC_PER_SEC / 4) /* between messages */

static void
post_progress (GstClipProgress *self, GstProgressType type, const gchar *text)
{
  gst_element_post_message (self->element, gst_message_new_progress (GST_OBJECT (self->element), type, CODE, text));
}

void
gst_clip_progress_init (GstClipProgress *self, GstElement *element)
{
  *self = (GstClipProgress){ .element = element };
}

void
gst_clip_progress_update (GstClipProgress *self, gint64 now, guint64 done, guint64 total)
{
  if (!self->started)
    self->started = now;
  if (done >= total || now - self->started < PATIENCE || now - self->shown < INTERVAL)
    return;
  g_autofree gchar *text
      = g_strdup_printf ("encoding prompts: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " texts (%u %%)", done, total,
          (guint)(done * 100 / total));
  post_progress (self, self->begun ? GST_PROGRESS_TYPE_CONTINUE : GST_PROGRESS_TYPE_START, text);
  self->begun = TRUE;
  self->shown = now;
}

void
gst_clip_progress_end (GstClipProgress *self, const GError *error)
{
  if (!self->begun)
    return;
  if (!error)
    post_progress (self, GST_PROGRESS_TYPE_COMPLETE, "prompts are encoded");
  else if (g_error_matches (error, CLIP_ERROR, CLIP_ERROR_CANCELLED))
    post_progress (self, GST_PROGRESS_TYPE_CANCELED, "prompts are not encoded: cancelled");
  else
    post_progress (self, GST_PROGRESS_TYPE_ERROR, error->message);
  self->begun = FALSE;
}
