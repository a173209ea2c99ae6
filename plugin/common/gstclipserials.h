/* SPDX-License-Identifier: MIT
 *
 * gstclipserials.h: the results seen so far, by their serial numbers (GstClipTagMeta): many frames carry the same
 * result, and behind an encoder they are out of order.
 */
#ifndef __GST_CLIP_SERIALS_H__
#define __GST_CLIP_SERIALS_H__

#include <glib.h>

G_BEGIN_DECLS

/* Results remembered, the last ones: a frame's 64 regions, for as many frames as encoders reorder. */
#define GST_CLIP_SERIALS_MAX 2048

typedef struct
{
  GHashTable *seen;                   /* of pointers into the ring */
  guint64 ring[GST_CLIP_SERIALS_MAX]; /* 0: free */
  guint next;
} GstClipSerials;

static inline void
gst_clip_serials_init (GstClipSerials *self)
{
  *self = (GstClipSerials){ .seen = g_hash_table_new (g_int64_hash, g_int64_equal) };
}

static inline void
gst_clip_serials_clear (GstClipSerials *self)
{
  g_clear_pointer (&self->seen, g_hash_table_unref);
}

/* Returns whether it is new. */
static inline gboolean
gst_clip_serials_add (GstClipSerials *self, guint64 serial)
{
  if (g_hash_table_contains (self->seen, &serial))
    return FALSE;
  guint64 *place = &self->ring[self->next++ % GST_CLIP_SERIALS_MAX];
  if (*place)
    g_hash_table_remove (self->seen, place);
  *place = serial;
  g_hash_table_add (self->seen, place);
  return TRUE;
}

G_END_DECLS

#endif /* __GST_CLIP_SERIALS_H__ */
