/* SPDX-License-Identifier: MIT
 *
 * gstclipbaselines.h: the file that keeps what is usual in a stream, the baselines of its subjects, over restarts.
 *
 * A bad file is left as it is: nothing is read from it and nothing written to it.
 * Threads: reference counting and remove() from any; the rest with the classifier's lock, which guards the tracks.
 */
#ifndef __GST_CLIP_BASELINES_H__
#define __GST_CLIP_BASELINES_H__

#include <gst/gst.h>

#include "clip.h"

G_BEGIN_DECLS

typedef struct _GstClipBaselines GstClipBaselines;

/* fingerprint: the model's. */
GstClipBaselines *gst_clip_baselines_new (const gchar *path, const gchar *fingerprint);
GstClipBaselines *gst_clip_baselines_ref (GstClipBaselines *self);
void gst_clip_baselines_unref (GstClipBaselines *self);

/* The owner's first track, which gets what the file has for it; the others are of new prompts. Each takes the place of
 * the owner's last one. */
void gst_clip_baselines_load (GstClipBaselines *self, gconstpointer owner, ClipTrack *track);
void gst_clip_baselines_replace (GstClipBaselines *self, gconstpointer owner, ClipTrack *track);

/* The owner's track is about to go. */
void gst_clip_baselines_remove (GstClipBaselines *self, gconstpointer owner);

/* What was wrong with the file, once: the caller's; usually NULL. */
GError *gst_clip_baselines_take_problem (GstClipBaselines *self);

/* Writes the file, unless there is nothing to write. What goes wrong is a problem, once. */
void gst_clip_baselines_save (GstClipBaselines *self);

G_END_DECLS

#endif /* __GST_CLIP_BASELINES_H__ */
