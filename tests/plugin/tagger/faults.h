/* SPDX-License-Identifier: MIT
 *
 * faults.h: functions that tests put in the place of others, so that what seldom fails fails at will, and what takes
 * long takes as long as the test wants. The build includes this before every file of the plugin that it links with such
 * a test, and has the names of the others stand for these.
 */
#ifndef FAULTS_H
#define FAULTS_H

#include <gst/gst.h>
#include <pango/pango.h>

#include "clip.h"

ClipLabels *fault_labels_new (
    ClipContext *context, ClipPrompts *prompts, const ClipLabelsParams *params, GError **error);
gboolean fault_encode_pixels (
    ClipContext *context, const float *pixels, guint n, float *ret_embeddings, GError **error);
gboolean fault_buffer_map (GstBuffer *buffer, GstMapInfo *info, GstMapFlags flags);
void fault_set_text (PangoLayout *layout, const char *text, int length);

/* The next n pictures cannot be encoded; how many of them are still to come. */
void fault_fail_encodings (guint n);
guint fault_n_failing_encodings (void);

/* Encodings of prompts wait at a gate while it is shut. */
void fault_set_gate (gboolean shut);
void fault_await_at_gate (guint n); /* until that many are there */
guint fault_n_passed_gate (void);   /* since the start */

/* Main thread only: buffers that cannot be mapped next, and texts that were drawn. */
extern guint fault_n_failing_maps, fault_n_texts, fault_n_texts_too_long;

#ifdef FAULTS_EXCHANGED
#define clip_labels_new            fault_labels_new
#define clip_context_encode_pixels fault_encode_pixels
#define gst_buffer_map             fault_buffer_map
#define pango_layout_set_text      fault_set_text
#endif

#endif
