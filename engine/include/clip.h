/* SPDX-License-Identifier: MIT
 *
 * clip.h: the engine's only public header.
 *
 * CLIP (Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021) puts
 * pictures and sentences into one space: the text tower turns the names of categories into a linear classifier
 * for the image tower's embeddings. This engine runs Hugging Face CLIP folders on the CPU.
 *
 * Threads: ClipModel and ClipLabels are immutable and atomically reference-counted; use them from any thread.
 * ClipContext and ClipPreprocessor hold scratch memory: one caller at a time each.
 * Errors: every fallible call takes a GError and leaves its outputs untouched on failure. Messages are one line
 * and name the file, the field or tensor, what was found and what was expected. Data never aborts the process.
 */
#ifndef CLIP_H
#define CLIP_H

#include <glib.h>

G_BEGIN_DECLS

/* ---- Errors -------------------------------------------------------------------------------------------- */

#define CLIP_ERROR (clip_error_quark ())

typedef enum
{
  CLIP_ERROR_NOT_FOUND,   /* a file or folder does not exist */
  CLIP_ERROR_FILE,        /* a file cannot be read: no permission, not a regular file, too large, changed meanwhile */
  CLIP_ERROR_FORMAT,      /* a file's content is malformed: JSON, safetensors, merges */
  CLIP_ERROR_MODEL,       /* a well-formed model that contradicts itself: missing tensor, wrong shape */
  CLIP_ERROR_UNSUPPORTED, /* a valid thing that this engine does not do */
  CLIP_ERROR_NO_TOWER,    /* asked for images of a text-only model, or for texts of an image-only one */
  CLIP_ERROR_PROMPTS,     /* the prompts are empty, too many, too long or not UTF-8 */
  CLIP_ERROR_IMAGE,       /* the picture has no size, no data, or impossible strides */
  CLIP_ERROR_MEMORY,      /* a size that the data asked for cannot be allocated */
  CLIP_ERROR_CANCELLED    /* clip_context_cancel() was called */
} ClipErrorCode;

GQuark clip_error_quark (void);

/* The engine's version, "MAJOR.MINOR.PATCH". */
const char *clip_version (void);

/* What computes here: "AVX-512 VNNI" or the like, or, where no kernel of ours is fast, "plain C, f32 by " and what
 * OpenBLAS says of itself. */
const char *clip_kernels_description (void);

/* ---- Pictures ------------------------------------------------------------------------------------------ */

/* Names and memory layouts are those of GstVideoFormat. Alpha and padding are ignored ("X" and "A" alike), as OpenAI's
 * code does. */
typedef enum
{
  CLIP_FORMAT_RGB,
  CLIP_FORMAT_BGR,
  CLIP_FORMAT_RGBX,
  CLIP_FORMAT_BGRX,
  CLIP_FORMAT_XRGB,
  CLIP_FORMAT_XBGR,
  CLIP_FORMAT_GRAY8,
  CLIP_FORMAT_I420,
  CLIP_FORMAT_YV12, /* planes are given in memory order: Y, V, U */
  CLIP_FORMAT_NV12,
  CLIP_FORMAT_NV21,
  CLIP_FORMAT_YUY2,
  CLIP_FORMAT_UYVY,
  CLIP_FORMAT_Y42B,
  CLIP_FORMAT_Y444,
  CLIP_FORMAT_YVYU,
  CLIP_FORMAT_NV16,
  CLIP_FORMAT_NV61,
  CLIP_FORMAT_NV24,
  CLIP_FORMAT_Y41B,
  CLIP_FORMAT_AYUV,
  CLIP_FORMAT_VUYA,
  CLIP_FORMAT_V308,
  CLIP_FORMAT_GBR,
  CLIP_FORMAT_RGBP,
  CLIP_FORMAT_BGRP,
  CLIP_FORMAT_P010_10LE, /* from here on more than 8 bits: 16-bit words */
  CLIP_FORMAT_P012_LE,
  CLIP_FORMAT_P016_LE,
  CLIP_FORMAT_I420_10LE,
  CLIP_FORMAT_I420_12LE,
  CLIP_FORMAT_I422_10LE,
  CLIP_FORMAT_I422_12LE,
  CLIP_FORMAT_Y444_10LE,
  CLIP_FORMAT_Y444_12LE,
  CLIP_FORMAT_Y444_16LE,
  CLIP_FORMAT_Y210,
  CLIP_FORMAT_Y212_LE,
  CLIP_FORMAT_V216,
  CLIP_FORMAT_Y410,
  CLIP_FORMAT_Y412_LE,
  CLIP_FORMAT_AYUV64_LE,
  CLIP_FORMAT_GBR_10LE,
  CLIP_FORMAT_GBR_12LE,
  CLIP_FORMAT_GBR_16LE,
  CLIP_FORMAT_RGBA64_LE,
  CLIP_FORMAT_BGRA64_LE,
  CLIP_FORMAT_ARGB64_LE,
  CLIP_FORMAT_ABGR64_LE,
  CLIP_FORMAT_RGB10A2_LE,
  CLIP_FORMAT_BGR10A2_LE,
  CLIP_FORMAT_GRAY16_LE,
  CLIP_N_FORMATS
} ClipFormat;

typedef enum
{
  CLIP_COLOUR_RGB,
  CLIP_COLOUR_GRAY,
  CLIP_COLOUR_YUV
} ClipColourModel;

#define CLIP_FORMAT_MAX_NAMES 4

/* One format: where its components lie, in the order R, G, B or Y, Cb, Cr. A sample is a byte where depth is 8, else a
 * little-endian 16-bit word: (word >> shift) & ((1 << depth) - 1). */
typedef struct
{
  const char *names[CLIP_FORMAT_MAX_NAMES]; /* of GStreamer's formats that are read as this one, its own first */
  ClipColourModel colour;
  guint n_planes;         /* that are read, those of alpha left out */
  guint h_shift, v_shift; /* log2 of the chroma's subsampling */
  guint depth;            /* bits */
  struct
  {
    guint8 plane, offset, step; /* bytes: of the first sample from the plane's start, from sample to sample */
    guint8 shift;
  } components[3];
} ClipFormatInfo;

/* NULL for a value that is no format. Strings and struct are static. */
const ClipFormatInfo *clip_format_get_info (ClipFormat format);
guint clip_format_info_n_components (const ClipFormatInfo *info);

/* What a code is multiplied by to become one of 8 bits, by ITU-T H.273: the narrow ("limited") ranges of n bits are
 * those of 8 bits times 2^(n-8), full ones go up to 2^n - 1. Chroma is code - 2^(n-1), 0 being gray. RGB is full
 * always. */
double clip_format_info_get_scale (const ClipFormatInfo *info, gboolean full_range);

/* Y'CbCr to R'G'B' matrix; ignored for RGB formats. */
typedef enum
{
  CLIP_MATRIX_BT601,
  CLIP_MATRIX_BT709,
  CLIP_MATRIX_BT2020,
  CLIP_MATRIX_FCC,
  CLIP_MATRIX_SMPTE240M
} ClipMatrix;

/* The weights of red and blue in luma by ITU-T H.273. FALSE for a value that is no matrix. */
gboolean clip_matrix_get_weights (ClipMatrix matrix, double *ret_red, double *ret_blue);

/* Where chroma samples sit relative to luma; bits may be combined. 0 = in the middle (JPEG, MPEG-1). */
typedef enum
{
  CLIP_CHROMA_CENTRED = 0,
  CLIP_CHROMA_H_COSITED = 1 << 0, /* MPEG-2, H.264's default: above the left luma sample */
  CLIP_CHROMA_V_COSITED = 1 << 1
} ClipChromaSite;

/* What code values mean in light. SDR pictures are taken as they are, whatever their curve. PQ (SMPTE ST 2084) and HLG
 * (ITU-R BT.2100) are brought to SDR at the model's size. */
typedef enum
{
  CLIP_TRANSFER_SDR,
  CLIP_TRANSFER_PQ,
  CLIP_TRANSFER_HLG
} ClipTransfer;

/* BT.709 stands for all that are close to it and are taken as they are; BT.2020's colours are brought to BT.709's. */
typedef enum
{
  CLIP_PRIMARIES_BT709,
  CLIP_PRIMARIES_BT2020
} ClipPrimaries;

/* What has to be done to the picture as it lies in memory for it to be upright; names and numbers are those of
 * GstVideoOrientationMethod. EXIF's 1 to 8 are IDENTITY, HORIZ, 180, VERT, UL_LR, 90R, UR_LL, 90L. */
typedef enum
{
  CLIP_ORIENTATION_IDENTITY,
  CLIP_ORIENTATION_90R, /* turn it clockwise */
  CLIP_ORIENTATION_180,
  CLIP_ORIENTATION_90L,
  CLIP_ORIENTATION_HORIZ, /* flip left and right */
  CLIP_ORIENTATION_VERT,  /* flip top and bottom */
  CLIP_ORIENTATION_UL_LR, /* flip across the diagonal from the upper left: transpose */
  CLIP_ORIENTATION_UR_LL
} ClipOrientation;

/* A frame in the caller's memory, borrowed for the length of the call. Whatever follows `chroma_site` may be 0: a
 * progressive, upright SDR picture with square pixels. A field of an interlaced frame is a picture of half the height
 * with twice the strides and pixels twice as tall.
 * The picture is shown upright and with square pixels, whose shorter side is what is stretched for that (352x576 with
 * 24:11 is shown as 768x576), and resized to the input in one step. Pixels from 1:64 to 64:1 are taken; others, and
 * values that cannot be, are CLIP_ERROR_IMAGE. */
typedef struct
{
  ClipFormat format;
  guint width, height;     /* in pixels as they lie in memory, >= 1 */
  const guint8 *planes[3]; /* first byte of each plane the format has; others are ignored */
  gint strides[3];         /* bytes from row to row of each plane; may exceed the row, may be negative (bottom-up) */
  ClipMatrix matrix;       /* YUV only */
  gboolean full_range;     /* YUV and gray: 0..255 instead of 16..235/240. RGB is always full range. */
  ClipChromaSite chroma_site;

  ClipTransfer transfer;
  ClipPrimaries primaries;
  float max_luminance; /* PQ: of the brightest pixel, in cd/m2 (MaxCLL or the mastering display's); 0 = unknown */
  guint par_n, par_d;  /* width : height of a pixel as it lies in memory; with a 0 it is square */
  ClipOrientation orientation; /* of the picture as it lies in memory, which has the display's shape when this and the
                                * pixels' shape are undone; `fit` is about that one */
} ClipImage;

/* How a picture that is not square meets a square input. */
typedef enum
{
  CLIP_FIT_CROP,    /* the reference's way: short side to the input size, then the centre. Loses 44 % of 16:9. */
  CLIP_FIT_STRETCH, /* the whole picture, aspect ratio lost */
  CLIP_FIT_PAD      /* the whole picture, long side to the input size, mean-coloured bars */
} ClipFit;

/* Which half of an odd centre-crop difference is cut at the top/left: transformers floors the offset, OpenAI's
 * reference (torchvision) rounds it half to even. They differ by one row or column of the resized picture. */
typedef enum
{
  CLIP_CROP_FLOOR,
  CLIP_CROP_HALF_EVEN
} ClipCropRule;

/* ---- Models -------------------------------------------------------------------------------------------- */

typedef struct _ClipModel ClipModel;

/* How the blocks' weights are kept and multiplied. The last projection and layer norms are f32 always; so is the
 * patches' layer, but for bf16 beside int8 where this CPU is fast at it. Attention's own products are bf16 with bf16
 * weights, and with int8 ones where this CPU is fast at it; else f32. */
typedef enum
{
  CLIP_PRECISION_F32,
  CLIP_PRECISION_BF16, /* weights and activations rounded to bfloat16, sums in f32: the same sums on every CPU, and
                        * faster than f32 on AMD's CPUs with AVX512_BF16 */
  CLIP_PRECISION_INT8, /* 8-bit weights, one scale an output; 8-bit activations, one range a token, outliers exact */
  CLIP_PRECISION_AUTO  /* each layer by itself: int8, else bf16, where this CPU is fast at it and a check at load finds
                        * it good; else f32 */
} ClipPrecision;

/* "f32", "bf16", "int8" or "auto", and back: FALSE for any other name. */
const char *clip_precision_name (ClipPrecision precision);
gboolean clip_precision_from_name (const char *name, ClipPrecision *ret_precision);

typedef struct
{
  const char *name;        /* the folder's base name, e.g. "clip-vit-base-patch32"; valid as long as the model */
  const char *fingerprint; /* 16 hex digits; equal for equal configuration, tensors and tokenizer (see README) */
  gboolean has_vision, has_text;
  guint embedding_dim; /* floats in one embedding (projection_dim) */
  guint image_size;    /* side of the square input, in pixels; 0 without an image tower */
  guint patch_size;
  guint vision_width, vision_layers, vision_heads;
  guint text_width, text_layers, text_heads;
  guint context_length; /* tokens of a text, start and end included; 0 without a text tower */
  guint vocab_size;
  float logit_scale;   /* exp() of the trained parameter: 100 for OpenAI's models */
  gboolean non_finite; /* a weight is NaN or infinite: it loads, but scores may be 0 throughout */
  gsize n_parameters;
  ClipPrecision precision; /* what came of it: INT8 when any layer is, else BF16 when any is, F32 when all are */
  guint n_layers, n_int8_layers, n_bf16_layers; /* linear layers of the blocks, and how many of them are not f32 */
  float worst_error; /* the worst root mean square error of such a layer's outputs, relative, in the check at load */
} ClipModelInfo;

/* Loads a Hugging Face CLIP folder: config.json; model.safetensors (or its shards by model.safetensors.index.json);
 * processor_config.json where it has an "image_processor", else preprocessor_config.json (CLIP's defaults and a warning
 * where there is neither); tokenizer.json, else vocab.json + merges.txt, and what tokenizer_config.json,
 * special_tokens_map.json and added_tokens.json say of added tokens: each as transformers 5 goes by them.
 * Folders of CLIPVisionModelWithProjection and CLIPTextModelWithProjection load as one tower, as do those of
 * CLIPVisionModel and CLIPTextModel, which have no projection: their embeddings are the tower's pooled output.
 * Tensors may be F32, F16 or BF16; every shape is checked against the configuration before use.
 * path: a folder, in the file system's encoding. Returns a new reference, or NULL with `error` set. */
ClipModel *clip_model_load_full (const char *path, ClipPrecision precision, GError **error);

/* The same in f32. */
ClipModel *clip_model_load (const char *path, GError **error);

/* Seeded random weights of a real architecture, for measuring speed without a download:
 * "vit-b-32", "vit-b-16" or "vit-l-14" (OpenAI's shapes), with "-outliers" behind for the same function with huge
 * channels behind the layer norms, which is what makes int8 hard. It has both towers but no tokenizer. */
ClipModel *clip_model_new_random (const char *architecture, guint32 seed, ClipPrecision precision, GError **error);

ClipModel *clip_model_ref (ClipModel *model);
void clip_model_unref (ClipModel *model);
const ClipModelInfo *clip_model_get_info (const ClipModel *model);

/* What is odd about a folder that loaded all the same and may make its results others than expected, e.g. a file that
 * is missing and the defaults taken for it: one line each, to be shown to whoever chose the folder. NULL-terminated,
 * most often empty; valid as long as the model. */
const char *const *clip_model_get_warnings (const ClipModel *model);

/* The folder of the embedded default model: $CLIPTAG_DEFAULT_MODEL, else the build tree's copy when this binary runs
 * from it, else the installed one. Newly allocated; NULL with `error` set when none is there. */
char *clip_default_model_path (GError **error);

/* Token ids as the text tower gets them: start token, byte-level BPE, end token, truncated to context_length with the
 * end token kept. ret_ids: room for context_length values. Returns the count (>= 2), or 0 with `error` set. */
guint clip_model_tokenize (const ClipModel *model, const char *text, guint32 *ret_ids, GError **error);

/* How many tokens the whole text has, start and end included: with more than context_length, what it says at its end is
 * lost. 0 with `error` set. */
guint clip_model_count_tokens (const ClipModel *model, const char *text, GError **error);

/* ---- Preprocessing ------------------------------------------------------------------------------------- */

typedef struct _ClipPreprocessor ClipPreprocessor;

/* Resize (Pillow's antialiased bicubic, bit-exact for 8-bit RGB), fit and normalise, as the model's
 * processor_config.json or preprocessor_config.json says. Formats of more than 8 bits go the same way without its
 * roundings to 8 bits, HDR and BT.2020 become SDR of BT.709 at the model's size (README: design notes). Holds a
 * reference to the model. NULL with `error` set for a text-only model. */
ClipPreprocessor *clip_preprocessor_new (ClipModel *model, ClipFit fit, ClipCropRule rule, GError **error);
void clip_preprocessor_free (ClipPreprocessor *self);

/* ret_pixels: [3][image_size][image_size], normalised by the model's mean and deviation. Nothing is allocated
 * unless the picture's size, shape, orientation or format differs from the last one's. */
gboolean clip_preprocessor_run (ClipPreprocessor *self, const ClipImage *image, float *ret_pixels, GError **error);

/* ---- Encoding ------------------------------------------------------------------------------------------ */

typedef struct _ClipContext ClipContext;

typedef struct
{
  guint n_threads; /* the calling thread included; 0 = as many as this process may use CPUs */
  guint max_batch; /* pictures encoded at once; scratch is sized for it; more are done in turns. Default 1 */
  ClipFit fit;
  ClipCropRule crop_rule;
} ClipContextParams;

/* Fills in the defaults: all CPUs, batch 1, crop as transformers does. */
void clip_context_params_init (ClipContextParams *params);

/* params may be NULL for the defaults. Holds a reference to the model. */
ClipContext *clip_context_new (ClipModel *model, const ClipContextParams *params, GError **error);
void clip_context_free (ClipContext *self);
ClipModel *clip_context_get_model (ClipContext *self);
guint clip_context_get_n_threads (const ClipContext *self);

/* CPU time that the calling thread and the context's other threads have taken since they started, in nanoseconds: the
 * difference around a call is what it cost, and what other contexts had those threads do meanwhile. */
gint64 clip_context_get_cpu_time (const ClipContext *self);

/* Makes the call under way, or else the next one, return CLIP_ERROR_CANCELLED, in some milliseconds whatever the
 * model: it is looked at within products, too, and while other contexts have the threads. The one call that may be made
 * from another thread. */
void clip_context_cancel (ClipContext *self);

/* ret_embeddings: [n][embedding_dim], each of unit length. Same input, any thread count: the same bits; where the CPU
 * has kernels of ours (AVX2), any batch too. */
gboolean clip_context_encode_images (
    ClipContext *self, const ClipImage *images, guint n, float *ret_embeddings, GError **error);

/* The same from what clip_preprocessor_run() made. pixels: [n][3][image_size][image_size]. */
gboolean clip_context_encode_pixels (
    ClipContext *self, const float *pixels, guint n, float *ret_embeddings, GError **error);

/* texts: n UTF-8 strings. ret_embeddings: [n][embedding_dim], each of unit length. */
gboolean clip_context_encode_texts (
    ClipContext *self, const char *const *texts, guint n, float *ret_embeddings, GError **error);

/* The same from token ids. ids: the sequences one after another; lengths: [n], each 1..context_length. */
gboolean clip_context_encode_tokens (
    ClipContext *self, const guint32 *ids, const guint *lengths, guint n, float *ret_embeddings, GError **error);

/* ---- Prompts and labels -------------------------------------------------------------------------------- */

#define CLIP_MAX_PROMPTS      100000    /* of one set */
#define CLIP_MAX_PROMPT_BYTES (1 << 20) /* of one prompt; far beyond what the text tower reads */

/* What the user wrote: an immutable, reference-counted list of prompts with their templates. */
typedef struct _ClipPrompts ClipPrompts;

typedef struct
{
  const char *text;  /* what the text tower reads, put into each template at "{}" */
  const char *label; /* what people read; the text itself unless the file says otherwise */
  float threshold;   /* lowest score at which it is reported; NaN = the caller's */
  gboolean negative; /* takes part in the scores, is never reported: "none of these" */
  float prior;       /* > 0, 1 = as the model has it: how many times as likely it is before a picture is seen; its share
                      * in softmax and sigmoid is multiplied by it. Cosines stay as they are */
} ClipPrompt;

/* "a cat;a dog": semicolons separate (prompts contain commas), "\;" is a semicolon, blanks around are dropped. */
ClipPrompts *clip_prompts_new_from_string (const char *text, GError **error);

/* A text file with one prompt a line ('#' starts a comment line, blank lines are skipped), or, when the first
 * character that is not blank is '{' or '[', JSON:
 *   {"templates":["a photo of a {}."],
 *    "prompts":[{"text":"a cat","label":"cat","threshold":0.5,"negative":false,"prior":1}]}
 * where a prompt may also be a plain string and, without templates, the list of prompts is enough. Unknown and
 * duplicate keys are errors that name them. */
ClipPrompts *clip_prompts_new_from_file (const char *path, GError **error);

/* A copy of `self` with other templates: `|`-separated, each with exactly one "{}"; NULL or "" = "{}". */
ClipPrompts *clip_prompts_with_templates (ClipPrompts *self, const char *templates, GError **error);

ClipPrompts *clip_prompts_ref (ClipPrompts *self);
void clip_prompts_unref (ClipPrompts *self);
guint clip_prompts_get_size (const ClipPrompts *self);
const ClipPrompt *clip_prompts_get (const ClipPrompts *self, guint index);
const char *const *clip_prompts_get_templates (const ClipPrompts *self); /* NULL-terminated, at least one */

typedef struct _ClipLabels ClipLabels;

typedef enum
{
  CLIP_SCORE_SOFTMAX, /* softmax over all prompts of logit_scale x cosine / temperature: they share 1 */
  CLIP_SCORE_SIGMOID, /* each prompt against the negatives, or against an empty text when there are none: 0..1 each */
  CLIP_SCORE_COSINE   /* the raw cosine, -1..1 */
} ClipScoreMode;

typedef struct
{
  ClipScoreMode mode;
  float temperature; /* > 0; 1 = the model's own scale, larger = flatter */
  float threshold;   /* for prompts without one of their own */
} ClipRankParams;

typedef struct
{
  guint index;  /* into the prompts */
  float score;  /* by the mode; 0 where it is not a number */
  float cosine; /* -1..1; 0 where it is not a number */
} ClipMatch;

/* How far a long encoding has come, in texts; `total` stays the same and `done` never falls. */
typedef void (*ClipProgress) (guint64 done, guint64 total, gpointer user_data);

/* Encodes every prompt in every template, averages over templates and normalises again, as CLIP's zero-shot recipe
 * does. Holds references to the prompts. Takes as long as encoding prompts x templates texts (a prompt that is there
 * twice is encoded once), which are made and encoded a batch at a time: memory is needed for the result alone.
 * clip_context_cancel() ends it. Short for clip_labels_new_full() without progress or cache. */
ClipLabels *clip_labels_new (ClipContext *context, ClipPrompts *prompts, GError **error);

/* progress: NULL, or called from within this call, before the first batch with 0 and after each one, at the end with
 * done == total; only so where nothing has to be encoded.
 * cache_dir: NULL, or a folder (in the file system's encoding; made if missing) to keep the embeddings in and to take
 * them from when the same prompts come again for the same model: the same bits, without encoding. Files there that are
 * damaged or not ours are never believed, a folder that cannot be used goes without saying, and the oldest files make
 * room for new ones. Any number of processes may share it. */
ClipLabels *clip_labels_new_full (ClipContext *context, ClipPrompts *prompts, ClipProgress progress, gpointer user_data,
    const char *cache_dir, GError **error);

/* The user's folder for that: $XDG_CACHE_HOME/cliptag/labels. Newly allocated. */
char *clip_labels_cache_dir (void);

ClipLabels *clip_labels_ref (ClipLabels *self);
void clip_labels_unref (ClipLabels *self);
ClipPrompts *clip_labels_get_prompts (const ClipLabels *self); /* borrowed */

/* Prompts that are longer than the text tower reads, so that what they say at their end counts for nothing: one line
 * each with the number of tokens, a few at most and how many more there are. NULL-terminated, most often empty; valid
 * as long as the labels. */
const char *const *clip_labels_get_warnings (const ClipLabels *self);

/* embedding: [embedding_dim], unit length. Writes the best first, at most `max`, those that reach their threshold and
 * are not negative; equal scores keep the prompts' order. Returns how many were written. Allocates nothing. */
guint clip_labels_rank (
    const ClipLabels *self, const float *embedding, const ClipRankParams *params, ClipMatch *ret_matches, guint max);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipModel, clip_model_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipPreprocessor, clip_preprocessor_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipContext, clip_context_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipPrompts, clip_prompts_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipLabels, clip_labels_unref)

G_END_DECLS

#endif /* CLIP_H */
