/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-live.c: live streams: frames never wait, labels tell their age, streams share a model, batches keep
 * the order, and everything that says "not now".
 *
 * Results of async mode are held up where a test needs it: their message goes through a bus whose handler waits.
 */
#include "tagger.h"
#include "tempfolder.h"

#define PATIENCE (60 * G_USEC_PER_SEC)
#define FRAME    (GST_SECOND / 30)

/* ---- A live tagger whose results can be held up ------------------------------------------------------------- */

typedef struct
{
  Tagger t;
  GMutex lock;
  GCond changed;
  gboolean shut, waiting;
  guint n_results;
} Live;

static GstBusSyncReply
on_message (GstBus *bus, GstMessage *message, gpointer data)
{
  Live *live = data;
  if (!gst_message_has_name (message, "clip-tags"))
    return GST_BUS_PASS;
  g_mutex_lock (&live->lock);
  live->n_results++;
  live->waiting = live->shut;
  g_cond_broadcast (&live->changed);
  while (live->shut)
    g_cond_wait (&live->changed, &live->lock);
  live->waiting = FALSE;
  g_mutex_unlock (&live->lock);
  return GST_BUS_PASS;
}

/* Every frame is to be looked at. Takes the element. */
static void
live_start (Live *live, GstElement *element, gboolean shut)
{
  *live = (Live){ .shut = shut };
  g_mutex_init (&live->lock);
  g_cond_init (&live->changed);
  g_object_set (element, "frame-rate", 0.0, NULL);
  live->t = (Tagger){ .element = element, .bus = gst_bus_new () };
  gst_bus_set_sync_handler (live->t.bus, on_message, live, NULL);
  gst_element_set_bus (element, live->t.bus);
  live->t.harness = gst_harness_new_with_element (element, "sink", "src"); /* which is live */
  gst_harness_set_src_caps_str (live->t.harness, TINY_CAPS ("30/1"));
  tagger_await_ready (element);
}

static void
live_open (Live *live)
{
  g_mutex_lock (&live->lock);
  live->shut = FALSE;
  g_cond_broadcast (&live->changed);
  g_mutex_unlock (&live->lock);
}

static void
live_wait (Live *live, guint n_results)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  g_mutex_lock (&live->lock);
  while (live->n_results < n_results)
    g_assert_true (g_cond_wait_until (&live->changed, &live->lock, end));
  g_mutex_unlock (&live->lock);
}

static void
live_stop (Live *live)
{
  live_open (live);
  tagger_stop (&live->t);
  g_mutex_clear (&live->lock);
  g_cond_clear (&live->changed);
}

static GstClipTagMeta *
meta_of (GstBuffer *buffer)
{
  return gst_buffer_get_clip_tag_meta (buffer);
}

static char *
mode_of (GstElement *element)
{
  g_autoptr (GstStructure) stats = NULL;
  g_object_get (element, "stats", &stats, NULL);
  return g_strdup (gst_structure_get_string (stats, "mode"));
}

/* ---- Frames and labels --------------------------------------------------------------------------------------- */

/* While the scheduler's thread hangs in the first result, frames go on, with that result and its true age. */
static void
test_never_waits (void)
{
  Live live;
  live_start (&live, tagger_element (TINY_MODEL), TRUE);
  g_autofree char *mode = mode_of (live.t.element);
  g_assert_cmpstr (mode, ==, "async");

  g_autoptr (GstBuffer) first = tagger_push (&live.t, 0, 0);
  guint n_new = meta_of (first) != NULL; /* the result may come before its own frame has left */
  live_wait (&live, 1);
  for (guint i = 1; i < 100; i++) {
    g_autoptr (GstBuffer) buffer = tagger_push (&live.t, i * FRAME, 0);
    GstClipTagMeta *meta = meta_of (buffer);
    g_assert_nonnull (meta);
    g_assert_cmpuint (meta->age, ==, i * FRAME);
    g_assert_cmpuint (gst_clip_tags_get_source_pts (meta->tags), ==, 0);
    n_new += meta->sampled;
  }
  g_assert_cmpuint (n_new, ==, 1);
  g_assert_cmpuint (tagger_count (live.t.element, "skipped-newer"), ==, 98);

  /* Of all those the newest is encoded. */
  live_open (&live);
  live_wait (&live, 2);
  g_autoptr (GstBuffer) next = tagger_push (&live.t, 100 * FRAME, GST_BUFFER_FLAG_GAP);
  g_assert_cmpuint (gst_clip_tags_get_source_pts (meta_of (next)->tags), ==, 99 * FRAME);
  g_assert_cmpuint (meta_of (next)->age, ==, FRAME);
  live_stop (&live);
}

static void
test_max_age (void)
{
  Live live;
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "max-age", (guint64)(10 * FRAME), NULL);
  live_start (&live, element, TRUE);
  gst_buffer_unref (tagger_push (&live.t, 0, 0));
  live_wait (&live, 1);
  for (guint i = 1; i < 20; i++) {
    g_autoptr (GstBuffer) buffer = tagger_push (&live.t, i * FRAME, 0);
    g_assert_true ((meta_of (buffer) != NULL) == (i <= 10));
  }
  live_stop (&live);
}

/* Async and sync give the same labels for the same frame. */
static void
test_same_labels (void)
{
  Live live;
  live_start (&live, tagger_element (TINY_MODEL), FALSE);
  Tagger sync = tagger_start (tagger_element (TINY_MODEL), TINY_CAPS ("30/1"));
  g_object_set (sync.element, "frame-rate", 0.0, NULL);
  g_autofree char *mode = mode_of (sync.element);
  g_assert_cmpstr (mode, ==, "sync");
  for (guint i = 0; i < 20; i++) {
    GstBuffer *in = tagger_frame_for_caps (TINY_CAPS ("30/1"), i);
    GST_BUFFER_PTS (in) = i * FRAME;
    g_assert_cmpint (gst_harness_push (sync.harness, gst_buffer_copy_deep (in)), ==, GST_FLOW_OK);
    g_assert_cmpint (gst_harness_push (live.t.harness, in), ==, GST_FLOW_OK);
    g_autoptr (GstBuffer) waited = gst_harness_pull (sync.harness);
    gst_buffer_unref (gst_harness_pull (live.t.harness));
    live_wait (&live, i + 1);
    g_autoptr (GstBuffer) after = tagger_push (&live.t, i * FRAME, GST_BUFFER_FLAG_GAP);
    assert_same_tags (meta_of (waited)->tags, meta_of (after)->tags);
  }
  tagger_stop (&sync);
  live_stop (&live);
}

/* A flush forgets what was known and what is under way. */
static void
test_flush (void)
{
  Live live;
  live_start (&live, tagger_element (TINY_MODEL), FALSE);
  for (guint i = 0; i < 50; i++) {
    gst_buffer_unref (tagger_push (&live.t, i * FRAME, 0));
    g_usleep (i * 13 % 700);
    tagger_flush (&live.t);
    g_autoptr (GstBuffer) buffer = tagger_push (&live.t, 1000 * FRAME, GST_BUFFER_FLAG_GAP);
    g_assert_null (meta_of (buffer));
  }
  live_stop (&live);
}

static void
test_latency (void)
{
  Live live;
  live_start (&live, tagger_element (TINY_MODEL), FALSE);
  gst_harness_set_upstream_latency (live.t.harness, 20 * GST_MSECOND);
  for (guint i = 0; i < 5; i++)
    gst_buffer_unref (tagger_push (&live.t, i * FRAME, 0));
  g_assert_cmpuint (gst_harness_query_latency (live.t.harness), ==, 20 * GST_MSECOND);
  live_stop (&live);

  /* Sync: at least the frames that are held back; and it says so when it finds out more. */
  GstElement *element = tagger_element (TINY_MODEL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "sync");
  g_object_set (element, "batch-size", 4, NULL);
  live_start (&live, element, FALSE);
  gst_harness_set_upstream_latency (live.t.harness, 20 * GST_MSECOND);
  GstClockTime before = gst_harness_query_latency (live.t.harness);
  g_assert_cmpuint (before, >=, 20 * GST_MSECOND + 3 * FRAME - 3);
  for (guint i = 0; i < 4; i++) {
    GstBuffer *in = tagger_frame_for_caps (TINY_CAPS ("30/1"), i);
    GST_BUFFER_PTS (in) = i * FRAME;
    gst_harness_push (live.t.harness, in);
  }
  g_assert_cmpuint (gst_harness_query_latency (live.t.harness), >, before);
  g_autoptr (GstMessage) message = tagger_message (&live.t, GST_MESSAGE_LATENCY, NULL);
  g_assert_nonnull (message);
  live_stop (&live);
}

/* ---- Sharing ------------------------------------------------------------------------------------------------- */

static void
test_sharing (void)
{
  Live a, b, c;
  live_start (&a, tagger_element (TINY_MODEL), FALSE);
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "prompts", "one;two", "top-k", 1, NULL);
  live_start (&b, element, FALSE);
  element = tagger_element (TINY_MODEL);
  g_object_set (element, "model-instance-id", "mine", NULL);
  live_start (&c, element, FALSE);
  g_assert_cmpuint (tagger_stat (a.t.element, "streams"), ==, 2);
  g_assert_cmpuint (tagger_stat (b.t.element, "streams"), ==, 2);
  g_assert_cmpuint (tagger_stat (c.t.element, "streams"), ==, 1);

  /* Each has prompts and settings of its own. */
  gst_buffer_unref (tagger_push (&a.t, 0, 0));
  gst_buffer_unref (tagger_push (&b.t, 0, 0));
  live_wait (&a, 1);
  live_wait (&b, 1);
  g_autoptr (GstBuffer) one = tagger_push (&a.t, FRAME, GST_BUFFER_FLAG_GAP);
  g_autoptr (GstBuffer) two = tagger_push (&b.t, FRAME, GST_BUFFER_FLAG_GAP);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (meta_of (one)->tags), ==, 3);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (meta_of (two)->tags), ==, 1);
  const char *label = gst_clip_tags_get_label (meta_of (two)->tags, 0)->label;
  g_assert_true (g_str_equal (label, "one") || g_str_equal (label, "two"));
  live_stop (&b);
  g_assert_cmpuint (tagger_stat (a.t.element, "streams"), ==, 1);
  live_stop (&c);
  live_stop (&a);
}

/* ---- Batches ------------------------------------------------------------------------------------------------- */

static Tagger
start_batching (guint batch_size, const char *caps)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "batch-size", batch_size, "frame-rate", 10.0, "attach-embedding", TRUE, NULL);
  return tagger_start (element, caps);
}

static GstFlowReturn
push_frame (Tagger *t, guint i)
{
  GstBuffer *in = tagger_frame_for_caps (TINY_CAPS ("30/1"), i / 2);
  GST_BUFFER_PTS (in) = i * FRAME;
  return gst_harness_push (t->harness, in);
}

/* The same frames in the same order with the same labels, whatever the batch. */
static void
test_batches (void)
{
  static const guint sizes[] = { 2, 3, 4, 7, 256 };
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++) {
    Tagger single = start_batching (1, TINY_CAPS ("30/1")), batched = start_batching (sizes[s], TINY_CAPS ("30/1"));
    for (guint i = 0; i < 50; i++) {
      g_assert_cmpint (push_frame (&single, i), ==, GST_FLOW_OK);
      g_assert_cmpint (push_frame (&batched, i), ==, GST_FLOW_OK);
      if (i == 3)
        g_assert_cmpuint (gst_harness_buffers_received (batched.harness), ==, sizes[s] > 2 ? 0 : 4);
    }
    gst_harness_push_event (batched.harness, gst_event_new_eos ());
    g_assert_cmpuint (gst_harness_buffers_received (batched.harness), ==, 50);
    for (guint i = 0; i < 50; i++) {
      g_autoptr (GstBuffer) a = gst_harness_pull (single.harness), b = gst_harness_pull (batched.harness);
      g_assert_cmpuint (GST_BUFFER_PTS (b), ==, i * FRAME);
      g_assert_cmpuint (meta_of (a)->age, ==, meta_of (b)->age);
      g_assert_true (meta_of (a)->sampled == meta_of (b)->sampled);
      assert_same_tags (meta_of (a)->tags, meta_of (b)->tags);
    }
    g_assert_cmpuint (tagger_count (batched.element, "inferred"), ==, tagger_count (single.element, "inferred"));
    tagger_stop (&single);
    tagger_stop (&batched);
  }
}

/* What is pushed through: frames as their index, events as -1. */
static GstPadProbeReturn
note_order (GstPad *pad, GstPadProbeInfo *info, gpointer order)
{
  gint entry = -1;
  if (GST_PAD_PROBE_INFO_TYPE (info) & GST_PAD_PROBE_TYPE_BUFFER)
    entry = (gint)((GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info)) + FRAME / 2) / FRAME);
  g_array_append_val ((GArray *)order, entry);
  return GST_PAD_PROBE_OK;
}

static void
test_batches_keep_order (void)
{
  Tagger t = start_batching (8, TINY_CAPS ("30/1"));
  g_autoptr (GArray) order = g_array_new (FALSE, FALSE, sizeof (gint));
  g_autoptr (GstPad) pad = gst_element_get_static_pad (t.element, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, note_order, order, NULL);
  for (guint i = 0; i < 5; i++)
    push_frame (&t, i);
  gst_harness_push_event (t.harness, gst_event_new_tag (gst_tag_list_new (GST_TAG_TITLE, "x", NULL)));
  for (guint i = 5; i < 8; i++)
    push_frame (&t, i);
  gst_harness_push_event (t.harness, gst_event_new_gap (8 * FRAME, FRAME));
  push_frame (&t, 9);
  gst_harness_set_src_caps_str (t.harness, "video/x-raw,format=RGB,width=32,height=12,framerate=30/1");

  static const gint expected[] = { 0, 1, 2, 3, 4, -1, 5, 6, 7, -1, 9 };
  for (guint i = 0, k = 0; i < G_N_ELEMENTS (expected); i++, k++) {
    while (order->len > k && expected[i] >= 0 && g_array_index (order, gint, k) < 0)
      k++; /* the stream's first events */
    g_assert_cmpuint (k, <, order->len);
    g_assert_cmpint (g_array_index (order, gint, k), ==, expected[i]);
  }
  tagger_stop (&t);
}

/* A flush drops what is held back; nothing comes out afterwards. */
static void
test_batches_flush (void)
{
  Tagger t = start_batching (8, TINY_CAPS ("30/1"));
  for (guint i = 0; i < 5; i++)
    push_frame (&t, i);
  tagger_flush (&t);
  push_frame (&t, 100);
  gst_harness_push_event (t.harness, gst_event_new_eos ());
  g_assert_cmpuint (gst_harness_buffers_received (t.harness), ==, 1);
  g_autoptr (GstBuffer) buffer = gst_harness_pull (t.harness);
  g_assert_cmpuint (GST_BUFFER_PTS (buffer), ==, 100 * FRAME);
  tagger_stop (&t);
}

/* Whoever has few buffers gets them back before the last one is gone. */
static void
test_small_pool (void)
{
  for (guint max = 3; max <= 5; max++) {
    Tagger t = start_batching (16, TINY_CAPS ("30/1"));
    g_autoptr (GstCaps) caps = gst_caps_from_string (TINY_CAPS ("30/1"));
    GstVideoInfo info;
    g_assert_true (gst_video_info_from_caps (&info, caps));
    g_autoptr (GstBufferPool) pool = gst_video_buffer_pool_new ();
    GstStructure *config = gst_buffer_pool_get_config (pool);
    gst_buffer_pool_config_set_params (config, caps, GST_VIDEO_INFO_SIZE (&info), 0, max);
    g_assert_true (gst_buffer_pool_set_config (pool, config));
    g_assert_true (gst_buffer_pool_set_active (pool, TRUE));
    GstBufferPoolAcquireParams dont_wait = { .flags = GST_BUFFER_POOL_ACQUIRE_FLAG_DONTWAIT };
    for (guint i = 0; i < 40; i++) {
      GstBuffer *buffer = NULL;
      g_assert_cmpint (gst_buffer_pool_acquire_buffer (pool, &buffer, &dont_wait), ==, GST_FLOW_OK);
      tagger_fill (buffer, &info, i);
      GST_BUFFER_PTS (buffer) = i * FRAME;
      g_assert_cmpint (gst_harness_push (t.harness, buffer), ==, GST_FLOW_OK);
      while ((buffer = gst_harness_try_pull (t.harness)))
        gst_buffer_unref (buffer);
    }
    tagger_stop (&t);
    gst_buffer_pool_set_active (pool, FALSE);
  }
}

/* ---- Not now ------------------------------------------------------------------------------------------------- */

/* The sink is a second behind: frames that it needs by now are not looked at, but pass. */
static void
test_qos (void)
{
  Tagger t = tagger_start (tagger_element (TINY_MODEL), TINY_CAPS ("30/1"));
  g_object_set (t.element, "frame-rate", 0.0, NULL);
  gst_buffer_unref (tagger_push (&t, 0, 0));
  gst_harness_push_upstream_event (
      t.harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, GST_SECOND / 2, 0)); /* late by half a second */
  guint n_messages = 0;
  for (guint i = 1; i <= 60; i++) {
    g_autoptr (GstBuffer) buffer = tagger_push (&t, i * FRAME, 0);
    g_assert_true (meta_of (buffer)->sampled == (i > 30));
  }
  GstMessage *message;
  while ((message = tagger_message (&t, GST_MESSAGE_QOS, NULL))) {
    guint64 processed, dropped;
    GstFormat format;
    gst_message_parse_qos_stats (message, &format, &processed, &dropped);
    g_assert_cmpint (format, ==, GST_FORMAT_BUFFERS);
    g_assert_cmpuint (processed, ==, 1);
    g_assert_cmpuint (dropped, ==, ++n_messages);
    gst_message_unref (message);
  }
  g_assert_cmpuint (n_messages, ==, 30);
  g_assert_cmpuint (tagger_count (t.element, "skipped-qos"), ==, 30);
  g_assert_cmpuint (tagger_count (t.element, "inferred"), ==, 31);

  g_object_set (t.element, "qos", FALSE, NULL);
  gst_harness_push_upstream_event (t.harness, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW, 2.0, GST_SECOND, 0));
  g_autoptr (GstBuffer) buffer = tagger_push (&t, 61 * FRAME, 0);
  g_assert_true (meta_of (buffer)->sampled);
  tagger_stop (&t);
}

/* A limit that is spent for hours by the first picture. */
static void
test_max_cpu (void)
{
  Live live;
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "max-cpu", 1e-6, NULL);
  live_start (&live, element, FALSE);
  gst_buffer_unref (tagger_push (&live.t, 0, 0));
  gst_buffer_unref (tagger_push (&live.t, FRAME, 0));
  for (guint i = 2; i < 10; i++)
    gst_buffer_unref (tagger_push (&live.t, i * FRAME, 0));
  g_assert_cmpuint (tagger_count (live.t.element, "skipped-cpu"), >=, 8);
  g_assert_cmpuint (tagger_count (live.t.element, "inferred"), <=, 1);

  g_object_set (live.t.element, "max-cpu", 0.0, NULL);
  gst_buffer_unref (tagger_push (&live.t, 10 * FRAME, 0));
  live_wait (&live, 1);
  live_stop (&live);
}

static void
test_stats_message (void)
{
  Tagger t = tagger_start (tagger_element (TINY_MODEL), TINY_CAPS ("30/1"));
  gst_buffer_unref (tagger_push (&t, 0, 0));
  g_assert_null (tagger_message (&t, GST_MESSAGE_ELEMENT, "application/x-cliptag-stats"));
  g_object_set (t.element, "stats-interval", (guint64)1, NULL);
  for (guint i = 1; i <= 3; i++) {
    gst_buffer_unref (tagger_push (&t, i * FRAME, 0));
    g_usleep (2);
  }
  g_autoptr (GstMessage) message = tagger_message (&t, GST_MESSAGE_ELEMENT, "application/x-cliptag-stats");
  g_assert_nonnull (message);
  guint64 frames = 0;
  g_assert_true (gst_structure_get_uint64 (gst_message_get_structure (message), "frames", &frames));
  g_assert_cmpuint (frames, ==, 3);
  tagger_stop (&t);
}

/* ---- Prompts that change ------------------------------------------------------------------------------------- */

static void
test_signals (void)
{
  Tagger t = tagger_start (tagger_element (TINY_MODEL), TINY_CAPS ("30/1"));
  gst_buffer_unref (tagger_push (&t, 0, 0));
  gboolean ok = FALSE;
  g_signal_emit_by_name (t.element, "set-prompts", "left;right", &ok);
  g_assert_true (ok);
  g_autoptr (GstBuffer) buffer = tagger_push (&t, FRAME, 0);
  const char *label = gst_clip_tags_get_label (meta_of (buffer)->tags, 0)->label;
  g_assert_true (g_str_equal (label, "left") || g_str_equal (label, "right"));
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));

  g_signal_emit_by_name (t.element, "set-prompts", " ; ", &ok);
  g_assert_false (ok);
  g_autoptr (GstMessage) warning = tagger_message (&t, GST_MESSAGE_WARNING, NULL);
  g_assert_nonnull (warning);
  g_autofree char *prompts = NULL;
  g_object_get (t.element, "prompts", &prompts, NULL);
  g_assert_cmpstr (prompts, ==, "left;right");
  g_signal_emit_by_name (t.element, "reload-prompts", &ok);
  g_assert_true (ok);
  tagger_stop (&t);
}

static void
write_prompts (const char *file, const char *text)
{
  g_assert_true (g_file_set_contents (file, text, -1, NULL));
}

static void
wait_for_count (GstElement *element, const char *field, guint64 count)
{
  for (gint64 end = g_get_monotonic_time () + PATIENCE; tagger_count (element, field) < count; g_usleep (10000))
    g_assert_cmpint (g_get_monotonic_time (), <, end);
}

static gboolean
has_label (GstBuffer *buffer, const char *text)
{
  GstClipTags *tags = meta_of (buffer)->tags;
  for (guint i = 0; i < gst_clip_tags_get_n_labels (tags); i++)
    if (g_str_equal (gst_clip_tags_get_label (tags, i)->label, text))
      return TRUE;
  return FALSE;
}

static void
test_watching (void)
{
  g_autofree char *folder = test_temporary_folder ();
  g_autofree char *file = g_build_filename (folder, "prompts.txt", NULL);
  write_prompts (file, "one\ntwo\n");
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "prompts", NULL, "prompts-file", file, "watch-prompts", TRUE, "top-k", 0, NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  gst_buffer_unref (tagger_push (&t, 0, 0));

  write_prompts (file, "three\nfour\n");
  wait_for_count (element, "rescored", 1);
  g_autoptr (GstBuffer) buffer = tagger_push (&t, FRAME, 0);
  g_assert_true (has_label (buffer, "three"));

  /* A broken one changes nothing, and says so once. */
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));
  write_prompts (file, "{ \"prompts\": [");
  g_autoptr (GstMessage) warning = gst_bus_timed_pop_filtered (t.bus, 60 * GST_SECOND, GST_MESSAGE_WARNING);
  g_assert_nonnull (warning);
  g_autoptr (GstBuffer) after = tagger_push (&t, 2 * FRAME, 0);
  g_assert_true (has_label (after, "three"));
  g_remove (file);
  write_prompts (file, "four\nfive\n");
  wait_for_count (element, "rescored", 2);
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));
  g_object_set (element, "watch-prompts", FALSE, NULL);
  tagger_stop (&t);
  test_remove_folder (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger-live/never-waits", test_never_waits);
  g_test_add_func ("/cliptagger-live/max-age", test_max_age);
  g_test_add_func ("/cliptagger-live/same-labels", test_same_labels);
  g_test_add_func ("/cliptagger-live/flush", test_flush);
  g_test_add_func ("/cliptagger-live/latency", test_latency);
  g_test_add_func ("/cliptagger-live/sharing", test_sharing);
  g_test_add_func ("/cliptagger-live/batches", test_batches);
  g_test_add_func ("/cliptagger-live/batches-keep-order", test_batches_keep_order);
  g_test_add_func ("/cliptagger-live/batches-flush", test_batches_flush);
  g_test_add_func ("/cliptagger-live/small-pool", test_small_pool);
  g_test_add_func ("/cliptagger-live/qos", test_qos);
  g_test_add_func ("/cliptagger-live/max-cpu", test_max_cpu);
  g_test_add_func ("/cliptagger-live/stats-message", test_stats_message);
  g_test_add_func ("/cliptagger-live/signals", test_signals);
  g_test_add_func ("/cliptagger-live/watching", test_watching);
  return g_test_run ();
}
