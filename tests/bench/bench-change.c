/* SPDX-License-Identifier: MIT
 *
 * bench-change.c: savings and cost of min-change on a recording, the effect of on-change, and the time of a thumbnail.
 *
 *   bench-change [--model=DIR] [--rates=2,5,30] [--min=0,0.5,…] [--on=5,10,…] FILE…
 *   bench-change                                  microseconds a thumbnail and a comparison, on one thread
 *
 * Each file is decoded once and every frame is encoded by cliptagger; sampling and keeping are then replayed with the
 * element's sampler and the engine's measure, so that each kept embedding can be compared with the fresh one. Tables
 * are Markdown.
 */
#include <gst/app/gstappsink.h>
#include <gst/video/video.h>
#include <math.h>
#include <string.h>

#include "clip.h"
#include "common/gstclippicture.h"
#include "common/gstclipsampler.h"
#include "gstcliptagmeta.h"

typedef struct
{
  GstClockTime time;
  GstClipTags *tags;
  ClipThumbnail thumbnail;
} Frame;

static void
clear_frame (gpointer frame)
{
  gst_clip_tags_unref (((Frame *)frame)->tags);
}

/* ---- Reading ------------------------------------------------------------------------------------------------- */

static gboolean
add_frame (GArray *frames, GstSample *sample, GError **error)
{
  GstBuffer *buffer = gst_sample_get_buffer (sample);
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
  GstClipPictureInfo info;
  GstClipPicture picture;
  ClipImage image;
  if (!meta || !meta->sampled)
    return TRUE;
  if (!gst_clip_picture_info_from_caps (&info, gst_sample_get_caps (sample))) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE, "frame %u cannot be mapped", frames->len);
    return FALSE;
  }
  if (!gst_clip_picture_map (&picture, &info, CLIP_ORIENTATION_IDENTITY, buffer, error))
    return FALSE;

  Frame frame = { .time = GST_BUFFER_PTS (buffer) };
  gst_clip_picture_get_image (&picture, NULL, &image);
  gboolean ok = clip_change_make_thumbnail (&image, &frame.thumbnail, error);
  gst_clip_picture_unmap (&picture);
  if (!ok)
    return FALSE;
  frame.tags = gst_clip_tags_ref (meta->tags);
  g_array_append_val (frames, frame);
  return TRUE;
}

static GArray *
read_file (const char *file, const char *model, GError **error)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch_full (
      "filesrc name=source ! decodebin ! videoconvert ! cliptagger name=tagger frame-rate=0 attach-embedding=true "
      "post-messages=false ! appsink name=sink sync=false max-buffers=4",
      NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (!pipeline)
    return NULL;
  g_autoptr (GstElement) source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  g_autoptr (GstElement) tagger = gst_bin_get_by_name (GST_BIN (pipeline), "tagger");
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GArray) frames = g_array_new (FALSE, FALSE, sizeof (Frame));
  g_array_set_clear_func (frames, clear_frame);
  g_object_set (source, "location", file, NULL);
  g_object_set (tagger, "model", model, NULL);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  gboolean ok = TRUE;
  while (ok && !message) {
    g_autoptr (GstSample) sample = gst_app_sink_try_pull_sample (GST_APP_SINK (sink), GST_SECOND / 10);
    if (sample)
      ok = add_frame (frames, sample, error);
    else if (gst_app_sink_is_eos (GST_APP_SINK (sink)))
      break;
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (message) {
    gst_message_parse_error (message, error, NULL);
    ok = FALSE;
  } else if (ok && frames->len == 0) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FILE, "%s: no frame was labelled", file);
    ok = FALSE;
  }
  return ok ? g_steal_pointer (&frames) : NULL;
}

/* ---- Replaying ----------------------------------------------------------------------------------------------- */

typedef struct
{
  guint n_sampled, n_kept, n_extra; /* extra: between two sampling times */
  guint n_wrong;                    /* kept, with another best label than the fresh one's */
  double sum, worst;                /* cosines of kept and fresh */
} Result;

static double
cosine (GstClipTags *a, GstClipTags *b)
{
  guint n, m;
  const gfloat *x = gst_clip_tags_get_embedding (a, &n), *y = gst_clip_tags_get_embedding (b, &m);
  double sum = 0;
  for (guint i = 0; i < MIN (n, m); i++)
    sum += (double)x[i] * y[i];
  return sum;
}

static gint
best_label (GstClipTags *tags)
{
  return gst_clip_tags_get_n_labels (tags) ? (gint)gst_clip_tags_get_label (tags, 0)->id : -1;
}

/* What the element does: samples by the rate, keeps below `min`, samples at once above `on` (0 = off, both). */
static Result
replay (const GArray *frames, double rate, double min, double on)
{
  static ClipChange change;
  GstClipSampler sampler;
  GstClipTags *encoded = NULL;
  Result result = { .worst = 1 };
  clip_change_forget (&change);
  gst_clip_sampler_reset (&sampler);

  for (guint i = 0; i < frames->len; i++) {
    const Frame *frame = &g_array_index (frames, Frame, i);
    GstClipSamplerFrame timing = { .time = frame->time, .frame_duration = GST_CLOCK_TIME_NONE };
    gboolean due = gst_clip_sampler_take (&sampler, &timing, rate, 1);
    double difference = clip_change_measure (&change, &frame->thumbnail);
    gboolean extra = !due && on > 0 && difference > on;

    result.n_sampled += due;
    result.n_extra += extra;
    if (due && difference < min) {
      double similar = cosine (encoded, frame->tags);
      result.n_kept++;
      result.n_wrong += best_label (encoded) != best_label (frame->tags);
      result.sum += similar;
      result.worst = MIN (result.worst, similar);
    } else if (due || extra) {
      clip_change_remember (&change, &frame->thumbnail);
      encoded = frame->tags;
    }
  }
  return result;
}

static void
print_row (const GArray *frames, double rate, double min, double on)
{
  Result r = replay (frames, rate, min, on);
  g_print ("| %g | %g | %g | %u | %.1f | %.2f | %.4f | %.3f | %.1f |\n", rate, min, on, r.n_sampled,
      100.0 * r.n_kept / r.n_sampled, 100.0 * r.n_wrong / r.n_sampled, r.n_kept ? r.sum / r.n_kept : 1.0, r.worst,
      100.0 * r.n_extra / r.n_sampled);
}

static int
compare (const void *a, const void *b)
{
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

/* How much neighbouring frames differ: what noise, codec and movement come to. */
static void
print_steps (const GArray *frames)
{
  guint n = frames->len - 1;
  g_autofree double *steps = g_new0 (double, MAX (n, 1));
  static ClipChange change;
  for (guint i = 0; i < n; i++) {
    clip_change_remember (&change, &g_array_index (frames, Frame, i).thumbnail);
    steps[i] = clip_change_measure (&change, &g_array_index (frames, Frame, i + 1).thumbnail);
  }
  qsort (steps, n, sizeof *steps, compare);
  g_print ("From frame to frame (%u): p10 %.2f %%, median %.2f %%, p90 %.2f %%, largest %.2f %%.\n\n", frames->len,
      n ? steps[n / 10] : 0.0, n ? steps[n / 2] : 0.0, n ? steps[n * 9 / 10] : 0.0, n ? steps[n - 1] : 0.0);
}

static gboolean
measure_file (const char *file, const char *model, char **rates, char **mins, char **ons, GError **error)
{
  g_autoptr (GArray) frames = read_file (file, model, error);
  if (!frames)
    return FALSE;

  g_autofree char *name = g_path_get_basename (file);
  g_print ("\n%s\n\n", name);
  print_steps (frames);
  g_print ("| samples/s | min-change | on-change | samples | saved, %% | other best label, %% | cosine, mean | worst | "
           "extra, %% |\n|---|---|---|---|---|---|---|---|---|\n");
  for (char **rate = rates; *rate; rate++) {
    for (char **min = mins; *min; min++)
      print_row (frames, g_ascii_strtod (*rate, NULL), g_ascii_strtod (*min, NULL), 0);
    for (char **on = ons; *on; on++)
      print_row (frames, g_ascii_strtod (*rate, NULL), 0, g_ascii_strtod (*on, NULL));
  }
  return TRUE;
}

/* ---- Speed --------------------------------------------------------------------------------------------------- */

#define POOL   8 /* frames that take turns, as a decoder hands them out: they come from memory */
#define ROUNDS 100

static gboolean
measure_speed (const char *format, gint width, gint height, GError **error)
{
  GstClipPictureInfo info = { 0 };
  gst_video_info_set_format (&info.video, gst_video_format_from_string (format), width, height);
  GstBuffer *buffers[POOL];
  GstClipPicture mapped[POOL];
  ClipImage images[POOL];
  for (guint i = 0; i < POOL; i++) {
    buffers[i] = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (&info.video), NULL);
    gst_buffer_memset (buffers[i], 0, 16 * i, GST_VIDEO_INFO_SIZE (&info.video));
    if (!gst_clip_picture_map (&mapped[i], &info, CLIP_ORIENTATION_IDENTITY, buffers[i], error))
      return FALSE;
    gst_clip_picture_get_image (&mapped[i], NULL, &images[i]);
  }

  static ClipChange change;
  double times[ROUNDS * POOL], sum = 0;
  ClipThumbnail thumbnail;
  for (guint i = 0; i < ROUNDS * POOL; i++) {
    GstClockTime start = gst_util_get_timestamp ();
    if (!clip_change_make_thumbnail (&images[i % POOL], &thumbnail, error))
      return FALSE;
    sum += clip_change_measure (&change, &thumbnail);
    times[i] = (gst_util_get_timestamp () - start) / 1000.0;
    clip_change_remember (&change, &thumbnail);
  }
  qsort (times, G_N_ELEMENTS (times), sizeof *times, compare);
  g_print ("| %s | %dx%d | %.1f | %.1f |\n", format, width, height, times[G_N_ELEMENTS (times) / 2],
      times[G_N_ELEMENTS (times) * 95 / 100]);

  for (guint i = 0; i < POOL; i++) {
    gst_clip_picture_unmap (&mapped[i]);
    gst_buffer_unref (buffers[i]);
  }
  return sum > 0;
}

static gboolean
measure_speeds (GError **error)
{
  static const char *const formats[] = { "NV12", "I420", "YUY2", "RGBx", "RGB", "GRAY8" };
  static const gint sizes[][2] = { { 1280, 720 }, { 1920, 1080 }, { 3840, 2160 } };
  g_print ("| format | size | us, median | p95 |\n|---|---|---|---|\n");
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (guint f = 0; f < G_N_ELEMENTS (formats); f++)
      if (!measure_speed (formats[f], sizes[s][0], sizes[s][1], error))
        return FALSE;
  return TRUE;
}

int
main (int argc, char **argv)
{
  g_autofree char *model = NULL, *rates = g_strdup ("2,5,30"), *mins = g_strdup ("0.25,0.5,1,1.5,2,3,5");
  g_autofree char *ons = g_strdup ("2,5,10,15,20");
  g_auto (GStrv) files = NULL;
  const GOptionEntry entries[] = {
    { "model", 0, 0, G_OPTION_ARG_FILENAME, &model, "a model's folder (the built-in model)", "DIR" },
    { "rates", 0, 0, G_OPTION_ARG_STRING, &rates, "samples a second (2,5,30)", "LIST" },
    { "min", 0, 0, G_OPTION_ARG_STRING, &mins, "thresholds of min-change, per cent", "LIST" },
    { "on", 0, 0, G_OPTION_ARG_STRING, &ons, "thresholds of on-change, per cent", "LIST" },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &files, NULL, "FILE…" },
    { NULL },
  };
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_option_context_add_main_entries (options, entries, NULL);
  g_option_context_add_group (options, gst_init_get_option_group ());
  gboolean ok = g_option_context_parse (options, &argc, &argv, &error);

  if (ok && !files)
    ok = measure_speeds (&error);
  g_auto (GStrv) rate_list = g_strsplit (rates, ",", -1), min_list = g_strsplit (mins, ",", -1);
  g_auto (GStrv) on_list = g_strsplit (ons, ",", -1);
  for (char **file = files; ok && file && *file; file++)
    ok = measure_file (*file, model, rate_list, min_list, on_list, &error);
  if (!ok)
    g_printerr ("bench-change: %s\n", error ? error->message : "failed");
  return ok ? 0 : 1;
}
