/* SPDX-License-Identifier: MIT
 *
 * faults.h: functions that test-faults.c puts in the place of others. The build includes this before every file of the
 * plugin that it links with the test, and has the names of the others stand for these.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <gst/gst.h>
#include <pango/pango.h>

#include "clip.h"

ClipLabels *fault_labels_new (ClipContext *context, ClipPrompts *prompts, ClipProgress progress, gpointer user_data,
    const char *cache_dir, GError **error);
gboolean fault_encode_pixels (
    ClipContext *context, const float *pixels, guint n, float *ret_embeddings, GError **error);
gboolean fault_buffer_map (GstBuffer *buffer, GstMapInfo *info, GstMapFlags flags);
void fault_set_text (PangoLayout *layout, const char *text, int length);

#ifdef FAULTS_EXCHANGED
#define clip_labels_new_full       fault_labels_new
#define clip_context_encode_pixels fault_encode_pixels
#define gst_buffer_map             fault_buffer_map
#define pango_layout_set_text      fault_set_text
#endif

#endif
