/* SPDX-License-Identifier: MIT
 *
 * gstclipobjects.c: what is known about the objects in the regions of a frame.
 *
 * Metadata may say anything: of MAX_OBJECTS those that were not seen for longest go first.
 * Threads: `lock` guards all but what an object's comment says, and is held for moments. `ranking_lock` is held while
 * one object is ranked and its tags are put in place, so that an object never keeps tags by old prompts; no streaming
 * thread waits for it unless it ranks or flushes itself. Order: ranking_lock, lock.
 */
#include "tagger/gstclipobjects.h"

#include <string.h>

#include "common/gstcliproi.h"
#include "tagger/gstclipanalytics.h"

#define MAX_OBJECTS     1024
#define FORGOTTEN_AFTER 300 /* frames without it */
#define SWEEP_EVERY     64  /* frames */
#define MIN_OVERLAP     0.5 /* intersection over union at which two boxes hold the same object */

/* Added to an object's number if it is one of ours: those that regions have are of 31 bits. 0 is no object's. */
#define UNTRACKED (G_GUINT64_CONSTANT (1) << 32)

/* In an atomic box of GLib. */
typedef struct
{
  guint64 key;
  GstClipRegion region;    /* the box is where it was encoded */
  GstClipTimes times;      /* of the frame it was encoded from */
  guint64 serial;          /* of the result */
  guint64 sample, seen;    /* number of that frame; of the last frame it was in */
  gboolean shown;          /* a frame has carried these tags */
  GstClipSubject *subject; /* used with ranking_lock */
} Object;

/* A job under way. */
typedef struct
{
  GstClipJob *job;
  gsize dim; /* floats of an embedding */
  guint64 sample;
  GArray *regions;
  guint64 keys[GST_CLIP_MAX_ENCODED_ROIS];
} Work;

struct _GstClipObjects
{
  GstClipClassifier *classifier;
  GMutex ranking_lock, lock;
  gchar **classes;     /* NULL = all */
  GHashTable *objects; /* by key */
  GQueue work;
  GQueue lost; /* Object: out of the table, their events still to be ended */
  guint64 n_frames, n_samples;
  guint64 latest;                            /* the sample that the last result came from */
  GstClipTimes times;                        /* of that one */
  guint32 n_untracked;                       /* numbers given */
  guint64 chosen[GST_CLIP_MAX_ENCODED_ROIS]; /* streaming thread: keys of what was chosen last */
};

static void
object_clear (gpointer data)
{
  Object *object = data;
  g_clear_pointer (&object->region.tags, gst_clip_tags_unref);
  gst_clip_subject_free (object->subject);
}

static void
object_release (gpointer object)
{
  g_atomic_rc_box_release_full (object, object_clear);
}

static void
work_free (gpointer data)
{
  Work *work = data;
  gst_clip_job_unref (work->job);
  g_array_unref (work->regions);
  g_free (work);
}

GstClipObjects *
gst_clip_objects_new (GstClipClassifier *classifier)
{
  GstClipObjects *self = g_new0 (GstClipObjects, 1);
  self->classifier = classifier;
  self->objects = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, object_release);
  g_queue_init (&self->work);
  g_queue_init (&self->lost);
  g_mutex_init (&self->ranking_lock);
  g_mutex_init (&self->lock);
  return self;
}

void
gst_clip_objects_free (GstClipObjects *self)
{
  gst_clip_objects_forget (self, CLIP_END_STOP);
  g_hash_table_unref (self->objects);
  g_strfreev (self->classes);
  g_mutex_clear (&self->ranking_lock);
  g_mutex_clear (&self->lock);
  g_free (self);
}

void
gst_clip_objects_set_classes (GstClipObjects *self, const gchar *classes)
{
  g_auto (GStrv) parts = g_strsplit (classes ? classes : "", ";", -1);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  for (guint i = 0; parts[i]; i++)
    if (*g_strstrip (parts[i]))
      g_strv_builder_add (builder, parts[i]);
  gchar **fresh = g_strv_builder_end (builder);
  if (!fresh[0])
    g_clear_pointer (&fresh, g_strfreev);

  g_mutex_lock (&self->lock);
  gchar **old = self->classes;
  self->classes = fresh;
  g_mutex_unlock (&self->lock);
  g_strfreev (old);
}

/* ---- Ends of events ---------------------------------------------------------------------------------------- */

/* With the lock. They are still in the table; `lost` takes a reference. */
static void
lose_object (GstClipObjects *self, Object *object)
{
  g_queue_push_tail (&self->lost, g_atomic_rc_box_acquire (object));
}

/* With ranking_lock, not with the other. */
static void
close_lost (GstClipObjects *self, ClipEventEnd reason)
{
  Object *object;
  do {
    g_mutex_lock (&self->lock);
    object = g_queue_pop_head (&self->lost);
    g_mutex_unlock (&self->lock);
    if (!object)
      break;
    gst_clip_classifier_close_subject (self->classifier, object->subject, reason);
    object_release (object);
  } while (TRUE);
}

void
gst_clip_objects_forget (GstClipObjects *self, ClipEventEnd reason)
{
  GHashTableIter iter;
  Object *object;
  g_mutex_lock (&self->ranking_lock);
  g_mutex_lock (&self->lock);
  g_hash_table_iter_init (&iter, self->objects);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&object))
    lose_object (self, object);
  g_hash_table_remove_all (self->objects);
  g_queue_clear_full (&self->work, work_free);
  g_mutex_unlock (&self->lock);
  close_lost (self, reason);
  g_mutex_unlock (&self->ranking_lock);
}

void
gst_clip_objects_close (GstClipObjects *self, ClipEventEnd reason)
{
  g_mutex_lock (&self->ranking_lock);
  close_lost (self, CLIP_END_LOST);
  g_mutex_lock (&self->lock);
  GHashTableIter iter;
  Object *object;
  g_hash_table_iter_init (&iter, self->objects);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&object))
    lose_object (self, object);
  g_mutex_unlock (&self->lock);
  close_lost (self, reason);
  g_mutex_unlock (&self->ranking_lock);
}

/* ---- What is encoded of a frame; with the lock ---------------------------------------------------------------- */

static gboolean
is_under_way (const GstClipObjects *self, guint64 key)
{
  for (const GList *link = self->work.head; link; link = link->next) {
    const Work *work = link->data;
    for (guint i = 0; i < work->regions->len; i++)
      if (work->keys[i] == key)
        return TRUE;
  }
  return FALSE;
}

static gboolean
is_to_be_encoded (const GstClipObjects *self, guint64 key, guint n_chosen, const GstClipSettings *settings)
{
  if (!key)
    return TRUE;
  /* A number may be there twice. */
  for (guint i = 0; i < n_chosen; i++)
    if (self->chosen[i] == key)
      return FALSE;
  if (is_under_way (self, key))
    return FALSE;
  const Object *object = g_hash_table_lookup (self->objects, &key);
  guint interval = settings->reclassify_interval;
  return !object || (interval && self->n_samples - object->sample >= interval);
}

/* The object of a key that is not to be encoded, if it has labels to keep. NULL also where the key comes again. */
static Object *
find_held (const GstClipObjects *self, guint64 key, guint n_chosen, Object *const *held, guint n_held)
{
  Object *object = g_hash_table_lookup (self->objects, &key);
  if (!object || !object->region.tags || is_under_way (self, key))
    return NULL;
  for (guint i = 0; i < n_chosen; i++)
    if (self->chosen[i] == key)
      return NULL;
  for (guint i = 0; i < n_held; i++)
    if (held[i] == object)
      return NULL;
  return object;
}

/* Objects that keep their labels for this sample: it is one more that is like their last. */
static void
hold_objects (GstClipObjects *self, Object *const *objects, guint n, const GstClipTimes *times)
{
  for (guint i = 0; i < n; i++) {
    Object *object = objects[i];
    g_mutex_lock (&self->ranking_lock);
    GstClipTags *tags = gst_clip_classifier_take_subject (self->classifier, object->subject, NULL, times);
    g_mutex_lock (&self->lock);
    if (tags) {
      gst_clip_region_clear (&object->region);
      object->region.tags = tags;
    }
    g_mutex_unlock (&self->lock);
    g_mutex_unlock (&self->ranking_lock);
    object_release (object);
  }
}

GArray *
gst_clip_objects_choose (GstClipObjects *self, GstBuffer *buffer, const GstVideoInfo *info, const GstClipTimes *times,
    const GstClipSettings *settings, guint *ret_n_skipped)
{
  GstClipFoundRegion found[GST_CLIP_MAX_ROIS];
  Object *held[GST_CLIP_MAX_ROIS];
  guint n_held = 0;
  g_autoptr (GArray) regions = gst_clip_region_list_new ();

  g_mutex_lock (&self->lock);
  self->n_samples++;
  guint n = gst_clip_regions_find (buffer, info, self->classes, settings->min_crop_size, found, ret_n_skipped);
  for (guint i = 0; i < n; i++) {
    if (!is_to_be_encoded (self, found[i].key, regions->len, settings)) {
      Object *object = find_held (self, found[i].key, regions->len, held, n_held);
      if (object)
        held[n_held++] = g_atomic_rc_box_acquire (object);
      continue;
    }
    if (regions->len == GST_CLIP_MAX_ENCODED_ROIS) {
      (*ret_n_skipped)++;
      continue;
    }
    self->chosen[regions->len] = found[i].key;
    gst_clip_region_list_add (regions, &(GstClipRegion){
                                           .box = found[i].box,
                                           .type = found[i].type,
                                           .id = found[i].id,
                                       });
  }
  g_mutex_unlock (&self->lock);
  hold_objects (self, held, n_held, times);
  return gst_clip_region_list_end (g_steal_pointer (&regions));
}

/* ---- Objects; what is static needs the lock --------------------------------------------------------------- */

static void
drop_oldest (GstClipObjects *self)
{
  Object *oldest = NULL, *object;
  GHashTableIter iter;
  g_hash_table_iter_init (&iter, self->objects);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&object))
    if (!oldest || object->seen < oldest->seen)
      oldest = object;
  if (oldest) {
    lose_object (self, oldest);
    g_hash_table_remove (self->objects, &oldest->key);
  }
}

static Object *
get_object (GstClipObjects *self, guint64 key, const GstClipRegion *region)
{
  if (!key)
    key = UNTRACKED | ++self->n_untracked;
  Object *object = g_hash_table_lookup (self->objects, &key);
  if (!object) {
    if (g_hash_table_size (self->objects) >= MAX_OBJECTS)
      drop_oldest (self);
    object = g_atomic_rc_box_new0 (Object);
    object->key = key;
    object->subject = gst_clip_subject_new_object (region->type, region->id);
    g_hash_table_insert (self->objects, &object->key, object);
  }
  return object;
}

static gboolean
is_forgotten (gpointer key, gpointer value, gpointer data)
{
  GstClipObjects *self = data;
  Object *object = value;
  gboolean forgotten = self->n_frames - object->seen > FORGOTTEN_AFTER;
  if (forgotten)
    lose_object (self, object);
  return forgotten;
}

/* Objects that nobody numbers are those of the last result. */
static gboolean
is_replaced (gpointer key, gpointer value, gpointer data)
{
  const GstClipObjects *self = data;
  const Object *object = value;
  return object->key >= UNTRACKED && object->key < GST_CLIP_KEY_DETECTED && object->sample != self->latest;
}

/* Whose place this region has most of. */
static Object *
find_overlapping (const GstClipFoundRegion *found, Object *const *candidates, guint n_candidates)
{
  Object *best = NULL;
  gdouble most = MIN_OVERLAP;
  for (guint i = 0; i < n_candidates; i++) {
    Object *object = candidates[i];
    if (object->region.type != found->type)
      continue;
    gdouble share = gst_clip_box_overlap (&found->box, &object->region.box);
    if (share >= most && (!best || share > most)) {
      best = object;
      most = share;
    }
  }
  return best;
}

/* ret_objects: [n], whose labels each region has; NULL = nobody's. */
static void
find_objects (GstClipObjects *self, const GstClipFoundRegion *found, guint n, Object **ret_objects)
{
  for (guint i = 0; i < n; i++) {
    ret_objects[i] = found[i].key ? g_hash_table_lookup (self->objects, &found[i].key) : NULL;
    if (ret_objects[i])
      ret_objects[i]->seen = self->n_frames;
  }

  /* Those of the last result that are not in this frame by their number. */
  Object *candidates[GST_CLIP_MAX_ENCODED_ROIS], *object;
  guint n_candidates = 0;
  GHashTableIter iter;
  g_hash_table_iter_init (&iter, self->objects);
  while (g_hash_table_iter_next (&iter, NULL, (gpointer *)&object))
    if (object->sample == self->latest && object->seen != self->n_frames)
      candidates[n_candidates++] = object;

  for (guint i = 0; i < n; i++) {
    if (ret_objects[i])
      continue;
    ret_objects[i] = find_overlapping (&found[i], candidates, n_candidates);
    if (ret_objects[i])
      ret_objects[i]->seen = self->n_frames;
  }
}

guint
gst_clip_objects_label (GstClipObjects *self, GstBuffer *buffer, const GstVideoInfo *info, const GstClipTimes *times,
    const GstClipSettings *settings, const gchar *tagger, GstClockTime *ret_age)
{
  GstClipFoundRegion found[GST_CLIP_MAX_ROIS];
  Object *objects[GST_CLIP_MAX_ROIS];
  guint n_more, n_labelled = 0;
  *ret_age = GST_CLOCK_TIME_NONE;

  g_mutex_lock (&self->lock);
  self->n_frames++;
  guint n = gst_clip_regions_find (buffer, info, self->classes, settings->min_crop_size, found, &n_more);
  find_objects (self, found, n, objects);
  for (guint i = 0; i < n; i++) {
    Object *object = objects[i];
    /* One whose first labels are still being made has none. */
    if (!object || !object->region.tags)
      continue;
    GstClockTime age = gst_clip_times_age (times, &object->times);
    if (GST_CLOCK_TIME_IS_VALID (age) && age > settings->max_age)
      continue;
    if (found[i].meta)
      gst_clip_roi_add_labels (found[i].meta,
          &(GstClipRoiLabels){ .tags = object->region.tags,
              .age = age,
              .sampled = !object->shown,
              .serial = object->serial,
              .tagger = tagger },
          NULL);
    if (found[i].detected)
      gst_clip_detection_add_labels (buffer, found[i].detection, object->region.tags);
    object->shown = TRUE;
    n_labelled++;
    if (GST_CLOCK_TIME_IS_VALID (age) && (!GST_CLOCK_TIME_IS_VALID (*ret_age) || age > *ret_age))
      *ret_age = age;
  }
  if (self->n_frames % SWEEP_EVERY == 0)
    g_hash_table_foreach_remove (self->objects, is_forgotten, self);
  gboolean lost = !g_queue_is_empty (&self->lost);
  g_mutex_unlock (&self->lock);
  if (lost) {
    g_mutex_lock (&self->ranking_lock);
    close_lost (self, CLIP_END_LOST);
    g_mutex_unlock (&self->ranking_lock);
  }
  return n_labelled;
}

/* ---- Jobs ------------------------------------------------------------------------------------------------- */

void
gst_clip_objects_begin (GstClipObjects *self, GstClipJob *job, GArray *regions, gsize embedding_dim)
{
  Work *work = g_new0 (Work, 1);
  work->job = gst_clip_job_ref (job);
  work->regions = g_array_ref (regions);
  work->dim = embedding_dim;
  memcpy (work->keys, self->chosen, sizeof work->keys);

  g_mutex_lock (&self->lock);
  work->sample = self->n_samples;
  g_queue_push_tail (&self->work, work);
  g_mutex_unlock (&self->lock);
}

static Work *
find_work (GstClipObjects *self, const GstClipJob *job)
{
  Work *work = NULL;
  g_mutex_lock (&self->lock);
  for (GList *link = self->work.head; link && !work; link = link->next)
    if (((Work *)link->data)->job == job)
      work = link->data;
  g_mutex_unlock (&self->lock);
  return work;
}

void
gst_clip_objects_abandon (GstClipObjects *self, GstClipJob *job)
{
  Work *work = find_work (self, job);
  if (!work)
    return;
  g_mutex_lock (&self->lock);
  g_queue_remove (&self->work, work);
  g_mutex_unlock (&self->lock);
  work_free (work);
}

/* The i-th picture's result. With ranking_lock. */
static void
take_result (GstClipObjects *self, Work *work, guint i)
{
  GstClipRegion *region = &g_array_index (work->regions, GstClipRegion, i);
  const gfloat *embedding = work->job->embeddings + i * work->dim;
  g_mutex_lock (&self->lock);
  Object *object = g_atomic_rc_box_acquire (get_object (self, work->keys[i], region));
  g_mutex_unlock (&self->lock);
  region->tags = gst_clip_classifier_take_subject (self->classifier, object->subject, embedding, &work->job->times);

  g_mutex_lock (&self->lock);
  gst_clip_region_clear (&object->region);
  object->region = *region;
  if (region->tags)
    gst_clip_tags_ref (region->tags);
  object->times = work->job->times;
  object->serial = gst_clip_next_serial ();
  object->sample = work->sample;
  object->seen = self->n_frames;
  object->shown = FALSE;
  g_mutex_unlock (&self->lock);
  object_release (object);
}

/* Returns its regions that have labels, or NULL. With ranking_lock. */
static GArray *
end_work (GstClipObjects *self, Work *work)
{
  g_mutex_lock (&self->lock);
  self->latest = work->sample;
  self->times = work->job->times;
  g_hash_table_foreach_remove (self->objects, is_replaced, self);
  g_queue_remove (&self->work, work);
  g_mutex_unlock (&self->lock);
  GArray *regions = g_array_ref (work->regions);
  work_free (work);
  for (guint i = regions->len; i-- > 0;) /* memory was short: the log has it */
    if (!g_array_index (regions, GstClipRegion, i).tags)
      g_array_remove_index (regions, i);
  return gst_clip_region_list_end (regions);
}

/* The job stays under way until all its objects are known: nobody should have one encoded again meanwhile. It is gone
 * when all was forgotten. */
GArray *
gst_clip_objects_finish (GstClipObjects *self, GstClipJob *job)
{
  Work *work;
  for (guint i = 0; i < job->n; i++) {
    g_mutex_lock (&self->ranking_lock);
    if ((work = find_work (self, job)))
      take_result (self, work, i);
    g_mutex_unlock (&self->ranking_lock);
  }
  g_mutex_lock (&self->ranking_lock);
  work = find_work (self, job);
  GArray *regions = work ? end_work (self, work) : NULL;
  g_mutex_unlock (&self->ranking_lock);
  return regions;
}

/* ---- New prompts ------------------------------------------------------------------------------------------ */

static Object *
ref_object (GstClipObjects *self, guint64 key)
{
  g_mutex_lock (&self->lock);
  Object *object = g_hash_table_lookup (self->objects, &key);
  if (object)
    g_atomic_rc_box_acquire (object);
  g_mutex_unlock (&self->lock);
  return object;
}

GArray *
gst_clip_objects_rescore (GstClipObjects *self, GstClipTimes *ret_times)
{
  /* What comes later is ranked by the new prompts anyway. */
  g_mutex_lock (&self->lock);
  guint n;
  g_autofree gpointer *keys = g_hash_table_get_keys_as_array (self->objects, &n);
  g_autofree guint64 *numbers = g_new (guint64, n);
  for (guint i = 0; i < n; i++)
    numbers[i] = *(guint64 *)keys[i];
  g_mutex_unlock (&self->lock);

  g_autoptr (GArray) regions = gst_clip_region_list_new ();
  for (guint i = 0; i < n; i++) {
    g_mutex_lock (&self->ranking_lock);
    Object *object = ref_object (self, numbers[i]);
    if (object) {
      GstClipTags *tags = gst_clip_classifier_rescore_subject (self->classifier, object->subject);
      g_mutex_lock (&self->lock);
      gst_clip_region_clear (&object->region);
      object->region.tags = tags;
      if (tags && object->seen == self->n_frames)
        gst_clip_region_list_add (regions, &object->region);
      *ret_times = self->times;
      g_mutex_unlock (&self->lock);
      object_release (object);
    }
    g_mutex_unlock (&self->ranking_lock);
  }
  return gst_clip_region_list_end (g_steal_pointer (&regions));
}
