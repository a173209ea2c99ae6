/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-combine.c: what goes together, cell by cell of the table in docs/labels.md: frames, frames with
 * zones, and detectors' regions, each with the settings that say what is encoded and when. The zones are the left half
 * and the right one, the region is one tracked object.
 */
#include "zones.h"

typedef enum
{
  FRAME,
  ZONES,
  REGIONS,
  N_KINDS
} Kind;

static const guint n_pictures[] = { [FRAME] = 1, [ZONES] = 3, [REGIONS] = 1 };

static Tagger
start_kind (Kind kind, const char *mode, const char *first_property, ...)
{
  GstElement *element = new_tagger ();
  if (kind == ZONES)
    g_object_set (element, "zones", "left=0,0,0.5,1;right=0.5,0,0.5,1", NULL);
  if (kind == REGIONS)
    gst_util_set_object_arg (G_OBJECT (element), "inference-region", "roi-list");
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", mode);
  va_list arguments;
  va_start (arguments, first_property);
  g_object_set_valist (G_OBJECT (element), first_property, arguments);
  va_end (arguments);
  Tagger t = tagger_start (element, CAPS ("RGB"));
  tagger_await_ready (element);
  return t;
}

/* The left half has one level, the right one another. */
static GstBuffer *
new_halves (guint index, guint left, guint right)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 64 * 48 * 3, NULL);
  for (guint y = 0; y < 48; y++) {
    gst_buffer_memset (buffer, y * 192, left, 96);
    gst_buffer_memset (buffer, y * 192 + 96, right, 96);
  }
  GST_BUFFER_PTS (buffer) = index * GST_SECOND;
  add_region (buffer, &(Region){ "car", 4, 4, 50, 40, 7 });
  return buffer;
}

static GstBuffer *
pass (Tagger *t, guint index, guint left, guint right)
{
  return tagger_pass (t, new_halves (index, left, right));
}

/* All that this kind labels has labels from this very frame. */
static void
assert_labelled (Kind kind, GstBuffer *out, gboolean fresh)
{
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (out);
  if (kind == REGIONS) {
    g_assert_null (meta);
    g_assert_true (!fresh || age_of (labels_of (out, 0)) == 0);
    g_assert_cmpuint (count_labelled (out), ==, 1);
    return;
  }
  g_assert_nonnull (meta);
  g_assert_true (!fresh || meta->age == 0);
  g_assert_cmpuint (count_labelled (out), ==, kind == ZONES ? 2 : 0);
  g_assert_true (kind != ZONES || !fresh || age_of (find_zone (out, "left", NULL)) == 0);
}

static void
test_sync (void)
{
  for (Kind kind = 0; kind < N_KINDS; kind++) {
    Tagger t = start_kind (kind, "sync", NULL, NULL);
    for (guint i = 0; i < 3; i++) {
      g_autoptr (GstBuffer) out = pass (&t, i, 10 * i, 100);
      assert_labelled (kind, out, TRUE);
    }
    assert_inferred (&t, 3 * n_pictures[kind]);
    tagger_stop (&t);
  }
}

static void
test_async (void)
{
  for (Kind kind = 0; kind < N_KINDS; kind++) {
    Tagger t = start_kind (kind, "async", NULL, NULL);
    gst_buffer_unref (pass (&t, 0, 10, 100));
    tagger_await_message (&t, "clip-tags");
    assert_inferred (&t, n_pictures[kind]); /* one job */
    g_autoptr (GstBuffer) out = pass (&t, 1, 10, 100);
    assert_labelled (kind, out, FALSE);
    tagger_stop (&t);
  }
}

/* Zones refuse it: test-cliptagger-zones-live.c, as they do detectors' regions. */
static void
test_batch_size (void)
{
  Tagger t = start_kind (FRAME, "sync", "batch-size", 2, NULL);
  g_assert_cmpint (gst_harness_push (t.harness, new_halves (0, 10, 100)), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_harness_buffers_received (t.harness), ==, 0);
  g_assert_cmpint (gst_harness_push (t.harness, new_halves (1, 10, 100)), ==, GST_FLOW_OK);
  g_assert_cmpuint (gst_harness_buffers_received (t.harness), ==, 2);
  tagger_stop (&t);

  Tagger r = start_kind (REGIONS, "sync", "batch-size", 2, NULL);
  g_autoptr (GstBuffer) out = pass (&r, 0, 10, 100);
  assert_labelled (REGIONS, out, TRUE);
  tagger_stop (&r);
}

static void
test_max_cpu (void)
{
  for (Kind kind = 0; kind < N_KINDS; kind++) {
    Tagger t = start_kind (kind, "async", NULL, NULL);
    gst_buffer_unref (pass (&t, 0, 10, 100));
    tagger_await_message (&t, "clip-tags");
    g_object_set (t.element, "max-cpu", 1e-5, NULL);
    for (guint i = 1; i < 20; i++)
      gst_buffer_unref (pass (&t, i, 10 * i, 100));
    assert_inferred (&t, n_pictures[kind]);
    g_assert_cmpuint (tagger_count (t.element, "skipped-cpu"), ==, 18); /* one waits for its turn */
    tagger_stop (&t);
  }
}

static void
test_min_change (void)
{
  /* The first; nothing new; the left half. */
  static const guint expected[N_KINDS][3] = { [FRAME] = { 1, 1, 2 }, [ZONES] = { 3, 3, 5 }, [REGIONS] = { 1, 2, 3 } };
  for (Kind kind = 0; kind < N_KINDS; kind++) {
    Tagger t = start_kind (kind, "sync", "min-change", 5.0, NULL);
    for (guint i = 0; i < 3; i++) {
      gst_buffer_unref (pass (&t, i, i == 2 ? 150 : 50, 100));
      assert_inferred (&t, expected[kind][i]);
    }
    tagger_stop (&t);
  }
}

static void
test_on_change (void)
{
  /* The first; nothing new; a cut. */
  static const guint expected[N_KINDS][3] = { [FRAME] = { 1, 1, 2 }, [ZONES] = { 3, 3, 6 }, [REGIONS] = { 1, 1, 1 } };
  for (Kind kind = 0; kind < N_KINDS; kind++) {
    Tagger t = start_kind (kind, "sync", "on-change", 15.0, "frame-rate", 0.001, NULL);
    for (guint i = 0; i < 3; i++) {
      gst_buffer_unref (pass (&t, i, i == 2 ? 250 : 50, 100));
      assert_inferred (&t, expected[kind][i]);
    }
    tagger_stop (&t);
  }
}

static void
test_reclassify_interval (void)
{
  for (Kind kind = 0; kind < N_KINDS; kind++) {
    Tagger t = start_kind (kind, "sync", "reclassify-interval", 0, NULL);
    for (guint i = 0; i < 3; i++)
      gst_buffer_unref (pass (&t, i, 50, 100));
    assert_inferred (&t, kind == REGIONS ? 1 : 3 * n_pictures[kind]);
    tagger_stop (&t);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger-combine/sync", test_sync);
  g_test_add_func ("/cliptagger-combine/async", test_async);
  g_test_add_func ("/cliptagger-combine/batch-size", test_batch_size);
  g_test_add_func ("/cliptagger-combine/max-cpu", test_max_cpu);
  g_test_add_func ("/cliptagger-combine/min-change", test_min_change);
  g_test_add_func ("/cliptagger-combine/on-change", test_on_change);
  g_test_add_func ("/cliptagger-combine/reclassify-interval", test_reclassify_interval);
  return g_test_run ();
}
