/* SPDX-License-Identifier: MIT
 *
 * faults.c: see faults.h.
 */
#include "faults.h"

static GMutex lock;
static GCond changed;
static gboolean gate_shut;
static guint n_at_gate, n_passed, n_failing_encodings;
guint fault_n_failing_maps, fault_n_texts, fault_n_texts_too_long;

ClipLabels *
fault_labels_new (ClipContext *context, ClipPrompts *prompts, const ClipLabelsParams *params, GError **error)
{
  g_mutex_lock (&lock);
  n_at_gate++;
  g_cond_broadcast (&changed);
  while (gate_shut)
    g_cond_wait (&changed, &lock);
  n_at_gate--;
  n_passed++;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
  return clip_labels_new (context, prompts, params, error);
}

gboolean
fault_encode_pixels (ClipContext *context, const float *pixels, guint n, float *ret_embeddings, GError **error)
{
  g_mutex_lock (&lock);
  gboolean fails = n_failing_encodings > 0;
  n_failing_encodings -= fails;
  g_mutex_unlock (&lock);
  if (!fails)
    return clip_context_encode_pixels (context, pixels, n, ret_embeddings, error);
  g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "no memory for this test");
  return FALSE;
}

void
fault_fail_encodings (guint n)
{
  g_mutex_lock (&lock);
  n_failing_encodings = n;
  g_mutex_unlock (&lock);
}

guint
fault_n_failing_encodings (void)
{
  g_mutex_lock (&lock);
  guint n = n_failing_encodings;
  g_mutex_unlock (&lock);
  return n;
}

gboolean
fault_buffer_map (GstBuffer *buffer, GstMapInfo *info, GstMapFlags flags)
{
  if (!fault_n_failing_maps)
    return gst_buffer_map (buffer, info, flags);
  fault_n_failing_maps--;
  return FALSE;
}

void
fault_set_text (PangoLayout *layout, const char *text, int length)
{
  fault_n_texts++;
  fault_n_texts_too_long += strlen (text) > 4096 || !g_utf8_validate (text, -1, NULL);
  pango_layout_set_text (layout, text, length);
}

void
fault_set_gate (gboolean shut)
{
  g_mutex_lock (&lock);
  gate_shut = shut;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
}

void
fault_await_at_gate (guint n)
{
  g_mutex_lock (&lock);
  while (n_at_gate != n)
    g_cond_wait (&changed, &lock);
  g_mutex_unlock (&lock);
}

guint
fault_n_passed_gate (void)
{
  g_mutex_lock (&lock);
  guint n = n_passed;
  g_mutex_unlock (&lock);
  return n;
}
