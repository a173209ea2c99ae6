/* SPDX-License-Identifier: MIT
 *
 * cliplogfixture.h: a cliplog in a harness, a folder for what it writes, and a strict reader for that.
 */
#ifndef CLIPLOGFIXTURE_H
#define CLIPLOGFIXTURE_H

#include "gstcliptagmeta.h"

#include <gst/check/gstharness.h>
#include <json-glib/json-glib.h>

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

/* Values of the property `level`. */
enum
{
  FRAMES,
  SAMPLES,
  CHANGES,
  EVENTS,
  BOTH
};

typedef struct
{
  gchar *dir, *path;
  GstHarness *harness;
  GstBus *bus;
} Fixture;

static inline void
set_up (Fixture *f, gconstpointer data)
{
  f->dir = g_dir_make_tmp ("cliplog-XXXXXX", NULL);
  g_assert_nonnull (f->dir);
  f->path = g_build_filename (f->dir, "log.jsonl", NULL);
}

static inline void
stop (Fixture *f)
{
  g_clear_pointer (&f->harness, gst_harness_teardown);
  if (f->bus)
    gst_bus_set_flushing (f->bus, TRUE);
  g_clear_object (&f->bus);
}

static inline void
tear_down (Fixture *f, gconstpointer data)
{
  stop (f);
  g_unlink (f->path);
  g_rmdir (f->dir);
  g_free (f->path);
  g_free (f->dir);
}

static inline GstElement *
make_element (Fixture *f, const gchar *location, const gchar *property, ...)
{
  GstElement *element = gst_element_factory_make ("cliplog", NULL);
  va_list arguments;

  g_assert_nonnull (element);
  f->bus = gst_bus_new ();
  gst_element_set_bus (element, f->bus);
  g_object_set (element, "location", location, NULL);
  va_start (arguments, property);
  if (property)
    g_object_set_valist (G_OBJECT (element), property, arguments);
  va_end (arguments);
  return element;
}

/* Takes the element. */
static inline void
start (Fixture *f, GstElement *element)
{
  gst_object_ref_sink (element);
  f->harness = gst_harness_new_with_element (element, "sink", "src");
  gst_object_unref (element);
  gst_harness_set_src_caps_str (f->harness, "video/x-raw,format=GRAY8,width=4,height=2,framerate=25/1");
}

static inline GstClipTags *
make_tags (const gchar *label, gdouble confidence)
{
  const GstClipTagLabel labels[] = { { 7, (gchar *)label, confidence, 0.3125 }, { 2, (gchar *)"other", 0.25, -0.5 } };
  const gfloat embedding[] = { 0.1f, -1.f / 3.f, 1e-20f, NAN };

  return gst_clip_tags_new ("tiny", "0123abcd", 0, labels, 2, embedding, 4);
}

static inline GstBuffer *
make_buffer (GstClockTime pts, GstClipTags *tags, gboolean sampled)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 8, NULL);

  GST_BUFFER_PTS (buffer) = pts;
  if (tags)
    gst_buffer_add_clip_tag_meta (buffer, tags, sampled ? 0 : 40 * GST_MSECOND, sampled);
  return buffer;
}

static inline GstFlowReturn
push (Fixture *f, GstClockTime pts, const gchar *label, gboolean sampled)
{
  g_autoptr (GstClipTags) tags = make_tags (label, 0.75);

  return gst_harness_push (f->harness, make_buffer (pts, tags, sampled));
}

/* Every line of `text` as an object, after checks that hold for each. */
static inline GPtrArray *
parse_lines (const gchar *text, gsize size)
{
  GPtrArray *nodes = g_ptr_array_new_with_free_func ((GDestroyNotify)json_node_unref);

  g_assert_true (g_utf8_validate (text, size, NULL));
  while (size > 0) {
    const gchar *end = memchr (text, '\n', size);
    g_autoptr (GError) error = NULL;
    g_autofree gchar *line = NULL;
    JsonNode *node;

    g_assert_nonnull (end);
    line = g_strndup (text, end - text);
    for (const gchar *c = line; *c; c++)
      g_assert_true ((guchar)*c >= 0x20 && *c != 0x7f);
    node = json_from_string (line, &error);
    g_assert_no_error (error);
    g_assert_true (node && JSON_NODE_HOLDS_OBJECT (node));
    g_ptr_array_add (nodes, node);
    size -= end + 1 - text;
    text = end + 1;
  }
  return nodes;
}

static inline GPtrArray *
read_log (const gchar *path)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  gsize size;

  g_file_get_contents (path, &text, &size, &error);
  g_assert_no_error (error);
  return parse_lines (text, size);
}

static inline JsonObject *
nth (GPtrArray *lines, guint index)
{
  g_assert_cmpuint (index, <, lines->len);
  return json_node_get_object (lines->pdata[index]);
}

static inline JsonObject *
nth_label (JsonObject *line, guint index)
{
  return json_array_get_object_element (json_object_get_array_member (line, "labels"), index);
}

/* The one error there is on the bus, and no second one. */
static inline GError *
pop_error (Fixture *f)
{
  GstMessage *message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_ERROR);
  GError *error = NULL;

  g_assert_nonnull (message);
  gst_message_parse_error (message, &error, NULL);
  gst_message_unref (message);
  message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_ERROR);
  g_assert_null (message);
  g_test_message ("%s", error->message);
  return error;
}

#define ADD_TEST(name, data, function) g_test_add ("/cliplog/" name, Fixture, data, set_up, function, tear_down)

#endif
