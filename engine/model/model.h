/* SPDX-License-Identifier: MIT
 *
 * model.h: a loaded CLIP: configuration and weights of both towers. Immutable after loading; shared by reference.
 *
 * Weights are copied out of the file (converted to f32, queries scaled, q/k/v joined) and it is closed: it may be
 * replaced or truncated while the model is in use, and is an error where that happens while it is read.
 */
#ifndef CLIP_MODEL_H
#define CLIP_MODEL_H

#include "nn/block.h"
#include "clip.h"
#include "image/preprocess.h"
#include "model/safetensors.h"
#include "tokenizer/tokenizer.h"

/* What both towers' configurations share. */
typedef struct
{
  guint width, intermediate, n_layers, n_heads;
  ClipActivation activation;
  float eps; /* of every layer norm */
} ClipTowerConfig;

typedef struct
{
  ClipTowerConfig config;
  guint image_size, patch_size, n_patches, n_tokens; /* tokens = patches + 1 (class) */
  ClipPreprocessConfig preprocess;
  ClipLinear patch;       /* [width][3 * patch * patch] */
  float *class_embedding; /* [width] */
  float *position;        /* [n_tokens][width] */
  ClipNorm pre_norm, post_norm;
  ClipBlock *blocks;     /* [n_layers] */
  ClipLinear projection; /* [embedding_dim][width] */
} ClipVision;

typedef struct
{
  ClipTowerConfig config;
  guint context_length, vocab_size;
  guint eos_token_id; /* pooled at its first place; 2 = the old rule: at the largest id's first place */
  float *token;       /* [vocab_size][width] */
  float *position;    /* [context_length][width] */
  ClipNorm final_norm;
  ClipBlock *blocks;        /* [n_layers] */
  ClipLinear projection;    /* [embedding_dim][width] */
  ClipTokenizer *tokenizer; /* NULL for a random model */
} ClipText;

struct _ClipModel
{
  gatomicrefcount ref_count;
  ClipModelInfo info;  /* info.name and .fingerprint are owned here */
  ClipVision *vision;  /* NULL when absent */
  ClipText *text;      /* NULL when absent */
  ClipPages pages;     /* both towers' packed weights */
  GPtrArray *warnings; /* of lines, NULL at its end; empty for a random model */
};

/* Configuration of one folder, read from config.json with Hugging Face's defaults (config.c). */
typedef struct
{
  gboolean has_vision, has_text;
  ClipTowerConfig vision, text;
  guint image_size, patch_size;
  guint context_length, vocab_size, eos_token_id;
  guint projection_dim;
  gboolean no_projection; /* one tower as CLIPVisionModel or CLIPTextModel; projection_dim is its width */
  float logit_scale;      /* the parameter before exp(); what the file's logit_scale tensor overrides */
} ClipConfig;

gboolean clip_config_load (ClipConfig *config, const char *path, GError **error);

/* precision.c. Packs a block's linear layers in the precision asked for, into `pages`, and counts them in `info`. FALSE
 * when memory ran out. */
gboolean clip_model_pack_block (ClipModelInfo *info, ClipPrecision precision, ClipPages *pages, ClipBlock *block);

/* The same for the layer that pictures go in by: f32, but bf16 beside int8 where this CPU is fast at it, whose error is
 * a tenth of what int8 costs behind it. Beside bf16 it would be most of the whole tower's. */
gboolean clip_model_pack_patches (ClipPrecision precision, ClipPages *pages, ClipLinear *patch);

/* Both towers' shapes without weights; the caller fills these in. */
ClipModel *clip_model_new_empty (const ClipConfig *config);

/* identity.c. Newly allocated. The name is the folder's, or the repository's of a download cache. The fingerprint is of
 * all that decides the results, but not of how the JSON files spell it: equal models get equal ones. It is the last
 * that reads the weights' files: NULL with `error` set where they were changed meanwhile. */
char *clip_model_make_name (const char *path);
char *clip_model_make_fingerprint (const ClipModel *self, const ClipSafetensors *tensors, GError **error);

/* Texts that the tower runs at once. The arrays are as long as the most rows there may be. */
typedef struct
{
  ClipSequences sequences;
  guint32 *ids;  /* [sequences.rows], of the rows' tokens */
  guint *shared; /* sequences.shared */
  guint *pooled; /* [sequences.n], ascending: rows of the end tokens */
} ClipTextBatch;

/* For what takes its time before it encodes: FALSE, and an error, when the context was told to stop. */
gboolean clip_context_check (ClipContext *self, GError **error);

/* How many tokens two texts have in common at their beginnings. */
guint clip_text_common (const guint32 *a, guint a_length, const guint32 *b, guint b_length);

/* Gathers texts, from the first on, while they take at most max_rows rows (>= the longest text). ids: n texts one after
 * another, lengths: [n], kept by the batch. Returns how many went in. */
guint clip_text_gather (
    const ClipText *self, const guint32 *ids, const guint *lengths, guint n, guint max_rows, ClipTextBatch *batch);

/* Tower programs (vision.c, text.c). Scratch as block.h has it; x: [rows][width]. `cancel` is looked at between and,
 * where the scratch's operands have it too, within the parts of a block: FALSE when it is not 0. */

/* One step of n pictures, 0..clip_vision_n_steps() - 1 in this order: patches, each block, projection.
 * pixels: [n][3][image_size][image_size], read by the first; ret: [n][embedding_dim], unit length,
 * written by the last. Only x is kept from step to step. */
guint clip_vision_n_steps (const ClipVision *self);
gboolean clip_vision_step (const ClipVision *self, ClipPool *pool, guint step, const float *pixels, guint n, float *x,
    ClipBlockScratch *scratch, const gint *cancel, float *ret);

/* ret: [sequences.n][embedding_dim], unit length. */
gboolean clip_text_run (const ClipText *self, ClipPool *pool, const ClipTextBatch *batch, float *x,
    ClipBlockScratch *scratch, const gint *cancel, float *ret);

#endif
