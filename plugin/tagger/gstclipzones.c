/* SPDX-License-Identifier: MIT
 *
 * gstclipzones.c: the user's zones, parts of the picture with labels of their own, from sample to sample.
 *
 * Threads: `lock` guards all but what a zone's comments say, and is held for moments. `ranking_lock` is held while one
 * zone is ranked and its tags are put in place, so that a zone never keeps tags by old prompts. Order: ranking_lock,
 * lock. New prompts are in the classifier a little before update() has their zones: subjects go by name, so that
 * nothing is scored by another zone's prompts meanwhile.
 */
#include "tagger/gstclipzones.h"

#include <string.h>

#include "common/gstcliproi.h"
#include "tagger/gstclipzoneshape.h"

typedef struct
{
  gatomicrefcount refs;
  gchar *name;
  GstClipZoneShape shape;

  /* The streaming thread's. */
  GstClipBox box;        /* in the frame measured last */
  gboolean has_fresh;    /* it was measured: */
  ClipThumbnail fresh;   /* what it looks like, */
  gdouble change;        /* how much that differs from */
  ClipChange submitted;  /* its last picture that went to be encoded */
  GstClipTimes sent_for; /* the frame of that */

  GstClipRegion region;    /* the box is where it was sampled */
  GstClipTimes times;      /* of the frame sampled last */
  guint64 serial;          /* of the result */
  guint64 asked, known;    /* number of the job its latest picture is in, and of the one that its labels come from; 0:
                            * none */
  gboolean shown;          /* a frame has carried these tags */
  gboolean gone;           /* not a zone any more */
  GstClipSubject *subject; /* used with ranking_lock */
} Zone;

/* A job's payload. */
typedef struct
{
  gboolean has_frame;
  guint64 epoch;
  GPtrArray *zones;
  GArray *regions; /* of the same zones, as they were sampled; without tags */
} Work;

struct _GstClipZones
{
  GstClipClassifier *classifier;
  GMutex ranking_lock, lock;
  GPtrArray *zones; /* in the order of the prompts */
  gboolean has_frame;
  guint64 epoch;      /* grows when all is forgotten */
  GstClipTimes times; /* of the latest result */
};

static Zone *
zone_ref (Zone *zone)
{
  g_atomic_ref_count_inc (&zone->refs);
  return zone;
}

static void
zone_unref (gpointer data)
{
  Zone *zone = data;
  if (!g_atomic_ref_count_dec (&zone->refs))
    return;
  g_clear_pointer (&zone->region.tags, gst_clip_tags_unref);
  gst_clip_subject_free (zone->subject);
  g_free (zone->name);
  g_free (zone);
}

static GPtrArray *
zones_new (void)
{
  return g_ptr_array_new_with_free_func (zone_unref);
}

static void
add_zone (GPtrArray *zones, Zone *zone)
{
  g_ptr_array_add (zones, zone_ref (zone));
}

/* A list of one's own. */
static GPtrArray *
copy_zones (const GPtrArray *zones)
{
  GPtrArray *copy = zones_new ();
  for (guint i = 0; i < zones->len; i++)
    add_zone (copy, zones->pdata[i]);
  return copy;
}

static void
work_free (gpointer data)
{
  Work *work = data;
  g_ptr_array_unref (work->zones);
  g_array_unref (work->regions);
  g_free (work);
}

GstClipZones *
gst_clip_zones_new (GstClipClassifier *classifier)
{
  GstClipZones *self = g_new0 (GstClipZones, 1);
  self->classifier = classifier;
  self->zones = zones_new ();
  self->has_frame = TRUE;
  g_mutex_init (&self->ranking_lock);
  g_mutex_init (&self->lock);
  return self;
}

void
gst_clip_zones_free (GstClipZones *self)
{
  g_ptr_array_unref (self->zones);
  g_mutex_clear (&self->ranking_lock);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* ---- Zones by the prompts --------------------------------------------------------------------------------- */

static Zone *
zone_new (const ClipZone *info)
{
  Zone *zone = g_new0 (Zone, 1);
  g_atomic_ref_count_init (&zone->refs);
  zone->name = g_strdup (info->name);
  gst_clip_zone_shape_init (&zone->shape, info->points, info->n_points);
  zone->region.type = g_quark_from_string (info->name); /* for ever, but there are not many */
  zone->subject = gst_clip_subject_new (info->name);
  return zone;
}

/* The one of `zones`, or a new one. */
static Zone *
find_zone (const GPtrArray *zones, const ClipZone *info)
{
  for (guint i = 0; i < zones->len; i++) {
    Zone *zone = zones->pdata[i];
    if (strcmp (zone->name, info->name) == 0 && gst_clip_zone_shape_is (&zone->shape, info->points, info->n_points))
      return zone_ref (zone);
  }
  return zone_new (info);
}

/* Closes the zones that were and are no more. With ranking_lock. */
static void
end_zones (GstClipZones *self, const GPtrArray *old)
{
  for (guint i = 0; i < old->len; i++) {
    Zone *zone = old->pdata[i];
    g_mutex_lock (&self->lock);
    gboolean gone = zone->gone = !g_ptr_array_find (self->zones, zone, NULL);
    g_mutex_unlock (&self->lock);
    if (gone)
      gst_clip_classifier_forget_subject (self->classifier, zone->subject, CLIP_END_LOST);
  }
}

void
gst_clip_zones_update (GstClipZones *self)
{
  g_autoptr (ClipPrompts) prompts = gst_clip_classifier_ref_prompts (self->classifier);
  guint n = prompts ? clip_prompts_get_n_zones (prompts) : 1;
  g_autoptr (GPtrArray) zones = zones_new ();

  g_mutex_lock (&self->ranking_lock);
  g_mutex_lock (&self->lock);
  for (guint i = 1; i < n; i++) {
    Zone *zone = find_zone (self->zones, clip_prompts_get_zone (prompts, i));
    zone->region.zone = i;
    g_ptr_array_add (zones, zone);
  }
  GPtrArray *old = self->zones;
  self->zones = g_steal_pointer (&zones);
  self->has_frame = !prompts || clip_prompts_get_zone (prompts, CLIP_FRAME)->n_classes > 0;
  g_mutex_unlock (&self->lock);
  end_zones (self, old);
  g_mutex_unlock (&self->ranking_lock);
  g_ptr_array_unref (old);
}

/* As they are now. */
static GPtrArray *
list_zones (GstClipZones *self)
{
  g_mutex_lock (&self->lock);
  GPtrArray *zones = copy_zones (self->zones);
  g_mutex_unlock (&self->lock);
  return zones;
}

void
gst_clip_zones_close (GstClipZones *self, ClipEventEnd reason)
{
  g_mutex_lock (&self->ranking_lock);
  g_autoptr (GPtrArray) zones = list_zones (self);
  for (guint i = 0; i < zones->len; i++)
    gst_clip_classifier_close_subject (self->classifier, ((Zone *)zones->pdata[i])->subject, reason);
  g_mutex_unlock (&self->ranking_lock);
}

void
gst_clip_zones_forget (GstClipZones *self, ClipEventEnd reason)
{
  g_mutex_lock (&self->ranking_lock);
  g_autoptr (GPtrArray) zones = list_zones (self);
  for (guint i = 0; i < zones->len; i++) {
    Zone *zone = zones->pdata[i];
    gst_clip_classifier_forget_subject (self->classifier, zone->subject, reason);
    g_mutex_lock (&self->lock);
    gst_clip_region_clear (&zone->region);
    zone->asked = zone->known = 0;
    g_mutex_unlock (&self->lock);
  }
  g_mutex_lock (&self->lock);
  self->epoch++;
  g_mutex_unlock (&self->lock);
  g_mutex_unlock (&self->ranking_lock);
}

guint
gst_clip_zones_get_n (GstClipZones *self)
{
  g_mutex_lock (&self->lock);
  guint n = self->zones->len;
  g_mutex_unlock (&self->lock);
  return n;
}

gboolean
gst_clip_zones_has_frame (GstClipZones *self)
{
  g_mutex_lock (&self->lock);
  gboolean has_frame = self->has_frame;
  g_mutex_unlock (&self->lock);
  return has_frame;
}

/* ---- A sampled frame -------------------------------------------------------------------------------------- */

static void
measure_zone (Zone *zone, const GstClipPicture *picture)
{
  ClipImage image;
  gst_clip_picture_get_image (picture, &zone->box, &image);
  zone->has_fresh = clip_change_make_thumbnail (&image, &zone->fresh, NULL);
  if (!zone->has_fresh)
    return;
  if (!zone->shape.is_box) {
    GstClipOutline mask;
    gst_clip_zone_shape_get_mask (&zone->shape, picture, &zone->box, &mask);
    clip_thumbnail_mask (&zone->fresh, mask.points, mask.n);
  }
  zone->change = clip_change_measure (&zone->submitted, &zone->fresh);
}

void
gst_clip_zones_measure (GstClipZones *self, const GstClipPicture *picture, gboolean measure)
{
  g_autoptr (GPtrArray) zones = list_zones (self);
  for (guint i = 0; i < zones->len; i++) {
    Zone *zone = zones->pdata[i];
    gst_clip_zone_shape_place (&zone->shape, &picture->bounds, picture->whole.orientation, &zone->box);
    zone->has_fresh = FALSE;
    if (measure)
      measure_zone (zone, picture);
  }
}

static gboolean
is_unchanged (const Zone *zone, const GstClipTimes *times, gdouble min_change, GstClockTime max_reuse)
{
  if (!zone->asked || !zone->has_fresh || zone->change >= min_change)
    return FALSE;
  GstClockTime age = gst_clip_times_age (times, &zone->sent_for);
  return !GST_CLOCK_TIME_IS_VALID (age) || age < max_reuse;
}

void
gst_clip_zones_choose (GstClipZones *self, const GstClipTimes *times, gdouble min_change, GstClockTime max_reuse,
    GstClipZoneChoice *ret_choice)
{
  *ret_choice = (GstClipZoneChoice){ zones_new (), zones_new () };
  g_mutex_lock (&self->lock);
  ret_choice->epoch = self->epoch;
  for (guint i = 0; i < self->zones->len; i++) {
    Zone *zone = self->zones->pdata[i];
    if (!zone->box.width)
      continue; /* new since the frame was measured */
    if (!is_unchanged (zone, times, min_change, max_reuse))
      add_zone (ret_choice->encode, zone);
    else if (zone->known == zone->asked)
      add_zone (ret_choice->unchanged, zone);
  }
  g_mutex_unlock (&self->lock);
}

void
gst_clip_zone_choice_clear (GstClipZoneChoice *self)
{
  g_clear_pointer (&self->encode, g_ptr_array_unref);
  g_clear_pointer (&self->unchanged, g_ptr_array_unref);
}

gboolean
gst_clip_zones_prepare (const GstClipZoneChoice *choice, guint i, const GstClipPicture *picture,
    ClipPreprocessor *preprocessor, gfloat *ret_pixels, GError **error)
{
  const Zone *zone = choice->encode->pdata[i];
  ClipImage image;
  gst_clip_picture_get_image (picture, &zone->box, &image);
  if (!clip_preprocessor_run (preprocessor, &image, ret_pixels, error))
    return FALSE;
  if (!zone->shape.is_box) {
    GstClipOutline mask;
    gst_clip_zone_shape_get_mask (&zone->shape, picture, &zone->box, &mask);
    clip_preprocessor_mask (preprocessor, mask.points, mask.n, ret_pixels);
  }
  return TRUE;
}

void
gst_clip_zones_begin (GstClipZones *self, GstClipJob *job, gboolean has_frame, const GstClipZoneChoice *choice)
{
  Work *work = g_new0 (Work, 1);
  work->has_frame = has_frame;
  work->zones = copy_zones (choice->encode);
  work->regions = gst_clip_region_list_new ();
  g_mutex_lock (&self->lock);
  work->epoch = choice->epoch;
  for (guint i = 0; i < choice->encode->len; i++) {
    Zone *zone = choice->encode->pdata[i];
    GstClipRegion region = { .box = zone->box, .type = zone->region.type, .zone = zone->region.zone };
    g_array_append_val (work->regions, region);
    zone->asked = job->number;
    zone->sent_for = job->times;
    if (zone->has_fresh)
      clip_change_remember (&zone->submitted, &zone->fresh);
    else
      clip_change_forget (&zone->submitted);
  }
  g_mutex_unlock (&self->lock);
  gst_clip_job_set_payload (job, work, work_free);
}

/* ---- Results ---------------------------------------------------------------------------------------------- */

/* region: with its tags, which the zone keeps, too. number: of the job; 0 = it is like the last one. With ranking_lock.
 * FALSE: it was forgotten meanwhile. */
static gboolean
keep_result (
    GstClipZones *self, Zone *zone, guint64 epoch, GstClipRegion *region, const GstClipTimes *times, guint64 number)
{
  g_mutex_lock (&self->lock);
  gboolean wanted = region->tags && !zone->gone && epoch == self->epoch;
  if (wanted) {
    region->zone = zone->region.zone;
    gst_clip_region_clear (&zone->region);
    zone->region = *region;
    gst_clip_tags_ref (region->tags);
    zone->times = self->times = *times;
    zone->serial = gst_clip_next_serial ();
    zone->known = number ? number : zone->known;
    zone->shown = FALSE;
  } else if (number && zone->asked == number) {
    zone->asked = 0;
  }
  g_mutex_unlock (&self->lock);
  if (!wanted)
    gst_clip_region_clear (region);
  return wanted;
}

/* Whether there is still somebody to rank for. */
static gboolean
is_wanted (GstClipZones *self, const Zone *zone, guint64 epoch)
{
  g_mutex_lock (&self->lock);
  gboolean wanted = !zone->gone && epoch == self->epoch;
  g_mutex_unlock (&self->lock);
  return wanted;
}

GArray *
gst_clip_zones_confirm (GstClipZones *self, const GstClipZoneChoice *choice, const GstClipTimes *times)
{
  g_autoptr (GArray) regions = gst_clip_region_list_new ();
  for (guint i = 0; i < choice->unchanged->len; i++) {
    Zone *zone = choice->unchanged->pdata[i];
    GstClipRegion region = { .box = zone->box, .type = zone->region.type, .reused = TRUE };
    g_mutex_lock (&self->ranking_lock);
    if (is_wanted (self, zone, choice->epoch)) {
      region.tags = gst_clip_classifier_take_subject (self->classifier, zone->subject, NULL, times);
      if (keep_result (self, zone, choice->epoch, &region, times, 0))
        g_array_append_val (regions, region);
    }
    g_mutex_unlock (&self->ranking_lock);
  }
  return gst_clip_region_list_end (g_steal_pointer (&regions));
}

gboolean
gst_clip_zones_is_job (const GstClipJob *job)
{
  return job->payload != NULL;
}

gboolean
gst_clip_zones_job_has_frame (const GstClipJob *job)
{
  const Work *work = job->payload;
  return !work || work->has_frame;
}

void
gst_clip_zones_abandon (GstClipZones *self, GstClipJob *job)
{
  const Work *work = job->payload;
  g_mutex_lock (&self->lock);
  for (guint i = 0; work && i < work->zones->len; i++) {
    Zone *zone = work->zones->pdata[i];
    if (zone->asked == job->number)
      zone->asked = 0;
  }
  g_mutex_unlock (&self->lock);
}

GArray *
gst_clip_zones_finish (GstClipZones *self, GstClipJob *job, gsize embedding_dim)
{
  Work *work = job->payload;
  const gfloat *embeddings = job->embeddings + (work->has_frame ? embedding_dim : 0);
  g_autoptr (GArray) regions = gst_clip_region_list_new ();
  for (guint i = 0; i < work->zones->len; i++) {
    Zone *zone = work->zones->pdata[i];
    GstClipRegion region = g_array_index (work->regions, GstClipRegion, i);
    g_mutex_lock (&self->ranking_lock);
    if (is_wanted (self, zone, work->epoch)) {
      region.tags = gst_clip_classifier_take_subject (
          self->classifier, zone->subject, embeddings + i * embedding_dim, &job->times);
      if (keep_result (self, zone, work->epoch, &region, &job->times, job->number))
        g_array_append_val (regions, region);
    }
    g_mutex_unlock (&self->ranking_lock);
  }
  gst_clip_job_set_payload (job, NULL, NULL);
  return gst_clip_region_list_end (g_steal_pointer (&regions));
}

static gint
compare_regions (gconstpointer a, gconstpointer b)
{
  guint i = ((const GstClipRegion *)a)->zone, k = ((const GstClipRegion *)b)->zone;
  return (i > k) - (i < k);
}

GArray *
gst_clip_zones_join (GArray *a, GArray *b)
{
  if (!a || !b)
    return a ? a : b;
  g_array_append_vals (a, b->data, b->len);
  g_array_set_clear_func (b, NULL);
  g_array_unref (b);
  g_array_sort (a, compare_regions);
  return a;
}

GArray *
gst_clip_zones_rescore (GstClipZones *self, GstClipTimes *ret_times)
{
  g_autoptr (GArray) regions = gst_clip_region_list_new ();
  g_autoptr (GPtrArray) zones = list_zones (self);
  for (guint i = 0; i < zones->len; i++) {
    Zone *zone = zones->pdata[i];
    g_mutex_lock (&self->ranking_lock);
    GstClipTags *tags = gst_clip_classifier_rescore_subject (self->classifier, zone->subject);
    g_mutex_lock (&self->lock);
    gst_clip_region_clear (&zone->region);
    zone->region.tags = tags;
    if (tags)
      gst_clip_region_list_add (regions, &zone->region);
    *ret_times = self->times;
    g_mutex_unlock (&self->lock);
    g_mutex_unlock (&self->ranking_lock);
  }
  return gst_clip_region_list_end (g_steal_pointer (&regions));
}

/* ---- Every frame ------------------------------------------------------------------------------------------ */

static void
label_zone (const Zone *zone, GstBuffer *buffer, const GstClipBox *bounds, ClipOrientation orientation,
    const GstClipRoiLabels *labels)
{
  GstClipBox box;
  GstClipOutline outline;
  gst_clip_zone_shape_place (&zone->shape, bounds, orientation, &box);
  gst_clip_zone_shape_get_outline (&zone->shape, bounds, orientation, &box, &outline);
  GstVideoRegionOfInterestMeta *region = gst_buffer_add_video_region_of_interest_meta_id (
      buffer, zone->region.type, box.x, box.y, box.width, box.height);
  gst_clip_roi_add_labels (region, labels, zone->shape.is_box ? NULL : &outline);
}

guint
gst_clip_zones_label (GstClipZones *self, GstBuffer *buffer, const GstVideoInfo *info, ClipOrientation orientation,
    const GstClipTimes *times, GstClockTime max_age, const gchar *tagger, GstClockTime *ret_age)
{
  GstClipBox bounds;
  guint n = 0;
  *ret_age = GST_CLOCK_TIME_NONE;
  if (!gst_clip_picture_get_bounds (info, buffer, &bounds))
    return 0;
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->zones->len; i++) {
    Zone *zone = self->zones->pdata[i];
    GstClockTime age = gst_clip_times_age (times, &zone->times);
    if (!zone->region.tags || (GST_CLOCK_TIME_IS_VALID (age) && age > max_age))
      continue;
    label_zone (zone, buffer, &bounds, orientation,
        &(GstClipRoiLabels){
            .tags = zone->region.tags,
            .age = age,
            .sampled = !zone->shown,
            .serial = zone->serial,
            .tagger = tagger,
            .zone = zone->name,
            .reused = zone->region.reused,
        });
    zone->shown = TRUE;
    n++;
    if (GST_CLOCK_TIME_IS_VALID (age) && (!GST_CLOCK_TIME_IS_VALID (*ret_age) || age > *ret_age))
      *ret_age = age;
  }
  g_mutex_unlock (&self->lock);
  return n;
}
