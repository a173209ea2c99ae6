/* SPDX-License-Identifier: MIT
 *
 * calibration.h: small fits on scores: a temperature, a threshold, and how sure a rate is.
 */
#ifndef CALIBRATION_H
#define CALIBRATION_H

#include <glib.h>

G_BEGIN_DECLS

/* Logits of samples and which of them is right. */
typedef struct
{
  guint n, n_classes;
  const double *logits; /* [n][n_classes]; -INFINITY: the class is not there */
  const guint *classes; /* [n]; >= n_classes: none of them, and the sample does not count */
} CalibrationData;

/* Mean of -log p (class) with logits / temperature (Guo et al. 2017, "On calibration of modern neural networks"), of
 * targets that leave 1 / (n + 2) to the other classes, as Platt's do (1999, "Probabilistic outputs for support vector
 * machines"): classes that a small set parts for good would ask for no temperature at all. NaN where no sample counts.
 */
double calibration_loss (const CalibrationData *data, double temperature);

/* The temperature of the least loss, 1/64 .. 64; 1 where no sample counts. */
double calibration_fit_temperature (const CalibrationData *data);

/* Where a label's threshold separates best: the largest F1 of score >= threshold; halfway to the next lower score. Of
 * equals the highest. scores, positive: [n]. NaN where nothing is positive. ret_f1: may be NULL. */
double calibration_fit_threshold (const float *scores, const gboolean *positive, guint n, double *ret_f1);

/* The 95 % confidence interval of a Poisson count's mean (Garwood 1936). */
void calibration_poisson_interval (guint count, double *ret_low, double *ret_high);

G_END_DECLS

#endif
