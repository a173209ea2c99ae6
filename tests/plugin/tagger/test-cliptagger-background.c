/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-background.c: the property background: its values, changes while frames flow, bad ones.
 */
#include "tagger.h"
#include "tempmodel.h"

static gfloat
confidence_of (GstBuffer *buffer)
{
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
  g_assert_nonnull (meta);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (meta->tags), ==, 1);
  return gst_clip_tags_get_label (meta->tags, 0)->confidence;
}

static gfloat
confidence_with (Tagger *t, guint i, const gchar *background)
{
  g_object_set (t->element, "background", background, NULL);
  g_autoptr (GstBuffer) buffer = tagger_push (t, i, 0); /* which waits until it is in use */
  return confidence_of (buffer);
}

static GstElement *
one_prompt (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "prompts", "a van", NULL);
  return element;
}

static void
test_property (void)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("cliptagger", NULL));
  g_autofree gchar *background = NULL, *later = NULL;
  g_object_get (element, "background", &background, NULL);
  g_assert_cmpstr (background, ==, "default");
  g_object_set (element, "background", "off", NULL);
  g_object_get (element, "background", &later, NULL);
  g_assert_cmpstr (later, ==, "off");
}

/* A single prompt is a share of what else there may be, except when it is off. */
static void
test_values (void)
{
  char *folder = test_temporary_folder ();
  test_write (folder, "b.txt", "a yard\n", -1);
  g_autofree char *file = g_build_filename (folder, "b.txt", NULL);
  Tagger t = tagger_start (one_prompt (), TINY_CAPS ("30/1"));
  g_autoptr (GstBuffer) first = tagger_push (&t, 0, 0);
  gfloat standard = confidence_of (first);
  g_assert_cmpfloat (standard, <, 1);
  g_assert_cmpfloat (confidence_with (&t, 1, "off"), ==, 1);
  gfloat by_file = confidence_with (&t, 2, file);
  g_assert_cmpfloat (by_file, <, 1);
  g_assert_cmpfloat (by_file, !=, standard);
  g_assert_cmpfloat (confidence_with (&t, 3, "default"), ==, standard);
  g_assert_cmpfloat (confidence_with (&t, 4, file), ==, by_file);
  g_assert_cmpfloat (confidence_with (&t, 5, NULL), ==, standard);
  g_assert_cmpfloat (confidence_with (&t, 6, ""), ==, standard);
  tagger_stop (&t);
  temp_model_remove (folder);
}

/* Whoever sets it is told, too; the two may come as one. */
static void
note_off (GObject *object, GParamSpec *pspec, gint *n)
{
  g_autofree gchar *background = NULL;
  g_object_get (object, "background", &background, NULL);
  if (g_strcmp0 (background, "off") == 0)
    g_atomic_int_inc (n);
}

/* While frames flow a bad one leaves everything as it was. */
static void
test_bad (void)
{
  gint n_notified = 0; /* atomic */
  GstElement *element = one_prompt ();
  g_object_set (element, "background", "off", NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  g_autoptr (GstBuffer) first = tagger_push (&t, 0, 0);
  while (TRUE) {
    g_autoptr (GstMessage) only = tagger_message (&t, GST_MESSAGE_WARNING, NULL);
    if (!only)
      break;
  }
  g_signal_connect (element, "notify::background", G_CALLBACK (note_off), &n_notified);
  g_object_set (element, "background", "/no/such/file", NULL);
  g_autoptr (GstBuffer) second = tagger_push (&t, 1, 0);
  g_assert_cmpfloat (confidence_of (second), ==, 1);
  g_autoptr (GstMessage) message = tagger_message (&t, GST_MESSAGE_WARNING, NULL);
  g_assert_nonnull (message);
  g_autoptr (GError) warning = NULL;
  gst_message_parse_warning (message, &warning, NULL);
  g_assert_cmpstr (warning->message, ==, "background: /no/such/file: cannot open it: No such file or directory");
  g_autofree gchar *background = NULL;
  g_object_get (element, "background", &background, NULL);
  g_assert_cmpstr (background, ==, "off");
  g_assert_cmpint (g_atomic_int_get (&n_notified), >, 0);
  tagger_stop (&t);
}

/* At the start it is an error. */
static void
test_bad_start (void)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (one_prompt ());
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_object_set (element, "background", "/no/such/file", NULL);
  gst_element_set_bus (element, bus);
  gst_element_set_state (element, GST_STATE_PAUSED);
  g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_ERROR);
  g_assert_nonnull (message);
  g_autoptr (GError) error = NULL;
  gst_message_parse_error (message, &error, NULL);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_set_bus (element, NULL);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/background/property", test_property);
  g_test_add_func ("/background/values", test_values);
  g_test_add_func ("/background/bad", test_bad);
  g_test_add_func ("/background/bad-start", test_bad_start);
  return g_test_run ();
}
