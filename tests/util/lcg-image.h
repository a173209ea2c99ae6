/* SPDX-License-Identifier: MIT
 *
 * lcg-image.h: the test picture of tests/golden, by its formula (see tests/golden/README.md).
 */
#ifndef LCG_IMAGE_H
#define LCG_IMAGE_H

#include <glib.h>

/* [height][width][3]; newly allocated. */
static inline guint8 *
lcg_image (guint width, guint height, guint32 seed)
{
  guint8 *rgb = g_malloc ((gsize)width * height * 3), *to = rgb;
  guint32 state = seed;
  for (guint y = 0; y < height; y++)
    for (guint x = 0; x < width; x++)
      for (guint c = 0; c < 3; c++) {
        state = state * 1664525u + 1013904223u;
        *to++ = (guint8)(((x * 7 + y * 3 + c * 85) & 255) / 2 + (state >> 25));
      }
  return rgb;
}

#endif
