/* SPDX-License-Identifier: MIT
 *
 * test-elements-fields.c: the tables of fields in docs/elements.md, held to real messages, statistics, metadata and log
 * lines: each field that comes is listed with its type, those listed as "always" do come, and every one is seen once.
 */
#include <json-glib/json-glib.h>

#include <glib/gstdio.h>
#include <unistd.h>

#include "gstclipeventmeta.h"
#include "tagger/regions.h"

/* ---- The tables ---------------------------------------------------------------------------------------- */

typedef struct
{
  gchar *type;
  gboolean always, seen;
} Field;

static GHashTable *tables; /* name -> table: field -> Field */

static void
field_free (gpointer data)
{
  Field *field = data;
  g_free (field->type);
  g_free (field);
}

/* From `name` in a cell, or a plain word. */
static gchar *
read_cell (const gchar *cell)
{
  g_autofree gchar *text = g_strstrip (g_strdelimit (g_strdup (cell), "`", ' '));
  return g_strdup (text);
}

static void
read_tables (const gchar *path)
{
  g_autofree gchar *page = NULL;
  g_autoptr (GError) error = NULL;
  GHashTable *table = NULL;
  g_file_get_contents (path, &page, NULL, &error);
  g_assert_no_error (error);
  g_auto (GStrv) lines = g_strsplit (page, "\n", -1);
  tables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_hash_table_unref);
  for (gchar **line = lines; *line; line++) {
    if (g_str_has_prefix (*line, "<!-- fields: ")) {
      table = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, field_free);
      g_hash_table_insert (tables, g_strndup (*line + 13, strlen (*line) - 13 - 4), table);
    } else if (g_str_has_prefix (*line, "#")) {
      table = NULL;
    } else if (table && g_str_has_prefix (*line, "| `")) {
      g_auto (GStrv) cells = g_strsplit (*line, "|", -1);
      g_assert_cmpuint (g_strv_length (cells), ==, 7);
      Field *field = g_new0 (Field, 1);
      g_autofree gchar *present = read_cell (cells[4]);
      field->type = read_cell (cells[2]);
      field->always = g_str_equal (present, "always");
      g_hash_table_insert (table, read_cell (cells[1]), field);
    }
  }
}

static GHashTable *
get_table (const gchar *name)
{
  GHashTable *table = g_hash_table_lookup (tables, name);
  if (!table)
    g_error ("docs/elements.in.md has no line \"<!-- fields: %s -->\"", name);
  return table;
}

static void
check_field (const gchar *name, const gchar *field_name, const gchar *type)
{
  Field *field = g_hash_table_lookup (get_table (name), field_name);
  if (!field)
    g_error ("docs/elements.in.md does not list the field \"%s\" (%s) of %s", field_name, type, name);
  g_auto (GStrv) types = g_strsplit (field->type, " or ", -1);
  if (!g_strv_contains ((const gchar *const *)types, type))
    g_error ("docs/elements.in.md says %s of the field \"%s\" of %s, which is %s", field->type, field_name, name, type);
  field->seen = TRUE;
}

/* Those that should always be there; is_there: of `object`. */
static void
check_always (const gchar *name, gboolean (*is_there) (gconstpointer object, const gchar *field), gconstpointer object)
{
  GHashTableIter iter;
  gpointer field_name, field;
  g_hash_table_iter_init (&iter, get_table (name));
  while (g_hash_table_iter_next (&iter, &field_name, &field))
    if (((Field *)field)->always && !is_there (object, field_name))
      g_error ("docs/elements.in.md lists the field \"%s\" of %s as always present, but it is missing",
          (const gchar *)field_name, name);
}

/* ---- Structures ---------------------------------------------------------------------------------------- */

static gboolean
check_value (GQuark field, const GValue *value, gpointer name)
{
  check_field (name, g_quark_to_string (field), G_VALUE_TYPE_NAME (value));
  return TRUE;
}

static gboolean
has_field (gconstpointer structure, const gchar *field)
{
  return gst_structure_has_field (structure, field);
}

static void
check_structure (const gchar *name, const GstStructure *structure)
{
  gst_structure_foreach (structure, check_value, (gpointer)name);
  check_always (name, has_field, structure);
}

static void
check_list (const GstStructure *structure, const gchar *field)
{
  const GValue *list = gst_structure_get_value (structure, field);
  for (guint i = 0; list && i < gst_value_list_get_size (list); i++) {
    const GstStructure *entry = gst_value_get_structure (gst_value_list_get_value (list, i));
    check_structure (gst_structure_get_name (entry), entry);
    check_list (entry, "labels");
  }
}

/* Returns how many element messages there were. */
static guint
check_messages (Tagger *t)
{
  GstMessage *message;
  guint n = 0;
  while ((message = gst_bus_pop_filtered (t->bus, GST_MESSAGE_ELEMENT))) {
    const GstStructure *structure = gst_message_get_structure (message);
    check_structure (gst_structure_get_name (structure), structure);
    check_list (structure, "labels");
    check_list (structure, "regions");
    gst_message_unref (message);
    n++;
  }
  return n;
}

static void
check_params (GstBuffer *buffer)
{
  gpointer state = NULL;
  GstMeta *meta;
  while ((meta = gst_buffer_iterate_meta_filtered (buffer, &state, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE))) {
    GstVideoRegionOfInterestMeta *region = (GstVideoRegionOfInterestMeta *)meta;
    check_structure ("roi-param", gst_video_region_of_interest_meta_get_param (region, "clip-tags"));
  }
}

/* ---- Log lines ----------------------------------------------------------------------------------------- */

static const gchar *
json_type (JsonNode *node)
{
  if (JSON_NODE_HOLDS_NULL (node))
    return "null";
  if (!JSON_NODE_HOLDS_VALUE (node))
    return JSON_NODE_HOLDS_ARRAY (node) ? "array" : "object";
  GType type = json_node_get_value_type (node);
  return type == G_TYPE_STRING ? "string" : type == G_TYPE_BOOLEAN ? "boolean" : "number";
}

static gboolean
has_member (gconstpointer object, const gchar *member)
{
  return json_object_has_member ((JsonObject *)object, member);
}

static void
check_object (const gchar *name, JsonObject *object)
{
  g_autoptr (GList) members = json_object_get_members (object);
  for (const GList *link = members; link; link = link->next)
    check_field (name, link->data, json_type (json_object_get_member (object, link->data)));
  check_always (name, has_member, object);
}

static void
check_array (const gchar *name, JsonObject *object, const gchar *member)
{
  JsonArray *array = json_object_has_member (object, member) ? json_object_get_array_member (object, member) : NULL;
  for (guint i = 0; array && i < json_array_get_length (array); i++) {
    JsonObject *entry = json_array_get_object_element (array, i);
    check_object (name, entry);
    check_array ("line-label", entry, "labels");
  }
}

static void
check_log (const gchar *path, guint n_expected)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, n_expected + 1);
  for (guint i = 0; i < n_expected; i++) {
    g_autoptr (JsonNode) node = json_from_string (lines[i], &error);
    g_assert_no_error (error);
    JsonObject *line = json_node_get_object (node);
    check_object ("line", line);
    check_array ("line-label", line, "labels");
    check_array ("line-region", line, "regions");
  }
}

/* ---- Pipelines ----------------------------------------------------------------------------------------- */

/* A tagger and a log. */
static Tagger
start_logged (gchar **ret_path, GstElement **ret_tagger)
{
  GstElement *bin = gst_bin_new (NULL), *tagger = new_tagger (), *log = gst_element_factory_make ("cliplog", NULL);
  gint fd = g_file_open_tmp ("elements-XXXXXX", ret_path, NULL);
  g_assert_cmpint (fd, >=, 0);
  close (fd);
  g_object_set (log, "location", *ret_path, "embedding", TRUE, NULL);
  gst_bin_add_many (GST_BIN (bin), tagger, log, NULL);
  gst_object_unref (tagger);
  g_assert_true (gst_element_link (tagger, log));
  g_autoptr (GstPad) sink = gst_element_get_static_pad (tagger, "sink");
  g_autoptr (GstPad) src = gst_element_get_static_pad (log, "src");
  gst_element_add_pad (bin, gst_ghost_pad_new ("sink", sink));
  gst_element_add_pad (bin, gst_ghost_pad_new ("src", src));
  *ret_tagger = tagger;
  return (Tagger){ .element = gst_object_ref_sink (bin) };
}

static void
test_frames (void)
{
  g_autofree gchar *path = NULL;
  GstElement *tagger;
  Tagger t = start_logged (&path, &tagger);
  g_object_set (tagger, "stats-interval", (guint64)1, "min-change", 100.0, NULL);
  t = tagger_start (t.element, CAPS ("RGB"));
  for (guint i = 0; i < 3; i++)
    gst_buffer_unref (push (&t, i, NULL, 0));
  g_autoptr (GstStructure) stats = NULL;
  g_object_get (tagger, "stats", &stats, NULL);
  check_structure (gst_structure_get_name (stats), stats);
  g_assert_cmpuint (check_messages (&t), >=, 4); /* three results and statistics */
  tagger_stop (&t);
  check_log (path, 3);
  g_unlink (path);
}

static void
test_regions (void)
{
  const Region regions[] = { { "car", 4, 4, 40, 40, 5 }, { "person", 20, 10, 30, 30, 0 } };
  g_autofree gchar *path = NULL;
  GstElement *tagger;
  Tagger t = start_logged (&path, &tagger);
  gst_util_set_object_arg (G_OBJECT (tagger), "inference-region", "roi-list");
  t = tagger_start (t.element, CAPS ("RGB"));
  g_autoptr (GstBuffer) buffer = push (&t, 0, regions, G_N_ELEMENTS (regions));
  check_params (buffer);
  g_assert_cmpuint (check_messages (&t), >=, 1);
  tagger_stop (&t);
  check_log (path, 1);
  g_unlink (path);
}

/* A box and a polygon, encoded and then kept. */
static void
test_zones (void)
{
  g_autofree gchar *path = NULL;
  GstElement *tagger;
  Tagger t = start_logged (&path, &tagger);
  g_object_set (tagger, "zones", "gate=0,0,0.5,0.5;yard=0.5,0,1,0,1,1", "min-change", 100.0, NULL);
  t = tagger_start (t.element, CAPS ("RGB"));
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstBuffer) buffer = push (&t, i, NULL, 0);
    check_params (buffer);
  }
  g_assert_cmpuint (check_messages (&t), >=, 2);
  tagger_stop (&t);
  check_log (path, 4);
  g_unlink (path);
}

/* Of a tracked object; then what takes a prompts file with groups and zones. */
static void
test_events (void)
{
  static const Region region = { "car", 4, 4, 40, 40, 5 };
  GstElement *tagger = new_tagger ();
  g_object_set (tagger, "temperature", 0.001, "min-duration", G_GUINT64_CONSTANT (0), NULL);
  gst_util_set_object_arg (G_OBJECT (tagger), "inference-region", "roi-list");
  Tagger t = tagger_start (tagger, CAPS ("RGB"));
  gst_buffer_unref (push (&t, 0, &region, 1));
  g_assert_true (gst_harness_push_event (t.harness, gst_event_new_eos ()));
  g_assert_cmpuint (check_messages (&t), >=, 3);
  tagger_stop (&t);

  g_autoptr (GstClipEvent) event = gst_clip_event_new (&(GstClipEvent){
      .label = (gchar *)"shut", .group = (gchar *)"state", .zone = (gchar *)"gate", .tagger = (gchar *)"tagger" });
  g_autoptr (GstStructure) structure = gst_clip_event_to_structure (event);
  check_structure (gst_structure_get_name (structure), structure);
  check_field ("clip-label", "group", "gchararray");
}

/* Nothing is listed that never comes; after the others. */
static void
test_seen (void)
{
  GHashTableIter iter;
  gpointer name, table;
  g_hash_table_iter_init (&iter, tables);
  while (g_hash_table_iter_next (&iter, &name, &table)) {
    GHashTableIter fields;
    gpointer field_name, field;
    g_hash_table_iter_init (&fields, table);
    while (g_hash_table_iter_next (&fields, &field_name, &field))
      if (!((Field *)field)->seen)
        g_error ("docs/elements.in.md lists the field \"%s\" of %s, which never came", (const gchar *)field_name,
            (const gchar *)name);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_assert_cmpint (argc, ==, 2);
  read_tables (argv[1]);

  g_test_add_func ("/elements-fields/frames", test_frames);
  g_test_add_func ("/elements-fields/regions", test_regions);
  g_test_add_func ("/elements-fields/zones", test_zones);
  g_test_add_func ("/elements-fields/events", test_events);
  g_test_add_func ("/elements-fields/seen", test_seen);
  gint result = g_test_run ();
  g_hash_table_unref (tables);
  return result;
}
