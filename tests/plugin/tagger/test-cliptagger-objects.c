/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-objects.c: regions from frame to frame: cliptagger knows objects again, encodes them as often as it
 * is asked to and gives each its own labels, in sync and in async mode.
 */
#include "regions.h"

/* ---- Sync ------------------------------------------------------------------------------------------------- */

/* Five frames with one object, which moves too far to be known by its place. Returns in which ones it was encoded, as a
 * string of digits. param: its number is a parameter. */
static char *
follow (guint interval, gboolean param)
{
  Tagger t = start ("reclassify-interval", interval, NULL);
  GString *encoded = g_string_new (NULL);
  for (guint i = 0; i < 5; i++) {
    GstBuffer *buffer = new_frame (i);
    GstVideoRegionOfInterestMeta *meta
        = add_region (buffer, &(Region){ "car", i % 2 ? 0 : 30, 8, 20, 20, param ? 100 + i : 9 });
    if (param)
      gst_video_region_of_interest_meta_add_param (meta, gst_structure_new ("object_id", "id", G_TYPE_INT, 9, NULL));
    guint64 before = tagger_count (t.element, "inferred");
    g_autoptr (GstBuffer) out = tagger_pass (&t, buffer);
    const GstStructure *labels = labels_of (out, 0);
    gboolean fresh = tagger_count (t.element, "inferred") != before;
    if (fresh)
      g_string_append_printf (encoded, "%u", i);
    g_assert_cmpint (is_sampled (labels), ==, fresh);
    g_assert_cmpuint (gst_clip_tags_get_source_pts (tags_of (labels)) + age_of (labels), ==, i * GST_SECOND);
    g_assert_cmpint (age_of (labels) == 0, ==, fresh);
  }
  tagger_stop (&t);
  return g_string_free (encoded, FALSE);
}

static void
test_intervals (void)
{
  static const struct
  {
    guint interval;
    const char *encoded;
  } cases[] = { { 0, "0" }, { 1, "01234" }, { 2, "024" }, { 3, "03" } };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint param = 0; param < 2; param++) {
      g_autofree char *encoded = follow (cases[i].interval, param);
      g_assert_cmpstr (encoded, ==, cases[i].encoded);
    }
}

/* Between samples labels stay with what is in the same place, and of the same type. */
static void
test_untracked (void)
{
  const Region first[] = { { "car", 0, 0, 20, 20 }, { "car", 40, 20, 20, 20 } };
  const Region second[]
      = { { "car", 42, 21, 20, 20 }, { "car", 3, 0, 20, 20 }, { "bus", 0, 0, 20, 20 }, { "car", 20, 24, 20, 20 } };
  Tagger t = start ("inference-interval", 3, NULL);
  g_autoptr (GstBuffer) a = push (&t, 0, first, 2);
  g_autoptr (GstBuffer) b = push (&t, 1, second, 4);
  g_assert_true (tags_of (labels_of (b, 0)) == tags_of (labels_of (a, 1)));
  g_assert_true (tags_of (labels_of (b, 1)) == tags_of (labels_of (a, 0)));
  g_assert_null (labels_of (b, 2));
  g_assert_null (labels_of (b, 3));
  g_assert_cmpuint (age_of (labels_of (b, 0)), ==, GST_SECOND);
  g_assert_false (is_sampled (labels_of (b, 0)));
  assert_inferred (&t, 2);

  /* What was sampled last counts alone. */
  g_autoptr (GstBuffer) c = push (&t, 2, NULL, 0);
  g_autoptr (GstBuffer) d = push (&t, 3, second, 1);
  g_autoptr (GstBuffer) e = push (&t, 4, first, 2);
  assert_inferred (&t, 3);
  g_assert_null (labels_of (e, 0));
  g_assert_true (tags_of (labels_of (e, 1)) == tags_of (labels_of (d, 0)));
  tagger_stop (&t);
}

/* Detectors that number every detection anew: its place tells, but not that of an object whose number is there. */
static void
test_new_numbers (void)
{
  const Region first[] = { { "car", 0, 0, 20, 20, 1 }, { "car", 40, 20, 20, 20, 2 } };
  const Region second[] = { { "car", 1, 0, 20, 20, 3 }, { "car", 41, 20, 20, 20, 4 }, { "car", 10, 20, 20, 20, 2 } };
  Tagger t = start ("inference-interval", 2, NULL);
  g_autoptr (GstBuffer) a = push (&t, 0, first, 2);
  g_autoptr (GstBuffer) b = push (&t, 1, second, 3);
  g_assert_true (tags_of (labels_of (b, 0)) == tags_of (labels_of (a, 0)));
  g_assert_null (labels_of (b, 1));
  g_assert_true (tags_of (labels_of (b, 2)) == tags_of (labels_of (a, 1)));
  tagger_stop (&t);
}

static void
test_max_age (void)
{
  const Region region = { "car", 0, 0, 20, 20, 1 };
  Tagger t = start ("reclassify-interval", 0, "max-age", 2 * GST_SECOND, NULL);
  for (guint i = 0; i < 5; i++) {
    g_autoptr (GstBuffer) out = push (&t, i, &region, 1);
    g_assert_cmpint (labels_of (out, 0) != NULL, ==, i <= 2);
  }
  tagger_stop (&t);
}

/* An object that is gone for long is encoded anew when it comes back. */
static void
test_forgotten (void)
{
  const Region car = { "car", 0, 0, 20, 20, 1 }, other = { "car", 40, 20, 20, 20, 2 };
  Tagger t = start ("reclassify-interval", 0, NULL);
  guint i = 0;
  for (; i < 2; i++)
    gst_buffer_unref (push (&t, i, &car, 1));
  for (; i < 200; i++)
    gst_buffer_unref (push (&t, i, &other, 1));
  gst_buffer_unref (push (&t, i++, &car, 1));
  assert_inferred (&t, 2);
  for (; i < 600; i++)
    gst_buffer_unref (push (&t, i, &other, 1));
  gst_buffer_unref (push (&t, i++, &car, 1));
  assert_inferred (&t, 3);
  tagger_stop (&t);
}

/* More numbers than are kept. */
static void
test_many_objects (void)
{
  Tagger t = start ("min-crop-size", 1, "post-messages", FALSE, "reclassify-interval", 0, NULL);
  gint id = 1;
  const Region stays = { "car", 0, 0, 64, 48, G_MAXINT };
  for (guint i = 0; i < 20; i++) {
    GstBuffer *buffer = new_frame (i);
    add_region (buffer, &stays);
    for (guint k = 0; k < 63; k++)
      add_region (buffer, &(Region){ "car", 0, 0, 4, 4, id++ });
    gst_buffer_unref (tagger_pass (&t, buffer));
  }
  assert_inferred (&t, 20 * 63 + 1);
  /* Those seen longest ago went, the others are still known. */
  g_autoptr (GstBuffer) last = push (&t, 20, (Region[]){ { "car", 0, 0, 4, 4, id - 1 }, stays }, 2);
  assert_inferred (&t, 20 * 63 + 1);
  g_assert_nonnull (labels_of (last, 0));
  g_autoptr (GstBuffer) first = push (&t, 21, (Region[]){ { "car", 0, 0, 4, 4, 1 } }, 1);
  assert_inferred (&t, 20 * 63 + 2);
  tagger_stop (&t);
}

static void
test_flush (void)
{
  const Region regions[] = { { "car", 0, 0, 20, 20, 1 }, { "car", 40, 20, 20, 20 } };
  Tagger t = start ("reclassify-interval", 0, "inference-interval", 2, NULL);
  g_autoptr (GstBuffer) a = push (&t, 0, regions, 2);
  g_assert_nonnull (labels_of (a, 0));
  g_autoptr (GstBuffer) b = push (&t, 1, regions, 2);
  g_assert_nonnull (labels_of (b, 0));
  g_assert_nonnull (labels_of (b, 1));

  tagger_flush (&t);
  assert_inferred (&t, 2);
  GstBuffer *gap = new_frame (2); /* is not looked at */
  GST_BUFFER_FLAG_SET (gap, GST_BUFFER_FLAG_GAP);
  add_region (gap, &regions[0]);
  g_autoptr (GstBuffer) c = tagger_pass (&t, gap);
  g_assert_null (labels_of (c, 0));
  g_autoptr (GstBuffer) d = push (&t, 3, regions, 2);
  g_assert_nonnull (labels_of (d, 0));
  assert_inferred (&t, 4);
  tagger_stop (&t);
}

static void
test_new_prompts (void)
{
  const Region regions[] = { { "car", 0, 0, 20, 20, 1 }, { "car", 30, 10, 30, 30, 2 } };
  Tagger t = start ("reclassify-interval", 0, NULL);
  g_autoptr (GstBuffer) a = push (&t, 0, regions, 2);
  gst_message_unref (tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags"));

  g_object_set (t.element, "prompts", "a street;a harbour", NULL);
  tagger_await_ready (t.element);
  g_autoptr (GstMessage) message = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  g_assert_nonnull (message);
  const GstStructure *report = gst_message_get_structure (message);
  gboolean rescored = FALSE;
  g_assert_true (gst_structure_get_boolean (report, "rescored", &rescored) && rescored);
  g_assert_cmpuint (gst_value_list_get_size (gst_structure_get_value (report, "regions")), ==, 2);

  g_autoptr (GstBuffer) b = push (&t, 1, regions, 2);
  assert_inferred (&t, 2);
  g_assert_cmpuint (tagger_count (t.element, "rescored"), ==, 1);
  for (guint i = 0; i < 2; i++) {
    GstClipTags *before = tags_of (labels_of (a, i)), *after = tags_of (labels_of (b, i));
    guint n, m;
    const gfloat *x = gst_clip_tags_get_embedding (before, &n), *y = gst_clip_tags_get_embedding (after, &m);
    g_assert_cmpmem (x, n * sizeof *x, y, m * sizeof *y);
    g_assert_cmpuint (gst_clip_tags_get_n_labels (after), ==, 2);
    g_assert_cmpuint (age_of (labels_of (b, i)), ==, GST_SECOND);
    g_assert_false (is_sampled (labels_of (b, i)));
  }

  /* The same as if they had been there from the start. */
  Tagger fresh = start ("prompts", "a street;a harbour", NULL);
  g_autoptr (GstBuffer) c = push (&fresh, 0, regions, 2);
  assert_same_tags (tags_of (labels_of (b, 0)), tags_of (labels_of (c, 0)));
  tagger_stop (&fresh);
  tagger_stop (&t);
}

/* ---- Async ------------------------------------------------------------------------------------------------ */

/* Pushes frames from *index on until all their regions are labelled. */
static GstBuffer *
push_until_labelled (Tagger *t, guint *index, const Region *regions, guint n)
{
  gint64 end = g_get_monotonic_time () + 60 * G_TIME_SPAN_SECOND;
  for (;;) {
    g_autoptr (GstBuffer) out = push (t, (*index)++, regions, n);
    if (count_labelled (out) == n)
      return g_steal_pointer (&out);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (1000);
  }
}

static Tagger
start_async (guint interval)
{
  GstElement *element = new_tagger ();
  gst_util_set_object_arg (G_OBJECT (element), "inference-region", "roi-list");
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "async");
  g_object_set (element, "reclassify-interval", interval, NULL);
  return tagger_start (element, CAPS ("RGB"));
}

/* Waits for the next result. */
static void
wait_for_message (Tagger *t, const char *field)
{
  g_autoptr (GstMessage) message = NULL;
  while (!message || !gst_message_has_name (message, "clip-tags")) {
    g_clear_pointer (&message, gst_message_unref);
    message = gst_bus_timed_pop_filtered (t->bus, 60 * GST_SECOND, GST_MESSAGE_ELEMENT);
    g_assert_nonnull (message);
  }
  g_assert_true (gst_structure_has_field (gst_message_get_structure (message), field));
}

static void
test_async (void)
{
  const Region regions[] = { { "car", 0, 0, 20, 20, 1 }, { "bus", 30, 10, 30, 30 } };
  const Region moved[] = { { "car", 40, 20, 20, 20, 1 }, { "bus", 32, 10, 30, 30 }, { "car", 0, 0, 20, 20, 2 } };
  Tagger t = start_async (0);
  g_autoptr (GstBuffer) a = push (&t, 0, regions, 2);
  wait_for_message (&t, "regions");
  g_object_set (t.element, "inference-interval", 1000, NULL);
  g_autoptr (GstBuffer) b = push (&t, 1, moved, 3);
  g_assert_nonnull (labels_of (b, 0));
  g_assert_nonnull (labels_of (b, 1));
  g_assert_null (labels_of (b, 2)); /* its place is that of an object that is elsewhere */
  g_assert_cmpuint (age_of (labels_of (b, 0)), ==, GST_SECOND);
  g_assert_cmpint (is_sampled (labels_of (b, 1)), ==, labels_of (a, 1) == NULL); /* the result may have been quick */
  g_assert_cmpuint (gst_clip_tags_get_source_pts (tags_of (labels_of (b, 1))), ==, 0);
  assert_inferred (&t, 2);

  g_autoptr (GstBuffer) c = push (&t, 2, moved, 3);
  g_assert_cmpuint (age_of (labels_of (c, 0)), ==, 2 * GST_SECOND);
  g_assert_false (is_sampled (labels_of (c, 0)));

  /* The labels are those that sync mode gives. */
  Tagger sync = start (NULL, NULL);
  g_autoptr (GstBuffer) d = push (&sync, 0, regions, 2);
  for (guint i = 0; i < 2; i++)
    assert_same_tags (tags_of (labels_of (b, i)), tags_of (labels_of (d, i)));
  tagger_stop (&sync);
  tagger_stop (&t);
}

/* However many frames pass before there is a result, each object is encoded once. */
static void
test_async_once (void)
{
  enum
  {
    FRAMES = 200,
    OBJECTS = 5
  };
  Tagger t = start_async (0);
  Region regions[OBJECTS];
  for (guint i = 0; i < OBJECTS; i++)
    regions[i] = (Region){ "car", i * 8, 0, 20, 20, i + 1 };
  /* Objects come one by one. */
  guint i = 0;
  for (; i < FRAMES; i++)
    gst_buffer_unref (push (&t, i, regions, 1 + MIN (i / 10, OBJECTS - 1)));
  gst_buffer_unref (push_until_labelled (&t, &i, regions, OBJECTS));
  for (guint end = i + FRAMES; i < end; i++)
    gst_buffer_unref (push (&t, i, regions, OBJECTS));
  assert_inferred (&t, OBJECTS);
  tagger_stop (&t);
}

/* Keeps the scheduler's thread from going on while it is closed. */
typedef struct
{
  GMutex lock;
  GCond changed;
  gboolean closed, reached;
} Gate;

static GstBusSyncReply
wait_at_gate (GstBus *bus, GstMessage *message, gpointer data)
{
  Gate *gate = data;
  if (!gst_message_has_name (message, "clip-tags"))
    return GST_BUS_PASS;
  g_mutex_lock (&gate->lock);
  gate->reached = TRUE;
  g_cond_broadcast (&gate->changed);
  while (gate->closed)
    g_cond_wait (&gate->changed, &gate->lock);
  g_mutex_unlock (&gate->lock);
  return GST_BUS_PASS;
}

/* Objects whose job is replaced by a newer frame's are in that one's, or in a later one's. */
static void
test_async_replaced (void)
{
  const Region regions[] = { { "car", 0, 0, 20, 20, 1 }, { "car", 10, 0, 20, 20, 2 }, { "car", 20, 0, 20, 20, 3 },
    { "car", 30, 0, 20, 20, 4 } };
  Gate gate = { .closed = TRUE };
  g_mutex_init (&gate.lock);
  g_cond_init (&gate.changed);
  Tagger t = start_async (0);
  gst_bus_set_sync_handler (t.bus, wait_at_gate, &gate, NULL);
  gst_buffer_unref (push (&t, 0, regions, 1));
  g_mutex_lock (&gate.lock);
  while (!gate.reached)
    g_cond_wait (&gate.changed, &gate.lock);
  g_mutex_unlock (&gate.lock);

  gst_buffer_unref (push (&t, 1, regions, 2));
  gst_buffer_unref (push (&t, 2, regions, 3));
  gst_buffer_unref (push (&t, 3, regions + 1, 2));
  gst_buffer_unref (push (&t, 4, NULL, 0));
  g_assert_cmpuint (tagger_count (t.element, "skipped-newer"), ==, 3);
  g_autoptr (GstBuffer) out = push (&t, 5, regions, 3);
  g_assert_cmpuint (count_labelled (out), ==, 1);
  g_assert_cmpuint (tagger_count (t.element, "skipped-newer"), ==, 3);
  assert_inferred (&t, 1);

  g_mutex_lock (&gate.lock);
  gate.closed = FALSE;
  g_cond_broadcast (&gate.changed);
  g_mutex_unlock (&gate.lock);
  guint i = 6;
  gst_buffer_unref (push_until_labelled (&t, &i, regions, 4));
  assert_inferred (&t, 4);
  tagger_stop (&t);
  g_mutex_clear (&gate.lock);
  g_cond_clear (&gate.changed);
}

/* Whatever is under way: flushes and stops come back, and nothing from before is on frames behind. */
static void
test_async_flush (void)
{
  Tagger t = start_async (1);
  for (guint i = 0; i < 50; i++) {
    for (guint k = 0; k < 3; k++)
      gst_buffer_unref (push (&t, 3 * i + k, (Region[]){ { "car", 0, 0, 20, 20, 1 }, { "car", 20, 0, 20, 20 } }, 2));
    tagger_flush (&t);
    g_autoptr (GstBuffer) out = push (&t, i, (Region[]){ { "car", 0, 0, 20, 20, 1 } }, 1);
    const GstStructure *labels = labels_of (out, 0); /* a quick result may be there already */
    g_assert_true (!labels || gst_clip_tags_get_source_pts (tags_of (labels)) == i * GST_SECOND);
  }
  tagger_stop (&t);
}

/* The way of working changes while a job waits. */
static void
test_async_to_sync (void)
{
  const Region region = { "car", 0, 0, 20, 20, 1 };
  Tagger t = start_async (0);
  guint i = 0;
  for (; i < 20; i++)
    gst_buffer_unref (push (&t, i, &region, 1));
  gst_util_set_object_arg (G_OBJECT (t.element), "inference-mode", "sync");
  gst_buffer_unref (push_until_labelled (&t, &i, &region, 1));
  assert_inferred (&t, 1);
  tagger_stop (&t);
}

/* Prompts change while results come in: nothing keeps labels by old ones. */
static void
test_async_prompts (void)
{
  const Region regions[] = { { "car", 0, 0, 20, 20, 1 }, { "car", 20, 0, 20, 20, 2 } };
  Tagger t = start_async (1);
  guint i = 0;
  for (guint round = 0; round < 20; round++) {
    for (guint k = 0; k < 5; k++)
      gst_buffer_unref (push (&t, i++, regions, 2));
    g_object_set (t.element, "prompts", round % 2 ? "a;b" : "a;b;c;d", NULL);
    tagger_await_ready (t.element);
    g_autoptr (GstBuffer) out = push_until_labelled (&t, &i, regions, 2);
    for (guint k = 0; k < 2; k++)
      g_assert_cmpuint (gst_clip_tags_get_n_labels (tags_of (labels_of (out, k))), ==, round % 2 ? 2 : 4);
  }
  tagger_stop (&t);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger-objects/intervals", test_intervals);
  g_test_add_func ("/cliptagger-objects/untracked", test_untracked);
  g_test_add_func ("/cliptagger-objects/new-numbers", test_new_numbers);
  g_test_add_func ("/cliptagger-objects/max-age", test_max_age);
  g_test_add_func ("/cliptagger-objects/forgotten", test_forgotten);
  g_test_add_func ("/cliptagger-objects/flush", test_flush);
  g_test_add_func ("/cliptagger-objects/new-prompts", test_new_prompts);
  g_test_add_func ("/cliptagger-objects/many", test_many_objects);
  g_test_add_func ("/cliptagger-objects/async", test_async);
  g_test_add_func ("/cliptagger-objects/async-once", test_async_once);
  g_test_add_func ("/cliptagger-objects/async-replaced", test_async_replaced);
  g_test_add_func ("/cliptagger-objects/async-flush", test_async_flush);
  g_test_add_func ("/cliptagger-objects/async-to-sync", test_async_to_sync);
  g_test_add_func ("/cliptagger-objects/async-prompts", test_async_prompts);
  return g_test_run ();
}
