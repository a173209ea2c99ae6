/* SPDX-License-Identifier: MIT
 *
 * gstcliperror.c: see gstcliperror.h. No state; any thread.
 */
#include "tagger/gstcliperror.h"

#include "clip.h"

static void
map_code (const GError *error, GQuark *ret_domain, gint *ret_code)
{
  *ret_domain = GST_RESOURCE_ERROR;
  *ret_code = GST_RESOURCE_ERROR_FAILED;
  if (error->domain != CLIP_ERROR)
    return;
  switch ((ClipErrorCode)error->code) {
  case CLIP_ERROR_NOT_FOUND:
    *ret_code = GST_RESOURCE_ERROR_NOT_FOUND;
    break;
  case CLIP_ERROR_FILE:
    *ret_code = GST_RESOURCE_ERROR_OPEN_READ;
    break;
  case CLIP_ERROR_FORMAT:
  case CLIP_ERROR_MODEL:
  case CLIP_ERROR_UNSUPPORTED:
  case CLIP_ERROR_NO_TOWER:
  case CLIP_ERROR_PROMPTS:
    *ret_code = GST_RESOURCE_ERROR_SETTINGS;
    break;
  case CLIP_ERROR_MEMORY:
    *ret_code = GST_RESOURCE_ERROR_NO_SPACE_LEFT;
    break;
  case CLIP_ERROR_IMAGE:
    *ret_domain = GST_STREAM_ERROR;
    *ret_code = GST_STREAM_ERROR_DECODE;
    break;
  case CLIP_ERROR_CANCELLED:
    break;
  }
}

void
gst_clip_error_post_full (GstElement *element, GstMessageType type, const GError *error, const gchar *details,
    const gchar *file, const gchar *function, gint line)
{
  GQuark domain;
  gint code;
  map_code (error, &domain, &code);
  gst_element_message_full (
      element, type, domain, code, g_strdup (error->message), g_strdup (details), file, function, line);
}
