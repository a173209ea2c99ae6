/* SPDX-License-Identifier: MIT
 *
 * gstclipbaselines.c: see gstclipbaselines.h.
 */
#include "tagger/gstclipbaselines.h"

GST_DEBUG_CATEGORY_EXTERN (gst_clip_tagger_debug);
#define GST_CAT_DEFAULT gst_clip_tagger_debug

struct _GstClipBaselines
{
  gatomicrefcount refs;
  gchar *path, *fingerprint;
  GMutex lock; /* of what follows */
  GPtrArray *owners, *tracks;
  gboolean bad;        /* the file, which stays as it is */
  gboolean has_failed; /* to write it, which was said */
  GError *problem;
};

GstClipBaselines *
gst_clip_baselines_new (const gchar *path, const gchar *fingerprint)
{
  GstClipBaselines *self = g_new0 (GstClipBaselines, 1);
  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  self->path = g_strdup (path);
  self->fingerprint = g_strdup (fingerprint);
  self->owners = g_ptr_array_new ();
  self->tracks = g_ptr_array_new ();
  return self;
}

GstClipBaselines *
gst_clip_baselines_ref (GstClipBaselines *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
gst_clip_baselines_unref (GstClipBaselines *self)
{
  if (!self || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_free (self->path);
  g_free (self->fingerprint);
  g_ptr_array_unref (self->owners);
  g_ptr_array_unref (self->tracks);
  g_clear_error (&self->problem);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* ---- With the lock ------------------------------------------------------------------------------------------ */

static void
set_track (GstClipBaselines *self, gconstpointer owner, ClipTrack *track)
{
  guint i;
  if (g_ptr_array_find (self->owners, owner, &i)) {
    self->tracks->pdata[i] = track;
    return;
  }
  g_ptr_array_add (self->owners, (gpointer)owner);
  g_ptr_array_add (self->tracks, track);
}

static void
set_problem (GstClipBaselines *self, GError *error)
{
  GST_WARNING ("%s", error->message);
  g_clear_error (&self->problem);
  self->problem = error;
}

/* Only a file in a folder can come to be. */
static gboolean
check_folder (GstClipBaselines *self, GError **error)
{
  g_autofree gchar *folder = g_path_get_dirname (self->path);
  if (g_file_test (folder, G_FILE_TEST_IS_DIR))
    return TRUE;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_NOT_FOUND, "%s: no such folder", folder);
  return FALSE;
}

static gboolean
has_any (const GstClipBaselines *self)
{
  for (guint i = 0; i < self->tracks->len; i++)
    if (clip_track_get_baseline (self->tracks->pdata[i]))
      return TRUE;
  return FALSE;
}

/* ---- Everybody's -------------------------------------------------------------------------------------------- */

void
gst_clip_baselines_load (GstClipBaselines *self, gconstpointer owner, ClipTrack *track)
{
  GError *error = NULL;
  guint n = 0;
  g_mutex_lock (&self->lock);
  set_track (self, owner, track);
  if (!self->bad && !clip_track_load_baselines (self->path, self->fingerprint, &track, 1, &n, &error)) {
    if (g_error_matches (error, CLIP_ERROR, CLIP_ERROR_NOT_FOUND)) {
      g_clear_error (&error);
      check_folder (self, &error);
    }
    self->bad = error != NULL;
    if (error)
      set_problem (self, error);
  }
  g_mutex_unlock (&self->lock);
  GST_DEBUG ("%u baselines from %s", n, self->path);
}

void
gst_clip_baselines_replace (GstClipBaselines *self, gconstpointer owner, ClipTrack *track)
{
  g_mutex_lock (&self->lock);
  set_track (self, owner, track);
  g_mutex_unlock (&self->lock);
}

void
gst_clip_baselines_remove (GstClipBaselines *self, gconstpointer owner)
{
  guint i;
  g_mutex_lock (&self->lock);
  if (g_ptr_array_find (self->owners, owner, &i)) {
    g_ptr_array_remove_index (self->owners, i);
    g_ptr_array_remove_index (self->tracks, i);
  }
  g_mutex_unlock (&self->lock);
}

GError *
gst_clip_baselines_take_problem (GstClipBaselines *self)
{
  g_mutex_lock (&self->lock);
  GError *problem = g_steal_pointer (&self->problem);
  g_mutex_unlock (&self->lock);
  return problem;
}

void
gst_clip_baselines_save (GstClipBaselines *self)
{
  GError *error = NULL;
  g_mutex_lock (&self->lock);
  if (!self->bad && has_any (self)
      && !clip_track_save_baselines (
          self->path, self->fingerprint, (ClipTrack *const *)self->tracks->pdata, self->tracks->len, &error)) {
    if (self->has_failed)
      g_error_free (error);
    else
      set_problem (self, error);
    self->has_failed = TRUE;
  }
  g_mutex_unlock (&self->lock);
}
