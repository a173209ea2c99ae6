/* SPDX-License-Identifier: MIT
 *
 * formats.c: descriptions of pixel formats and colour matrices. See clip.h; the table is clip-formats.h.
 */
#include "clip.h"

/* ---- Formats ----------------------------------------------------------------------------------------------- */

#define PLANE(plane, offset, step, shift) (plane)
#define STEP(plane, offset, step, shift)  (step)
#define SHIFT(plane, offset, step, shift) (shift)
#define LAYOUT(plane, offset, step, shift)                                                                             \
  {                                                                                                                    \
    plane, offset, step, shift                                                                                         \
  }

/* Alpha's planes come last and are not read. */
#define N_PLANES(first, second, third) (MAX (MAX (PLANE first, PLANE second), PLANE third) + 1)

#define INFO(name, colour_model, bits, h, v, first, second, third, ...)                                                \
  [CLIP_FORMAT_##name] = {                                                                                             \
    .names = { __VA_ARGS__ },                                                                                          \
    .colour = CLIP_COLOUR_##colour_model,                                                                              \
    .n_planes = N_PLANES (first, second, third),                                                                       \
    .h_shift = h,                                                                                                      \
    .v_shift = v,                                                                                                      \
    .depth = bits,                                                                                                     \
    .components = { LAYOUT first, LAYOUT second, LAYOUT third },                                                       \
  },
static const ClipFormatInfo formats[] = { CLIP_FORMATS (INFO) };

/* What the resize and the change measure can read; a line that asks for more does not compile. */
#define IS_READABLE(depth, component)                                                                                  \
  ((depth) == 8 ? STEP component <= 4 && SHIFT component == 0                                                          \
                : (depth) > 8 && STEP component != 1 && SHIFT component + (depth) <= 16)

#define CHECK(name, colour, depth, h_shift, v_shift, first, second, third, ...)                                        \
  G_STATIC_ASSERT (IS_READABLE (depth, first) && IS_READABLE (depth, second) && IS_READABLE (depth, third));           \
  G_STATIC_ASSERT (N_PLANES (first, second, third) <= G_N_ELEMENTS (((ClipImage *)NULL)->planes));                     \
  G_STATIC_ASSERT (                                                                                                    \
      STEP first > 0 && (CLIP_COLOUR_##colour == CLIP_COLOUR_GRAY || (STEP second > 0 && STEP third > 0)));            \
  G_STATIC_ASSERT (G_N_ELEMENTS (((const char *[]){ __VA_ARGS__ })) <= CLIP_FORMAT_MAX_NAMES);
CLIP_FORMATS (CHECK)

const ClipFormatInfo *
clip_format_get_info (ClipFormat format)
{
  return (guint)format < CLIP_N_FORMATS ? &formats[format] : NULL;
}

guint
clip_format_info_n_components (const ClipFormatInfo *info)
{
  return info->colour == CLIP_COLOUR_GRAY ? 1 : 3;
}

double
clip_format_info_get_scale (const ClipFormatInfo *info, gboolean full_range)
{
  if (full_range || info->colour == CLIP_COLOUR_RGB)
    return 255.0 / ((1u << info->depth) - 1);
  return 1.0 / (1u << (info->depth - 8));
}

/* ---- Matrices ---------------------------------------------------------------------------------------------- */

gboolean
clip_matrix_get_weights (ClipMatrix matrix, double *ret_red, double *ret_blue)
{
  static const struct
  {
    double red, blue;
  } luma[] = {
    [CLIP_MATRIX_BT601] = { 0.299, 0.114 },
    [CLIP_MATRIX_BT709] = { 0.2126, 0.0722 },
    [CLIP_MATRIX_BT2020] = { 0.2627, 0.0593 },
    [CLIP_MATRIX_FCC] = { 0.30, 0.11 },
    [CLIP_MATRIX_SMPTE240M] = { 0.212, 0.087 },
  };
  if ((guint)matrix >= G_N_ELEMENTS (luma))
    return FALSE;
  *ret_red = luma[matrix].red;
  *ret_blue = luma[matrix].blue;
  return TRUE;
}
