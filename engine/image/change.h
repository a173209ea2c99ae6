/* SPDX-License-Identifier: MIT
 *
 * gstclipchange.h: tells how much a picture differs from the one that was encoded last.
 *
 * A thumbnail holds the mean colours of a grid of cells. The measure is the root mean square of the differences over
 * all cells and R, G, B, in per cent of full scale: 0 = the same picture, 100 = black against white. Plain structs of
 * some kilobytes, copied by assignment; nothing is allocated. One caller at a time.
 */
#ifndef __GST_CLIP_CHANGE_H__
#define __GST_CLIP_CHANGE_H__

#include <gst/gst.h>

#include "clip.h"

G_BEGIN_DECLS

/* 32 x 18 cells of a wide picture, 18 x 32 of a tall one. */
#define GST_CLIP_CHANGE_LONG_SIDE  32
#define GST_CLIP_CHANGE_SHORT_SIDE 18

/* What works on the recordings of tests/bench/bench-change.c. As min-change: above the noise of sensors and codecs and
 * 2 % of exposure flicker, below a person at the edge of a 720p picture (3.6). As on-change: above what moves from
 * frame to frame before cameras that stand still (13 at most), below a cut from one recording to the other (31). */
#define GST_CLIP_CHANGE_GOOD_MIN 1.5
#define GST_CLIP_CHANGE_GOOD_ON  15.0

typedef struct
{
  ClipFormat format;
  guint64 width, height; /* of the picture, in units that make it as wide and tall as it is shown */
  ClipOrientation orientation;
  guint n_cells;
  guint16 cells[GST_CLIP_CHANGE_LONG_SIDE * GST_CLIP_CHANGE_SHORT_SIDE][3]; /* mean R, G, B, in 1/256 of a level */
} GstClipThumbnail;

typedef struct
{
  gboolean has_last;
  GstClipThumbnail last;
} GstClipChange;

/* image: as gst_clip_picture_get_image() makes it, which has held its planes against their memory. Reads a few rows of
 * each cell only: 1080p takes some hundredths of a millisecond. */
void gst_clip_thumbnail_make (GstClipThumbnail *self, const ClipImage *image);

/* Nothing is remembered: at the start, after a seek or a new model. */
void gst_clip_change_forget (GstClipChange *self);

/* The picture of this thumbnail has been encoded: it is what later ones are compared with. A picture whose embedding
 * was kept is not to be remembered, so that slow changes add up until they count. */
void gst_clip_change_remember (GstClipChange *self, const GstClipThumbnail *thumbnail);

/* Returns 0..100; 100 where nothing is remembered. A frame of another shape, size or format than the remembered one's
 * makes `self` forget. One field of a frame has the shape of both. */
gdouble gst_clip_change_measure (GstClipChange *self, const GstClipThumbnail *thumbnail);

G_END_DECLS

#endif /* __GST_CLIP_CHANGE_H__ */
