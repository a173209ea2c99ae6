/* SPDX-License-Identifier: MIT
 *
 * gstclipoverlaypanel.h: one tagger's labels on a panel, the best first, each with its confidence as a number and a
 * bar.
 */
#ifndef __GST_CLIP_OVERLAY_PANEL_H__
#define __GST_CLIP_OVERLAY_PANEL_H__

#include <pango/pangocairo.h>

#include "overlay/gstclipoverlayview.h"
#include "gstcliptagmeta.h"

G_BEGIN_DECLS

/* All lengths are the view's. Set the first two and zero the others before measuring. */
typedef struct
{
  PangoContext *pango;
  const GstClipOverlayView *view;

  gdouble font, margin, pad, row, bar;
  const gchar *title;    /* or NULL */
  gdouble head;          /* height of the title's row */
  gdouble width, height; /* of the panel */
  gdouble number_width;
  guint n_rows;
  gboolean cosines; /* the numbers are cosines, not shares of 1 */
  gdouble full;     /* the value that fills the bar */
} GstClipOverlayPanel;

/* For the first n labels of the tags, or as many as there is room for. title: or NULL; kept. taken: height of the other
 * panels. FALSE: there is no room for a single row. */
gboolean gst_clip_overlay_panel_measure (
    GstClipOverlayPanel *panel, GstClipTags *tags, const gchar *title, guint n, gdouble taken);

/* The pixels for a box of the frame, premultiplied BGRA; NULL: out of memory. */
GstBuffer *gst_clip_overlay_panel_paint (const GstClipOverlayPanel *panel, GstClipTags *tags, const GstClipBox *box);

G_END_DECLS

#endif /* __GST_CLIP_OVERLAY_PANEL_H__ */
