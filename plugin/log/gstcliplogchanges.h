/* SPDX-License-Identifier: MIT
 *
 * gstcliplogchanges.h: the best labels last written, for a log of changes. Of each subject (a tagger's frame, a region)
 * the best label of every group counts, and that there is none. Memory is bounded. One thread.
 */
#ifndef __GST_CLIP_LOG_CHANGES_H__
#define __GST_CLIP_LOG_CHANGES_H__

#include "gstcliptagmeta.h"

G_BEGIN_DECLS

#define GST_CLIP_LOG_CHANGES_SUBJECTS 4096 /* remembered, those seen last */

typedef struct
{
  GHashTable *by_name;
  GQueue order; /* the one seen last at the end */
} GstClipLogChanges;

void gst_clip_log_changes_init (GstClipLogChanges *self);
void gst_clip_log_changes_clear (GstClipLogChanges *self);

/* From here on nothing is known to have been written. */
void gst_clip_log_changes_reset (GstClipLogChanges *self);

/* Whether the subject's best labels differ from those that this was called with last, or it is a new one. */
gboolean gst_clip_log_changes_take (GstClipLogChanges *self, const gchar *subject, const GstClipTags *tags);

G_END_DECLS

#endif /* __GST_CLIP_LOG_CHANGES_H__ */
