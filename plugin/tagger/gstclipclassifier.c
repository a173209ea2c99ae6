/* SPDX-License-Identifier: MIT
 *
 * gstclipclassifier.c: the user's prompts, and what they say about the latest picture.
 *
 * Threads: `lock` guards every field without a lock of its own, and is held for a ranking, which takes milliseconds
 * where there are tens of thousands of prompts, but never while anything is encoded. `latest_lock` and `cancel_lock`
 * are held for moments only, so that streaming threads and those who cancel never wait for a ranking. Order: lock, then
 * either of them.
 * Prompts are encoded by one caller at a time, with a context that lives only as long as the encoding does. Ranking and
 * publishing happen under the lock in one step, so that whichever comes last, new picture or new prompts, leaves tags
 * that belong to both.
 */
#include "tagger/gstclipclassifier.h"

#include "tagger/gstclipscoreproblem.h"
#ifdef CLIPTAG_HAVE_STILLS
#include "common/stills/stillfile.h"
#endif

GST_DEBUG_CATEGORY_EXTERN (gst_clip_tagger_debug);

/* Reported where there is no memory for all. */
#define FEW_LABELS 64

struct _GstClipClassifier
{
  GMutex lock;

  ClipModel *model; /* NULL while closed */
  guint n_threads;
  gchar *model_path;

  ClipLabels *labels; /* NULL until there are prompts */
  GstClipRanking ranking;
  ClipMatch *matches;         /* room for every class */
  GstClipTagLabel *published; /* the same */

  GstClipEvents *events;       /* borrowed */
  GstClipBaselines *baselines; /* NULL = not kept */
  guint epoch;                 /* of the stream; samples of an earlier one make no events */
  GstClipSubject *frame;

  GMutex latest_lock;
  GstClipResult latest;

  GMutex cancel_lock;
  ClipContext *texts; /* borrowed from the caller that is encoding prompts; else NULL */
  guint n_cancelled;  /* calls of cancel() */
};

void
gst_clip_description_clear (GstClipDescription *self)
{
  g_clear_pointer (&self->model, g_free);
  g_clear_pointer (&self->fingerprint, g_free);
  g_clear_pointer (&self->precision, g_free);
  g_clear_pointer (&self->prompt_warnings, g_strfreev);
}

guint64
gst_clip_next_serial (void)
{
  static GMutex lock; /* 64 bits are not atomic everywhere */
  static guint64 last;
  g_mutex_lock (&lock);
  guint64 serial = ++last;
  g_mutex_unlock (&lock);
  return serial;
}

void
gst_clip_result_clear (GstClipResult *self)
{
  g_clear_pointer (&self->tags, gst_clip_tags_unref);
}

GstClipClassifier *
gst_clip_classifier_new (GstClipEvents *events)
{
  GstClipClassifier *self = g_new0 (GstClipClassifier, 1);
  self->events = events;
  g_mutex_init (&self->lock);
  g_mutex_init (&self->latest_lock);
  g_mutex_init (&self->cancel_lock);
  return self;
}

void
gst_clip_classifier_free (GstClipClassifier *self)
{
  gst_clip_classifier_close (self);
  g_mutex_clear (&self->lock);
  g_mutex_clear (&self->latest_lock);
  g_mutex_clear (&self->cancel_lock);
  g_free (self);
}

/* ---- Prompts --------------------------------------------------------------------------------------------- */

/* Makes the context cancellable, unless a cancel() that was meant for it has come already. */
static gboolean
begin_texts (GstClipClassifier *self, ClipContext *context, guint ticket, GError **error)
{
  g_mutex_lock (&self->cancel_lock);
  gboolean ok = self->n_cancelled == ticket;
  if (ok)
    self->texts = context;
  g_mutex_unlock (&self->cancel_lock);
  if (!ok)
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_CANCELLED, "the encoding of prompts was cancelled");
  return ok;
}

/* Encodes the prompts in a context of their own. */
static ClipLabels *
make_labels (GstClipClassifier *self, guint ticket, ClipModel *model, const gchar *model_path, guint n_threads,
    const GstClipPromptSource *source, const GstClipEncoding *encoding, GError **error)
{
  g_autoptr (ClipPrompts) prompts = gst_clip_prompt_source_load (source, model_path, encoding->without_zones, error);
  if (!prompts)
    return NULL;

  ClipContextParams params;
  clip_context_params_init (&params);
  params.n_threads = n_threads;
  g_autoptr (ClipContext) context = clip_context_new (model, &params, error);
  if (!context || !begin_texts (self, context, ticket, error))
    return NULL;

  g_autofree gchar *cache_dir = encoding->cache ? clip_labels_cache_dir () : NULL;
  const ClipLabelsParams with = {
    .progress = encoding->progress,
#ifdef CLIPTAG_HAVE_STILLS
    .encode_image = still_encode_file,
#endif
    .user_data = encoding->user_data,
    .cache_dir = cache_dir,
    .background = gst_clip_prompt_source_get_background (source),
  };
  ClipLabels *labels = clip_labels_new (context, prompts, &with, error);

  g_mutex_lock (&self->cancel_lock);
  self->texts = NULL;
  g_mutex_unlock (&self->cancel_lock);
  return labels;
}

/* ---- Ranking; call with the lock ------------------------------------------------------------------------ */

/* At most top-k of each group. Returns how many. */
static guint
publish_matches (GstClipClassifier *self, const GstClipSubject *subject)
{
  ClipPrompts *prompts = clip_labels_get_prompts (self->labels);
  const ClipZone *zone = clip_prompts_get_zone (prompts, subject->zone);
  guint top_k = self->ranking.top_k ? self->ranking.top_k : G_MAXUINT, n_published = 0;
  guint max = zone->n_groups > 1 ? zone->n_classes : MIN (top_k, zone->n_classes);
  guint n = clip_track_choose (subject->track, self->ranking.params.rank.threshold, self->matches, max);
  g_autofree guint *n_of_group = zone->n_groups > 1 ? g_new0 (guint, zone->n_groups) : NULL;
  for (guint i = 0; i < n; i++) {
    const ClipMatch *match = &self->matches[i];
    const ClipClass *class = clip_prompts_get_class (prompts, match->class);
    if (n_of_group && ++n_of_group[class->group - zone->first_group] > top_k)
      continue;
    self->published[n_published++] = (GstClipTagLabel){
      .id = match->index,
      .label = (gchar *)class->label,
      .group = (gchar *)clip_prompts_get_group (prompts, class->group)->name,
      .confidence = match->score,
      .cosine = match->cosine,
    };
  }
  return n_published;
}

static GstClipTags *
make_tags (GstClipClassifier *self, const GstClipSubject *subject)
{
  const ClipModelInfo *info = clip_model_get_info (self->model);
  guint n = publish_matches (self, subject), dim = self->ranking.attach_embedding ? info->embedding_dim : 0;
  const gfloat *embedding = dim ? subject->embedding : NULL;
  GstClipTags *tags
      = gst_clip_tags_new (info->name, info->fingerprint, subject->encoded, self->published, n, embedding, dim);
  if (tags)
    return tags;
  GST_CAT_WARNING (
      gst_clip_tagger_debug, "out of memory for %u labels: only the best %u are reported", n, MIN (n, FEW_LABELS));
  n = MIN (n, FEW_LABELS);
  tags = gst_clip_tags_new (info->name, info->fingerprint, subject->encoded, self->published, n, embedding, dim);
  if (!tags)
    g_error ("out of memory for %u labels", n); /* as GLib ends the process for other small things */
  return tags;
}

static GstClipScoring
get_scoring (GstClipClassifier *self)
{
  return (GstClipScoring){
    .labels = self->labels,
    .params = &self->ranking.params,
    .dim = clip_model_get_info (self->model)->embedding_dim,
    .events = self->events,
    .baselines = self->baselines,
  };
}

/* embedding: NULL = like the last one. NULL: no such zone, or no prompts for it. */
static GstClipTags *
take_sample (GstClipClassifier *self, GstClipSubject *subject, const gfloat *embedding, const GstClipTimes *times)
{
  if (!self->labels)
    return NULL;
  GstClipScoring scoring = get_scoring (self);
  gboolean stale = times->epoch != self->epoch;
  if (!gst_clip_subject_take (subject, &scoring, embedding, times, stale))
    return NULL;
  return gst_clip_subject_has_classes (subject) ? make_tags (self, subject) : NULL;
}

/* For new prompts or settings; NULL before the first sample. */
static GstClipTags *
rescore (GstClipClassifier *self, GstClipSubject *subject)
{
  if (!self->labels)
    return NULL;
  GstClipScoring scoring = get_scoring (self);
  if (!gst_clip_subject_rescore (subject, &scoring))
    return NULL;
  return gst_clip_subject_has_classes (subject) ? make_tags (self, subject) : NULL;
}

static void
rank_latest_again (GstClipClassifier *self)
{
  GstClipTags *tags = self->frame ? rescore (self, self->frame) : NULL;
  g_mutex_lock (&self->latest_lock);
  if (self->latest.serial) {
    GstClipTags *old = self->latest.tags;
    self->latest.tags = tags;
    tags = old;
  }
  g_mutex_unlock (&self->latest_lock);
  g_clear_pointer (&tags, gst_clip_tags_unref);
}

/* Takes `labels` in any case; FALSE when memory runs out, with all as it was. */
static gboolean
take_labels (GstClipClassifier *self, ClipLabels *labels, GError **error)
{
  guint n = clip_prompts_get_n_classes (clip_labels_get_prompts (labels));
  g_autofree ClipMatch *matches = g_try_new (ClipMatch, n);
  g_autofree GstClipTagLabel *published = g_try_new (GstClipTagLabel, n);
  if (!matches || !published) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory to rank %u labels", n);
    clip_labels_unref (labels);
    return FALSE;
  }
  clip_labels_unref (self->labels);
  g_free (self->matches);
  g_free (self->published);
  self->labels = labels;
  self->matches = g_steal_pointer (&matches);
  self->published = g_steal_pointer (&published);
  return TRUE;
}

/* ---- Opening and closing -------------------------------------------------------------------------------- */

gboolean
gst_clip_classifier_open (GstClipClassifier *self, ClipModel *model, const gchar *model_path, guint n_threads,
    const gchar *baseline_file, GError **error)
{
  g_mutex_lock (&self->lock);
  g_assert (!self->model);
  self->frame = gst_clip_subject_new (NULL);
  if (baseline_file && *baseline_file)
    self->baselines = gst_clip_baselines_new (baseline_file, clip_model_get_info (model)->fingerprint);
  self->model = clip_model_ref (model);
  self->model_path = g_strdup (model_path);
  self->n_threads = n_threads;
  g_mutex_unlock (&self->lock);
  return TRUE;
}

void
gst_clip_classifier_close (GstClipClassifier *self)
{
  gst_clip_classifier_cancel (self);
  gst_clip_classifier_forget (self, CLIP_END_STOP);
  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->labels, clip_labels_unref);
  g_clear_pointer (&self->model, clip_model_unref);
  g_clear_pointer (&self->model_path, g_free);
  g_clear_pointer (&self->matches, g_free);
  g_clear_pointer (&self->published, g_free);
  g_clear_pointer (&self->frame, gst_clip_subject_free);
  g_clear_pointer (&self->baselines, gst_clip_baselines_unref);
  g_mutex_unlock (&self->lock);
}

guint
gst_clip_classifier_get_ticket (GstClipClassifier *self)
{
  g_mutex_lock (&self->cancel_lock);
  guint ticket = self->n_cancelled;
  g_mutex_unlock (&self->cancel_lock);
  return ticket;
}

void
gst_clip_classifier_cancel (GstClipClassifier *self)
{
  g_mutex_lock (&self->cancel_lock);
  self->n_cancelled++;
  if (self->texts)
    clip_context_cancel (self->texts);
  g_mutex_unlock (&self->cancel_lock);
}

/* ---- At work -------------------------------------------------------------------------------------------- */

/* With latest_lock. */
static gboolean
copy_latest (GstClipClassifier *self, GstClipResult *ret_result)
{
  *ret_result = self->latest;
  if (self->latest.tags)
    gst_clip_tags_ref (self->latest.tags);
  return self->latest.tags != NULL;
}

void
gst_clip_classifier_take (GstClipClassifier *self, const gfloat *embedding, const GstClipTimes *times, guint64 number,
    GstClipResult *ret_result)
{
  g_mutex_lock (&self->lock);
  GstClipTags *tags = take_sample (self, self->frame, embedding, times);

  g_mutex_lock (&self->latest_lock);
  gst_clip_result_clear (&self->latest);
  self->latest = (GstClipResult){ .tags = tags, .times = *times, .serial = gst_clip_next_serial (), .number = number };
  copy_latest (self, ret_result);
  g_mutex_unlock (&self->latest_lock);
  g_mutex_unlock (&self->lock);
}

gboolean
gst_clip_classifier_reuse (
    GstClipClassifier *self, guint64 number, const GstClipTimes *times, GstClipResult *ret_result)
{
  g_mutex_lock (&self->lock);
  g_mutex_lock (&self->latest_lock);
  gboolean known = self->latest.tags && self->latest.number == number;
  g_mutex_unlock (&self->latest_lock);
  GstClipTags *tags = known ? take_sample (self, self->frame, NULL, times) : NULL;
  known = tags != NULL;
  if (known) {
    g_mutex_lock (&self->latest_lock);
    gst_clip_result_clear (&self->latest);
    self->latest = (GstClipResult){
      .tags = tags, .times = *times, .reused = TRUE, .serial = gst_clip_next_serial (), .number = number
    };
    copy_latest (self, ret_result);
    g_mutex_unlock (&self->latest_lock);
  }
  g_mutex_unlock (&self->lock);
  return known;
}

GstClipTags *
gst_clip_classifier_take_subject (
    GstClipClassifier *self, GstClipSubject *subject, const gfloat *embedding, const GstClipTimes *times)
{
  g_mutex_lock (&self->lock);
  GstClipTags *tags = take_sample (self, subject, embedding, times);
  g_mutex_unlock (&self->lock);
  return tags;
}

GstClipTags *
gst_clip_classifier_rescore_subject (GstClipClassifier *self, GstClipSubject *subject)
{
  g_mutex_lock (&self->lock);
  GstClipTags *tags = rescore (self, subject);
  g_mutex_unlock (&self->lock);
  return tags;
}

void
gst_clip_classifier_close_subject (GstClipClassifier *self, GstClipSubject *subject, ClipEventEnd reason)
{
  g_mutex_lock (&self->lock);
  gst_clip_subject_close (subject, reason, self->events);
  g_mutex_unlock (&self->lock);
}

void
gst_clip_classifier_forget_subject (GstClipClassifier *self, GstClipSubject *subject, ClipEventEnd reason)
{
  g_mutex_lock (&self->lock);
  gst_clip_subject_forget (subject, reason, self->events);
  g_mutex_unlock (&self->lock);
}

guint
gst_clip_classifier_get_epoch (GstClipClassifier *self)
{
  g_mutex_lock (&self->lock);
  guint epoch = self->epoch;
  g_mutex_unlock (&self->lock);
  return epoch;
}

guint
gst_clip_classifier_end_epoch (GstClipClassifier *self, ClipEventEnd reason)
{
  g_mutex_lock (&self->lock);
  guint epoch = ++self->epoch;
  if (self->frame)
    gst_clip_subject_close (self->frame, reason, self->events);
  g_mutex_unlock (&self->lock);
  return epoch;
}

gboolean
gst_clip_classifier_set_prompts (GstClipClassifier *self, guint ticket, const GstClipPromptSource *source,
    const GstClipEncoding *encoding, GError **error)
{
  g_mutex_lock (&self->lock);
  g_autoptr (ClipModel) model = self->model ? clip_model_ref (self->model) : NULL;
  g_autofree gchar *model_path = g_strdup (self->model_path);
  guint n_threads = self->n_threads;
  g_mutex_unlock (&self->lock);

  ClipLabels *labels = model ? make_labels (self, ticket, model, model_path, n_threads, source, encoding, error) : NULL;
  if (model && !labels)
    return FALSE;

  g_mutex_lock (&self->lock);
  gboolean open = model && self->model == model, ok = open && take_labels (self, labels, error);
  if (ok)
    rank_latest_again (self);
  g_mutex_unlock (&self->lock);
  if (!open) {
    clip_labels_unref (labels);
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_CANCELLED, "the encoding of prompts was cancelled");
  }
  return ok;
}

ClipPrompts *
gst_clip_classifier_ref_prompts (GstClipClassifier *self)
{
  g_mutex_lock (&self->lock);
  ClipPrompts *prompts = self->labels ? clip_prompts_ref (clip_labels_get_prompts (self->labels)) : NULL;
  g_mutex_unlock (&self->lock);
  return prompts;
}

void
gst_clip_classifier_set_ranking (GstClipClassifier *self, const GstClipRanking *ranking)
{
  g_mutex_lock (&self->lock);
  self->ranking = *ranking;
  rank_latest_again (self);
  g_mutex_unlock (&self->lock);
}

gboolean
gst_clip_classifier_get_latest (GstClipClassifier *self, GstClipResult *ret_result)
{
  g_mutex_lock (&self->latest_lock);
  gboolean known = copy_latest (self, ret_result);
  g_mutex_unlock (&self->latest_lock);
  return known;
}

void
gst_clip_classifier_forget (GstClipClassifier *self, ClipEventEnd reason)
{
  g_mutex_lock (&self->lock);
  if (self->frame)
    gst_clip_subject_forget (self->frame, reason, self->events);
  g_mutex_lock (&self->latest_lock);
  gst_clip_result_clear (&self->latest);
  self->latest = (GstClipResult){ NULL };
  g_mutex_unlock (&self->latest_lock);
  g_mutex_unlock (&self->lock);
}

/* "f32", "int8 (96 of 96 layers)", or "int8 (95 of 96 layers), bf16 (1 of 96 layers)". */
static gchar *
describe_precision (const ClipModelInfo *info)
{
  GString *text = g_string_new (info->precision == CLIP_PRECISION_F32 ? "f32" : NULL);
  if (info->n_int8_layers)
    g_string_append_printf (text, "int8 (%u of %u layers)", info->n_int8_layers, info->n_layers);
  if (info->n_bf16_layers)
    g_string_append_printf (
        text, "%sbf16 (%u of %u layers)", text->len ? ", " : "", info->n_bf16_layers, info->n_layers);
  return g_string_free (text, FALSE);
}

GError *
gst_clip_classifier_take_baseline_problem (GstClipClassifier *self)
{
  g_mutex_lock (&self->lock);
  GError *problem = self->baselines ? gst_clip_baselines_take_problem (self->baselines) : NULL;
  g_mutex_unlock (&self->lock);
  return problem;
}

void
gst_clip_classifier_save_baselines (GstClipClassifier *self)
{
  g_mutex_lock (&self->lock);
  if (self->baselines)
    gst_clip_baselines_save (self->baselines);
  g_mutex_unlock (&self->lock);
}

gchar *
gst_clip_classifier_find_score_problem (GstClipClassifier *self)
{
  g_mutex_lock (&self->lock);
  gchar *line = self->labels ? gst_clip_score_problem_find (
                    self->labels, clip_model_get_info (self->model), &self->ranking.params)
                             : NULL;
  g_mutex_unlock (&self->lock);
  return line;
}

void
gst_clip_classifier_describe (GstClipClassifier *self, GstClipDescription *ret_description)
{
  GstClipDescription description = { NULL };
  g_mutex_lock (&self->lock);
  if (self->labels) {
    const ClipModelInfo *info = clip_model_get_info (self->model);
    description.model = g_strdup (info->name);
    description.fingerprint = g_strdup (info->fingerprint);
    description.n_prompts = clip_prompts_get_size (clip_labels_get_prompts (self->labels));
    description.prompt_warnings = g_strdupv ((gchar **)clip_labels_get_warnings (self->labels));
    description.precision = describe_precision (info);
  }
  g_mutex_unlock (&self->lock);
  *ret_description = description;
}
