/* SPDX-License-Identifier: MIT
 *
 * hdr.c: tone and gamut mapping of HDR and BT.2020 pictures to SDR BT.709. See hdr.h.
 *
 * 1. Code values become display light: PQ by the EOTF of SMPTE ST 2084, HLG by the inverse OETF and the OOTF of ITU-R
 *    BT.2100 for a nominal peak of 1000 cd/m2 (system gamma 1.2), SDR by BT.1886's gamma of 2.4.
 * 2. HDR reference white of 203 cd/m2 (ITU-R BT.2408) is SDR white. A picture graded to it gets the values of its SDR
 *    twin, as zimg (ffmpeg's zscale) converts one to the other. BT.709's camera curve is not a display's and would
 *    leave shadows too dark.
 * 3. Light in BT.2020 primaries becomes light in BT.709 primaries (matrix of ITU-R BT.2407, annex 2). A colour outside
 *    BT.709 has negative components: it moves towards the gray of its luminance until it has none, which keeps
 *    luminance and the order of shades; clipping would shift the hue.
 * 4. Highlights are rolled off from the picture's peak to SDR's by the EETF of ITU-R BT.2390: nothing changes below the
 *    knee (89 cd/m2 for a peak of 1000), above it a Hermite spline in PQ code values applies. It maps the largest
 *    component; the others keep their ratio to it, and so the hue. White becomes 230 of 255 where highlights reach 1000
 *    cd/m2, and 255 where the picture is known to have none. Higher peaks count as 1000 cd/m2 and brighter light as
 *    white: otherwise one lamp of 4000 cd/m2, or a mastering display capable of it, would dim the whole picture.
 * 5. Light becomes code values by the inverse of BT.1886.
 *
 * Curves are tables with linear interpolation: three powers per component would cost more than the resize.
 */
#include "image/hdr.h"

#include <math.h>

#define SDR_GAMMA 2.4 /* ITU-R BT.1886 with a black of 0 */

/* SMPTE ST 2084. */
#define PQ_M1  (2610.0 / 16384.0)
#define PQ_M2  (2523.0 / 4096.0 * 128.0)
#define PQ_C1  (3424.0 / 4096.0)
#define PQ_C2  (2413.0 / 4096.0 * 32.0)
#define PQ_C3  (2392.0 / 4096.0 * 32.0)
#define PQ_MAX 10000.0 /* cd/m2 */

/* ITU-R BT.2100, table 5. */
#define HLG_A     0.17883277
#define HLG_B     (1.0 - 4.0 * HLG_A)
#define HLG_C     0.55991073 /* 0.5 - A ln (4 A) */
#define HLG_GAMMA 1.2
#define HLG_PEAK  1000.0 /* cd/m2 */

static double
pq_to_light (double code)
{
  double power = pow (code, 1.0 / PQ_M2);
  return PQ_MAX * pow (MAX (power - PQ_C1, 0.0) / (PQ_C2 - PQ_C3 * power), 1.0 / PQ_M1);
}

static double
pq_from_light (double light)
{
  double power = pow (light / PQ_MAX, PQ_M1);
  return pow ((PQ_C1 + PQ_C2 * power) / (1.0 + PQ_C3 * power), PQ_M2);
}

static double
hlg_to_scene (double code)
{
  return code <= 0.5 ? code * code / 3.0 : (exp ((code - HLG_C) / HLG_A) + HLG_B) / 12.0;
}

static double
get_light (ClipTransfer transfer, double code)
{
  switch (transfer) {
  case CLIP_TRANSFER_PQ:
    return pq_to_light (code) / CLIP_HDR_WHITE;
  case CLIP_TRANSFER_HLG:
    return hlg_to_scene (code);
  case CLIP_TRANSFER_SDR:
  default:
    return pow (code, SDR_GAMMA);
  }
}

/* EETF of BT.2390, section 5.4.1, for a black of 0, with its names. lw, lmax: peaks of the picture and the target. */
static double
roll_off (double light, double lw, double lmax)
{
  double e1 = pq_from_light (light) / pq_from_light (lw);
  double max_lum = pq_from_light (lmax) / pq_from_light (lw);
  double ks = 1.5 * max_lum - 0.5;
  if (e1 <= ks)
    return light;
  double t = (e1 - ks) / (1.0 - ks);
  double t2 = t * t, t3 = t2 * t;
  double e2 = (2.0 * t3 - 3.0 * t2 + 1.0) * ks + (t3 - 2.0 * t2 + t) * (1.0 - ks) + (3.0 * t2 - 2.0 * t3) * max_lum;
  return pq_to_light (e2 * pq_from_light (lw));
}

static double
get_peak (ClipTransfer transfer, float max_luminance)
{
  if (transfer == CLIP_TRANSFER_SDR)
    return CLIP_HDR_WHITE;
  if (transfer == CLIP_TRANSFER_HLG)
    return HLG_PEAK;
  if (!isfinite (max_luminance) || max_luminance <= 0.0f)
    return CLIP_HDR_MAX_PEAK;
  return CLAMP (max_luminance, CLIP_HDR_WHITE, CLIP_HDR_MAX_PEAK);
}

void
clip_hdr_init (ClipHdr *self, ClipTransfer transfer, ClipPrimaries primaries, float max_luminance)
{
  static const float luma_bt709[3] = { 0.2126f, 0.7152f, 0.0722f };
  static const float luma_bt2020[3] = { 0.2627f, 0.6780f, 0.0593f };

  double peak = get_peak (transfer, max_luminance);
  gboolean has_highlights = peak > CLIP_HDR_WHITE;
  self->is_hlg = transfer == CLIP_TRANSFER_HLG;
  self->is_wide = primaries == CLIP_PRIMARIES_BT2020;
  self->is_plain = transfer == CLIP_TRANSFER_SDR && !self->is_wide;
  for (guint c = 0; c < 3; c++)
    self->luma[c] = self->is_wide ? luma_bt2020[c] : luma_bt709[c];

  self->peak = peak / CLIP_HDR_WHITE;
  self->knee = self->peak;
  if (has_highlights) {
    double ks = 1.5 * pq_from_light (CLIP_HDR_WHITE) - 0.5 * pq_from_light (peak);
    self->knee = pq_to_light (ks) / CLIP_HDR_WHITE;
  }
  for (guint i = 0; i < G_N_ELEMENTS (self->to_light); i++) {
    double at = MIN (i / (double)CLIP_HDR_STEPS, 1.0);
    self->to_light[i] = get_light (transfer, at);
    self->rolled[i] = has_highlights ? roll_off (peak * at * at * at * at, peak, CLIP_HDR_WHITE) / CLIP_HDR_WHITE : 0.0;
    self->to_sdr[i] = 255.0 * pow (at, 2.0 / SDR_GAMMA);
  }
}

/* at: 0..1. */
static inline float
look_up (const float *table, float at)
{
  float step = at * CLIP_HDR_STEPS;
  int first = (int)step;
  return table[first] + (step - first) * (table[first + 1] - table[first]);
}

/* Written so that NaN becomes 0. */
static inline float
clamp_unit (float value)
{
  return value > 0.0f ? MIN (value, 1.0f) : 0.0f;
}

/* In differences, so that grays stay exactly gray. */
static inline void
narrow_gamut (float *r, float *g, float *b)
{
  float red = *r, green = *g, blue = *b;
  float luminance = red + 0.6780f * (green - red) + 0.0593f * (blue - red);
  red += 0.5876411f * (red - green) + 0.0728499f * (red - blue);
  green += 0.1245505f * (green - *r) + 0.0083494f * (green - blue);
  blue += 0.0181508f * (blue - *r) + 0.1005789f * (blue - *g);

  float lowest = MIN (MIN (red, green), blue);
  if (lowest < 0.0f) {
    float kept = luminance / (luminance - lowest);
    red = MAX (luminance + kept * (red - luminance), 0.0f);
    green = MAX (luminance + kept * (green - luminance), 0.0f);
    blue = MAX (luminance + kept * (blue - luminance), 0.0f);
  }
  *r = red;
  *g = green;
  *b = blue;
}

/* Each is divided by itself, so that the largest, and any equal to it, is exactly the table's value. */
static inline void
roll_off_row (const ClipHdr *self, float *r, float *g, float *b)
{
  float largest = MAX (MAX (*r, *g), *b);
  if (largest <= self->knee || self->knee >= self->peak)
    return;
  float rolled = look_up (self->rolled, sqrtf (sqrtf (MIN (largest / self->peak, 1.0f))));
  *r = *r / largest * rolled;
  *g = *g / largest * rolled;
  *b = *b / largest * rolled;
}

void
clip_hdr_row (const ClipHdr *self, size_t n, float *r, float *g, float *b)
{
  for (size_t i = 0; i < n; i++) {
    float red = clamp_unit (r[i] / 255.0f), green = clamp_unit (g[i] / 255.0f), blue = clamp_unit (b[i] / 255.0f);
    if (self->is_plain) {
      r[i] = 255.0f * red, g[i] = 255.0f * green, b[i] = 255.0f * blue;
      continue;
    }
    red = look_up (self->to_light, red);
    green = look_up (self->to_light, green);
    blue = look_up (self->to_light, blue);
    if (self->is_hlg) {
      float luminance = red + self->luma[1] * (green - red) + self->luma[2] * (blue - red);
      float gain = self->peak * powf (MAX (luminance, 0.0f), HLG_GAMMA - 1.0);
      red *= gain;
      green *= gain;
      blue *= gain;
    }
    if (self->is_wide)
      narrow_gamut (&red, &green, &blue);
    roll_off_row (self, &red, &green, &blue);
    r[i] = look_up (self->to_sdr, sqrtf (clamp_unit (red)));
    g[i] = look_up (self->to_sdr, sqrtf (clamp_unit (green)));
    b[i] = look_up (self->to_sdr, sqrtf (clamp_unit (blue)));
  }
}
