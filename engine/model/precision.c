/* SPDX-License-Identifier: MIT
 *
 * precision.c: see precision.h.
 *
 * An explicit choice is obeyed. CLIP_PRECISION_AUTO decides for each layer: int8, else bf16, where this CPU is fast at
 * it and the layer's outputs differ little from f32's; else f32.
 */
#include "model/precision.h"

#include <math.h>
#include <string.h>

#include "nn/smooth-quant.h"

static const char *const precision_names[] = { "f32", "bf16", "int8", "auto" };

const char *
clip_precision_name (ClipPrecision precision)
{
  return precision_names[precision];
}

gboolean
clip_precision_from_name (const char *name, ClipPrecision *ret_precision)
{
  for (guint i = 0; i < G_N_ELEMENTS (precision_names); i++)
    if (g_str_equal (name, precision_names[i])) {
      *ret_precision = (ClipPrecision)i;
      return TRUE;
    }
  return FALSE;
}

gboolean
clip_precision_is_fast (ClipPrecision precision)
{
  const ClipKernels *kernels = clip_kernels ();
  return precision == CLIP_PRECISION_INT8 ? kernels->is_fast_s8 : kernels->is_fast_bf16;
}

/* ---- The error of a layer, tried ------------------------------------------------------------------------ */

#define TRY_ROWS    4
#define TRY_OUTPUTS 64

/* About normal: the sum of three uniform values, SplitMix64. One in 20 is an outlier, 40 times as large:
 * harder than trained models are. */
static float
synthetic_value (guint64 *state)
{
  guint64 z = (*state += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  z ^= z >> 31;
  float sum = 0;
  for (guint i = 0; i < 3; i++)
    sum += (float)(z >> (20 * i) & 0xfffff) / (float)0xfffff * 2 - 1;
  return (z >> 60) == 0 && (z & 15) < 13 ? sum * 40 : sum;
}

/* Some outputs of `self`, evenly spread. FALSE when memory runs out. */
static gboolean
take_sample (const ClipLinear *self, ClipLinear *ret)
{
  gsize k = self->n_in;
  guint n = MIN (TRY_OUTPUTS, self->n_out);
  if (!clip_linear_init (ret, n, self->n_in, FALSE))
    return FALSE;
  for (guint i = 0; i < n; i++)
    memcpy (ret->weight + i * k, self->weight + (gsize)i * self->n_out / n * k, k * sizeof (float));
  return TRUE;
}

/* The layer's own path, from rows of floats to outputs: found [TRY_ROWS][layer->n_out]. */
static gboolean
run_sample (ClipLinear *layer, ClipPrecision precision, const float *x, float *found)
{
  gsize k = layer->n_in;
  g_autofree guint8 *data = g_try_malloc (clip_packed_lhs_size (TRY_ROWS, k));
  g_autofree ClipQuantRow *quant = g_try_new (ClipQuantRow, TRY_ROWS);
  ClipPackedLhs lhs = { .data = data, .quant = quant, .block_rows = CLIP_BLOCK_ROWS };
  if (!data || !quant || !clip_linear_pack (layer, precision, NULL))
    return FALSE;
  clip_packed_lhs_fill (&lhs, layer->layout, NULL, x, k, TRY_ROWS, layer->n_in);
  clip_linear_run (layer, NULL, &lhs, found, layer->n_out, CLIP_ACTIVATION_NONE, FALSE);
  return TRUE;
}

/* What `precision` would cost this layer: runs a sample of its outputs on synthetic rows with outliers, shaped as
 * `norm` (or NULL) would, and compares with f32. ret_error: root mean square, relative to the outputs'. linear: not
 * packed yet. FALSE when memory runs out. */
static gboolean
measure_error (const ClipLinear *self, const ClipNorm *norm, ClipPrecision precision, float *ret_error)
{
  gsize k = self->n_in;
  g_autofree float *x = g_try_new (float, TRY_ROWS *k);
  float expected[TRY_ROWS * TRY_OUTPUTS], found[TRY_ROWS * TRY_OUTPUTS];
  guint64 state = 1;
  double error = 0, power = 0;
  for (gsize i = 0; x && i < TRY_ROWS * k; i++)
    x[i] = norm ? synthetic_value (&state) * norm->weight[i % k] + norm->bias[i % k] : synthetic_value (&state);

  ClipLinear sample;
  if (!x || !take_sample (self, &sample))
    return FALSE;
  guint n = sample.n_out;
  for (guint row = 0; row < TRY_ROWS; row++)
    for (guint j = 0; j < n; j++)
      expected[row * n + j] = clip_dot (x + row * k, sample.weight + j * k, k);
  gboolean done = run_sample (&sample, precision, x, found);
  clip_linear_clear (&sample);
  for (guint i = 0; done && i < TRY_ROWS * n; i++) {
    double difference = (double)found[i] - (double)expected[i];
    error += difference * difference;
    power += (double)expected[i] * (double)expected[i];
  }
  *ret_error = power == 0 ? 0 : (float)sqrt (error / power); /* NaN among the weights: NaN */
  return done;
}

/* ---- The choice ----------------------------------------------------------------------------------------- */

/* The largest relative error of a layer's outputs that CLIP_PRECISION_AUTO takes. Measured in int8: 0.007 to 0.023 in
 * the built-in model and in random ones, with planted outlier channels or without; 0.03 to 0.09 where each output has
 * one weight of 20 to 60 times its others, which coarsens all the rest. In bf16: at most 0.003. */
#define MAX_ERROR 0.03f

/* norm: what the layer reads, NULL if no layer norm. FALSE when memory runs out, which must not decide this. */
static gboolean
choose_precision (
    ClipModelInfo *info, ClipPrecision asked, ClipNorm *norm, ClipLinear *linear, ClipPrecision *ret_precision)
{
  static const ClipPrecision fastest_first[] = { CLIP_PRECISION_INT8, CLIP_PRECISION_BF16 };
  *ret_precision = CLIP_PRECISION_F32;
  for (guint i = 0; i < G_N_ELEMENTS (fastest_first); i++) {
    ClipPrecision precision = fastest_first[i];
    float error;
    if (asked != precision && !(asked == CLIP_PRECISION_AUTO && clip_precision_is_fast (precision)))
      continue;
    if (precision == CLIP_PRECISION_INT8 && norm && !clip_smooth_quant (norm, linear))
      return FALSE;
    if (!measure_error (linear, norm, precision, &error))
      return FALSE;
    if (asked == precision || error <= MAX_ERROR) { /* not a number: no */
      info->worst_error = MAX (info->worst_error, error);
      *ret_precision = precision;
      return TRUE;
    }
  }
  return TRUE;
}

static gboolean
pack_layer (ClipModelInfo *info, ClipPrecision asked, ClipPages *pages, ClipNorm *norm, ClipLinear *linear)
{
  ClipPrecision precision;
  if (!choose_precision (info, asked, norm, linear, &precision))
    return FALSE;
  info->n_layers++;
  info->n_int8_layers += precision == CLIP_PRECISION_INT8;
  info->n_bf16_layers += precision == CLIP_PRECISION_BF16;
  info->precision = MAX (info->precision, precision);
  return clip_linear_pack (linear, precision, pages);
}

gboolean
clip_precision_pack_block (ClipModelInfo *info, ClipPrecision precision, ClipPages *pages, ClipBlock *block)
{
  if (!pack_layer (info, precision, pages, &block->ln1, &block->qkv)
      || !pack_layer (info, precision, pages, NULL, &block->out)
      || !pack_layer (info, precision, pages, &block->ln2, &block->fc1)
      || !pack_layer (info, precision, pages, NULL, &block->fc2))
    return FALSE;
  /* Eight bits are too few for products of activations with each other. bf16 is chosen by its layer, on any CPU. */
  gboolean bf16 = block->qkv.layout == CLIP_LAYOUT_BF16
                  || (block->qkv.layout == CLIP_LAYOUT_S8 && clip_precision_is_fast (CLIP_PRECISION_BF16));
  block->attention = bf16 ? CLIP_LAYOUT_BF16 : CLIP_LAYOUT_F32;
  return TRUE;
}

gboolean
clip_precision_pack_patches (ClipPrecision precision, ClipPages *pages, ClipLinear *patch)
{
  gboolean bf16 = (precision == CLIP_PRECISION_INT8 || precision == CLIP_PRECISION_AUTO)
                  && clip_precision_is_fast (CLIP_PRECISION_BF16);
  return clip_linear_pack (patch, bf16 ? CLIP_PRECISION_BF16 : CLIP_PRECISION_F32, pages);
}
