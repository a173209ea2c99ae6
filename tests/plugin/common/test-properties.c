/* SPDX-License-Identifier: MIT
 *
 * test-properties.c: every writable property of every element is set to another value while frames flow. What its flags
 * allow is taken; what they do not is refused with one warning and keeps its value. Frames go on either way.
 */
#include "tagger/tagger.h"

#include <glib/gstdio.h>

/* Another value that the property takes. Returns FALSE where there is none to be had without knowing what it means. */
static gboolean
change_value (const GParamSpec *pspec, const char *file, const char *zones, GValue *value)
{
  GType type = G_VALUE_TYPE (value);
  if (type == G_TYPE_BOOLEAN) {
    g_value_set_boolean (value, !g_value_get_boolean (value));
  } else if (type == G_TYPE_UINT) {
    const GParamSpecUInt *spec = G_PARAM_SPEC_UINT (pspec);
    guint old = g_value_get_uint (value);
    g_value_set_uint (value, old < 64 && spec->maximum >= 64 ? 64 : spec->minimum);
    return g_value_get_uint (value) != old;
  } else if (type == G_TYPE_UINT64) {
    g_value_set_uint64 (value, g_value_get_uint64 (value) ? 1 : 1000);
  } else if (type == G_TYPE_DOUBLE) {
    const GParamSpecDouble *spec = G_PARAM_SPEC_DOUBLE (pspec);
    gdouble old = g_value_get_double (value);
    g_value_set_double (value, (MIN (spec->maximum, 4.0) + old) / 2);
    return g_value_get_double (value) != old;
  } else if (type == G_TYPE_STRING) {
    g_value_set_string (value, g_str_equal (pspec->name, "zones") ? zones : file);
  } else if (G_TYPE_IS_ENUM (type)) {
    const GEnumClass *values = G_PARAM_SPEC_ENUM (pspec)->enum_class;
    gint old = g_value_get_enum (value);
    g_value_set_enum (value, values->values[0].value == old ? values->values[1].value : values->values[0].value);
  } else {
    return FALSE;
  }
  return TRUE;
}

static GstClockTime now;

/* Enough of them to fill a batch of any size that a property may have been changed to. */
static void
push_frames (GstHarness *harness, guint n)
{
  while (n--) {
    GstBuffer *buffer = tagger_frame_for_caps (TINY_CAPS ("30/1"), n);
    GST_BUFFER_PTS (buffer) = now;
    now += GST_SECOND;
    g_assert_cmpint (gst_harness_push (harness, buffer), ==, GST_FLOW_OK);
  }
}

/* A value is refused at once, by the thread that sets it. Text that will not do is found out by another thread, at any
 * time, and that warning may begin with the name of a property, too. */
typedef struct
{
  GThread *thread;
  const char *name; /* that of the property; "" counts all warnings */
  guint n;          /* of this thread alone */
} Refusals;

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer user_data)
{
  Refusals *self = user_data;
  g_assert_cmpint (GST_MESSAGE_TYPE (message), !=, GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING) {
    g_autoptr (GError) error = NULL;
    gst_message_parse_warning (message, &error, NULL);
    g_test_message ("%s", error->message);
    if (g_thread_self () == self->thread)
      self->n += g_str_has_prefix (error->message, self->name);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

/* Sets it and returns how often that was refused. */
static guint
set_property (GObject *element, Refusals *refusals, const char *name, const GValue *value)
{
  refusals->name = name;
  refusals->n = 0;
  g_object_set_property (element, name, value);
  return refusals->n;
}

/* Returns whether the property was one that is frozen. */
static gboolean
try_property (GstHarness *harness, Refusals *refusals, const GParamSpec *pspec, const char *file, const char *zones)
{
  GObject *element = G_OBJECT (harness->element);
  g_auto (GValue) before = G_VALUE_INIT, wanted = G_VALUE_INIT, after = G_VALUE_INIT;
  g_value_init (&before, pspec->value_type);
  g_value_init (&wanted, pspec->value_type);
  g_value_init (&after, pspec->value_type);
  g_object_get_property (element, pspec->name, &before);
  g_value_copy (&before, &wanted);
  if (!change_value (pspec, file, zones, &wanted)) {
    g_test_message ("%s: no other value", pspec->name);
    return FALSE;
  }

  gboolean frozen = !(pspec->flags & GST_PARAM_MUTABLE_PLAYING);
  g_test_message ("%s %s", pspec->name, frozen ? "keeps its value" : "changes");
  guint n_warnings = set_property (element, refusals, pspec->name, &wanted);
  g_object_get_property (element, pspec->name, &after);
  if (frozen) {
    g_assert_cmpuint (n_warnings, ==, 1);
    g_assert_cmpint (g_param_values_cmp ((GParamSpec *)pspec, &before, &after), ==, 0);
  } else {
    g_assert_cmpuint (n_warnings, ==, 0);
    g_assert_cmpint (g_param_values_cmp ((GParamSpec *)pspec, &wanted, &after), ==, 0);
  }
  push_frames (harness, 70);
  g_object_set_property (element, pspec->name, &before);
  push_frames (harness, 2);
  return frozen;
}

static guint
try_all (GstElement *element, const char *file, const char *zones)
{
  g_autoptr (GstBus) bus = gst_bus_new ();
  Refusals refusals = { g_thread_self (), "", 0 };
  gst_bus_set_sync_handler (bus, on_message, &refusals, NULL);
  gst_element_set_bus (element, bus);
  GstHarness *harness = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_live (harness, FALSE);
  gst_harness_set_drop_buffers (harness, TRUE);
  gst_harness_set_src_caps_str (harness, TINY_CAPS ("30/1"));
  push_frames (harness, 3);

  guint n, n_frozen = 0;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
  for (guint i = 0; i < n; i++)
    if (pspecs[i]->owner_type == G_OBJECT_TYPE (element) && (pspecs[i]->flags & G_PARAM_WRITABLE))
      n_frozen += try_property (harness, &refusals, pspecs[i], file, zones);

  /* Stopped, all of them may be set. */
  gst_element_set_state (element, GST_STATE_READY);
  for (guint i = 0; i < n; i++) {
    g_auto (GValue) value = G_VALUE_INIT;
    if (pspecs[i]->owner_type != G_OBJECT_TYPE (element) || !(pspecs[i]->flags & G_PARAM_WRITABLE))
      continue;
    g_value_init (&value, pspecs[i]->value_type);
    g_object_get_property (G_OBJECT (element), pspecs[i]->name, &value);
    g_assert_cmpuint (set_property (G_OBJECT (element), &refusals, pspecs[i]->name, &value), ==, 0);
  }
  gst_element_set_bus (element, NULL);
  gst_harness_teardown (harness);
  return n_frozen;
}

/* A prompts file, as good as text for all that takes text. */
static char *
new_prompts_file (void)
{
  char *path = NULL;
  gint fd = g_file_open_tmp ("properties-{}-XXXXXX", &path, NULL);
  g_assert_cmpint (fd, >=, 0);
  g_close (fd, NULL);
  g_assert_true (g_file_set_contents (path, "a cat\na dog\n", -1, NULL));
  return path;
}

/* Zones do not go with batches. */
static const struct
{
  const char *name, *mode;
  guint batch_size;
  const char *zones;
} taggers[] = {
  { "/properties/cliptagger/batch", "sync", 4, "" },
  { "/properties/cliptagger/sync", "sync", 1, "gate=0.25,0.25,0.5,0.5" },
  { "/properties/cliptagger/async", "async", 1, "gate=0.25,0.25,0.5,0.5" },
};

static void
test_tagger (gconstpointer index)
{
  guint i = GPOINTER_TO_UINT (index);
  g_autofree char *file = new_prompts_file ();
  g_autoptr (GstElement) element = tagger_element (TINY_MODEL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", taggers[i].mode);
  g_object_set (element, "batch-size", taggers[i].batch_size, "frame-rate", 0.0, NULL);
  g_assert_cmpuint (try_all (element, file, taggers[i].zones), >=, 7);
  g_unlink (file);
}

static void
test_overlay (void)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("clipoverlay", NULL));
  g_assert_cmpuint (try_all (element, "x", NULL), ==, 0);
}

static void
test_log (void)
{
  g_autofree char *file = new_prompts_file ();
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("cliplog", NULL));
  g_object_set (element, "location", file, NULL);
  g_assert_cmpuint (try_all (element, "/nonexistent/log", NULL), >=, 2);
  g_unlink (file);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (taggers); i++)
    g_test_add_data_func (taggers[i].name, GUINT_TO_POINTER (i), test_tagger);
  g_test_add_func ("/properties/clipoverlay", test_overlay);
  g_test_add_func ("/properties/cliplog", test_log);
  return g_test_run ();
}
