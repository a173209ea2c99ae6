/* SPDX-License-Identifier: MIT
 *
 * turned.h: the eight orientations for tests, written from GStreamer's description of its tag, not from the plugin.
 */
#ifndef TURNED_H
#define TURNED_H

#include <gst/video/video.h>

#include "clip.h"

#define N_ORIENTATIONS 8

static const struct
{
  const char *tag, *nick; /* of image-orientation; of GstVideoOrientationMethod */
} orientations[N_ORIENTATIONS] = {
  [CLIP_ORIENTATION_IDENTITY] = { "rotate-0", "identity" },
  [CLIP_ORIENTATION_90R] = { "rotate-90", "90r" },
  [CLIP_ORIENTATION_180] = { "rotate-180", "180" },
  [CLIP_ORIENTATION_90L] = { "rotate-270", "90l" },
  [CLIP_ORIENTATION_HORIZ] = { "flip-rotate-0", "horiz" },
  [CLIP_ORIENTATION_VERT] = { "flip-rotate-180", "vert" },
  [CLIP_ORIENTATION_UL_LR] = { "flip-rotate-270", "ul-lr" },
  [CLIP_ORIENTATION_UR_LL] = { "flip-rotate-90", "ur-ll" },
};

/* Whether width and height change places. */
static inline gboolean
is_sideways (ClipOrientation orientation)
{
  return orientation == CLIP_ORIENTATION_90R || orientation == CLIP_ORIENTATION_90L
         || orientation == CLIP_ORIENTATION_UL_LR || orientation == CLIP_ORIENTATION_UR_LL;
}

/* Where the upright picture's pixel u, v is in the picture as it is stored, when that one is to be treated so. width,
 * height: the upright one's. */
static inline void
find_stored (ClipOrientation orientation, guint width, guint height, guint u, guint v, guint *ret_x, guint *ret_y)
{
  guint right = width - 1 - u, below = height - 1 - v;
  const guint places[N_ORIENTATIONS][2] = {
    [CLIP_ORIENTATION_IDENTITY] = { u, v },
    [CLIP_ORIENTATION_90R] = { v, right }, /* what is stored at the lower left comes to the upper left */
    [CLIP_ORIENTATION_180] = { right, below },
    [CLIP_ORIENTATION_90L] = { below, u },
    [CLIP_ORIENTATION_HORIZ] = { right, v },
    [CLIP_ORIENTATION_VERT] = { u, below },
    [CLIP_ORIENTATION_UL_LR] = { v, u },
    [CLIP_ORIENTATION_UR_LL] = { below, right },
  };
  *ret_x = places[orientation][0];
  *ret_y = places[orientation][1];
}

static inline GstEvent *
orientation_event (ClipOrientation orientation, GstTagScope scope)
{
  GstTagList *tags = gst_tag_list_new (GST_TAG_IMAGE_ORIENTATION, orientations[orientation].tag, NULL);
  gst_tag_list_set_scope (tags, scope);
  return gst_event_new_tag (tags);
}

#endif
