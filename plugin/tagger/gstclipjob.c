/* SPDX-License-Identifier: MIT
 *
 * gstclipjob.c: see gstclipjob.h.
 */
#include "tagger/gstclipjob.h"

#include "clip.h"

GstClipJob *
gst_clip_job_new (guint n, gsize n_pixels, gsize dim, GError **error)
{
  gfloat *pixels = g_try_malloc_n (n, n_pixels * sizeof (gfloat));
  gfloat *embeddings = g_try_malloc_n (n, dim * sizeof (gfloat));
  if (!pixels || !embeddings) {
    g_free (pixels);
    g_free (embeddings);
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for %u pictures", n);
    return NULL;
  }
  GstClipJob *self = g_new0 (GstClipJob, 1);
  g_atomic_ref_count_init (&self->refs);
  self->n = self->capacity = n;
  self->pixels = pixels;
  self->embeddings = embeddings;
  return self;
}

GstClipJob *
gst_clip_job_ref (GstClipJob *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
gst_clip_job_set_payload (GstClipJob *self, gpointer payload, GDestroyNotify free_payload)
{
  if (self->payload)
    self->free_payload (self->payload);
  self->payload = payload;
  self->free_payload = free_payload;
}

void
gst_clip_job_unref (GstClipJob *self)
{
  if (!self || !g_atomic_ref_count_dec (&self->refs))
    return;
  gst_clip_job_set_payload (self, NULL, NULL);
  g_clear_error (&self->error);
  g_free (self->pixels);
  g_free (self->embeddings);
  g_free (self);
}
