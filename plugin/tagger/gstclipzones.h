/* SPDX-License-Identifier: MIT
 *
 * gstclipzones.h: the user's zones, parts of the picture with labels of their own, from sample to sample.
 *
 * Each is a picture of its own: the box around it, and of a polygon what is outside has the model's mean colour. The
 * zones that are encoded for one frame are one job, behind the frame itself if that is encoded, too.
 */
#ifndef __GST_CLIP_ZONES_H__
#define __GST_CLIP_ZONES_H__

#include "common/gstclippicture.h"
#include "tagger/gstclipclassifier.h"
#include "tagger/gstclipjob.h"
#include "tagger/gstclipregions.h"

G_BEGIN_DECLS

typedef struct _GstClipZones GstClipZones;

GstClipZones *gst_clip_zones_new (GstClipClassifier *classifier); /* borrows it */
void gst_clip_zones_free (GstClipZones *self);

/* The classifier has other prompts. Zones of the same name and shape go on, the rest of the old ones are closed. May
 * wait for a ranking. */
void gst_clip_zones_update (GstClipZones *self);

/* All zones' events end; labels stay. */
void gst_clip_zones_close (GstClipZones *self, ClipEventEnd reason);

/* The same, and their pictures and labels are forgotten; jobs under way have no result. */
void gst_clip_zones_forget (GstClipZones *self, ClipEventEnd reason);

guint gst_clip_zones_get_n (GstClipZones *self);

/* Whether there are prompts for the frame as a whole. */
gboolean gst_clip_zones_has_frame (GstClipZones *self);

/* ---- A sampled frame; the streaming thread ---- */

/* Where the zones are in this picture, and how much each has changed, if measure is set. */
void gst_clip_zones_measure (GstClipZones *self, const GstClipPicture *picture, gboolean measure);

/* What there is to do. */
typedef struct
{
  GPtrArray *encode;    /* zones */
  GPtrArray *unchanged; /* zones whose labels hold on; those whose picture is still under way are in neither */
  guint64 epoch;
} GstClipZoneChoice;

/* As measured. min_change: in per cent; 0 = encode all. max_reuse: how long labels hold on. */
void gst_clip_zones_choose (GstClipZones *self, const GstClipTimes *times, gdouble min_change, GstClockTime max_reuse,
    GstClipZoneChoice *ret_choice);
void gst_clip_zone_choice_clear (GstClipZoneChoice *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstClipZoneChoice, gst_clip_zone_choice_clear)

/* The i-th zone that is to be encoded. ret_pixels: [3][image_size][image_size] */
gboolean gst_clip_zones_prepare (const GstClipZoneChoice *choice, guint i, const GstClipPicture *picture,
    ClipPreprocessor *preprocessor, gfloat *ret_pixels, GError **error);

/* The job, whose times and number are set, is about to be encoded: the frame if has_frame is set, then the zones. */
void gst_clip_zones_begin (GstClipZones *self, GstClipJob *job, gboolean has_frame, const GstClipZoneChoice *choice);

/* Samples those whose labels hold on. Returns them with their tags, as GstClipRegion; NULL when there are none. */
GArray *gst_clip_zones_confirm (GstClipZones *self, const GstClipZoneChoice *choice, const GstClipTimes *times);

/* ---- Jobs; any thread ---- */

gboolean gst_clip_zones_is_job (const GstClipJob *job); /* begun here */
gboolean gst_clip_zones_job_has_frame (const GstClipJob *job);

/* It will not be encoded: its zones have to be chosen again. */
void gst_clip_zones_abandon (GstClipZones *self, GstClipJob *job);

/* It is encoded. Returns the zones with their tags; NULL when there are none any more. */
GArray *gst_clip_zones_finish (GstClipZones *self, GstClipJob *job, gsize embedding_dim);

/* Both in the order of the prompts; takes them. Either may be NULL. */
GArray *gst_clip_zones_join (GArray *a, GArray *b);

/* Ranks all again, for new prompts or settings; as finish(). ret_times: of the latest result. */
GArray *gst_clip_zones_rescore (GstClipZones *self, GstClipTimes *ret_times);

/* ---- Every frame; the streaming thread ---- */

/* Attaches the zones as regions of interest with the latest labels. orientation: of the picture; tagger: the element's
 * name. Returns how many. ret_age: of the oldest labels, GST_CLOCK_TIME_NONE where unknown. */
guint gst_clip_zones_label (GstClipZones *self, GstBuffer *buffer, const GstVideoInfo *info,
    ClipOrientation orientation, const GstClipTimes *times, GstClockTime max_age, const gchar *tagger,
    GstClockTime *ret_age);

G_END_DECLS

#endif /* __GST_CLIP_ZONES_H__ */
