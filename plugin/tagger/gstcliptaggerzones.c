/* SPDX-License-Identifier: MIT
 *
 * gstcliptaggerzones.c: what is different in cliptagger where the prompts have zones.
 *
 * A sample is several pictures: the frame, if there are prompts for it, and the zones. With min-change each stands for
 * itself: those that have changed are one job, the labels of the others hold on. In async mode the others' results are
 * known at once and have a message of their own.
 */
#include "tagger/gstcliptaggerzones.h"

#define GST_CAT_DEFAULT gst_clip_tagger_debug

/* What is to be done with a sampled frame. */
typedef struct
{
  gboolean frame;        /* it is encoded */
  gboolean frame_reused; /* its labels hold on */
  GstClipZoneChoice zones;
} Plan;

static void
plan_clear (Plan *self)
{
  gst_clip_zone_choice_clear (&self->zones);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Plan, plan_clear)

static guint
count_pictures (const Plan *plan)
{
  return plan->frame + plan->zones.encode->len;
}

static void
make_plan (GstClipTagger *self, const GstClipTimes *times, const GstClipSettings *settings,
    const GstClipDifference *difference, Plan *ret_plan)
{
  gboolean has_frame = gst_clip_zones_has_frame (self->zones);
  ret_plan->frame_reused = has_frame && gst_clip_tagger_is_unchanged (self, times, settings, difference);
  ret_plan->frame = has_frame && !ret_plan->frame_reused;
  gst_clip_zones_choose (self->zones, times, settings->min_change, GST_CLIP_MAX_REUSE, &ret_plan->zones);
}

/* What still waits to be encoded is planned again: the next job takes that one's place. */
static gboolean
take_back (GstClipTagger *self)
{
  g_autoptr (GstClipJob) waiting = gst_clip_stream_take_back (self->stream);
  if (!waiting)
    return FALSE;
  gst_clip_tagger_count (self, &self->stats.n_replaced);
  GST_LOG_OBJECT (self, "picture %" G_GUINT64_FORMAT " was still waiting and is dropped", waiting->number);
  gst_clip_zones_abandon (self->zones, waiting);
  if (gst_clip_zones_job_has_frame (waiting))
    gst_clip_tagger_forget_frame (self);
  return TRUE;
}

static GstClipJob *
make_job (GstClipTagger *self, const Plan *plan, const GstClipPicture *picture, GError **error)
{
  g_autoptr (GstClipJob) job = gst_clip_stream_new_job (self->stream, count_pictures (plan), error);
  gsize n_pixels = gst_clip_scheduler_get_n_pixels (self->scheduler);
  ClipPreprocessor *preprocessor = self->flow.preprocessor;
  gfloat *pixels = job ? job->pixels : NULL;
  ClipImage image;
  if (!job)
    return NULL;
  if (plan->frame) {
    gst_clip_picture_get_image (picture, NULL, &image);
    if (!clip_preprocessor_run (preprocessor, &image, pixels, error))
      return NULL;
    pixels += n_pixels;
  }
  for (guint i = 0; i < plan->zones.encode->len; i++, pixels += n_pixels)
    if (!gst_clip_zones_prepare (&plan->zones, i, picture, preprocessor, pixels, error))
      return NULL;
  return g_steal_pointer (&job);
}

/* Returns the job for what is to be encoded, NULL without `error` if nothing is. */
static GstClipJob *
look (GstClipTagger *self, const GstClipPicture *picture, const GstClipTimes *times, const GstClipSettings *settings,
    const GstClipDifference *difference, Plan *ret_plan, GError **error)
{
  gst_clip_zones_measure (self->zones, picture, settings->min_change > 0);
  make_plan (self, times, settings, difference, ret_plan);
  if (count_pictures (ret_plan) && gst_clip_tagger_is_async (self) && take_back (self)) {
    plan_clear (ret_plan);
    make_plan (self, times, settings, difference, ret_plan);
  }
  return count_pictures (ret_plan) ? make_job (self, ret_plan, picture, error) : NULL;
}

static GstClipJob *
look_at_frame (GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings,
    const GstClipDifference *difference, Plan *ret_plan, GError **error)
{
  gint64 before = gst_clip_tagger_thread_cpu_time ();
  GstClipPicture picture;
  g_autoptr (GError) failure = NULL;
  if (!gst_clip_tagger_map_picture (self, buffer, settings, &picture, error))
    return NULL;
  GstClipJob *job = look (self, &picture, times, settings, difference, ret_plan, &failure);
  gst_clip_picture_unmap (&picture);
  gst_clip_tagger_charge_cpu_time (self, gst_clip_tagger_thread_cpu_time () - before);
  self->flow.warned &= failure != NULL;
  if (failure)
    g_propagate_error (error, g_steal_pointer (&failure));
  return job;
}

/* The job's frame and zones, on their way. */
static void
begin (GstClipTagger *self, GstClipJob *job, const GstClipTimes *times, const Plan *plan,
    const GstClipDifference *difference)
{
  job->times = *times;
  job->number = ++self->flow.n_submitted;
  gst_clip_zones_begin (self->zones, job, plan->frame, &plan->zones);
  if (plan->frame)
    gst_clip_tagger_remember_frame (self, job, difference);
}

/* What on-change compares with where the frame itself is not encoded: one that was looked at for its zones. */
static void
remember_scene (
    GstClipTagger *self, const Plan *plan, const GstClipSettings *settings, const GstClipDifference *difference)
{
  gboolean has_frame = plan->frame || plan->frame_reused;
  if (has_frame || !difference->known || settings->on_change <= 0)
    return;
  if (count_pictures (plan) || difference->change >= settings->on_change)
    clip_change_remember (&self->flow.scene, &difference->thumbnail);
}

/* Both of one frame; takes the regions. */
static void
post (GstClipTagger *self, const GstClipTimes *times, const GstClipResult *result, GArray *regions)
{
  if (result->tags || regions)
    gst_clip_tagger_post_sample (self, times, result, regions, FALSE);
  g_clear_pointer (&regions, g_array_unref);
  gst_clip_tagger_post_events (self, FALSE);
}

/* Returns the zones. ret_result: the frame's */
static GArray *
take_job (GstClipTagger *self, GstClipJob *job, GstClipResult *ret_result)
{
  if (gst_clip_zones_job_has_frame (job))
    gst_clip_classifier_take (self->classifier, job->embeddings, &job->times, job->number, ret_result);
  return gst_clip_zones_finish (self->zones, job, gst_clip_scheduler_get_embedding_dim (self->scheduler));
}

void
gst_clip_tagger_take_zones (GstClipTagger *self, GstClipJob *job)
{
  g_auto (GstClipResult) result = { NULL };
  GArray *regions = take_job (self, job, &result);
  post (self, &job->times, &result, regions);
}

GstFlowReturn
gst_clip_tagger_sample_zones (GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times,
    const GstClipSettings *settings, const GstClipDifference *difference)
{
  g_autoptr (GError) error = NULL;
  g_auto (Plan) plan = { 0 };
  g_auto (GstClipResult) result = { NULL };
  g_autoptr (GstClipJob) job = look_at_frame (self, buffer, times, settings, difference, &plan, &error);
  if (error)
    return gst_clip_tagger_handle_failure (self, error);
  GST_LOG_OBJECT (self, "frame at %" GST_TIME_FORMAT ": sampled, %s, zones: %u to encode, %u unchanged",
      GST_TIME_ARGS (times->pts), plan.frame ? "encoded" : "not encoded", plan.zones.encode->len,
      plan.zones.unchanged->len);
  remember_scene (self, &plan, settings, difference);
  if (job)
    begin (self, job, times, &plan, difference);
  else
    gst_clip_tagger_count (self, &self->stats.n_reused);

  if (plan.frame_reused)
    gst_clip_classifier_reuse (self->classifier, self->flow.frame_number, times, &result);
  GArray *regions = gst_clip_zones_confirm (self->zones, &plan.zones, times);
  if (!job || gst_clip_tagger_is_async (self)) {
    post (self, times, &result, regions);
    if (job)
      gst_clip_stream_submit (self->stream, job);
    return GST_FLOW_OK;
  }

  if (!gst_clip_tagger_run_job (self, job, settings, &error)) {
    gst_clip_zones_abandon (self->zones, job);
    post (self, times, &result, regions);
    return gst_clip_tagger_handle_failure (self, error);
  }
  GArray *encoded = take_job (self, job, &result);
  post (self, times, &result, gst_clip_zones_join (encoded, regions));
  return GST_FLOW_OK;
}

void
gst_clip_tagger_label_zones (
    GstClipTagger *self, GstBuffer *buffer, const GstClipTimes *times, const GstClipSettings *settings)
{
  if (!gst_clip_zones_get_n (self->zones))
    return;
  ClipOrientation orientation
      = gst_clip_orientation_get (&self->flow.orientation, settings->orientation, GST_BASE_TRANSFORM_SINK_PAD (self));
  GstClockTime age;
  guint n = gst_clip_zones_label (
      self->zones, buffer, &self->flow.info.video, orientation, times, settings->max_age, self->flow.name, &age);
  if (GST_CLOCK_TIME_IS_VALID (age)) {
    GST_OBJECT_LOCK (self);
    gst_clip_window_add (&self->stats.age, (gdouble)age / GST_MSECOND);
    GST_OBJECT_UNLOCK (self);
  }
  GST_LOG_OBJECT (self, "frame at %" GST_TIME_FORMAT ": %u zones with labels, age up to %" GST_TIME_FORMAT,
      GST_TIME_ARGS (times->pts), n, GST_TIME_ARGS (age));
}
