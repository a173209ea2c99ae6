/* SPDX-License-Identifier: MIT
 *
 * terms.c: see terms.h.
 *
 * Zero-shot as in Radford et al. 2021, section 3.1.4: each text is put into every template, the unit text embeddings
 * are averaged over templates and normalised again. A prompt of several terms is the weighted sum of their unit
 * vectors, normalised.
 */
#include "labels/terms.h"

#include <math.h>
#include <string.h>

#include "clip-message.h"
#include "context.h"
#include "labels/label-cache.h"
#include "labels/prompts.h"
#include "labels/vectors.h"
#include "model/model.h"

/* The number of texts from which a cache file is worthwhile: half a second for ViT-B/32's text tower. Fewer take about
 * as long to encode as a model to load, and their files would only displace those that matter. */
#define CACHE_FROM 64

/* A sum of unit vectors that is shorter than this share of its weights points nowhere in particular. */
#define LEAST_LENGTH 1e-3

#define MAX_OPEN 32 /* files of vectors, at a time */

static gboolean
fail_memory (const ClipTerms *self, GError **error)
{
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for the embeddings of %u prompts", self->n);
  return FALSE;
}

/* ---- What there is ------------------------------------------------------------------------------------- */

static gboolean
is_plain (const ClipPrompt *prompt)
{
  return prompt->n_terms == 1 && prompt->terms[0].kind == CLIP_TERM_TEXT && prompt->terms[0].weight == 1;
}

/* row: may be NULL for now. */
static gboolean
add_source (ClipSources *self, const char *value, float *row)
{
  gboolean is_new;
  if (!clip_name_table_add (&self->by_value, value, self->n, &is_new))
    return FALSE;
  if (is_new)
    self->items[self->n++] = (ClipSource){ value, row };
  return TRUE;
}

static const float *
get_row (const ClipSources *self, const char *value)
{
  return self->items[clip_name_table_find (&self->by_value, value)->value].row;
}

static gboolean
add_terms (ClipTerms *self, const ClipPrompt *prompt)
{
  gboolean ok = TRUE;
  for (guint t = 0; ok && t < prompt->n_terms; t++) {
    const ClipTerm *term = &prompt->terms[t];
    if (term->kind == CLIP_TERM_TEXT)
      ok = add_source (&self->texts, term->value, NULL);
    else if (term->kind == CLIP_TERM_IMAGE)
      ok = add_source (&self->pictures, term->value, NULL);
    else
      self->n_vectors++;
  }
  return ok;
}

/* Texts with a row of their own come first. */
static gboolean
find_sources (ClipTerms *self)
{
  gsize n_terms = 1;
  for (guint i = 0; i < self->n; i++)
    n_terms += clip_prompts_get (self->prompts, i)->n_terms;
  self->texts.items = g_try_new (ClipSource, n_terms);
  self->pictures.items = g_try_new (ClipSource, n_terms);
  gboolean ok = self->texts.items && self->pictures.items;
  for (guint i = 0; ok && i < self->n; i++) {
    const ClipPrompt *prompt = clip_prompts_get (self->prompts, i);
    if (is_plain (prompt))
      ok = add_source (&self->texts, prompt->terms[0].value, self->rows + (gsize)i * self->dim);
  }
  if (ok && self->has_empty)
    ok = add_source (&self->texts, "", self->rows + (gsize)self->n * self->dim);
  self->n_own = self->texts.n;
  for (guint i = 0; ok && i < self->n; i++) {
    const ClipPrompt *prompt = clip_prompts_get (self->prompts, i);
    ok = is_plain (prompt) || add_terms (self, prompt);
  }
  return ok;
}

gboolean
clip_terms_init (ClipTerms *self, ClipPrompts *prompts, guint dim, float *rows, gboolean has_empty, GError **error)
{
  *self = (ClipTerms){ .prompts = prompts, .dim = dim, .rows = rows, .has_empty = has_empty };
  self->n = clip_prompts_get_size (prompts);
  if (!find_sources (self))
    return fail_memory (self, error);
  gsize n_extras = self->texts.n - self->n_own + (gsize)self->pictures.n;
  self->extras = g_try_new (float, MAX (n_extras * dim, 1));
  if (!self->extras)
    return fail_memory (self, error);
  float *row = self->extras;
  for (guint i = self->n_own; i < self->texts.n; i++, row += dim)
    self->texts.items[i].row = row;
  for (guint i = 0; i < self->pictures.n; i++, row += dim)
    self->pictures.items[i].row = row;
  return TRUE;
}

void
clip_terms_clear (ClipTerms *self)
{
  clip_name_table_clear (&self->texts.by_value);
  clip_name_table_clear (&self->pictures.by_value);
  g_clear_pointer (&self->texts.items, g_free);
  g_clear_pointer (&self->pictures.items, g_free);
  g_clear_pointer (&self->extras, g_free);
  g_clear_pointer (&self->probe, g_free);
}

guint64
clip_terms_count (const ClipTerms *self)
{
  return (guint64)self->texts.n * g_strv_length ((char **)clip_prompts_get_templates (self->prompts))
         + self->pictures.n;
}

/* ---- The cache ----------------------------------------------------------------------------------------- */

static gboolean
is_cacheable (const ClipTerms *self)
{
  return clip_terms_count (self) >= CACHE_FROM && !self->pictures.n && !self->n_vectors;
}

static char *
make_key (const ClipTerms *self, ClipContext *context)
{
  const ClipModelInfo *info = clip_model_get_info (clip_context_get_model (context));
  g_autofree char *arithmetic = g_strdup_printf ("%s, %u of %u layers int8, %u bf16", clip_kernels_description (),
      info->n_int8_layers, info->n_layers, info->n_bf16_layers);
  return clip_label_cache_key (info->fingerprint, arithmetic, self->prompts);
}

static gboolean
encode_probe (ClipTerms *self, ClipContext *context, GError **error)
{
  g_autofree char *text
      = clip_template_fill (clip_prompts_get_templates (self->prompts)[0], self->texts.items[0].value);
  self->probe = g_try_new (float, self->dim);
  return self->probe ? clip_context_encode_texts (context, (const char *const *)&text, 1, self->probe, error)
                     : fail_memory (self, error);
}

gboolean
clip_terms_load (ClipTerms *self, ClipContext *context, const char *cache_dir, GError **error)
{
  if (!cache_dir || !is_cacheable (self))
    return TRUE;
  if (!encode_probe (self, context, error))
    return FALSE;
  g_autofree char *key = make_key (self, context);
  const float *stored = self->rows + ((gsize)self->n + 1) * self->dim;
  self->loaded = clip_label_cache_load (cache_dir, key, self->n + CLIP_TERMS_MORE_ROWS, self->dim, self->rows)
                 && memcmp (stored, self->probe, self->dim * sizeof *stored) == 0;
  return TRUE;
}

static void
store (const ClipTerms *self, ClipContext *context, const char *cache_dir)
{
  if (!self->probe)
    return;
  g_autofree char *key = make_key (self, context);
  memcpy (self->rows + ((gsize)self->n + 1) * self->dim, self->probe, self->dim * sizeof *self->probe);
  clip_label_cache_store (cache_dir, key, self->n + CLIP_TERMS_MORE_ROWS, self->dim, self->rows);
}

/* ---- Encoding ------------------------------------------------------------------------------------------ */

/* Mean over templates of unit embeddings, unit length. Template by template, because its texts share its first words;
 * each sum still runs in the templates' order. */
static gboolean
encode_texts (ClipTerms *self, ClipTextEncoder *encoder, GError **error)
{
  const char *const *templates = clip_prompts_get_templates (self->prompts);
  for (guint i = 0; i < self->texts.n; i++)
    memset (self->texts.items[i].row, 0, self->dim * sizeof (float));
  for (guint t = 0; self->texts.n && templates[t]; t++)
    for (guint i = 0; i < self->texts.n; i++) {
      g_autofree char *text = clip_template_fill (templates[t], self->texts.items[i].value);
      if (!clip_text_encoder_add (encoder, text, self->texts.items[i].row, error))
        return FALSE;
    }
  if (!clip_text_encoder_flush (encoder, error))
    return FALSE;
  for (guint i = 0; i < self->texts.n; i++)
    clip_normalize (self->texts.items[i].row, self->dim);
  return TRUE;
}

static gboolean
encode_pictures (ClipTerms *self, ClipTextEncoder *encoder, const ClipLabelsParams *params, GError **error)
{
  for (guint i = 0; i < self->pictures.n; i++) {
    const ClipSource *picture = &self->pictures.items[i];
    g_autofree char *shown = clip_printable (picture->value, -1, CLIP_MESSAGE_PATH);
    if (!clip_context_check_cancelled (encoder->context, error))
      return FALSE;
    if (!params->encode_image) {
      g_set_error (
          error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED, "%s: prompts with the key 'image' are not supported here", shown);
      return FALSE;
    }
    if (!params->encode_image (encoder->context, picture->value, picture->row, params->user_data, error))
      return FALSE;
    clip_text_encoder_advance (encoder, 1);
  }
  return TRUE;
}

/* ---- Vectors ------------------------------------------------------------------------------------------- */

/* Files that are open. */
typedef struct
{
  const char *fingerprint;
  GPtrArray *files;
  ClipNameTable by_path;
} Files;

static void
files_clear (Files *self)
{
  g_clear_pointer (&self->files, g_ptr_array_unref);
  clip_name_table_clear (&self->by_path);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Files, files_clear)

static const ClipVectors *
open_vectors (Files *self, const char *path, GError **error)
{
  const ClipName *known = clip_name_table_find (&self->by_path, path);
  gboolean is_new;
  if (known)
    return self->files->pdata[known->value];
  if (self->files && self->files->len == MAX_OPEN)
    files_clear (self);
  if (!self->files)
    self->files = g_ptr_array_new_with_free_func ((GDestroyNotify)clip_vectors_free);
  ClipVectors *file = clip_vectors_open (path, self->fingerprint, error);
  if (!file)
    return NULL;
  g_ptr_array_add (self->files, file);
  if (clip_name_table_add (&self->by_path, path, self->files->len - 1, &is_new))
    return file;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for files of vectors");
  return NULL;
}

/* "FILE: …" */
static gboolean
fail_probe (const ClipTerm *term, const char *what, GError **error)
{
  g_autofree char *shown = clip_printable (term->value, -1, CLIP_MESSAGE_PATH);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "%s: a probe, which %s", shown, what);
  return FALSE;
}

/* ret: [dim]. */
static gboolean
read_vector (ClipTerms *self, Files *files, guint index, const ClipTerm *term, float *ret, GError **error)
{
  const ClipPrompt *prompt = clip_prompts_get (self->prompts, index);
  float scale = NAN, bias = NAN;
  const ClipVectors *file = open_vectors (files, term->value, error);
  if (!file || !clip_vectors_read (file, term->tensor, prompt->label, self->dim, ret, &scale, &bias, error))
    return FALSE;
  if (isnan (scale))
    return TRUE;
  if (prompt->n_terms > 1 || term->weight != 1)
    return fail_probe (term, "cannot be part of a sum", error);
  if (!self->scales)
    return fail_probe (term, "cannot be part of a background", error);
  self->scales[index] = scale;
  self->biases[index] = bias;
  return TRUE;
}

/* ---- Sums ---------------------------------------------------------------------------------------------- */

/* Always FALSE. */
static gboolean
fail_sum (const ClipPrompt *prompt, GError **error)
{
  g_autofree char *shown = clip_printable (prompt->label, -1, CLIP_MESSAGE_NAME);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS,
      "prompt '%s': the terms of its sum cancel each other out, so that nothing is left to compare with", shown);
  return FALSE;
}

/* vector: [dim], room for one. sum: [dim], the same in double. */
static gboolean
add_up (ClipTerms *self, Files *files, guint index, float *vector, double *sum, GError **error)
{
  const ClipPrompt *prompt = clip_prompts_get (self->prompts, index);
  float *row = self->rows + (gsize)index * self->dim;
  double weights = 0, square = 0;
  memset (sum, 0, self->dim * sizeof *sum);
  for (guint t = 0; t < prompt->n_terms; t++) {
    const ClipTerm *term = &prompt->terms[t];
    const float *part = vector;
    if (term->kind == CLIP_TERM_VECTOR && !read_vector (self, files, index, term, vector, error))
      return FALSE;
    if (term->kind != CLIP_TERM_VECTOR)
      part = get_row (term->kind == CLIP_TERM_TEXT ? &self->texts : &self->pictures, term->value);
    weights += fabs ((double)term->weight);
    for (guint d = 0; d < self->dim; d++)
      sum[d] += (double)term->weight * part[d];
  }
  for (guint d = 0; d < self->dim; d++)
    square += sum[d] * sum[d];
  /* A broken model's NaN is not the prompt's fault. */
  if (sqrt (square) <= LEAST_LENGTH * weights)
    return fail_sum (prompt, error);
  for (guint d = 0; d < self->dim; d++)
    row[d] = (float)(sum[d] / sqrt (square));
  return TRUE;
}

static gboolean
make_rows (ClipTerms *self, ClipContext *context, GError **error)
{
  g_auto (Files) files = { .fingerprint = clip_model_get_info (clip_context_get_model (context))->fingerprint };
  g_autofree float *vector = g_try_new (float, self->dim);
  g_autofree double *sum = g_try_new (double, self->dim);
  if (!vector || !sum)
    return fail_memory (self, error);
  for (guint i = 0; i < self->n; i++) {
    const ClipPrompt *prompt = clip_prompts_get (self->prompts, i);
    float *row = self->rows + (gsize)i * self->dim;
    if (!is_plain (prompt)) {
      if (!clip_context_check_cancelled (context, error) || !add_up (self, &files, i, vector, sum, error))
        return FALSE;
      continue;
    }
    const float *source = get_row (&self->texts, prompt->terms[0].value);
    if (source != row)
      memcpy (row, source, self->dim * sizeof *row);
  }
  return TRUE;
}

gboolean
clip_terms_encode (ClipTerms *self, ClipTextEncoder *encoder, const ClipLabelsParams *params, GError **error)
{
  if (self->loaded)
    return TRUE;
  for (guint d = 0; d < self->dim && !self->has_empty; d++)
    self->rows[(gsize)self->n * self->dim + d] = NAN;
  /* Pictures first: one that cannot be read is found out before texts take their time. */
  if (!encode_pictures (self, encoder, params, error) || !encode_texts (self, encoder, error)
      || !make_rows (self, encoder->context, error))
    return FALSE;
  store (self, encoder->context, params->cache_dir);
  return TRUE;
}
