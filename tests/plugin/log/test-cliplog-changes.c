/* SPDX-License-Identifier: MIT
 *
 * test-cliplog-changes.c: which results a log of changes has, and the groups of labels in its lines.
 */
#include "cliplogfixture.h"

#include <gst/video/video.h>

/* "a/x b": label "x" of group "a", then "b" of none; best first. */
static GstClipTags *
parse_tags (const gchar *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  GstClipTagLabel labels[8] = { { 0 } };
  guint n = 0;
  for (guint i = 0; words[i] && *words[i]; i++) {
    gchar *slash = strchr (words[i], '/');
    if (slash)
      *slash = '\0';
    labels[n++] = (GstClipTagLabel){
      .id = i, .label = slash ? slash + 1 : words[i], .confidence = 0.9 - 0.1 * i, .group = slash ? words[i] : NULL
    };
  }
  return gst_clip_tags_new ("tiny", "0123abcd", 0, labels, n, NULL, 0);
}

static void
add_tags (GstBuffer *buffer, const gchar *text, const gchar *tagger, guint64 serial)
{
  g_autoptr (GstClipTags) tags = parse_tags (text);
  gst_clip_tag_meta_set_result (gst_buffer_add_clip_tag_meta (buffer, tags, 0, TRUE), tagger, serial);
}

static void
add_region (GstBuffer *buffer, const gchar *type, gint id, const gchar *zone, const gchar *text, guint64 serial)
{
  g_autoptr (GstClipTags) tags = parse_tags (text);
  GstClipTagMeta meta = { .tags = tags, .sampled = TRUE, .serial = serial, .tagger = "a" };
  GstVideoRegionOfInterestMeta *region = gst_buffer_add_video_region_of_interest_meta (buffer, type, 0, 0, 2, 2);
  GstStructure *param = gst_clip_tag_meta_to_structure (&meta);
  if (zone)
    gst_structure_set (param, "zone", G_TYPE_STRING, zone, NULL);
  gst_video_region_of_interest_meta_add_param (region, param);
  region->id = id;
}

/* "0 3": the PTS of the lines. */
static void
check_log (Fixture *f, const gchar *expected)
{
  g_autoptr (GPtrArray) lines = read_log (f->path);
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < lines->len; i++) {
    g_string_append_printf (text, "%s%d", i ? " " : "", (gint)json_object_get_int_member (nth (lines, i), "pts"));
    g_assert_cmpstr (json_object_get_string_member (nth (lines, i), "level"), ==, "changes");
  }
  g_assert_cmpstr (text->str, ==, expected);
}

static void
start_log (Fixture *f)
{
  start (f, make_element (f, f->path, "level", CHANGES, NULL));
}

static void
push_buffer (Fixture *f, GstBuffer *buffer)
{
  g_assert_cmpint (gst_harness_push (f->harness, buffer), ==, GST_FLOW_OK);
}

/* Each of these is a result of its own; two that are the same are in turn. */
static void
push_results (Fixture *f, const gchar *const *texts, guint n)
{
  for (guint i = 0; i < n; i++) {
    GstBuffer *buffer = make_buffer (i, NULL, FALSE);
    add_tags (buffer, texts[i], "a", i + 1);
    push_buffer (f, gst_buffer_ref (buffer));
    push_buffer (f, buffer);
  }
}

static void
test_frame (Fixture *f, gconstpointer data)
{
  static const gchar *const texts[] = { "x y", "x z", "y x", "y", "", "", "y", "x" };
  start_log (f);
  push_results (f, texts, G_N_ELEMENTS (texts));
  check_log (f, "0 2 4 6 7");
}

static void
test_first_is_none (Fixture *f, gconstpointer data)
{
  static const gchar *const texts[] = { "", "", "x" };
  start_log (f);
  push_results (f, texts, G_N_ELEMENTS (texts));
  check_log (f, "0 2");
}

/* The groups' best labels, each by itself, whatever order the groups are in. */
static void
test_groups (Fixture *f, gconstpointer data)
{
  static const gchar *const texts[]
      = { "a/x b/x x", "b/x a/x a/y x", "a/x x b/y b/x", "a/y b/y x", "b/y a/y", "a/y b/y x", "y a/y b/y" };
  start_log (f);
  push_results (f, texts, G_N_ELEMENTS (texts));
  check_log (f, "0 2 3 4 5 6");

  g_autoptr (GPtrArray) lines = read_log (f->path);
  g_assert_cmpstr (json_object_get_string_member (nth_label (nth (lines, 0), 1), "group"), ==, "b");
  g_assert_false (json_object_has_member (nth_label (nth (lines, 0), 2), "group"));
}

/* A label is another one if its text is, not its number: other prompts may have the same numbers. */
static void
test_text_counts (Fixture *f, gconstpointer data)
{
  static const gchar *const texts[] = { "x", "y", "y" };
  start_log (f);
  push_results (f, texts, G_N_ELEMENTS (texts));
  check_log (f, "0 1");
}

static void
test_taggers (Fixture *f, gconstpointer data)
{
  static const gchar *const texts[][2] = { { "x", "y" }, { "x", "y" }, { "y", "y" }, { "y", "x" } };
  start_log (f);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    GstBuffer *buffer = make_buffer (i, NULL, FALSE);
    add_tags (buffer, texts[i][0], "a", 2 * i + 1);
    add_tags (buffer, texts[i][1], "b", 2 * i + 2);
    push_buffer (f, buffer);
  }
  check_log (f, "0 0 2 3");
}

/* Of a line of regions one is enough; a zone is not the detector's region of that name. */
static void
test_regions (Fixture *f, gconstpointer data)
{
  static const struct
  {
    const gchar *type;
    gint id;
    const gchar *zone, *text;
  } regions[][3] = {
    { { "car", 1, NULL, "x" }, { "car", 2, NULL, "y" } }, { { "car", 2, NULL, "y" }, { "car", 1, NULL, "x" } },
    { { "car", 2, NULL, "y" } }, { { "car", 1, NULL, "x" }, { "car", 2, NULL, "" } },       /* 3: no label */
    { { "car", 3, NULL, "y" } },                                                            /* 4: a new one */
    { { "gate", 0, NULL, "x" }, { "gate", 0, NULL, "y" } },                                 /* 5 */
    { { "gate", 0, "gate", "y" }, { "gate", 0, NULL, "x" } },                               /* 6 */
    { { "gate", 0, NULL, "x" }, { "gate", 0, "gate", "y" } }, { { "gate", 0, NULL, "y" } }, /* 8 */
  };
  guint64 serial = 1;
  start_log (f);
  for (guint i = 0; i < G_N_ELEMENTS (regions); i++) {
    GstBuffer *buffer = make_buffer (i, NULL, FALSE);
    for (guint k = 0; k < 3 && regions[i][k].type; k++)
      add_region (buffer, regions[i][k].type, regions[i][k].id, regions[i][k].zone, regions[i][k].text, serial++);
    push_buffer (f, buffer);
  }
  check_log (f, "0 3 4 5 6 8");
}

/* Objects come and go; those of late are known. */
static void
test_many_regions (Fixture *f, gconstpointer data)
{
  guint64 serial = 1;
  start_log (f);
  gst_harness_set_drop_buffers (f->harness, TRUE);
  for (guint i = 0; i < 10000; i++) {
    for (guint k = 0; k < 2; k++) {
      GstBuffer *buffer = make_buffer (i, NULL, FALSE);
      add_region (buffer, "car", 100000, NULL, "x", serial++); /* there all the time */
      add_region (buffer, "car", i + 1, NULL, "x", serial++);
      push_buffer (f, buffer);
    }
  }
  g_autoptr (GPtrArray) lines = read_log (f->path);
  g_assert_cmpuint (lines->len, ==, 10000);
}

/* A log that was of something else meanwhile cannot know what it has written. */
static void
test_level_changes (Fixture *f, gconstpointer data)
{
  static const struct
  {
    gint level;
    const gchar *text;
    gboolean written;
  } steps[] = { { CHANGES, "x", TRUE }, { CHANGES, "x", FALSE }, { SAMPLES, "y", TRUE }, { CHANGES, "x", TRUE },
    { CHANGES, "x", FALSE }, { EVENTS, "y", FALSE }, { CHANGES, "y", TRUE } };
  guint n = 0;
  GstElement *element = make_element (f, f->path, NULL);
  start (f, element);
  for (guint i = 0; i < G_N_ELEMENTS (steps); i++) {
    GstBuffer *buffer = make_buffer (i, NULL, FALSE);
    add_tags (buffer, steps[i].text, "a", i + 1);
    g_object_set (element, "level", steps[i].level, NULL);
    push_buffer (f, buffer);
    n += steps[i].written;
    g_autoptr (GPtrArray) lines = read_log (f->path);
    g_assert_cmpuint (lines->len, ==, n);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  ADD_TEST ("changes/frame", NULL, test_frame);
  ADD_TEST ("changes/first-is-none", NULL, test_first_is_none);
  ADD_TEST ("changes/groups", NULL, test_groups);
  ADD_TEST ("changes/text-counts", NULL, test_text_counts);
  ADD_TEST ("changes/taggers", NULL, test_taggers);
  ADD_TEST ("changes/regions", NULL, test_regions);
  ADD_TEST ("changes/many-regions", NULL, test_many_regions);
  ADD_TEST ("changes/level-changes", NULL, test_level_changes);
  return g_test_run ();
}
