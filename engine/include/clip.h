/* SPDX-License-Identifier: MIT
 *
 * clip.h: the engine's public interface: pictures, models, contexts. clip-labels.h (prompts, scores) and clip-track.h
 * (scores over time, events), which it includes, clip-json.h and clip-message.h beside it are public, too.
 *
 * CLIP (Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021) maps pictures
 * and sentences into one space: the text tower turns the names of categories into a linear classifier for the image
 * tower's embeddings. This engine runs Hugging Face CLIP folders on the CPU.
 *
 * Threads: ClipModel, ClipPrompts and ClipLabels are immutable and atomically reference-counted; use them from any
 * thread. ClipContext and ClipPreprocessor hold scratch memory: one caller at a time each.
 * Errors: every fallible call takes a GError and leaves its outputs untouched on failure. Messages are one line and
 * name the file, the field or tensor, what was found and what was expected. Bad data never aborts the process.
 */
#ifndef CLIP_H
#define CLIP_H

#include <glib.h>

#include "clip-formats.h"
#include "clip-labels.h"
#include "clip-track.h"

G_BEGIN_DECLS

/* ---- Errors -------------------------------------------------------------------------------------------- */

#define CLIP_ERROR (clip_error_quark ())

typedef enum
{
  CLIP_ERROR_NOT_FOUND,   /* a file or folder does not exist */
  CLIP_ERROR_FILE,        /* a file cannot be read: no permission, not a regular file, too large, changed meanwhile */
  CLIP_ERROR_FORMAT,      /* a file's content is malformed: JSON, safetensors, merges */
  CLIP_ERROR_MODEL,       /* a well-formed model that contradicts itself: missing tensor, wrong shape */
  CLIP_ERROR_UNSUPPORTED, /* valid, but not implemented by this engine */
  CLIP_ERROR_NO_TOWER,    /* pictures for a text-only model, or texts for an image-only one */
  CLIP_ERROR_PROMPTS,     /* the prompts are empty, too many, too long or not UTF-8 */
  CLIP_ERROR_IMAGE,       /* the picture has no size, no data, or impossible strides */
  CLIP_ERROR_MEMORY,      /* not enough memory for a size that the data asks for */
  CLIP_ERROR_CANCELLED    /* clip_context_cancel() was called */
} ClipErrorCode;

GQuark clip_error_quark (void);

/* The engine's version, "MAJOR.MINOR.PATCH". */
const char *clip_version (void);

/* The kernels in use, e.g. "AVX-512 VNNI"; on a CPU without hand-written ones "plain C, f32 by " and OpenBLAS's
 * description of itself. A static string. */
const char *clip_kernels_description (void);

/* ---- Pictures ------------------------------------------------------------------------------------------ */

/* Names and memory layouts are GstVideoFormat's; clip-formats.h has the list. Planes are given in memory order: Y, V, U
 * for YV12. Alpha and padding are ignored ("X" and "A" alike), as in OpenAI's code. */
#define CLIP_FORMAT_VALUE(name, ...) CLIP_FORMAT_##name,
typedef enum
{
  CLIP_FORMATS (CLIP_FORMAT_VALUE) CLIP_N_FORMATS
} ClipFormat;
#undef CLIP_FORMAT_VALUE

typedef enum
{
  CLIP_COLOUR_RGB,
  CLIP_COLOUR_GRAY,
  CLIP_COLOUR_YUV
} ClipColourModel;

#define CLIP_FORMAT_MAX_NAMES 4

/* The layout of a format, with components in the order R, G, B or Y, Cb, Cr. A sample is a byte if depth is 8, else a
 * little-endian 16-bit word, with the value (word >> shift) & ((1 << depth) - 1). */
typedef struct
{
  const char *names[CLIP_FORMAT_MAX_NAMES]; /* GStreamer's, its own first, then those that differ in alpha */
  ClipColourModel colour;
  guint n_planes;         /* without alpha's */
  guint h_shift, v_shift; /* log2 of the chroma's subsampling */
  guint depth;            /* bits */
  struct
  {
    guint8 plane, offset, step; /* bytes: from the plane's start to the first sample, from sample to sample */
    guint8 shift;               /* bits below the value */
  } components[3];
} ClipFormatInfo;

/* NULL for values out of range. The struct and its strings are static. */
const ClipFormatInfo *clip_format_get_info (ClipFormat format);
guint clip_format_info_n_components (const ClipFormatInfo *info);

/* The factor from a code to the scale of 8 bits by ITU-T H.273: narrow ("limited") ranges of n bits are those of 8 bits
 * times 2^(n-8), full ones reach 2^n - 1. Chroma is code - 2^(n-1), with 0 for gray. RGB is always full range. */
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

/* The weights of red and blue in luma by ITU-T H.273. FALSE for values out of range. */
gboolean clip_matrix_get_weights (ClipMatrix matrix, double *ret_red, double *ret_blue);

/* Siting of chroma samples relative to luma; bits may be combined. 0 = in the middle (JPEG, MPEG-1). */
typedef enum
{
  CLIP_CHROMA_CENTRED = 0,
  CLIP_CHROMA_H_COSITED = 1 << 0, /* MPEG-2, H.264's default: above the left luma sample */
  CLIP_CHROMA_V_COSITED = 1 << 1
} ClipChromaSite;

/* Transfer characteristics. SDR pictures are used as they are, with any curve. PQ (SMPTE ST 2084) and HLG (ITU-R
 * BT.2100) are tone-mapped to SDR at the model's size. */
typedef enum
{
  CLIP_TRANSFER_SDR,
  CLIP_TRANSFER_PQ,
  CLIP_TRANSFER_HLG
} ClipTransfer;

/* BT.709 stands for all primaries close to it, which are used as they are; BT.2020 is mapped to BT.709. */
typedef enum
{
  CLIP_PRIMARIES_BT709,
  CLIP_PRIMARIES_BT2020
} ClipPrimaries;

/* The transform that makes the picture in memory upright; names and numbers are GstVideoOrientationMethod's. EXIF's 1
 * to 8 are IDENTITY, HORIZ, 180, VERT, UL_LR, 90R, UR_LL, 90L. */
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

/* A frame in the caller's memory, borrowed for the duration of the call. Fields after `chroma_site` may be 0: a
 * progressive, upright SDR picture with square pixels. A field of an interlaced frame is a picture of half the height
 * with twice the strides and pixels twice as tall.
 * One resize makes the picture upright, its pixels square by stretching their shorter side (352x576 with 24:11 is
 * displayed as 768x576), and fits it to the input. Pixels from 1:64 to 64:1 are supported; others, and values out of
 * range, are CLIP_ERROR_IMAGE. */
typedef struct
{
  ClipFormat format;
  guint width, height;     /* in pixels in memory, 1..32768 */
  const guint8 *planes[3]; /* first byte of each of the format's planes; others are ignored */
  gint strides[3];         /* bytes from row to row of each plane; may exceed the row, may be negative (bottom-up) */
  ClipMatrix matrix;       /* YUV only */
  gboolean full_range;     /* YUV and gray: 0..255 instead of 16..235/240. RGB is always full range. */
  ClipChromaSite chroma_site;

  ClipTransfer transfer;
  ClipPrimaries primaries;
  float max_luminance; /* PQ: of the brightest pixel, in cd/m2 (MaxCLL or the mastering display's); 0 = unknown */
  guint par_n, par_d;  /* width : height of a pixel in memory; square if either is 0 */
  ClipOrientation orientation; /* of the picture in memory; `fit` applies to the upright one with square pixels */
} ClipImage;

/* How a picture is fitted to the square input. */
typedef enum
{
  CLIP_FIT_CROP,    /* as the reference: short side to the input size, then the centre. Loses 44 % of 16:9 */
  CLIP_FIT_STRETCH, /* the whole picture, aspect ratio lost */
  CLIP_FIT_PAD      /* the whole picture, long side to the input size, mean-coloured bars */
} ClipFit;

/* Rounding of a centre crop's offset when an odd number of rows or columns is cut: transformers floors it, OpenAI's
 * reference (torchvision) rounds half to even. They differ by one row or column of the resized picture. */
typedef enum
{
  CLIP_CROP_FLOOR,
  CLIP_CROP_HALF_EVEN
} ClipCropRule;

/* ---- Change -------------------------------------------------------------------------------------------- */

/* How much a picture differs from an earlier one. A thumbnail holds the mean colours of a grid of cells; the measure is
 * the root mean square of the differences over all cells and R, G, B, in per cent of full scale: 0 = the same picture,
 * 100 = black against white. All formats give one measure.
 * Both structs are plain, of some kilobytes, and copied by assignment; nothing is allocated.
 * Threads: clip_change_make_thumbnail() may be called from any thread; a ClipChange takes one caller at a time. */

/* 32 x 18 cells of a wide picture, 18 x 32 of a tall one, fewer of a picture with fewer pixels. */
#define CLIP_CHANGE_LONG_SIDE  32
#define CLIP_CHANGE_SHORT_SIDE 18

/* Thresholds that work on the recordings of tests/bench/bench-change.c. To skip what changes less: above the noise of
 * sensors and codecs and 2 % of exposure flicker, below a person at the edge of a 720p picture (3.6). To react to what
 * changes more: above the motion from frame to frame seen by static cameras (13 at most), below a cut between two
 * recordings (31). */
#define CLIP_CHANGE_GOOD_MIN 1.5
#define CLIP_CHANGE_GOOD_ON  15.0

typedef struct
{
  ClipFormat format;
  guint64 width, height; /* of the displayed shape, in arbitrary units */
  ClipOrientation orientation;
  guint columns, n_cells; /* of the grid, as it lies in memory */
  guint16 cells[CLIP_CHANGE_LONG_SIDE * CLIP_CHANGE_SHORT_SIDE]
               [3]; /* [n_cells][3]: mean R, G, B, in 1/256 of a level */
} ClipThumbnail;

typedef struct
{
  gboolean has_last;
  ClipThumbnail last;
} ClipChange;

/* Samples a few rows of each cell: some hundredths of a millisecond for 1080p. Takes the pictures that
 * clip_preprocessor_run() takes; FALSE with CLIP_ERROR_IMAGE, and ret_thumbnail untouched, for others. */
gboolean clip_change_make_thumbnail (const ClipImage *image, ClipThumbnail *ret_thumbnail, GError **error);

/* Leaves the cells whose middle is inside of a polygon (as clip_preprocessor_mask() has it, of the same picture), to
 * notice nothing of what changes around it; all cells where that would leave none. Once for a thumbnail. */
void clip_thumbnail_mask (ClipThumbnail *self, const ClipPoint *points, guint n);

/* Nothing is remembered: at the start (as in a zeroed struct), after a seek, with a new model. */
void clip_change_forget (ClipChange *self);

/* Later pictures are compared with this one, which has been encoded. Do not remember a picture that an earlier one's
 * embedding was kept for: slow changes have to add up until they count. */
void clip_change_remember (ClipChange *self, const ClipThumbnail *thumbnail);

/* Returns 0..100; 100 where nothing is remembered. A picture whose shape, size, orientation or format differs from the
 * remembered one's makes `self` forget. One field of a frame has the shape of both. */
double clip_change_measure (ClipChange *self, const ClipThumbnail *thumbnail);

/* ---- Models -------------------------------------------------------------------------------------------- */

typedef struct _ClipModel ClipModel;

/* How the blocks' weights are stored and multiplied. The last projection and the layer norms are always f32. The patch
 * embedding is f32, or bf16 beside int8 where this CPU is fast at it. Attention's own products are bf16 with bf16
 * weights, and with int8 ones where this CPU is fast at bf16; else f32. */
typedef enum
{
  CLIP_PRECISION_F32,
  CLIP_PRECISION_BF16, /* weights and activations rounded to bfloat16, accumulated in f32: the same results on every
                        * CPU, and faster than f32 on AMD's CPUs with AVX512_BF16 */
  CLIP_PRECISION_INT8, /* 8-bit weights, one scale per output; 8-bit activations, one range per token, outliers exact */
  CLIP_PRECISION_AUTO  /* for each layer int8, else bf16, where this CPU is fast at it and a check at load finds the
                        * error small; else f32 */
} ClipPrecision;

/* "f32", "bf16", "int8" or "auto", and back; FALSE for any other name. */
const char *clip_precision_name (ClipPrecision precision);
gboolean clip_precision_from_name (const char *name, ClipPrecision *ret_precision);

typedef struct
{
  const char *name;        /* the folder's base name, e.g. "clip-vit-base-patch32"; valid as long as the model */
  const char *fingerprint; /* 16 hex digits; equal if configuration, tensors and tokenizer are (see README) */
  gboolean has_vision, has_text;
  guint embedding_dim; /* floats in one embedding (projection_dim) */
  guint image_size;    /* side of the square input, in pixels; 0 without an image tower */
  guint patch_size;
  guint vision_width, vision_layers, vision_heads;
  guint text_width, text_layers, text_heads;
  guint context_length; /* most tokens of a text, start and end included; 0 without a text tower */
  guint vocab_size;
  float logit_scale;   /* exp() of the trained parameter: 100 for OpenAI's models */
  gboolean non_finite; /* a weight is NaN or infinite: the model loads, but every score may be 0 */
  gsize n_parameters;
  ClipPrecision precision;                      /* in use: INT8 if any layer is, else BF16 if any is, else F32 */
  guint n_layers, n_int8_layers, n_bf16_layers; /* linear layers of the blocks; how many are int8 and bf16 */
  float worst_error; /* the largest relative RMS error of an int8 or bf16 layer's outputs in the check at load */
} ClipModelInfo;

/* Loads a Hugging Face CLIP folder: config.json; model.safetensors (or its shards by model.safetensors.index.json);
 * processor_config.json if it has an "image_processor", else preprocessor_config.json (without either CLIP's defaults
 * and a warning); tokenizer.json, else vocab.json + merges.txt, with the added tokens of tokenizer_config.json,
 * special_tokens_map.json and added_tokens.json; all read as transformers 5 does.
 * Folders of CLIPVisionModelWithProjection and CLIPTextModelWithProjection load as one tower. So do those of
 * CLIPVisionModel and CLIPTextModel, which have no projection: their embeddings are the tower's pooled output.
 * Tensors may be F32, F16 or BF16; every shape is checked against the configuration before use.
 * path: a folder, in the file system's encoding. Returns a new reference, or NULL with `error` set. */
ClipModel *clip_model_load_full (const char *path, ClipPrecision precision, GError **error);

/* clip_model_load_full() in f32. */
ClipModel *clip_model_load (const char *path, GError **error);

ClipModel *clip_model_ref (ClipModel *model);
void clip_model_unref (ClipModel *model);
const ClipModelInfo *clip_model_get_info (const ClipModel *model);

/* Oddities of a folder that loaded nevertheless but whose results may be unexpected, e.g. a missing file replaced by
 * defaults: one line each, to be shown to the user. NULL-terminated, usually empty; valid as long as the model. */
const char *const *clip_model_get_warnings (const ClipModel *model);

/* The folder of the built-in model: $CLIPTAG_DEFAULT_MODEL, else the build tree's copy if this binary runs from there,
 * else the installed one. Newly allocated; NULL with `error` set if there is none. */
char *clip_default_model_path (GError **error);

/* The token ids that the text tower reads: start token, byte-level BPE, end token, truncated to context_length with the
 * end token kept. ret_ids: room for context_length values. Returns their number (>= 2), or 0 with `error` set. */
guint clip_model_tokenize (const ClipModel *model, const char *text, guint32 *ret_ids, GError **error);

/* The number of tokens of the whole text, start and end included; beyond context_length its end is cut off. 0 with
 * `error` set. */
guint clip_model_count_tokens (const ClipModel *model, const char *text, GError **error);

/* ---- Preprocessing ------------------------------------------------------------------------------------- */

typedef struct _ClipPreprocessor ClipPreprocessor;

/* Resize (Pillow's antialiased bicubic, bit-exact for 8-bit RGB), fit and normalise, as the model's
 * processor_config.json or preprocessor_config.json says. Formats of more than 8 bits are processed alike but without
 * rounding to 8 bits; HDR and BT.2020 become SDR BT.709 at the model's size (README: design notes). Holds a reference
 * to the model. NULL with `error` set for a text-only model. */
ClipPreprocessor *clip_preprocessor_new (ClipModel *model, ClipFit fit, ClipCropRule rule, GError **error);
void clip_preprocessor_free (ClipPreprocessor *self);

/* ret_pixels: [3][image_size][image_size], normalised by the model's mean and deviation. Allocates only when the
 * picture's size, shape, orientation or format differs from the last one's. */
gboolean clip_preprocessor_run (ClipPreprocessor *self, const ClipImage *image, float *ret_pixels, GError **error);

/* Paints what lies outside of a polygon with the mean colour, by the even-odd rule at the middle of each pixel. pixels:
 * of the last run. points: [n], at most CLIP_MAX_ZONE_POINTS, 0..1 of that run's whole picture, upright. */
void clip_preprocessor_mask (ClipPreprocessor *self, const ClipPoint *points, guint n, float *pixels);

/* ---- Encoding ------------------------------------------------------------------------------------------ */

typedef struct _ClipContext ClipContext;

typedef struct
{
  guint n_threads; /* including the calling thread; 0 = as many as the CPUs that this process may use */
  guint max_batch; /* pictures encoded at once, for which scratch memory is sized; more run in turns. Default 1 */
  ClipFit fit;
  ClipCropRule crop_rule;
} ClipContextParams;

/* Fills in the defaults: all CPUs, batch 1, crop as in transformers. */
void clip_context_params_init (ClipContextParams *params);

/* params may be NULL for the defaults. Holds a reference to the model. */
ClipContext *clip_context_new (ClipModel *model, const ClipContextParams *params, GError **error);
void clip_context_free (ClipContext *self);
ClipModel *clip_context_get_model (ClipContext *self);
guint clip_context_get_n_threads (const ClipContext *self);

/* The CPU time of the calling thread and the context's other threads since they started, in nanoseconds. The difference
 * around a call is its cost, including what those threads did for other contexts meanwhile. */
gint64 clip_context_get_cpu_time (const ClipContext *self);

/* Makes the call in progress, or else the next one, fail with CLIP_ERROR_CANCELLED within some milliseconds whatever
 * the model: it is also checked within matrix products and while other contexts occupy the threads. The only call
 * allowed from another thread. */
void clip_context_cancel (ClipContext *self);

/* ret_embeddings: [n][embedding_dim], each of unit length. The same input gives the same bits with any number of
 * threads; where the CPU has AVX2, in any batch, too. */
gboolean clip_context_encode_images (
    ClipContext *self, const ClipImage *images, guint n, float *ret_embeddings, GError **error);

/* The same from the output of clip_preprocessor_run(). pixels: [n][3][image_size][image_size]. */
gboolean clip_context_encode_pixels (
    ClipContext *self, const float *pixels, guint n, float *ret_embeddings, GError **error);

/* texts: n UTF-8 strings. ret_embeddings: [n][embedding_dim], each of unit length. */
gboolean clip_context_encode_texts (
    ClipContext *self, const char *const *texts, guint n, float *ret_embeddings, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipModel, clip_model_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipPreprocessor, clip_preprocessor_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipContext, clip_context_free)

G_END_DECLS

#endif /* CLIP_H */
