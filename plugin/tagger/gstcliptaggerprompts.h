/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerprompts.h: prompts and scores of cliptagger that change while frames flow.
 */
#ifndef __GST_CLIP_TAGGER_PROMPTS_H__
#define __GST_CLIP_TAGGER_PROMPTS_H__

#include "tagger/gstcliptaggerstate.h"

G_BEGIN_DECLS

/* One of the properties that prompts come from, or GST_CLIP_PROP_STATS to read them again. Returns the request's
 * number. While running, bad prompts leave the element as it was, its properties too, and a warning says why. */
guint gst_clip_tagger_request_prompts (GstClipTagger *self, GstClipProperty property, const gchar *value);

/* The same, and waits while running. FALSE: they are not in use: bad, or the element was stopped. */
gboolean gst_clip_tagger_set_prompts_and_wait (GstClipTagger *self, GstClipProperty property, const gchar *value);

/* One of the properties that scores depend on. */
void gst_clip_tagger_request_ranking (GstClipTagger *self, GstClipProperty property, const GValue *value);

/* The worker's. The error is only for a model that is being opened; a running element posts a warning. */
GstClipOutcome gst_clip_tagger_try_prompts (GstClipTagger *self, GError **error);
void gst_clip_tagger_apply_ranking (GstClipTagger *self);
void gst_clip_tagger_check_prompts_file (GstClipTagger *self);
void gst_clip_tagger_post_ready (GstClipTagger *self); /* the message, if it is */

G_END_DECLS

#endif /* __GST_CLIP_TAGGER_PROMPTS_H__ */
