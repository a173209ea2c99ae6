/* SPDX-License-Identifier: MIT
 *
 * hdr.h: tone and gamut mapping of HDR and BT.2020 pictures to SDR BT.709.
 *
 * CLIP models are trained on SDR pictures in BT.709. Code values of PQ (SMPTE ST 2084) and HLG (ITU-R BT.2100) read as
 * SDR look washed out. The head of hdr.c describes the mapping.
 * Threads: clip_hdr_row() only reads its ClipHdr; any number of threads may share one.
 */
#ifndef CLIP_HDR_H
#define CLIP_HDR_H

#include <stddef.h>

#include "clip.h"

#define CLIP_HDR_STEPS 2048 /* in the table of each curve */

/* HDR reference white (ITU-R BT.2408), which maps to SDR white, and the peak whose highlights are still told apart,
 * also assumed where a picture has none; both in cd/m2. */
#define CLIP_HDR_WHITE    203.0
#define CLIP_HDR_MAX_PEAK 1000.0

/* Private; public only to be embedded. About 24 KB. Light is linear, 1 = SDR white. */
typedef struct
{
  float to_light[CLIP_HDR_STEPS + 2]; /* code value of 0..1 -> light; HLG: scene light, 1 = the brightest */
  float rolled[CLIP_HDR_STEPS + 2];   /* 4th root of light / peak -> light, at most 1 */
  float to_sdr[CLIP_HDR_STEPS + 2];   /* square root of light -> code value of 0..255 */
  float peak, knee;                   /* light: the brightest, and the start of the roll-off (= peak: none) */
  float luma[3];                      /* weights of the input's linear R, G, B */
  gboolean is_hlg, is_wide, is_plain; /* HLG's system gamma; BT.2020 primaries; nothing to do */
} ClipHdr;

/* Builds the tables, which takes a millisecond: call it when an argument changes, not for each picture.
 * max_luminance: of the brightest pixel in cd/m2, for PQ; 0, negative or not finite = unknown. */
void clip_hdr_init (ClipHdr *self, ClipTransfer transfer, ClipPrimaries primaries, float max_luminance);

/* In place: converts n non-linear R'G'B' values, fractions of 0..255 in the given transfer and primaries, to SDR BT.709
 * R'G'B' of 0..255. Inputs are clamped to 0..255 first; NaN counts as 0. */
void clip_hdr_row (const ClipHdr *self, size_t n, float *r, float *g, float *b);

#endif
