/* SPDX-License-Identifier: MIT
 *
 * gstcliplogsettings.c: cliplog's properties: names, defaults, descriptions. Not locked.
 */
#include "log/gstcliplogsettings.h"

#include "common/gstclipproperty.h"

#define DEFAULT_LOCATION "-"
#define DEFAULT_LEVEL    GST_CLIP_LOG_SAMPLES

enum
{
  PROP_0,
  PROP_LOCATION,
  PROP_SOURCE,
  PROP_APPEND,
  PROP_FOLLOW_LINKS,
  PROP_LEVEL,
  PROP_EMBEDDING
};

void
gst_clip_log_settings_install_properties (GObjectClass *klass)
{
  /**
   * GstClipLog:location:
   *
   * Path of the file. "-" is standard output, and so are %NULL and "". A fifo must have a reader by the change to
   * PAUSED. A new file has the mode 0640, less the umask.
   */
  g_object_class_install_property (klass, PROP_LOCATION,
      g_param_spec_string ("location", "Location", "Path of the file to write (- = standard output)", DEFAULT_LOCATION,
          GST_CLIP_PROPERTY_READY));
  g_object_class_install_property (klass, PROP_APPEND,
      g_param_spec_boolean (
          "append", "Append", "Append to an existing file instead of truncating it", FALSE, GST_CLIP_PROPERTY_READY));
  /**
   * GstClipLog:follow-links:
   *
   * Write to the target of #GstClipLog:location if that is a symbolic link. In a folder that others may write to, such
   * a link could make the log overwrite any file. /dev/stdout and the like are always followed.
   */
  g_object_class_install_property (klass, PROP_FOLLOW_LINKS,
      g_param_spec_boolean ("follow-links", "Follow links",
          "Write to the target of a symbolic link instead of refusing it", FALSE, GST_CLIP_PROPERTY_READY));
  /**
   * GstClipLog:level:
   *
   * What is worth a line. An event that has begun in the log gets its end there whatever the level is by then.
   */
  g_object_class_install_property (klass, PROP_LEVEL,
      g_param_spec_enum (
          "level", "Level", "What is worth a line", GST_TYPE_CLIP_LOG_LEVEL, DEFAULT_LEVEL, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipLog:source:
   *
   * Value of `source` in the lines.
   */
  g_object_class_install_property (klass, PROP_SOURCE,
      g_param_spec_string ("source", "Source", "Name of the source in the log (null = the stream's id)", NULL,
          GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipLog:embedding:
   *
   * Frames carry embeddings if cliptagger has attach-embedding=true.
   */
  g_object_class_install_property (klass, PROP_EMBEDDING,
      g_param_spec_boolean (
          "embedding", "Embedding", "Log the embedding where frames carry one", FALSE, GST_CLIP_PROPERTY_PLAYING));
}

void
gst_clip_log_settings_init (GstClipLogSettings *self)
{
  *self = (GstClipLogSettings){ .location = g_strdup (DEFAULT_LOCATION), .level = DEFAULT_LEVEL };
}

void
gst_clip_log_settings_clear (GstClipLogSettings *self)
{
  g_clear_pointer (&self->location, g_free);
  g_clear_pointer (&self->source, g_free);
}

gboolean
gst_clip_log_settings_set (GstClipLogSettings *self, guint property, const GValue *value)
{
  switch (property) {
  case PROP_LOCATION:
    g_free (self->location);
    self->location = g_value_dup_string (value);
    if (!self->location || !*self->location) {
      g_free (self->location);
      self->location = g_strdup (DEFAULT_LOCATION);
    }
    break;
  case PROP_SOURCE:
    g_free (self->source);
    self->source = g_value_dup_string (value);
    break;
  case PROP_APPEND:
    self->append = g_value_get_boolean (value);
    break;
  case PROP_FOLLOW_LINKS:
    self->follow_links = g_value_get_boolean (value);
    break;
  case PROP_LEVEL:
    self->level = g_value_get_enum (value);
    break;
  case PROP_EMBEDDING:
    self->embedding = g_value_get_boolean (value);
    break;
  default:
    return FALSE;
  }
  return TRUE;
}

gboolean
gst_clip_log_settings_get (const GstClipLogSettings *self, guint property, GValue *value)
{
  switch (property) {
  case PROP_LOCATION:
    g_value_set_string (value, self->location);
    break;
  case PROP_SOURCE:
    g_value_set_string (value, self->source);
    break;
  case PROP_APPEND:
    g_value_set_boolean (value, self->append);
    break;
  case PROP_FOLLOW_LINKS:
    g_value_set_boolean (value, self->follow_links);
    break;
  case PROP_LEVEL:
    g_value_set_enum (value, self->level);
    break;
  case PROP_EMBEDDING:
    g_value_set_boolean (value, self->embedding);
    break;
  default:
    return FALSE;
  }
  return TRUE;
}
