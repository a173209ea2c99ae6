/* SPDX-License-Identifier: MIT
 *
 * gstclipproperty.h: the rule by which every element here treats its properties while it runs. What may change is said
 * once, by the flags that the property was installed with; what those do not allow is refused and keeps its value.
 */
#ifndef __GST_CLIP_PROPERTY_H__
#define __GST_CLIP_PROPERTY_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* For set_property(). FALSE: the element was started and the property is one for READY alone. To be asked, and heeded,
 * with the lock that `started` is under: whoever starts may have read the value already. */
static inline gboolean
gst_clip_property_may_change (const GParamSpec *pspec, gboolean started)
{
  return !started || (pspec->flags & GST_PARAM_MUTABLE_PLAYING) != 0;
}

/* Tells the user, once for each attempt. With nothing locked. */
static inline void
gst_clip_property_refuse (gpointer element, const GParamSpec *pspec)
{
  GST_ELEMENT_WARNING (element, RESOURCE, SETTINGS,
      ("the property \"%s\" can be changed in the states NULL and READY only: it keeps its value", pspec->name),
      (NULL));
}

G_END_DECLS

#endif /* __GST_CLIP_PROPERTY_H__ */
