/* SPDX-License-Identifier: MIT
 *
 * hdrframe.h: generator of HDR clips: drawn pictures with a camera's faults, each as SDR and as its twin in PQ, HLG or
 * BT.2020, 10 bits, 4:2:0. Needs no file and no program that knows HDR; link pipelines/demo/street.c.
 */
#ifndef HDRFRAME_H
#define HDRFRAME_H

#include <string.h>

#include "hdrencode.h"
#include "street.h"

#define HDR_N_PICTURES 12

/* R'G'B' of picture `index`, 0..255; [height][width][3], newly allocated. The street's look changes from one to the
 * next as faulty cameras and evenings do. */
static inline guint8 *
hdr_draw_sdr (guint index, guint width, guint height)
{
  static const struct
  {
    double gain[3], offset, saturation, noise;
  } looks[HDR_N_PICTURES] = {
    { { 1.0, 1.0, 1.0 }, 0, 1.0, 0 },     /* clear */
    { { 0.35, 0.35, 0.35 }, 0, 1.0, 0 },  /* dark */
    { { 1.6, 1.6, 1.6 }, 50, 1.0, 0 },    /* overexposed */
    { { 0.25, 0.25, 0.25 }, 96, 0.6, 0 }, /* low contrast */
    { { 1.0, 1.0, 1.0 }, 0, 0.0, 0 },     /* grey */
    { { 1.0, 0.55, 0.55 }, 40, 1.0, 0 },  /* red tint */
    { { 0.55, 1.0, 0.6 }, 30, 1.0, 0 },   /* green tint */
    { { 0.55, 0.6, 1.0 }, 30, 1.0, 0 },   /* blue tint */
    { { 1.0, 0.85, 0.55 }, 10, 0.7, 0 },  /* evening */
    { { 0.9, 0.9, 0.9 }, 10, 1.0, 60 },   /* noisy */
    { { 1.0, 1.0, 1.0 }, 0, 1.8, 0 },     /* gaudy */
    { { 0.15, 0.15, 0.18 }, 0, 0.8, 12 }, /* night */
  };
  g_autoptr (Street) street = street_new (width, height);
  g_autofree guint32 *drawn = g_new (guint32, (gsize)width * height);
  street_draw (street, 1.0 + 1.7 * index, (guint8 *)drawn, 4 * width);

  guint8 *rgb = g_malloc ((gsize)width * height * 3);
  guint32 state = index + 1;
  for (gsize i = 0; i < (gsize)width * height; i++) {
    double level[3] = { drawn[i] >> 16 & 255, drawn[i] >> 8 & 255, drawn[i] & 255 };
    double luma = 0.2126 * level[0] + 0.7152 * level[1] + 0.0722 * level[2];
    for (guint c = 0; c < 3; c++) {
      state = state * 1664525u + 1013904223u;
      double noise = looks[index].noise * ((state >> 8) / (double)(1 << 24) - 0.5);
      double value = luma + looks[index].saturation * (level[c] - luma);
      value = looks[index].gain[c] * value + looks[index].offset + noise;
      rgb[3 * i + c] = CLAMP (value, 0.0, 255.0) + 0.5;
    }
  }
  return rgb;
}

/* Y'CbCr of one pixel by BT.2020's non-constant luminance; Cb, Cr: -0.5..0.5 */
static inline void
hdr_get_ycbcr (const guint8 *rgb, HdrKind kind, double *ret)
{
  double sdr[3] = { rgb[0], rgb[1], rgb[2] }, code[3];
  hdr_twin (sdr, kind, code);
  ret[0] = 0.2627 * code[0] + 0.6780 * code[1] + 0.0593 * code[2];
  ret[1] = (code[2] - ret[0]) / 1.8814;
  ret[2] = (code[0] - ret[0]) / 1.4746;
}

/* The twin of picture rgb as I420_10LE, or, semiplanar and shifted, as P010_10LE, in `kind`: narrow range, chroma at
 * the left of luma (MPEG-2's site). Sides are even; rows of each plane follow each other without padding. Newly
 * allocated; 3 * width * height bytes. */
static inline guint8 *
hdr_make_frame (const guint8 *rgb, guint width, guint height, HdrKind kind, gboolean p010)
{
  gsize area = (gsize)width * height;
  guint shift = p010 ? 6 : 0;
  g_autofree double *ycbcr = g_new (double, 3 * area);
  guint16 *frame = g_new (guint16, area * 3 / 2);
  for (gsize i = 0; i < area; i++) {
    hdr_get_ycbcr (rgb + 3 * i, kind, ycbcr + 3 * i);
    frame[i] = GUINT16_TO_LE ((guint16)(64.5 + 876.0 * ycbcr[3 * i]) << shift);
  }
  for (guint y = 0; y < height; y += 2)
    for (guint x = 0; x < width; x += 2)
      for (guint c = 0; c < 2; c++) {
        double sum = 0.0;
        for (guint line = y; line < y + 2; line++) {
          const double *row = ycbcr + 3 * (gsize)line * width + 1 + c;
          sum += row[3 * (x ? x - 1 : 0)] + 2.0 * row[3 * x] + row[3 * (x + 1)];
        }
        guint16 code = (guint16)(512.5 + 896.0 * sum / 8.0) << shift;
        gsize at = (gsize)y / 2 * (width / 2) + x / 2;
        frame[area + (p010 ? 2 * at + c : at + c * (area / 4))] = GUINT16_TO_LE (code);
      }
  return (guint8 *)frame;
}

#endif
