/* SPDX-License-Identifier: MIT
 *
 * context.c: threads and scratch for encoding. Memory is sized when the context is made, for max_batch pictures or
 * TEXT_ROWS tokens; longer lists are encoded in batches. One caller at a time; others only touch `cancel`.
 */
#include "context.h"

#include <pthread.h>
#include <string.h>

#include "clip-message.h"
#include "image/image.h"
#include "model/model.h"
#include "runtime/arena.h"

/* Rows of tokens encoded at once: 32 prompts of 8 tokens, some 60 that share a template's, or 3 full texts of 77;
 * enough that products run at full speed. */
#define TEXT_ROWS 256

struct _ClipContext
{
  ClipModel *model;
  ClipPool *pool;
  ClipPreprocessor *preprocessor; /* NULL without an image tower */
  guint max_batch, text_rows;
  ClipArena arena;
  float *pixels; /* [max_batch][3][image_size][image_size] */
  float *x;      /* [rows][width] */
  float *result; /* [max (max_batch, text_rows)][embedding_dim] */
  ClipBlockScratch scratch;
  guint *steps; /* [max_batch]: steps done of each picture */
  ClipTextBatch texts;
  gint cancel;
};

struct _ClipPreprocessor
{
  ClipModel *model;
  ClipImagePipe *pipe;
};

/* ---- Preprocessor -------------------------------------------------------------------------------------- */

static gboolean
need_vision (const ClipModel *model, GError **error)
{
  if (model->vision)
    return TRUE;
  g_autofree char *shown = clip_printable (model->info.name, -1, CLIP_MESSAGE_NAME);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_NO_TOWER,
      "%s is a text-only model (no vision_model in it), cannot encode pictures", shown);
  return FALSE;
}

static gboolean
need_text (const ClipModel *model, GError **error)
{
  if (model->text)
    return TRUE;
  g_autofree char *shown = clip_printable (model->info.name, -1, CLIP_MESSAGE_NAME);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_NO_TOWER,
      "%s is an image-only model (no text_model in it), cannot encode texts", shown);
  return FALSE;
}

ClipPreprocessor *
clip_preprocessor_new (ClipModel *model, ClipFit fit, ClipCropRule rule, GError **error)
{
  if (!need_vision (model, error))
    return NULL;
  g_autoptr (ClipPreprocessor) self = g_new0 (ClipPreprocessor, 1);
  self->model = clip_model_ref (model);
  self->pipe = clip_image_pipe_new (&model->vision->preprocess, model->vision->image_size, fit, rule);
  if (self->pipe)
    return g_steal_pointer (&self);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for pictures of %u x %u",
      model->vision->image_size, model->vision->image_size);
  return NULL;
}

void
clip_preprocessor_free (ClipPreprocessor *self)
{
  if (!self)
    return;
  clip_image_pipe_free (self->pipe);
  clip_model_unref (self->model);
  g_free (self);
}

gboolean
clip_preprocessor_run (ClipPreprocessor *self, const ClipImage *image, float *ret_pixels, GError **error)
{
  return clip_image_pipe_run (self->pipe, image, ret_pixels, error);
}

void
clip_preprocessor_mask (ClipPreprocessor *self, const ClipPoint *points, guint n, float *pixels)
{
  clip_image_pipe_mask (self->pipe, points, n, pixels);
}

/* ---- Context ------------------------------------------------------------------------------------------- */

void
clip_context_params_init (ClipContextParams *params)
{
  *params = (ClipContextParams){ .n_threads = 0, .max_batch = 1, .fit = CLIP_FIT_CROP, .crop_rule = CLIP_CROP_FLOOR };
}

/* The scratch of one tower; the towers never run together, so they share the larger. */
typedef struct
{
  gsize x, heads, wide, attention, pixels, result;
  gsize lhs, wide_lhs, longest_row, lhs_rows; /* left-hand sides in bytes */
} ScratchNeed;

static void
add_lhs (ScratchNeed *need, gsize rows, gsize k)
{
  need->lhs = MAX (need->lhs, clip_packed_lhs_size (rows, k));
  need->longest_row = MAX (need->longest_row, k);
  need->lhs_rows = MAX (need->lhs_rows, rows);
}

static void
add_need (ScratchNeed *need, const ClipTowerConfig *tower, gsize rows, gsize longest, gsize threads)
{
  need->x = MAX (need->x, rows * tower->width);
  need->heads = MAX (need->heads, rows * tower->width);
  gsize wide = MAX (clip_qkv_outputs (tower->width, tower->n_heads), tower->intermediate);
  need->wide = MAX (need->wide, rows * wide);
  need->wide_lhs = MAX (need->wide_lhs, clip_packed_lhs_size (rows, wide));
  need->attention = MAX (need->attention, threads * clip_attention_scratch (longest, tower->width / tower->n_heads));
  add_lhs (need, rows, MAX (tower->width, tower->intermediate));
}

/* Rows and tasks are counted in 32 bits: the most rows of a batch, and of those the most tasks of one section. */
static gboolean
check_counts (const ClipTowerConfig *tower, gsize rows, GError **error)
{
  gsize widest = MAX (MAX (clip_qkv_outputs (tower->width, tower->n_heads), tower->intermediate), tower->width);
  gsize tasks = (rows / CLIP_BLOCK_ROWS + 1) * (widest / CLIP_PANEL + 1);
  if (MAX (rows, tasks) <= G_MAXINT32)
    return TRUE;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY,
      "a batch of %" G_GSIZE_FORMAT " rows is too large: encode fewer at once", rows);
  return FALSE;
}

/* No product here can overflow 64 bits: rows < 2^33 (batch 2^16, tokens 2^17), widths <= 2^20, threads < 2^12. */
static gboolean
allocate_scratch (ClipContext *self, GError **error)
{
  const ClipVision *vision = self->model->vision;
  const ClipText *text = self->model->text;
  gsize threads = clip_pool_n_threads (self->pool);
  ScratchNeed need = { 0 };
  if (vision) {
    gsize side = vision->image_size, rows = (gsize)self->max_batch * vision->n_tokens;
    if (!check_counts (&vision->config, rows, error))
      return FALSE;
    add_need (&need, &vision->config, rows, vision->n_tokens, threads);
    need.pixels = (gsize)self->max_batch * 3 * side * side;
    add_lhs (&need, (gsize)self->max_batch * vision->n_patches, vision->patch.n_in);
  }
  if (text)
    add_need (&need, &text->config, self->text_rows, text->context_length, threads);
  need.result = (gsize)MAX (self->max_batch, self->text_rows) * self->model->info.embedding_dim;

  gsize line_stride = (need.longest_row + 15) / 16 * 16;
  gsize x = clip_arena_reserve (&self->arena, need.x), heads = clip_arena_reserve (&self->arena, need.heads);
  gsize wide = clip_arena_reserve (&self->arena, need.wide);
  gsize wide_lhs = clip_arena_reserve (&self->arena, need.wide_lhs / sizeof (float));
  gsize attention = clip_arena_reserve (&self->arena, need.attention);
  gsize pixels = clip_arena_reserve (&self->arena, need.pixels);
  gsize lhs = clip_arena_reserve (&self->arena, need.lhs / sizeof (float));
  gsize quant = clip_arena_reserve (&self->arena, need.lhs_rows * sizeof (ClipQuantRow) / sizeof (float));
  gsize pooled = clip_arena_reserve (&self->arena, MAX (self->max_batch, self->text_rows)); /* as wide as a float */
  gsize steps = clip_arena_reserve (&self->arena, self->max_batch);                         /* these too */
  gsize ids = clip_arena_reserve (&self->arena, self->text_rows);
  gsize shared = clip_arena_reserve (&self->arena, self->text_rows);
  gsize line = clip_arena_reserve (&self->arena, threads * line_stride);
  gsize result = clip_arena_reserve (&self->arena, need.result);
  if (!clip_arena_allocate (&self->arena, error))
    return FALSE;
  self->x = clip_arena_get (&self->arena, x);
  self->pixels = clip_arena_get (&self->arena, pixels);
  self->result = clip_arena_get (&self->arena, result);
  self->scratch = (ClipBlockScratch){
    .lhs = {
      .data = (guint8 *)clip_arena_get (&self->arena, lhs),
      .quant = (ClipQuantRow *)clip_arena_get (&self->arena, quant),
      .line = clip_arena_get (&self->arena, line),
      .line_stride = line_stride,
      .block_rows = CLIP_BLOCK_ROWS,
      .cancel = &self->cancel,
    },
    .qkv = {
      .data = (guint8 *)clip_arena_get (&self->arena, wide_lhs),
      .block_rows = G_MAXUINT,
      .cancel = &self->cancel,
    },
    .hidden = {
      .data = (guint8 *)clip_arena_get (&self->arena, wide_lhs),
      .block_rows = CLIP_BLOCK_ROWS,
      .cancel = &self->cancel,
    },
    .heads = clip_arena_get (&self->arena, heads),
    .pooled = (guint *)(gpointer)clip_arena_get (&self->arena, pooled),
    .wide = clip_arena_get (&self->arena, wide),
    .attention = clip_arena_get (&self->arena, attention),
  };
  self->steps = (guint *)(gpointer)clip_arena_get (&self->arena, steps);
  self->texts = (ClipTextBatch){
    .ids = (guint32 *)(gpointer)clip_arena_get (&self->arena, ids),
    .shared = (guint *)(gpointer)clip_arena_get (&self->arena, shared),
    .pooled = self->scratch.pooled,
  };
  return TRUE;
}

ClipContext *
clip_context_new (ClipModel *model, const ClipContextParams *params, GError **error)
{
  ClipContextParams defaults;
  if (!params) {
    clip_context_params_init (&defaults);
    params = &defaults;
  }
  g_autoptr (ClipContext) self = g_new0 (ClipContext, 1);
  self->model = clip_model_ref (model);
  self->max_batch = CLAMP (params->max_batch, 1, 1 << 16);
  self->text_rows = MAX (TEXT_ROWS, model->info.context_length);
  self->pool = clip_pool_get (MIN (params->n_threads, 1024));
  if (!self->pool) {
    g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for the threads' pool");
    return NULL;
  }
  if (!allocate_scratch (self, error))
    return NULL;
  if (model->vision && !(self->preprocessor = clip_preprocessor_new (model, params->fit, params->crop_rule, error)))
    return NULL;
  return g_steal_pointer (&self);
}

void
clip_context_free (ClipContext *self)
{
  if (!self)
    return;
  clip_preprocessor_free (self->preprocessor);
  clip_pool_unref (self->pool);
  clip_arena_clear (&self->arena);
  clip_model_unref (self->model);
  g_free (self);
}

ClipModel *
clip_context_get_model (ClipContext *self)
{
  return self->model;
}

guint
clip_context_get_n_threads (const ClipContext *self)
{
  return clip_pool_n_threads (self->pool);
}

gint64
clip_context_get_cpu_time (const ClipContext *self)
{
  return clip_pool_cpu_time (self->pool);
}

void
clip_context_cancel (ClipContext *self)
{
  g_atomic_int_set (&self->cancel, TRUE);
  clip_pool_wake (self->pool);
}

/* A cancel counts once: for the call that sees it. */
static gboolean
fail_cancelled (ClipContext *self, GError **error)
{
  g_atomic_int_set (&self->cancel, FALSE);
  g_set_error_literal (error, CLIP_ERROR, CLIP_ERROR_CANCELLED, "encoding was cancelled");
  return FALSE;
}

gboolean
clip_context_check_cancelled (ClipContext *self, GError **error)
{
  return !clip_is_cancelled (&self->cancel) || fail_cancelled (self, error);
}

/* A thread's part of the scratch, for one picture: no more threads work than there are pictures in a batch. */
static ClipBlockScratch
scratch_for_worker (const ClipContext *self, guint worker)
{
  const ClipVision *vision = self->model->vision;
  gsize tokens = vision->n_tokens, width = vision->config.width;
  gsize lhs = MAX (clip_packed_lhs_size (tokens, MAX (width, vision->config.intermediate)),
      clip_packed_lhs_size (vision->n_patches, vision->patch.n_in));
  gsize wide = MAX (clip_qkv_outputs (width, vision->config.n_heads), vision->config.intermediate);
  ClipBlockScratch part = self->scratch;
  part.lhs.data += worker * lhs;
  part.lhs.quant += worker * tokens;
  part.lhs.line += worker * part.lhs.line_stride;
  part.heads += worker * tokens * width;
  part.wide += worker * tokens * wide;
  part.qkv.data = part.hidden.data = part.qkv.data + worker * clip_packed_lhs_size (tokens, wide);
  part.attention += worker * clip_attention_scratch (tokens, width / vision->config.n_heads);
  part.pooled += worker;
  return part;
}

#define STEP_TAKEN (1u << 31) /* in steps: a thread is working on it */

typedef struct
{
  ClipContext *context;
  const float *pixels;
  guint n;
  pthread_mutex_t lock; /* steps, cancelled */
  guint *steps;         /* [n], the next one of each picture */
  gboolean cancelled;
} ImageJob;

/* Takes the picture with the fewest steps done of those that no thread works on. FALSE if none has a step left. */
static gboolean
take_picture (ImageJob *job, guint *ret_image)
{
  guint best = 0;
  pthread_mutex_lock (&job->lock);
  for (guint i = 1; i < job->n; i++)
    if (job->steps[i] < job->steps[best])
      best = i;
  gboolean found = !job->cancelled && job->steps[best] < clip_vision_n_steps (job->context->model->vision);
  if (found)
    job->steps[best] |= STEP_TAKEN;
  pthread_mutex_unlock (&job->lock);
  *ret_image = best;
  return found;
}

static void
put_picture_back (ImageJob *job, guint image, gboolean done)
{
  pthread_mutex_lock (&job->lock);
  job->steps[image] = (job->steps[image] & ~STEP_TAKEN) + 1;
  job->cancelled |= !done;
  pthread_mutex_unlock (&job->lock);
}

static void
run_steps (gpointer data, guint task, guint worker)
{
  ImageJob *job = data;
  ClipContext *self = job->context;
  const ClipVision *vision = self->model->vision;
  gsize side = vision->image_size;
  ClipBlockScratch scratch = scratch_for_worker (self, worker);
  for (guint image; take_picture (job, &image);)
    put_picture_back (job, image,
        clip_vision_step (vision, NULL, job->steps[image] & ~STEP_TAKEN, job->pixels + (gsize)image * 3 * side * side,
            1, self->x + (gsize)image * vision->n_tokens * vision->config.width, &scratch, &self->cancel,
            self->result + (gsize)image * self->model->info.embedding_dim));
}

/* With at least a picture per thread, each thread takes the least advanced picture one step further: the step's data
 * stay in that core's cache, all pictures use a layer's weights within a short time, no thread waits for another
 * between layers, and a thread that the OS keeps from running holds up a single step. Fewer pictures are split among
 * the threads layer by layer. */
static gboolean
run_vision (ClipContext *self, const float *pixels, guint n)
{
  const ClipVision *vision = self->model->vision;
  guint n_threads = clip_pool_n_threads (self->pool);
  if (n >= n_threads) {
    ImageJob job
        = { .context = self, .pixels = pixels, .n = n, .lock = PTHREAD_MUTEX_INITIALIZER, .steps = self->steps };
    memset (job.steps, 0, n * sizeof *job.steps);
    clip_pool_run (self->pool, run_steps, &job, n_threads);
    pthread_mutex_destroy (&job.lock);
    return !job.cancelled;
  }
  for (guint step = 0; step < clip_vision_n_steps (vision); step++)
    if (!clip_vision_step (vision, self->pool, step, pixels, n, self->x, &self->scratch, &self->cancel, self->result))
      return FALSE;
  return TRUE;
}

/* Encodes one batch that fits; the caller's memory is written only when it is whole. */
static gboolean
encode_batch (ClipContext *self, const float *pixels, guint n, float *ret_embeddings, GError **error)
{
  if (!clip_pool_enter (self->pool, &self->cancel))
    return fail_cancelled (self, error);
  gboolean done = run_vision (self, pixels, n);
  clip_pool_leave (self->pool);
  if (!done)
    return fail_cancelled (self, error);
  memcpy (ret_embeddings, self->result, (gsize)n * self->model->info.embedding_dim * sizeof (float));
  return TRUE;
}

gboolean
clip_context_encode_pixels (ClipContext *self, const float *pixels, guint n, float *ret_embeddings, GError **error)
{
  if (!need_vision (self->model, error))
    return FALSE;
  gsize side = self->model->vision->image_size, dim = self->model->info.embedding_dim;
  for (guint first = 0; first < n; first += self->max_batch) {
    guint count = MIN (self->max_batch, n - first);
    if (!encode_batch (self, pixels + (gsize)first * 3 * side * side, count, ret_embeddings + first * dim, error))
      return FALSE;
  }
  return TRUE;
}

gboolean
clip_context_encode_images (ClipContext *self, const ClipImage *images, guint n, float *ret_embeddings, GError **error)
{
  if (!need_vision (self->model, error))
    return FALSE;
  gsize side = self->model->vision->image_size, dim = self->model->info.embedding_dim;
  for (guint first = 0; first < n; first += self->max_batch) {
    guint count = MIN (self->max_batch, n - first);
    for (guint i = 0; i < count; i++)
      if (!clip_preprocessor_run (
              self->preprocessor, &images[first + i], self->pixels + (gsize)i * 3 * side * side, error))
        return FALSE;
    if (!encode_batch (self, self->pixels, count, ret_embeddings + first * dim, error))
      return FALSE;
  }
  return TRUE;
}

static gboolean
check_tokens (const ClipText *text, const guint32 *ids, const guint *lengths, guint n, GError **error)
{
  gsize token = 0;
  for (guint i = 0; i < n; i++) {
    if (lengths[i] < 1 || lengths[i] > text->context_length) {
      g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "text %u has %u tokens, expected 1 to %u", i, lengths[i],
          text->context_length);
      return FALSE;
    }
    for (guint j = 0; j < lengths[i]; j++, token++)
      if (ids[token] >= text->vocab_size) {
        g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "text %u has token %u, the vocabulary has %u", i,
            ids[token], text->vocab_size);
        return FALSE;
      }
  }
  return TRUE;
}

gboolean
clip_context_encode_tokens (
    ClipContext *self, const guint32 *ids, const guint *lengths, guint n, float *ret_embeddings, GError **error)
{
  const ClipText *text = self->model->text;
  gsize dim = self->model->info.embedding_dim;
  if (!need_text (self->model, error) || !check_tokens (text, ids, lengths, n, error))
    return FALSE;
  for (guint first = 0; first < n;) {
    guint count = clip_text_gather (text, ids, lengths + first, n - first, self->text_rows, &self->texts);
    if (!clip_pool_enter (self->pool, &self->cancel))
      return fail_cancelled (self, error);
    gboolean done
        = clip_text_run (text, self->pool, &self->texts, self->x, &self->scratch, &self->cancel, self->result);
    clip_pool_leave (self->pool);
    if (!done)
      return fail_cancelled (self, error);
    memcpy (ret_embeddings + first * dim, self->result, count * dim * sizeof (float));
    for (guint i = 0; i < count; i++)
      ids += lengths[first++];
  }
  return TRUE;
}

gboolean
clip_context_encode_texts (ClipContext *self, const char *const *texts, guint n, float *ret_embeddings, GError **error)
{
  if (!need_text (self->model, error))
    return FALSE;
  guint context_length = self->model->text->context_length;
  g_autofree guint32 *ids = g_try_new (guint32, (gsize)n * context_length);
  g_autofree guint *lengths = g_try_new (guint, n);
  if (n && (!ids || !lengths)) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for the tokens of %u texts", n);
    return FALSE;
  }
  gsize used = 0;
  for (guint i = 0; i < n; i++) {
    if (!clip_context_check_cancelled (self, error))
      return FALSE;
    lengths[i] = clip_model_tokenize (self->model, texts[i], ids + used, error);
    if (!lengths[i])
      return FALSE;
    used += lengths[i];
  }
  return clip_context_encode_tokens (self, ids, lengths, n, ret_embeddings, error);
}
