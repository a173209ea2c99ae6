/* SPDX-License-Identifier: MIT
 *
 * gstclipproperty.h: how every element here treats its properties while it runs. The flags that a property was
 * installed with say when it may change; at other times a change is refused with a warning and the value stays.
 */
#ifndef __GST_CLIP_PROPERTY_H__
#define __GST_CLIP_PROPERTY_H__

#include <gst/gst.h>

G_BEGIN_DECLS

/* The flags of a property that may change at any time; of one that may in NULL and READY only. */
#define GST_CLIP_PROPERTY_PLAYING (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)
#define GST_CLIP_PROPERTY_READY   (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

/* The type of a property: registered once, by whichever thread asks first. type: a static 0. */
static inline GType
gst_clip_property_register_enum (gsize *type, const gchar *name, const GEnumValue *values)
{
  if (g_once_init_enter (type)) {
    GType fresh = g_enum_register_static (name, values);
    gst_type_mark_as_plugin_api (fresh, 0);
    g_once_init_leave (type, fresh);
  }
  return *type;
}

/* For set_property(). FALSE: the element was started and the property may change in READY only. Call with the lock of
 * `started` held until the value is stored: the thread that starts may have read the old one. */
static inline gboolean
gst_clip_property_may_change (const GParamSpec *pspec, gboolean started)
{
  return !started || (pspec->flags & GST_PARAM_MUTABLE_PLAYING) != 0;
}

/* Posts a warning for each attempt. Call without locks. */
static inline void
gst_clip_property_refuse (gpointer element, const GParamSpec *pspec)
{
  GST_ELEMENT_WARNING (element, RESOURCE, SETTINGS,
      ("%s can be changed in the states NULL and READY only: it keeps its value", pspec->name), (NULL));
}

G_END_DECLS

#endif /* __GST_CLIP_PROPERTY_H__ */
