/* SPDX-License-Identifier: MIT
 *
 * plugin.c: the elements that this plugin brings.
 */
#include <gst/gst.h>

#include "log/gstcliplog.h"
#include "overlay/gstclipoverlay.h"
#include "tagger/gstcliptagger.h"

static gboolean
plugin_init (GstPlugin *plugin)
{
  gboolean any = FALSE;
  any |= GST_ELEMENT_REGISTER (cliptagger, plugin);
  any |= GST_ELEMENT_REGISTER (clipoverlay, plugin);
  any |= GST_ELEMENT_REGISTER (cliplog, plugin);
  return any;
}

/* What GST_PLUGIN_DEFINE expects of a config.h. */
#define PACKAGE "gst-cliptag"

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, cliptag, "Says what is in a video, with CLIP on the CPU",
    plugin_init, CLIPTAG_VERSION, "MIT/X11", "gst-cliptag", "Unknown package origin")
