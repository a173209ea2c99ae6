/* SPDX-License-Identifier: MIT
 *
 * labels.c: turns prompts into a linear classifier.
 *
 * Zero-shot as in Radford et al. 2021, section 3.1.4: each prompt is put into every template, the unit text embeddings
 * are averaged over templates and normalised again.
 */
#include "labels/labels.h"

#include <string.h>

#include "base/names.h"
#include "context.h"
#include "labels/label-cache.h"
#include "labels/prompts.h"
#include "labels/advice.h"
#include "labels/truncation.h"
#include "model/model.h"

/* A batch is encoded when it has this many tokens, without prefixes shared with the previous text, or this many texts:
 * what a context encodes in one turn. Larger batches, or of equal lengths, are no faster (Zen 4, ViT-B/32's text tower:
 * from 128 tokens on); smaller ones report progress sooner. */
#define BATCH_TOKENS 256
#define BATCH_TEXTS  128

/* The number of texts from which a cache file is worthwhile: half a second for ViT-B/32's text tower. Fewer take about
 * as long to encode as a model to load, and their files would only displace those that matter. */
#define CACHE_FROM 64

/* Always FALSE. */
static gboolean
fail_labels_memory (const ClipLabels *self, GError **error)
{
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for the embeddings of %u prompts", self->n);
  return FALSE;
}

/* ---- Encoding ------------------------------------------------------------------------------------------ */

/* Texts being encoded in batches. */
typedef struct
{
  ClipContext *context;
  ClipProgress progress; /* or NULL */
  gpointer user_data;
  guint64 done, total; /* texts */

  guint dim, max_tokens;
  guint32 *ids;      /* [BATCH_TEXTS + 1][context_length]: the pending texts, end to end, and room for one more */
  guint *lengths;    /* [BATCH_TEXTS], of the pending texts */
  float **sums;      /* [BATCH_TEXTS] x [dim], to which each text's embedding is added */
  float *embeddings; /* [BATCH_TEXTS][dim] */
  guint n_texts, n_ids, n_tokens; /* pending; tokens: without prefixes shared with the previous text */
} TextEncoder;

static void
encoder_clear (TextEncoder *self)
{
  g_free (self->ids);
  g_free (self->lengths);
  g_free (self->sums);
  g_free (self->embeddings);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TextEncoder, encoder_clear)

static gboolean
encoder_init (TextEncoder *self, ClipContext *context, GError **error)
{
  const ClipModelInfo *info = clip_model_get_info (clip_context_get_model (context));
  self->context = context;
  self->dim = info->embedding_dim;
  self->max_tokens = MAX (BATCH_TOKENS, info->context_length);
  self->ids = g_try_new (guint32, (BATCH_TEXTS + 1) * (gsize)MAX (info->context_length, 1));
  self->lengths = g_new (guint, BATCH_TEXTS);
  self->sums = g_new (float *, BATCH_TEXTS);
  self->embeddings = g_try_new (float, (gsize)BATCH_TEXTS * self->dim);
  if (self->ids && self->embeddings)
    return TRUE;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for embeddings of %u values", self->dim);
  return FALSE;
}

static void
encoder_report (const TextEncoder *self, guint64 done)
{
  if (self->progress)
    self->progress (done, self->total, self->user_data);
}

/* Encodes the pending texts. */
static gboolean
encoder_flush (TextEncoder *self, GError **error)
{
  if (!clip_context_encode_tokens (self->context, self->ids, self->lengths, self->n_texts, self->embeddings, error))
    return FALSE;
  for (guint i = 0; i < self->n_texts; i++)
    for (guint d = 0; d < self->dim; d++)
      self->sums[i][d] += self->embeddings[(gsize)i * self->dim + d];
  self->done += self->n_texts;
  self->n_texts = self->n_ids = self->n_tokens = 0;
  encoder_report (self, self->done);
  return TRUE;
}

/* Adds the text's embedding to sum [dim], now or at a later call; at the latest when flushed. */
static gboolean
encoder_add (TextEncoder *self, const char *text, float *sum, GError **error)
{
  if (!clip_context_check_cancelled (self->context, error)) /* tokenizing a megabyte takes a tenth of a second */
    return FALSE;
  guint32 *ids = self->ids + self->n_ids;
  guint length = clip_model_tokenize (clip_context_get_model (self->context), text, ids, error), common = 0;
  if (!length)
    return FALSE;
  if (self->n_texts) {
    guint before = self->lengths[self->n_texts - 1];
    common = clip_text_common (ids - before, before, ids, length);
  }
  if (self->n_tokens + length - common > self->max_tokens || self->n_texts == BATCH_TEXTS) {
    if (!encoder_flush (self, error))
      return FALSE;
    memmove (self->ids, ids, length * sizeof *ids);
    common = 0;
  }
  self->lengths[self->n_texts] = length;
  self->sums[self->n_texts++] = sum;
  self->n_ids += length;
  self->n_tokens += length - common;
  return TRUE;
}

/* The row of `embeddings` that each prompt's comes from: its own, or that of the first prompt with the same text.
 * ret_n_rows: how many are to be encoded, the empty text's included. NULL when memory runs out. */
static guint *
find_sources (const ClipLabels *self, guint *ret_n_rows)
{
  ClipNameTable first = { 0 };
  guint *sources = g_try_new (guint, (gsize)self->n + 1);
  gboolean ok = sources != NULL, is_new;
  for (guint i = 0; ok && i <= self->n; i++) {
    ok = clip_name_table_add (&first, clip_labels_text (self, i), i, &is_new);
    if (ok)
      sources[i] = is_new ? i : clip_name_table_find (&first, clip_labels_text (self, i))->value;
  }
  *ret_n_rows = (guint)first.n;
  clip_name_table_clear (&first);
  if (!ok)
    g_clear_pointer (&sources, g_free);
  return sources;
}

/* Mean over templates of unit embeddings, unit length. Template by template, because its texts share its first words;
 * each sum still runs in the templates' order. */
static gboolean
encode_prompts (ClipLabels *self, TextEncoder *encoder, const guint *sources, GError **error)
{
  const char *const *templates = clip_prompts_get_templates (self->prompts);
  memset (self->embeddings, 0, ((gsize)self->n + 1) * self->dim * sizeof *self->embeddings);
  encoder_report (encoder, 0);
  for (guint t = 0; templates[t]; t++)
    for (guint i = 0; i <= self->n; i++) {
      if (sources[i] != i)
        continue;
      g_autofree char *text = clip_template_fill (templates[t], clip_labels_text (self, i));
      if (!encoder_add (encoder, text, clip_labels_row (self, i), error))
        return FALSE;
    }
  if (!encoder_flush (encoder, error))
    return FALSE;
  for (guint i = 0; i <= self->n; i++) {
    if (sources[i] == i)
      clip_normalize (clip_labels_row (self, i), self->dim);
    else
      memcpy (clip_labels_row (self, i), clip_labels_row (self, sources[i]),
          self->dim * sizeof (float)); /* an earlier one */
  }
  return TRUE;
}

/* The same with the cache. Different models may share a key (the fingerprint samples the weights), and so may
 * arithmetic that has changed under one name: so the file also holds the embedding of a probe text, and is trusted only
 * if encoding that text now gives the same bits. */
static gboolean
encode_or_load (ClipLabels *self, TextEncoder *encoder, const guint *sources, const char *cache_dir, GError **error)
{
  const ClipModelInfo *info = clip_model_get_info (clip_context_get_model (encoder->context));
  guint n_rows = self->n + 2;
  float *stored = clip_labels_row (self, self->n + 1);
  g_autofree float *probe = g_try_new (float, self->dim);
  if (!probe)
    return fail_labels_memory (self, error);
  g_autofree char *first
      = clip_template_fill (clip_prompts_get_templates (self->prompts)[0], clip_labels_text (self, 0));
  if (!clip_context_encode_texts (encoder->context, (const char *const *)&first, 1, probe, error))
    return FALSE;

  g_autofree char *arithmetic = g_strdup_printf ("%s, %u of %u layers int8, %u bf16", clip_kernels_description (),
      info->n_int8_layers, info->n_layers, info->n_bf16_layers);
  g_autofree char *key = clip_label_cache_key (info->fingerprint, arithmetic, self->prompts);
  if (clip_label_cache_load (cache_dir, key, n_rows, self->dim, self->embeddings)
      && memcmp (stored, probe, self->dim * sizeof *probe) == 0) {
    encoder_report (encoder, encoder->total);
    return TRUE;
  }
  if (!encode_prompts (self, encoder, sources, error))
    return FALSE;
  memcpy (stored, probe, self->dim * sizeof *probe);
  clip_label_cache_store (cache_dir, key, n_rows, self->dim, self->embeddings);
  return TRUE;
}

/* ---- All of it ----------------------------------------------------------------------------------------- */

ClipLabels *
clip_labels_new (ClipContext *context, ClipPrompts *prompts, const ClipLabelsParams *params, GError **error)
{
  static const ClipLabelsParams none = { NULL };
  params = params ? params : &none;
  const ClipModelInfo *info = clip_model_get_info (clip_context_get_model (context));
  g_autoptr (ClipLabels) self = g_new0 (ClipLabels, 1);
  g_atomic_ref_count_init (&self->ref_count);
  self->warnings = g_ptr_array_new_with_free_func (g_free);
  self->prompts = clip_prompts_ref (prompts);
  self->n = clip_prompts_get_size (prompts);
  self->dim = info->embedding_dim;
  self->logit_scale = info->logit_scale;
  self->embeddings = g_try_new (float, ((gsize)self->n + 2) * self->dim);
  if (!self->embeddings) {
    fail_labels_memory (self, error);
    return NULL;
  }

  guint n_rows;
  g_autofree guint *sources = find_sources (self, &n_rows);
  if (!sources) {
    fail_labels_memory (self, error);
    return NULL;
  }
  g_auto (TextEncoder) encoder = { .progress = params->progress, .user_data = params->user_data };
  encoder.total = (guint64)n_rows * g_strv_length ((char **)clip_prompts_get_templates (prompts));
  if (!encoder_init (&encoder, context, error))
    return NULL;
  gboolean ok = params->cache_dir && encoder.total >= CACHE_FROM
                    ? encode_or_load (self, &encoder, sources, params->cache_dir, error)
                    : encode_prompts (self, &encoder, sources, error);
  if (!ok || !clip_labels_find_truncated (self, context, sources, error)
      || !clip_labels_advise (self, context, sources, error))
    return NULL;
  g_ptr_array_add (self->warnings, NULL);
  return g_steal_pointer (&self);
}

char *
clip_labels_cache_dir (void)
{
  return g_build_filename (g_get_user_cache_dir (), "cliptag", "labels", NULL);
}

ClipLabels *
clip_labels_ref (ClipLabels *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
clip_labels_unref (ClipLabels *self)
{
  if (!self || !g_atomic_ref_count_dec (&self->ref_count))
    return;
  clip_prompts_unref (self->prompts);
  g_ptr_array_unref (self->warnings);
  g_free (self->embeddings);
  g_free (self);
}

const char *const *
clip_labels_get_warnings (const ClipLabels *self)
{
  return (const char *const *)self->warnings->pdata;
}

ClipPrompts *
clip_labels_get_prompts (const ClipLabels *self)
{
  return self->prompts;
}
