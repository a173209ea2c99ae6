/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-streams.c: one picture's labels are never another camera's. Behind real elements that go over from
 * one source to another, whose frames come one by one: each is awaited behind the tagger before the next goes in.
 */
#include <gst/app/app.h>

#include "tagger.h"

#define FRAME_CAPS TINY_CAPS ("30/1")
#define B_BEGINS   (3600 * GST_SECOND) /* by its PTS a frame, and a result, is the one camera's or the other's */

typedef struct
{
  const char *name, *join, *mode;
} Case;

typedef struct
{
  GstElement *pipeline, *join, *cameras[2], *tagger, *sink;
  guint n[2]; /* frames so far */
} Fixture;

static void
set_up (Fixture *f, const Case *c)
{
  g_autofree char *model = test_golden (TINY_MODEL);
  g_autofree char *text
      = g_strdup_printf ("%s name=join ! cliptagger name=tagger model=%s prompts=\"" PROMPTS
                         "\" frame-rate=0 min-change=0 inference-mode=%s ! appsink name=sink sync=false async=false "
                         "appsrc name=a format=time caps=" FRAME_CAPS " ! join.sink_0 "
                         "appsrc name=b format=time caps=" FRAME_CAPS " ! join.sink_1",
          c->join, model, c->mode);
  g_autoptr (GError) error = NULL;
  f->pipeline = gst_parse_launch (text, &error);
  g_assert_no_error (error);
  GstBin *bin = GST_BIN (f->pipeline);
  f->join = gst_bin_get_by_name (bin, "join");
  f->tagger = gst_bin_get_by_name (bin, "tagger");
  f->sink = gst_bin_get_by_name (bin, "sink");
  f->cameras[0] = gst_bin_get_by_name (bin, "a");
  f->cameras[1] = gst_bin_get_by_name (bin, "b");
  g_assert_cmpint (gst_element_set_state (f->pipeline, GST_STATE_PLAYING), !=, GST_STATE_CHANGE_FAILURE);
}

static void
tear_down (Fixture *f)
{
  gst_element_set_state (f->pipeline, GST_STATE_NULL);
  GstElement *elements[] = { f->join, f->cameras[0], f->cameras[1], f->tagger, f->sink, f->pipeline };
  for (guint i = 0; i < G_N_ELEMENTS (elements); i++)
    gst_object_unref (elements[i]);
}

/* Sends the next frame of a camera through, one that the tagger is not to look at if it is `unseen`: such frames show
 * what is remembered. Returns whether labels came with it; they are that camera's. */
static gboolean
pass (Fixture *f, guint camera, gboolean unseen)
{
  GstBuffer *buffer = tagger_frame_for_caps (FRAME_CAPS, camera * 5 + 1);
  GST_BUFFER_PTS (buffer) = camera * B_BEGINS + f->n[camera]++ * GST_SECOND / 30;
  if (unseen)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  g_assert_cmpint (gst_app_src_push_buffer (GST_APP_SRC (f->cameras[camera]), buffer), ==, GST_FLOW_OK);
  g_autoptr (GstSample) sample = gst_app_sink_try_pull_sample (GST_APP_SINK (f->sink), 60 * GST_SECOND);
  g_assert_nonnull (sample);
  GstBuffer *passed = gst_sample_get_buffer (sample);
  g_assert_cmpint (GST_BUFFER_PTS (passed) >= B_BEGINS, ==, camera);
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (passed);
  if (!meta)
    return FALSE;
  g_assert_cmpint (gst_clip_tags_get_source_pts (meta->tags) >= B_BEGINS, ==, camera);
  return TRUE;
}

/* Until a result is remembered. In async mode that takes as long as it takes. */
static void
label (Fixture *f, guint camera)
{
  pass (f, camera, FALSE);
  while (!pass (f, camera, TRUE))
    g_usleep (100);
}

static void
go_over_to (Fixture *f, const Case *c, guint camera)
{
  if (g_str_equal (c->join, "concat")) {
    g_assert_cmpint (gst_app_src_end_of_stream (GST_APP_SRC (f->cameras[!camera])), ==, GST_FLOW_OK);
    return;
  }
  g_autoptr (GstPad) pad = gst_element_get_static_pad (f->join, camera ? "sink_1" : "sink_0");
  g_object_set (f->join, "active-pad", pad, NULL);
}

static void
test_streams (gconstpointer data)
{
  const Case *c = data;
  Fixture f = { 0 };
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (c->join);
  if (!factory) {
    g_test_skip (c->join);
    return;
  }
  set_up (&f, c);
  if (!g_str_equal (c->join, "concat"))
    go_over_to (&f, c, 0);
  label (&f, 0);
  guint n_stays = g_str_equal (c->join, "concat") ? 1 : 3;
  for (guint i = 1; i <= n_stays; i++) {
    guint camera = i % 2;
    go_over_to (&f, c, camera);
    for (guint k = 0; k < 5; k++)
      g_assert_false (pass (&f, camera, TRUE));
    label (&f, camera);
  }
  tear_down (&f);
}

int
main (int argc, char **argv)
{
  static const Case cases[] = {
    { "/cliptagger/streams/concat/sync", "concat", "sync" },
    { "/cliptagger/streams/concat/async", "concat", "async" },
    { "/cliptagger/streams/input-selector/sync", "input-selector", "sync" },
    { "/cliptagger/streams/input-selector/async", "input-selector", "async" },
  };
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_test_add_data_func (cases[i].name, &cases[i], test_streams);
  return g_test_run ();
}
