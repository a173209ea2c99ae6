/* SPDX-License-Identifier: MIT
 *
 * debuglog.h: the messages of one GST_DEBUG category, collected. One collection at a time; any thread may log.
 */
#ifndef DEBUGLOG_H
#define DEBUGLOG_H

#include <gst/gst.h>
#include <string.h>

typedef struct
{
  GstDebugLevel level;
  gchar *text;
} DebugLine;

static GMutex debug_log_lock;
static GPtrArray *debug_log_lines;
static const gchar *debug_log_category;

static inline void
debug_line_free (gpointer data)
{
  DebugLine *line = data;
  g_free (line->text);
  g_free (line);
}

static inline void
debug_log_take (GstDebugCategory *category, GstDebugLevel level, const gchar *file, const gchar *function, gint line,
    GObject *object, GstDebugMessage *message, gpointer data)
{
  if (g_strcmp0 (gst_debug_category_get_name (category), debug_log_category) != 0)
    return;
  DebugLine *taken = g_new (DebugLine, 1);
  *taken = (DebugLine){ level, g_strdup (gst_debug_message_get (message)) };
  g_mutex_lock (&debug_log_lock);
  g_ptr_array_add (debug_log_lines, taken);
  g_mutex_unlock (&debug_log_lock);
}

/* category: a literal. */
static inline void
debug_log_start (const gchar *category)
{
  debug_log_category = category;
  debug_log_lines = g_ptr_array_new_with_free_func (debug_line_free);
  gst_debug_remove_log_function (gst_debug_log_default);
  gst_debug_add_log_function (debug_log_take, NULL, NULL);
  gst_debug_set_threshold_for_name (category, GST_LEVEL_LOG);
}

/* Returns the lines since. */
static inline GPtrArray *
debug_log_end (void)
{
  gst_debug_unset_threshold_for_name (debug_log_category);
  gst_debug_remove_log_function (debug_log_take);
  gst_debug_add_log_function (gst_debug_log_default, NULL, NULL);
  return g_steal_pointer (&debug_log_lines);
}

static inline guint
debug_log_count (GPtrArray *lines, GstDebugLevel level, const gchar *part)
{
  guint n = 0;
  for (guint i = 0; i < lines->len; i++) {
    const DebugLine *line = lines->pdata[i];
    n += line->level == level && strstr (line->text, part) != NULL;
  }
  return n;
}

#endif
