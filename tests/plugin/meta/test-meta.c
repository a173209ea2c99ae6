/* SPDX-License-Identifier: MIT
 *
 * test-meta.c: GstClipTags and its metadata, with GstClipEvent's where both travel: ownership, threads, and what in a
 * real pipeline they survive.
 */
#include "gstclipeventmeta.h"
#include "gstcliptagmeta.h"

#include <gst/app/app.h>
#include <gst/video/video.h>
#include <math.h>
#include <string.h>

#include "gstvideotransformmatrix.h"

#define N_FRAMES 12

static GstClipTags *
make_tags (guint id, GstClockTime pts)
{
  const GstClipTagLabel labels[] = { { id, (gchar *)"a dog", 0.75, 0.31 }, { id + 1, (gchar *)"a cat", 0.25, 0.2 } };
  const gfloat embedding[] = { 0.6f, -0.8f, 0.f };

  return gst_clip_tags_new (
      "tiny", "0123abcd", pts, labels, G_N_ELEMENTS (labels), embedding, G_N_ELEMENTS (embedding));
}

static void
test_ownership (void)
{
  gchar text[] = "a dog", model[] = "tiny";
  gfloat embedding[] = { 0.6f, -0.8f };
  GstClipTagLabel label = { 7, text, 0.75, NAN };
  g_autoptr (GstClipTags) tags = gst_clip_tags_new (model, "f", 42, &label, 1, embedding, 2);
  g_autoptr (GstClipTagLabel) copy = NULL;
  const gfloat *got;
  guint n = 99;

  memset (text, 'x', 5);
  memset (model, 'x', 4);
  memset (embedding, 0, sizeof embedding);
  label.id = 0;

  g_assert_cmpstr (gst_clip_tags_get_model_name (tags), ==, "tiny");
  g_assert_cmpstr (gst_clip_tags_get_fingerprint (tags), ==, "f");
  g_assert_cmpuint (gst_clip_tags_get_source_pts (tags), ==, 42);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags), ==, 1);
  g_assert_cmpuint (gst_clip_tags_get_label (tags, 0)->id, ==, 7);
  g_assert_cmpstr (gst_clip_tags_get_label (tags, 0)->label, ==, "a dog");
  g_assert_cmpfloat (gst_clip_tags_get_label (tags, 0)->confidence, ==, 0.75);
  g_assert_true (isnan (gst_clip_tags_get_label (tags, 0)->cosine));
  got = gst_clip_tags_get_embedding (tags, &n);
  g_assert_cmpuint (n, ==, 2);
  g_assert_cmpfloat (got[0], ==, 0.6f);
  g_assert_cmpfloat (got[1], ==, -0.8f);
  g_assert_true (gst_clip_tags_get_embedding (tags, NULL) == got);

  copy = g_boxed_copy (GST_TYPE_CLIP_TAG_LABEL, gst_clip_tags_get_label (tags, 0));
  g_assert_cmpstr (copy->label, ==, "a dog");
  g_assert_true (copy->label != gst_clip_tags_get_label (tags, 0)->label);
}

static void
test_empty (void)
{
  const GstClipTagLabel unnamed = { 0 };
  g_autoptr (GstClipTags) tags = gst_clip_tags_new (NULL, NULL, GST_CLOCK_TIME_NONE, NULL, 0, NULL, 0);
  g_autoptr (GstClipTags) named = gst_clip_tags_new (NULL, NULL, 0, &unnamed, 1, NULL, 0);
  guint n = 99;

  g_assert_cmpstr (gst_clip_tags_get_model_name (tags), ==, "");
  g_assert_cmpstr (gst_clip_tags_get_fingerprint (tags), ==, "");
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags), ==, 0);
  g_assert_null (gst_clip_tags_get_embedding (tags, &n));
  g_assert_cmpuint (n, ==, 0);
  g_assert_cmpstr (gst_clip_tags_get_label (named, 0)->label, ==, "");
}

static void
test_version (void)
{
  const gint major = GST_CLIPTAG_VERSION_MAJOR, minor = GST_CLIPTAG_VERSION_MINOR, micro = GST_CLIPTAG_VERSION_MICRO;
  g_autofree gchar *version = g_strdup_printf ("%d.%d.%d", major, minor, micro);

  g_assert_cmpstr (version, ==, CLIPTAG_VERSION);
  g_assert_true (GST_CLIPTAG_CHECK_VERSION (major, minor, micro));
  g_assert_true (GST_CLIPTAG_CHECK_VERSION (major - 1, minor + 1, micro + 1));
  g_assert_true (GST_CLIPTAG_CHECK_VERSION (major, minor - 1, micro + 1));
  g_assert_false (GST_CLIPTAG_CHECK_VERSION (major, minor, micro + 1));
  g_assert_false (GST_CLIPTAG_CHECK_VERSION (major, minor + 1, micro - 1));
  g_assert_false (GST_CLIPTAG_CHECK_VERSION (major + 1, minor - 1, micro - 1));
}

/* What an application may get wrong gets a critical warning and changes nothing. */
static void
test_misuse (void)
{
  g_autoptr (GstClipTags) tags = make_tags (0, 0);
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  GstBuffer *shared = gst_buffer_ref (buffer);

  g_test_expect_message ("GStreamer-ClipTag", G_LOG_LEVEL_CRITICAL, "*gst_buffer_is_writable*");
  g_assert_null (gst_buffer_add_clip_tag_meta (buffer, tags, FALSE, TRUE));
  g_test_assert_expected_messages ();
  g_assert_null (gst_buffer_get_clip_tag_meta (buffer));
  gst_buffer_unref (shared);

  g_test_expect_message ("GStreamer-ClipTag", G_LOG_LEVEL_CRITICAL, "*tags != NULL*");
  g_assert_null (gst_buffer_add_clip_tag_meta (buffer, NULL, FALSE, TRUE));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GStreamer-ClipTag", G_LOG_LEVEL_CRITICAL, "*index < tags->n_labels*");
  g_assert_null (gst_clip_tags_get_label (tags, 2));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GStreamer-ClipTag", G_LOG_LEVEL_CRITICAL, "*labels != NULL*");
  g_assert_null (gst_clip_tags_new ("m", "f", 0, NULL, 3, NULL, 0));
  g_test_assert_expected_messages ();
  g_assert_null (gst_buffer_get_clip_tag_meta (buffer));
}

static gpointer
ref_and_unref (gpointer data)
{
  for (guint i = 0; i < 20000; i++) {
    GstClipTags *tags = gst_clip_tags_ref (data);
    g_assert_cmpuint (gst_clip_tags_get_label (tags, 0)->id, ==, 3);
    gst_clip_tags_unref (tags);
  }
  gst_clip_tags_unref (data);
  return NULL;
}

static void
test_threads (void)
{
  GstClipTags *tags = make_tags (3, 0);
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("ref", ref_and_unref, gst_clip_tags_ref (tags));
  gst_clip_tags_unref (tags);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static void
assert_same (GstBuffer *copy, GstClipTags *tags)
{
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (copy);

  g_assert_nonnull (meta);
  g_assert_true (meta->tags == tags);
  g_assert_true (gst_clip_tag_meta_get_tags (meta) == tags);
  g_assert_cmpuint (meta->age, ==, 5);
  g_assert_true (meta->sampled);
}

static void
test_transforms (void)
{
  GstClipTags *tags = make_tags (0, 0);
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 16, NULL);
  g_autoptr (GstBuffer) region = NULL, copy = NULL, scaled = gst_buffer_new (), into = gst_buffer_new ();
  g_autoptr (GstBuffer) unknown = gst_buffer_new ();
  GstMeta *meta = (GstMeta *)gst_buffer_add_clip_tag_meta (buffer, tags, 5, TRUE);
  const gchar *const *api_tags = gst_meta_api_type_get_tags (GST_CLIP_TAG_META_API_TYPE);

  g_assert_true (api_tags == NULL || api_tags[0] == NULL);

  copy = gst_buffer_copy (buffer);
  region = gst_buffer_copy_region (buffer, GST_BUFFER_COPY_ALL, 4, 4);
  gst_buffer_copy_into (into, buffer, GST_BUFFER_COPY_METADATA, 0, -1);
  g_assert_true (GST_CLIP_TAG_META_INFO->transform_func (
      scaled, meta, buffer, g_quark_from_static_string ("gst-video-scale"), NULL));
  /* Nobody knows what it makes of a picture. */
  g_assert_false (GST_CLIP_TAG_META_INFO->transform_func (
      unknown, meta, buffer, g_quark_from_static_string ("gst-some-transform-of-the-future"), NULL));
  g_assert_null (gst_buffer_get_clip_tag_meta (unknown));
  gst_clip_tags_unref (tags);
  gst_buffer_unref (buffer); /* the copies hold the tags now */

  assert_same (copy, tags);
  assert_same (region, tags);
  assert_same (into, tags);
  assert_same (scaled, tags);
}

/* 640 x 480, put into 1280 x 720 so that it covers this. */
static GstBuffer *
place (gint x, gint y, gint w, gint h)
{
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_autoptr (GstClipTags) tags = make_tags (3, 0);
  GstBuffer *mosaic = gst_buffer_new ();
  GstVideoInfo in, out;
  GstClipTagMeta *meta = gst_buffer_add_clip_tag_meta (buffer, tags, 5, TRUE);

  gst_clip_tag_meta_set_result (meta, "front door", 77);
  gst_video_info_set_format (&in, GST_VIDEO_FORMAT_RGB, 640, 480);
  gst_video_info_set_format (&out, GST_VIDEO_FORMAT_RGB, 1280, 720);
  GstVideoMetaTransformMatrix placed
      = { &in, { 0, 0, 640, 480 }, &out, { x, y, w, h }, { { w / 640.f, 0, 0 }, { 0, h / 480.f, 0 }, { 0, 0, 1 } } };
  g_assert_true (GST_CLIP_TAG_META_INFO->transform_func (
      mosaic, (GstMeta *)meta, buffer, g_quark_from_static_string ("gst-video-matrix"), &placed));
  return mosaic;
}

/* A tile's labels are a region of the mosaic, and never the mosaic's. */
static void
test_matrix (void)
{
  static const struct
  {
    gint in[4];
    guint seen[4]; /* 0: nothing */
    gboolean all;
  } cases[] = {
    { { 0, 0, 1280, 720 }, { 0 }, TRUE },
    { { -10, -20, 1300, 760 }, { 0 }, TRUE },
    { { 0, 0, 640, 360 }, { 0, 0, 640, 360 }, FALSE },
    { { 640, 360, 640, 360 }, { 640, 360, 640, 360 }, FALSE },
    { { 160, 0, 960, 720 }, { 160, 0, 960, 720 }, FALSE },
    { { -100, 600, 400, 300 }, { 0, 600, 300, 120 }, FALSE },
    { { 1280, 0, 640, 360 }, { 0 }, FALSE },
    { { -640, 0, 640, 360 }, { 0 }, FALSE },
    { { G_MAXINT - 5, 0, 640, 360 }, { 0 }, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstBuffer) mosaic = place (cases[i].in[0], cases[i].in[1], cases[i].in[2], cases[i].in[3]);
    GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (mosaic);
    GstVideoRegionOfInterestMeta *region
        = (GstVideoRegionOfInterestMeta *)gst_buffer_get_meta (mosaic, GST_VIDEO_REGION_OF_INTEREST_META_API_TYPE);

    g_assert_cmpint (meta != NULL, ==, cases[i].all);
    g_assert_cmpint (region != NULL, ==, cases[i].seen[2] > 0);
    if (meta) {
      g_assert_cmpstr (meta->tagger, ==, "front door");
      g_assert_cmpuint (meta->serial, ==, 77);
    }
    if (region) {
      const GstStructure *param = gst_video_region_of_interest_meta_get_param (region, "clip-tags");
      guint64 serial;
      g_assert_cmpuint (region->x, ==, cases[i].seen[0]);
      g_assert_cmpuint (region->y, ==, cases[i].seen[1]);
      g_assert_cmpuint (region->w, ==, cases[i].seen[2]);
      g_assert_cmpuint (region->h, ==, cases[i].seen[3]);
      g_assert_nonnull (param);
      g_assert_true (gst_structure_get_uint64 (param, "serial", &serial));
      g_assert_cmpuint (serial, ==, 77);
      g_assert_cmpstr (gst_structure_get_string (param, "tagger"), ==, "front door");
      g_assert_true (gst_structure_has_field_typed (param, "tags", GST_TYPE_CLIP_TAGS));
    }
  }
}

/* Of each tagger's results on a buffer the newest counts; who did not say which is which counts always. */
static void
test_newest (void)
{
  g_autoptr (GstClipTags) tags = make_tags (1, 0);
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  static const struct
  {
    const gchar *tagger;
    guint64 serial;
    gboolean newest;
  } metas[] = {
    { "a", 5, FALSE },
    { "b", 3, TRUE },
    { "a", 9, TRUE },
    { "a", 9, FALSE },
    { NULL, 0, TRUE },
    { "a", 0, TRUE },
    { NULL, 1, TRUE },
  };
  GstClipTagMeta *added[G_N_ELEMENTS (metas)];

  for (guint i = 0; i < G_N_ELEMENTS (metas); i++) {
    added[i] = gst_buffer_add_clip_tag_meta (buffer, tags, i, TRUE);
    gst_clip_tag_meta_set_result (added[i], metas[i].tagger, metas[i].serial);
  }
  for (guint i = 0; i < G_N_ELEMENTS (metas); i++)
    g_assert_cmpint (gst_clip_tag_meta_is_newest (added[i], buffer), ==, metas[i].newest);
}

static void
test_two_taggers (void)
{
  g_autoptr (GstClipTags) one = make_tags (1, 0), two = make_tags (2, 0);
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  g_autoptr (GstBuffer) copy = NULL;

  gst_buffer_add_clip_tag_meta (buffer, one, FALSE, TRUE);
  gst_buffer_add_clip_tag_meta (buffer, two, FALSE, TRUE);
  copy = gst_buffer_copy (buffer);
  g_assert_cmpuint (gst_buffer_get_n_meta (copy, GST_CLIP_TAG_META_API_TYPE), ==, 2);
  g_assert_true (gst_buffer_get_clip_tag_meta (copy)->tags == one);
}

/* ---- Pipelines ----------------------------------------------------------------------------------------- */

/* Attaches the frame's number to each frame, as cliptagger would; shared buffers are copied first. */
static GstPadProbeReturn
tag_frame (GstPad *pad, GstPadProbeInfo *info, gpointer data)
{
  GstBuffer *buffer = gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  g_autoptr (GstClipTags) tags = make_tags ((*(guint *)data)++, GST_BUFFER_PTS (buffer));

  g_autoptr (GstClipEvent) event
      = gst_clip_event_new (&(GstClipEvent){ .id = gst_clip_tags_get_label (tags, 0)->id, .label = (gchar *)"a dog" });
  gst_buffer_add_clip_tag_meta (buffer, tags, FALSE, TRUE);
  gst_buffer_add_clip_event_meta (buffer, event);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

typedef struct
{
  const gchar *name;
  const gchar *elements;
  gboolean retimed;    /* frames are dropped or repeated; else as many come out as went in, each with its own tags */
  gboolean must_pass;  /* tags arrive in GStreamer 1.22 */
  const gchar *needed; /* elements that a machine may lack */
} Path;

static const Path paths[] = {
  { "videoconvert", "videoconvert ! video/x-raw,format=RGB", FALSE, TRUE },
  { "videoscale", "videoscale ! video/x-raw,width=40,height=30", FALSE, TRUE },
  { "videoconvertscale", "videoconvertscale ! video/x-raw,width=40,height=30,format=NV12", FALSE, TRUE },
  { "videocrop", "videocrop left=8 top=6", FALSE, TRUE },
  { "videobox", "videobox left=8 top=-6", FALSE, TRUE },
  { "videoflip", "videoflip method=clockwise", FALSE, TRUE },
  { "videobalance", "videobalance saturation=0", FALSE, TRUE },
  { "aspectratiocrop", "aspectratiocrop aspect-ratio=1/1", FALSE, TRUE },
  { "textoverlay", "textoverlay text=x", FALSE, TRUE, "textoverlay" },
  { "videorate-dup", "videorate ! video/x-raw,framerate=50/1", TRUE, TRUE },
  { "videorate-drop", "videorate ! video/x-raw,framerate=25/2", TRUE, TRUE },
  { "queue", "queue ! queue leaky=downstream", FALSE, TRUE },
  { "tee", "tee name=t ! queue ! fakesink async=false t. ! queue ! videoconvert ! video/x-raw,format=GRAY8", FALSE,
      TRUE },
  { "pngenc", "videoconvert ! pngenc ! pngdec", FALSE, TRUE, "pngenc pngdec" },
  { "jpeg", "jpegenc ! jpegdec", FALSE, TRUE, "jpegenc jpegdec" },
  { "jpegparse", "jpegenc ! jpegparse ! jpegdec", FALSE, TRUE, "jpegenc jpegparse jpegdec" },
  { "vp8", "vp8enc deadline=1 ! vp8dec", FALSE, TRUE, "vp8enc vp8dec" },
  { "vp9", "vp9enc deadline=1 cpu-used=8 ! vp9dec", FALSE, TRUE, "vp9enc vp9dec" },
  { "theora", "theoraenc ! theoradec", FALSE, TRUE, "theoraenc theoradec" },
  { "x264-zerolatency", "x264enc tune=zerolatency ! avdec_h264", FALSE, TRUE, "x264enc avdec_h264" },
  { "x264-b-frames", "x264enc bframes=3 b-adapt=false ! avdec_h264", FALSE, TRUE, "x264enc avdec_h264" },
  { "x264-h264parse", "x264enc bframes=3 ! h264parse ! avdec_h264", FALSE, TRUE, "x264enc h264parse avdec_h264" },
  { "x265", "x265enc speed-preset=ultrafast tune=zerolatency ! h265parse ! avdec_h265", FALSE, TRUE,
      "x265enc h265parse avdec_h265" },
  { "rtp-jpeg", "jpegenc ! rtpjpegpay mtu=200 ! rtpjpegdepay ! jpegdec", FALSE, TRUE,
      "jpegenc jpegdec rtpjpegpay rtpjpegdepay" },
  { "rtp-vp8", "vp8enc deadline=1 ! rtpvp8pay mtu=200 ! rtpvp8depay ! vp8dec", FALSE, TRUE,
      "vp8enc vp8dec rtpvp8pay rtpvp8depay" },
  { "rtp-h264", "x264enc tune=zerolatency ! rtph264pay mtu=200 ! rtph264depay ! avdec_h264", FALSE, TRUE,
      "x264enc rtph264pay rtph264depay avdec_h264" },
  { "matroska", "vp8enc deadline=1 ! matroskamux ! matroskademux ! vp8dec", FALSE, TRUE,
      "vp8enc vp8dec matroskamux matroskademux" },
  /* Of muxers their own buffers, headers among them. */
  { "mp4mux", "x264enc tune=zerolatency ! mp4mux", TRUE, FALSE, "x264enc mp4mux" },
  { "mpegtsmux", "x264enc tune=zerolatency ! mpegtsmux", TRUE, FALSE, "x264enc mpegtsmux" },
  { "flvmux", "x264enc tune=zerolatency ! flvmux", TRUE, FALSE, "x264enc flvmux" },
  { "oggmux", "theoraenc ! oggmux", TRUE, FALSE, "theoraenc oggmux" },
  { "matroskamux", "vp8enc deadline=1 ! matroskamux", TRUE, FALSE, "vp8enc matroskamux" },
  { "avimux", "jpegenc ! avimux", TRUE, FALSE, "jpegenc avimux" },
  { "av1", "av1enc cpu-used=8 ! av1dec", FALSE, FALSE, "av1enc av1dec" },
  { "jpeg2000", "openjpegenc ! openjpegdec", FALSE, FALSE, "openjpegenc openjpegdec" },
  { "mpeg4", "avenc_mpeg4 ! avdec_mpeg4", FALSE, FALSE, "avenc_mpeg4 avdec_mpeg4" },
  { "webp", "webpenc ! webpdec", FALSE, FALSE, "webpenc webpdec" },
  { "x264-nal", "x264enc tune=zerolatency ! h264parse ! video/x-h264,alignment=nal,stream-format=byte-stream", TRUE,
      FALSE, "x264enc h264parse" },
  { "rtp-h264-aggregated", "x264enc tune=zerolatency ! rtph264pay aggregate-mode=max-stap ! rtph264depay ! avdec_h264",
      FALSE, FALSE, "x264enc rtph264pay rtph264depay avdec_h264" },
  { "rtp-raw", "rtpvrawpay ! rtpvrawdepay", FALSE, FALSE, "rtpvrawpay rtpvrawdepay" },
  { "deinterlace-passive", "deinterlace mode=auto", FALSE, FALSE, "deinterlace" },
  { "deinterlace-active", "deinterlace mode=interlaced", TRUE, FALSE, "deinterlace" },
  { "gdp", "gdppay ! gdpdepay", FALSE, FALSE, "gdppay gdpdepay" },
  { "gaussianblur", "videoconvert ! gaussianblur ! videoconvert", FALSE, FALSE, "gaussianblur" },
  { "compositor", "compositor", FALSE, FALSE, "compositor" },
};

static const gchar *
find_missing (const Path *path)
{
  g_auto (GStrv) names = g_strsplit (path->needed ? path->needed : "", " ", -1);

  for (gchar **name = names; *name; name++) {
    g_autoptr (GstElementFactory) factory = gst_element_factory_find (*name);
    if (!factory)
      return g_intern_string (*name);
  }
  return NULL;
}

/* Counts frames that come out, and those with tags; where frames are neither dropped nor repeated, also those whose
 * tags are another frame's, and those with more metadata than were put on. */
static void
drain (GstElement *sink, guint *ret_frames, guint *ret_tagged, guint *ret_misplaced, guint *ret_twice)
{
  GstSample *sample;

  *ret_frames = *ret_tagged = *ret_misplaced = *ret_twice = 0;
  while ((sample = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), 30 * GST_SECOND))) {
    GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (gst_sample_get_buffer (sample));

    if (meta) {
      g_assert_cmpstr (gst_clip_tags_get_label (meta->tags, 0)->label, ==, "a dog");
      g_assert_true (meta->sampled);
      *ret_twice += gst_buffer_get_n_meta (gst_sample_get_buffer (sample), GST_CLIP_TAG_META_API_TYPE) > 1;
      if (gst_clip_tags_get_label (meta->tags, 0)->id != *ret_frames)
        ++*ret_misplaced;
      ++*ret_tagged;
    }
    /* News goes where the labels go. */
    const GstClipEvent *event = gst_buffer_get_clip_event (gst_sample_get_buffer (sample), 0);
    g_assert_true ((event != NULL) == (meta != NULL));
    if (event) {
      g_assert_cmpuint (event->id, ==, gst_clip_tags_get_label (meta->tags, 0)->id);
      *ret_twice += gst_buffer_get_clip_event (gst_sample_get_buffer (sample), 1) != NULL;
    }
    ++*ret_frames;
    gst_sample_unref (sample);
  }
  g_assert_true (gst_app_sink_is_eos (GST_APP_SINK (sink)));
}

static void
test_path (gconstpointer data)
{
  const Path *path = data;
  const gchar *missing = find_missing (path);
  g_autofree gchar *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = NULL, in = NULL, out = NULL;
  g_autoptr (GstPad) pad = NULL;
  guint n_tagged_in = 0, frames, tagged, misplaced, twice;

  if (missing) {
    g_autofree gchar *reason = g_strdup_printf ("there is no element %s", missing);
    g_test_skip (reason);
    return;
  }
  text = g_strdup_printf ("videotestsrc num-buffers=%d pattern=ball ! "
                          "video/x-raw,format=I420,width=80,height=64,framerate=25/1 ! "
                          "identity name=in ! %s ! appsink name=out sync=false",
      N_FRAMES, path->elements);
  pipeline = gst_parse_launch (text, &error);
  g_assert_no_error (error);
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  pad = gst_element_get_static_pad (in, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, tag_frame, &n_tagged_in, NULL);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  drain (out, &frames, &tagged, &misplaced, &twice);
  gst_element_set_state (pipeline, GST_STATE_NULL);

  g_test_message ("%s: %u in, %u out, %u tagged, %u misplaced, %u twice", path->name, n_tagged_in, frames, tagged,
      misplaced, twice);
  /* For tests/util/metadata-table.sh. */
  g_test_message ("table | %s | %s", path->elements,
      !tagged                                               ? "dropped"
      : tagged < frames                                     ? "kept by some"
      : path->retimed || (!misplaced && frames == N_FRAMES) ? "kept"
                                                            : "kept, on other frames");
  if (!path->must_pass)
    return;
  g_assert_cmpuint (n_tagged_in, ==, N_FRAMES);
  g_assert_cmpuint (frames, >, 0);
  g_assert_cmpuint (twice, ==, 0);
  g_assert_cmpuint (tagged, ==, frames);
  if (path->retimed)
    return;
  g_assert_cmpuint (frames, ==, N_FRAMES);
  g_assert_cmpuint (misplaced, ==, 0);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/meta/ownership", test_ownership);
  g_test_add_func ("/meta/empty", test_empty);
  g_test_add_func ("/meta/misuse", test_misuse);
  g_test_add_func ("/meta/version", test_version);
  g_test_add_func ("/meta/threads", test_threads);
  g_test_add_func ("/meta/transforms", test_transforms);
  g_test_add_func ("/meta/matrix", test_matrix);
  g_test_add_func ("/meta/newest", test_newest);
  g_test_add_func ("/meta/two-taggers", test_two_taggers);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++) {
    g_autofree gchar *name = g_strconcat ("/meta/survives/", paths[i].name, NULL);
    g_test_add_data_func (name, &paths[i], test_path);
  }
  return g_test_run ();
}
