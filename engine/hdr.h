/* SPDX-License-Identifier: MIT
 *
 * hdr.h: light of HDR and wide-gamut pictures, brought to SDR.
 *
 * CLIP's models have seen SDR pictures of BT.709. Code values of PQ (SMPTE ST 2084) and HLG (ITU-R BT.2100) taken as if
 * they were such look washed out. What a row of non-linear R'G'B' becomes is written down at clip_hdr_init().
 * Threads: clip_hdr_row() only reads its ClipHdr; any number of threads may share one.
 */
#ifndef CLIP_HDR_H
#define CLIP_HDR_H

#include <stddef.h>

#include "clip.h"

#define CLIP_HDR_STEPS 2048 /* of each curve's table */

/* Private, but here so that it can be a member; about 24 KB. */
typedef struct
{
  float to_light[CLIP_HDR_STEPS + 2]; /* code value -> light; 1 = SDR's white (PQ, SDR) or scene light (HLG) */
  float gain[CLIP_HDR_STEPS + 2];     /* 4th root of light / peak -> factor of the roll-off */
  float to_sdr[CLIP_HDR_STEPS + 2];   /* square root of light -> code value */
  float peak;                         /* the brightest light there can be; 1 = SDR's white */
  gboolean is_hlg, is_wide;           /* has HLG's system gamma, has BT.2020's primaries */
} ClipHdr;

/* Builds the tables (about a millisecond: call it when an argument changes, not for each picture).
 * max_luminance: of the brightest pixel in cd/m2, for PQ; 0, negative or not finite = unknown. */
void clip_hdr_init (ClipHdr *self, ClipTransfer transfer, ClipPrimaries primaries, float max_luminance);

/* In place: n non-linear R'G'B' values of 0..255, with fractions, as the transfer and primaries say, become R'G'B' of
 * SDR BT.709, in 0..255. What sticks out of 0..255, NaN too, is clamped first. */
void clip_hdr_row (const ClipHdr *self, size_t n, float *r, float *g, float *b);

#endif
