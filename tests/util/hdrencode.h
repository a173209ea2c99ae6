/* SPDX-License-Identifier: MIT
 *
 * hdrencode.h: HDR twins of SDR pixels, by the standards' formulas in double precision: the way opposite to
 * engine/image/hdr.c's, from the standards and not from there. White of the SDR picture is 203 cd/m2 (ITU-R BT.2408).
 */
#ifndef HDRENCODE_H
#define HDRENCODE_H

#include <glib.h>
#include <math.h>

typedef enum
{
  HDR_PQ,
  HDR_HLG,
  HDR_WIDE /* SDR with BT.2020's primaries */
} HdrKind;

/* SMPTE ST 2084's inverse EOTF and EOTF. light: cd/m2; code: 0..1 */
static inline double
hdr_pq_code (double light)
{
  double y = pow (light / 10000.0, 0.1593017578125);
  return pow ((0.8359375 + 18.8515625 * y) / (1.0 + 18.6875 * y), 78.84375);
}

static inline double
hdr_pq_light (double code)
{
  double power = pow (code, 1.0 / 78.84375);
  return 10000.0 * pow (MAX (power - 0.8359375, 0.0) / (18.8515625 - 18.6875 * power), 1.0 / 0.1593017578125);
}

/* ITU-R BT.2100's inverse OOTF (gamma 1.2, peak 1000 cd/m2) and OETF. light: cd/m2 of BT.2020's R, G, B */
static inline void
hdr_hlg_codes (const double *light, double *ret)
{
  double luminance = (0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2]) / 1000.0;
  for (guint c = 0; c < 3; c++) {
    double scene = luminance > 0.0 ? light[c] / 1000.0 * pow (luminance, (1.0 - 1.2) / 1.2) : 0.0;
    ret[c] = scene <= 1.0 / 12.0 ? sqrt (3.0 * scene) : 0.17883277 * log (12.0 * scene - 0.28466892) + 0.55991073;
  }
}

/* sdr: R'G'B' of BT.709, 0..255, on a display of gamma 2.4 (ITU-R BT.1886). ret_codes: R'G'B' of `kind`, 0..1 */
static inline void
hdr_twin (const double *sdr, HdrKind kind, double *ret_codes)
{
  static const double to_bt2020[3][3] /* ITU-R BT.2087's M2 with all its digits */
      = { { 0.6274038959, 0.3292830384, 0.0433130657 }, { 0.0690972894, 0.9195403951, 0.0113623155 },
          { 0.0163914389, 0.0880133079, 0.8955952532 } };
  double light[3];
  for (guint c = 0; c < 3; c++) {
    light[c] = 0.0;
    for (guint from = 0; from < 3; from++)
      light[c] += to_bt2020[c][from] * 203.0 * pow (sdr[from] / 255.0, 2.4);
  }
  if (kind == HDR_HLG)
    hdr_hlg_codes (light, ret_codes);
  for (guint c = 0; c < 3 && kind != HDR_HLG; c++)
    ret_codes[c] = kind == HDR_PQ ? hdr_pq_code (light[c]) : pow (light[c] / 203.0, 1.0 / 2.4);
}

#endif
