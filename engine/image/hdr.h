/* SPDX-License-Identifier: MIT
 *
 * hdr.h: light of HDR and wide-gamut pictures, brought to SDR.
 *
 * CLIP's models have seen SDR pictures of BT.709. Code values of PQ (SMPTE ST 2084) and HLG (ITU-R BT.2100) taken as if
 * they were such look washed out. The rule is written down at the head of hdr.c.
 * Threads: clip_hdr_row() only reads its ClipHdr; any number of threads may share one.
 */
#ifndef CLIP_HDR_H
#define CLIP_HDR_H

#include <stddef.h>

#include "clip.h"

#define CLIP_HDR_STEPS 2048 /* of each curve's table */

/* What HDR's reference white, SDR's white here, is in cd/m2 (ITU-R BT.2408); the highest peak whose highlights are kept
 * apart, and the one that is assumed where a picture does not say. */
#define CLIP_HDR_WHITE    203.0
#define CLIP_HDR_MAX_PEAK 1000.0

/* Private, but here so that it can be a member; about 24 KB. Light 1 is SDR's white. */
typedef struct
{
  float to_light[CLIP_HDR_STEPS + 2]; /* code value of 0..1 -> light; HLG: of the scene, 1 = the brightest */
  float rolled[CLIP_HDR_STEPS + 2];   /* 4th root of light / peak -> light of at most 1 */
  float to_sdr[CLIP_HDR_STEPS + 2];   /* square root of light -> code value of 0..255 */
  float peak, knee;                   /* light: the brightest, and where the roll-off starts (peak: nowhere) */
  float luma[3];                      /* of linear R, G, B as they come in */
  gboolean is_hlg, is_wide, is_plain; /* has HLG's system gamma; BT.2020's primaries; nothing is to be done */
} ClipHdr;

/* Builds the tables: a millisecond; call it when an argument has changed, not for each picture.
 * max_luminance: of the brightest pixel in cd/m2, for PQ; 0, negative or not finite = unknown. */
void clip_hdr_init (ClipHdr *self, ClipTransfer transfer, ClipPrimaries primaries, float max_luminance);

/* In place: n non-linear R'G'B' values of 0..255, with fractions, as the transfer and primaries say, become R'G'B' of
 * SDR BT.709, in 0..255. What sticks out of 0..255 is clamped first; NaN counts as 0. */
void clip_hdr_row (const ClipHdr *self, size_t n, float *r, float *g, float *b);

#endif
