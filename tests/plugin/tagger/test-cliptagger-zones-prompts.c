/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-zones-prompts.c: zones of a prompts file: questions of their own, frames that none is about, and the
 * events of zones.
 */
#include <glib/gstdio.h>

#include "news.h"
#include "tempmodel.h"
#include "zones.h"

#define VEHICLES "[\"a delivery van\", \"a person with a ladder\", \"an empty yard\"]"

static GstElement *
new_element (const char *folder, const char *json)
{
  GstElement *element = news_element ();
  g_autofree char *path = g_build_filename (folder, "prompts.json", NULL);
  test_write (folder, "prompts.json", json, -1);
  g_object_set (
      element, "prompts-file", path, "prompts", NULL, "attach-embedding", TRUE, "top-k", 0, "temperature", 1.0, NULL);
  return element;
}

static GstBuffer *
pass (Tagger *t, guint index, guint seed)
{
  return tagger_pass (t, news_frame (seed, index * STEP));
}

static void
assert_labels (GstClipTags *tags, const char *const *expected)
{
  guint n = g_strv_length ((char **)expected);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags), ==, n);
  for (guint i = 0; i < n; i++)
    g_assert_true (g_strv_contains (expected, gst_clip_tags_get_label (tags, i)->label));
}

/* Each zone answers its own questions, as a tagger with that part of the picture and these prompts would. */
static void
test_own_prompts (void)
{
  g_autofree char *folder = test_temporary_folder ();
  Tagger t = tagger_start (new_element (folder, "{\"version\": 1, \"prompts\": [\"day\", \"night\"], \"zones\": ["
                                                "{\"name\": \"gate\", \"box\": [0.25, 0.25, 0.5, 0.5], \"prompts\": "
                                                "[\"open\", \"closed\", \"ajar\"]},"
                                                "{\"name\": \"yard\", \"box\": [0, 0, 1, 1]}]}"),
      NEWS_CAPS);
  g_autoptr (GstBuffer) out = pass (&t, 0, 3);
  GstClipTags *frame = gst_buffer_get_clip_tag_meta (out)->tags;
  assert_labels (frame, (const char *[]){ "day", "night", NULL });
  assert_labels (zone_tags (out, "gate"), (const char *[]){ "open", "closed", "ajar", NULL });
  assert_same_tags (zone_tags (out, "yard"), frame); /* without its own it has the frame's */
  assert_inferred (&t, 3);

  g_autoptr (GstCaps) caps = gst_caps_from_string (NEWS_CAPS);
  GstVideoInfo info, cut_info;
  g_assert_true (gst_video_info_from_caps (&info, caps));
  GstElement *alone = new_tagger ();
  g_object_set (alone, "prompts", "open;closed;ajar", NULL);
  g_autoptr (GstClipTags) expected = label_whole (alone, &cut_info, cut_out (&info, out, 16, 12, 32, 24, &cut_info));
  GstClipTags *gate = zone_tags (out, "gate");
  for (guint i = 0; i < 3; i++) {
    const GstClipTagLabel *a = gst_clip_tags_get_label (gate, i), *b = gst_clip_tags_get_label (expected, i);
    g_assert_cmpstr (a->label, ==, b->label);
    g_assert_true (a->cosine == b->cosine && a->confidence == b->confidence);
    g_assert_cmpuint (a->id, ==, b->id + 2);
  }
  tagger_stop (&t);

  /* The property moves a zone of the file, which keeps its prompts. */
  GstElement *moved = new_element (folder, "{\"version\": 1, \"prompts\": [\"day\"], \"zones\": [{\"name\": \"gate\", "
                                           "\"box\": [0, 0, 0.5, 0.5], \"prompts\": [\"open\", \"closed\"]}]}");
  g_object_set (moved, "zones", "gate=0.25,0.25,0.5,0.5;more=0,0,1,0.5", NULL);
  Tagger m = tagger_start (moved, NEWS_CAPS);
  g_autoptr (GstBuffer) again = pass (&m, 0, 3);
  assert_labels (zone_tags (again, "gate"), (const char *[]){ "open", "closed", NULL });
  assert_labels (zone_tags (again, "more"), (const char *[]){ "day", NULL });
  guint n, k;
  g_assert_cmpmem (gst_clip_tags_get_embedding (zone_tags (again, "gate"), &n), n * sizeof (gfloat),
      gst_clip_tags_get_embedding (gate, &k), k * sizeof (gfloat));
  tagger_stop (&m);
  test_remove_folder (folder);
}

/* Zones go by their names: in another order each keeps its picture and has its own prompts. */
static void
test_reordered (void)
{
#define GATE "{\"name\": \"gate\", \"box\": [0, 0, 0.5, 0.5], \"prompts\": [\"open\", \"closed\"]}"
#define YARD "{\"name\": \"yard\", \"box\": [0.5, 0, 0.5, 0.5], \"prompts\": [\"empty\", \"full\", \"crowded\"]}"
  g_autofree char *folder = test_temporary_folder ();
  GstElement *element = new_element (folder, "{\"version\": 1, \"zones\": [" GATE ", " YARD "]}");
  g_object_set (element, "min-change", 1.0, NULL);
  Tagger t = tagger_start (element, NEWS_CAPS);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstBuffer) out = pass (&t, i, 3);
    gboolean taken = FALSE;
    assert_labels (zone_tags (out, "gate"), (const char *[]){ "open", "closed", NULL });
    assert_labels (zone_tags (out, "yard"), (const char *[]){ "empty", "full", "crowded", NULL });
    assert_inferred (&t, 2);
    test_write (folder, "prompts.json", "{\"version\": 1, \"zones\": [" YARD ", " GATE "]}", -1);
    g_signal_emit_by_name (element, "reload-prompts", &taken);
    g_assert_true (taken);
  }
  tagger_stop (&t);
  test_remove_folder (folder);
}

#define ONLY_ZONES                                                                                                     \
  "{\"version\": 1, \"zones\": [{\"name\": \"gate\", \"box\": [0, 0, 1, 1], \"prompts\": " VEHICLES "}]}"

/* Nothing is asked about the frame: it is not encoded, and has no labels. */
static void
test_no_frame (void)
{
  g_autofree char *folder = test_temporary_folder ();
  GstElement *element = new_element (folder, ONLY_ZONES);
  g_object_set (element, "min-change", 0.5, NULL);
  Tagger t = tagger_start (element, NEWS_CAPS);
  g_autoptr (GstBuffer) first = pass (&t, 0, 3), second = pass (&t, 1, 3), third = pass (&t, 2, 9);
  assert_inferred (&t, 2);
  g_assert_cmpuint (tagger_count (t.element, "reused"), ==, 1);
  g_assert_null (gst_buffer_get_clip_tag_meta (first));
  g_assert_null (gst_buffer_get_clip_tag_meta (third));
  g_autoptr (GstMessage) message = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  const GstStructure *report = gst_message_get_structure (message);
  g_assert_false (gst_structure_has_field (report, "labels"));
  g_assert_false (gst_structure_has_field (report, "label"));
  g_assert_cmpstr (gst_structure_get_string (report, "model"), ==, TINY_MODEL);

  /* Then something is: it is encoded once; then nothing again, and something once more: its picture is still known. The
   * zone is there all the time, also between one property and the next. */
  g_object_set (t.element, "zones", "gate=0,0,1,1", "prompts", "day;night", NULL);
  g_autoptr (GstBuffer) fourth = pass (&t, 3, 9);
  assert_labels (gst_buffer_get_clip_tag_meta (fourth)->tags, (const char *[]){ "day", "night", NULL });
  assert_inferred (&t, 3);
  g_autofree char *path = g_build_filename (folder, "prompts.json", NULL);
  g_object_set (t.element, "prompts-file", path, "zones", NULL, NULL);
  g_autoptr (GstBuffer) fifth = pass (&t, 4, 9);
  g_assert_null (gst_buffer_get_clip_tag_meta (fifth));
  assert_labels (
      zone_tags (fifth, "gate"), (const char *[]){ "a delivery van", "a person with a ladder", "an empty yard", NULL });
  assert_inferred (&t, 3);
  g_object_set (t.element, "prompts", "dusk;dawn", NULL);
  g_autoptr (GstBuffer) sixth = pass (&t, 5, 9);
  assert_labels (gst_buffer_get_clip_tag_meta (sixth)->tags, (const char *[]){ "dusk", "dawn", NULL });
  g_assert_cmpuint (count_regions (sixth), ==, 0);
  assert_inferred (&t, 3);
  tagger_stop (&t);
  test_remove_folder (folder);
}

/* A cut counts where only zones are encoded, too, and once. */
static void
test_no_frame_on_change (void)
{
  g_autofree char *folder = test_temporary_folder ();
  GstElement *element = new_element (folder, ONLY_ZONES);
  g_object_set (element, "on-change", 5.0, "frame-rate", 0.001, NULL);
  Tagger t = tagger_start (element, NEWS_CAPS);
  for (guint i = 0; i < 6; i++)
    gst_buffer_unref (pass (&t, i, i < 3 ? 3 : 12));
  assert_inferred (&t, 2);
  g_assert_cmpuint (tagger_count (t.element, "sampled"), ==, 2);
  tagger_stop (&t);
  test_remove_folder (folder);
}

/* ---- Refusals --------------------------------------------------------------------------------------------- */

static void
test_refused_files (void)
{
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, "prompts.json", NULL);
  for (guint i = 0; i < 2; i++) {
    const char *reason = i ? "batch-size above 1" : "inference-region=roi-list";
    g_autofree char *expected = g_strdup_printf ("%s: zones: not possible with %s", path, reason);
    GstElement *element = new_element (folder, ONLY_ZONES);
    gst_util_set_object_arg (G_OBJECT (element), i ? "batch-size" : "inference-region", i ? "4" : "roi-list");
    Tagger t = { .element = element, .bus = gst_bus_new () };
    gst_element_set_bus (element, t.bus);
    gst_element_set_state (element, GST_STATE_PAUSED);
    g_autofree char *line = await_problem (&t, GST_MESSAGE_ERROR);
    g_assert_cmpstr (line, ==, expected);
    gst_element_set_state (element, GST_STATE_NULL);

    /* While playing the prompts in use stay. */
    g_object_set (element, "prompts-file", NULL, "prompts", PROMPTS, NULL);
    gst_object_ref (element);
    Tagger p = tagger_start (element, NEWS_CAPS);
    tagger_await_ready (element);
    g_object_set (element, "prompts-file", path, NULL);
    g_autofree char *warning = await_problem (&p, GST_MESSAGE_WARNING);
    g_assert_cmpstr (warning, ==, expected);
    g_autofree char *file = NULL;
    g_object_get (element, "prompts-file", &file, NULL);
    g_assert_null (file);
    tagger_stop (&p);
    gst_object_unref (element);
    gst_object_unref (t.bus);
  }
  test_remove_folder (folder);
}

/* Those of a model's folder are no better. */
static void
test_refused_model (void)
{
  g_autofree char *model = temp_model (TINY_MODEL);
  test_write (model, "prompts.json", ONLY_ZONES, -1);
  GstElement *element = new_tagger ();
  g_object_set (element, "model", model, "prompts", NULL, "batch-size", 2, NULL);
  Tagger t = { .element = element, .bus = gst_bus_new () };
  gst_element_set_bus (element, t.bus);
  gst_element_set_state (element, GST_STATE_PAUSED);
  g_autofree char *line = await_problem (&t, GST_MESSAGE_ERROR);
  g_autofree char *expected = g_strdup_printf ("%s/prompts.json: zones: not possible with batch-size above 1", model);
  g_assert_cmpstr (line, ==, expected);
  gst_element_set_state (element, GST_STATE_NULL);

  /* And are used where they can be. */
  g_object_set (element, "batch-size", 1, NULL);
  gst_object_ref (element);
  Tagger p = tagger_start (element, NEWS_CAPS);
  g_autoptr (GstBuffer) out = pass (&p, 0, 3);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (zone_tags (out, "gate")), ==, 3);
  tagger_stop (&p);
  gst_object_unref (element);
  gst_object_unref (t.bus);
  test_remove_folder (model);
}

/* ---- Events ----------------------------------------------------------------------------------------------- */

/* Zones have events as the frame has, with their names. */
static void
test_events (void)
{
  g_autofree char *folder = test_temporary_folder ();
  Fixture f = { 0 };
  GstElement *element = new_element (folder, ONLY_ZONES);
  g_object_set (element, "temperature", 0.001, NULL);
  news_start (&f, element);
  news_push (&f, 0, 0, 3);
  news_push (&f, 1, 3, 5);
  tagger_flush (&f.tagger);
  news_push (&f, 0, 0, 2);
  g_object_set (element, "prompts", "day;night", NULL); /* the zone is no more */
  news_push (&f, 0, 2, 3);
  gchar *described = news_describe (&f);
  g_test_message ("%s", described);
  g_assert_nonnull (strstr (described, "start 1 at 0\n"));
  g_assert_nonnull (strstr (described, "end 1 (over) at 3\nstart 2 at 3\n"));
  g_assert_nonnull (strstr (described, "end 2 (flush) at 0\n"));
  g_assert_nonnull (strstr (described, "start 3 at 0\n"));
  g_assert_nonnull (strstr (described, "end 3 (lost) at 2\n"));
  g_free (described);
  guint n = 0;
  for (guint i = 0; i < f.messages->len; i++) {
    const GstClipEvent *event = f.messages->pdata[i];
    if (g_strcmp0 (event->label, "day") == 0 || g_strcmp0 (event->label, "night") == 0) {
      g_assert_null (event->zone);
      continue;
    }
    g_assert_cmpstr (event->zone, ==, "gate");
    n++;
  }
  g_assert_cmpuint (n, ==, 6);
  news_stop (&f);
  test_remove_folder (folder);
}

/* The end of the stream ends them, and so does a stop. Labels that hold on go on with their event. */
static void
test_ends (void)
{
  g_autofree char *folder = test_temporary_folder ();
  Fixture f = { 0 };
  GstElement *element = new_element (folder, ONLY_ZONES);
  g_object_set (element, "temperature", 0.001, "min-change", 1.0, NULL);
  news_start (&f, element);
  news_push (&f, 0, 0, 5);
  assert_inferred (&f.tagger, 1);
  g_assert_true (gst_harness_push_event (f.tagger.harness, gst_event_new_eos ()));
  const GstClipEvent *end = f.messages->pdata[f.messages->len - 1];
  g_assert_cmpuint (f.messages->len, ==, 2);
  g_assert_cmpstr (end->reason, ==, "eos");
  g_assert_cmpstr (end->zone, ==, "gate");
  g_assert_cmpuint (end->end.timestamp, ==, 4 * STEP);
  g_assert_cmpuint (end->n_samples, ==, 5);
  news_stop (&f);
  test_remove_folder (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger-zones-prompts/own-prompts", test_own_prompts);
  g_test_add_func ("/cliptagger-zones-prompts/reordered", test_reordered);
  g_test_add_func ("/cliptagger-zones-prompts/no-frame", test_no_frame);
  g_test_add_func ("/cliptagger-zones-prompts/no-frame-on-change", test_no_frame_on_change);
  g_test_add_func ("/cliptagger-zones-prompts/refused-files", test_refused_files);
  g_test_add_func ("/cliptagger-zones-prompts/refused-model", test_refused_model);
  g_test_add_func ("/cliptagger-zones-prompts/events", test_events);
  g_test_add_func ("/cliptagger-zones-prompts/ends", test_ends);
  return g_test_run ();
}
