/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-change.c: frames that look like the last encoded one are not encoded, and a cut does not wait for its
 * sampling time. Pictures are plain colours: how different two of them are is known.
 */
#include "tagger.h"

#define FRAME (GST_SECOND / 30)
#define CAPS  "video/x-raw,format=GRAY8,width=64,height=36,framerate=30/1"

static Tagger
start (gdouble frame_rate, gdouble min_change, gdouble on_change, guint batch_size, gboolean live)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "frame-rate", frame_rate, "min-change", min_change, "on-change", on_change, "batch-size",
      batch_size, "attach-embedding", TRUE, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", live ? "async" : "sync");
  return tagger_start (element, CAPS);
}

/* A plain frame. level: 0 to 219 above black; 2.19 are one per cent. */
static GstFlowReturn
push (Tagger *t, guint i, guint level)
{
  GstBuffer *in = gst_buffer_new_allocate (NULL, 64 * 36, NULL);
  gst_buffer_memset (in, 0, 16 + level, 64 * 36);
  GST_BUFFER_PTS (in) = i * FRAME;
  return gst_harness_push (t->harness, in);
}

static GstBuffer *
pass (Tagger *t, guint i, guint level)
{
  g_assert_cmpint (push (t, i, level), ==, GST_FLOW_OK);
  return gst_harness_pull (t->harness);
}

static void
test_min_change (void)
{
  Tagger t = start (0, 5, 0, 1, FALSE);
  g_autoptr (GstBuffer) first = pass (&t, 0, 100);
  GstClipTagMeta *one = gst_buffer_get_clip_tag_meta (first);
  g_assert_true (one->sampled && !one->reused);

  /* 8 levels are 3.7 per cent. */
  g_autoptr (GstBuffer) second = pass (&t, 1, 108);
  GstClipTagMeta *two = gst_buffer_get_clip_tag_meta (second);
  g_assert_true (two->sampled && two->reused);
  g_assert_cmpuint (two->age, ==, 0);
  g_assert_cmpuint (gst_clip_tags_get_source_pts (two->tags), ==, 0);
  assert_same_tags (one->tags, two->tags);
  gst_message_unref (tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags"));
  g_autoptr (GstMessage) message = tagger_message (&t, GST_MESSAGE_ELEMENT, "clip-tags");
  guint64 timestamp;
  gboolean reused = FALSE;
  g_assert_true (gst_structure_get (gst_message_get_structure (message), "timestamp", G_TYPE_UINT64, &timestamp,
      "reused", G_TYPE_BOOLEAN, &reused, NULL));
  g_assert_true (reused && timestamp == FRAME);

  /* The next such step is compared with what was encoded, and counts. */
  g_autoptr (GstBuffer) third = pass (&t, 2, 116);
  g_assert_false (gst_buffer_get_clip_tag_meta (third)->reused);
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 2);
  g_assert_cmpuint (tagger_count (t.element, "reused"), ==, 1);
  g_assert_cmpuint (tagger_count (t.element, "sampled"), ==, 3);

  /* For ten seconds at most. */
  g_autoptr (GstBuffer) still = pass (&t, 301, 116), much_later = pass (&t, 303, 116);
  g_assert_true (gst_buffer_get_clip_tag_meta (still)->reused);
  g_assert_false (gst_buffer_get_clip_tag_meta (much_later)->reused);
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 3);

  /* After a flush nothing is known. */
  tagger_flush (&t);
  g_autoptr (GstBuffer) fourth = pass (&t, 3, 116);
  g_assert_false (gst_buffer_get_clip_tag_meta (fourth)->reused);
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 4);
  tagger_stop (&t);
}

/* One sample in ten seconds, and one at each cut. */
static void
test_on_change (void)
{
  Tagger t = start (0.1, 0, 20, 1, FALSE);
  for (guint i = 0; i < 90; i++) {
    g_autoptr (GstBuffer) buffer = pass (&t, i, i / 30 % 2 ? 150 + i % 30 : 50 + i % 30);
    GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
    g_assert_true (meta->sampled == (i % 30 == 0));
    g_assert_cmpuint (meta->age, ==, i % 30 * FRAME);
  }
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 3);
  tagger_stop (&t);
}

/* Batches say the same. */
static void
test_batches (void)
{
  Tagger single = start (15, 5, 20, 1, FALSE), batched = start (15, 5, 20, 4, FALSE);
  for (guint i = 0; i < 100; i++) {
    guint level = i * 7919 % 97 / 20 * 40 + i % 5; /* stays for a while, then jumps */
    push (&single, i, level);
    push (&batched, i, level);
  }
  gst_harness_push_event (batched.harness, gst_event_new_eos ());
  for (guint i = 0; i < 100; i++) {
    g_autoptr (GstBuffer) a = gst_harness_pull (single.harness), b = gst_harness_pull (batched.harness);
    GstClipTagMeta *x = gst_buffer_get_clip_tag_meta (a), *y = gst_buffer_get_clip_tag_meta (b);
    g_assert_cmpuint (GST_BUFFER_PTS (b), ==, i * FRAME);
    g_assert_cmpuint (x->age, ==, y->age);
    g_assert_true (x->sampled == y->sampled && x->reused == y->reused);
    assert_same_tags (x->tags, y->tags);
  }
  g_assert_cmpuint (tagger_count (single.element, "reused"), ==, tagger_count (batched.element, "reused"));
  g_assert_cmpuint (tagger_count (single.element, "inferred"), ==, tagger_count (batched.element, "inferred"));
  tagger_stop (&single);
  tagger_stop (&batched);
}

/* However slow the encoder: a picture like the one that is on its way is not offered again, and once it is there every
 * sampled frame confirms it. */
static void
test_async (void)
{
  Tagger t = start (0, 5, 0, 1, TRUE);
  for (guint i = 0; i < 30; i++)
    gst_buffer_unref (pass (&t, i, 100));
  tagger_await_message (&t, "clip-tags");
  g_autoptr (GstBuffer) last = pass (&t, 30, 100);
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (last);
  g_assert_true (meta->reused);
  g_assert_cmpuint (meta->age, ==, 0);
  g_assert_cmpuint (gst_clip_tags_get_source_pts (meta->tags), ==, 0);
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 1);
  g_assert_cmpuint (tagger_count (t.element, "reused"), ==, 30);
  tagger_stop (&t);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger-change/min-change", test_min_change);
  g_test_add_func ("/cliptagger-change/on-change", test_on_change);
  g_test_add_func ("/cliptagger-change/batches", test_batches);
  g_test_add_func ("/cliptagger-change/async", test_async);
  return g_test_run ();
}
