/* SPDX-License-Identifier: MIT
 *
 * metrics.h: how well scores tell classes apart: accuracy, recall, average precision, confusion, calibration.
 *
 * tests/golden/make_eval.py holds the numbers to scikit-learn's. Of equal scores the first class wins.
 */
#ifndef METRICS_H
#define METRICS_H

#include <glib.h>

G_BEGIN_DECLS

#define METRICS_BINS 15 /* of the calibration error, as in Guo et al. */

typedef struct
{
  guint n_samples, n_classes;
  const float *scores;      /* [n_samples][n_classes] */
  const guint *first_label; /* [n_samples + 1]: where each sample's labels begin in `labels` */
  const guint *labels;      /* distinct classes of each sample; a sample may have none */
  gboolean probabilities;   /* scores are 0..1, so that calibration means something */
  gboolean with_ap;         /* average precision sorts all samples for each class: optional */
} MetricsInput;

typedef struct
{
  guint n;           /* samples whose best score is in this bin: (i / 15, (i + 1) / 15]; 0 is in the first */
  double confidence; /* their mean best score; NaN: none */
  double accuracy;   /* the share of them that is right */
} MetricsBin;

/* NaN stands for what is not defined: no sample, no such class. */
typedef struct
{
  guint n_samples, n_classes;
  guint n_labelled;   /* samples with a label: those that top-1, top-5, recall and calibration are of */
  gboolean multi;     /* some sample has several labels or none */
  double top1, top5;  /* the share of samples with one of their labels among the best 1 and 5 */
  double mean_recall; /* over classes that have samples */
  double map;         /* the mean of average precisions of classes that have samples, over all samples */
  double ece;         /* expected calibration error */

  guint *n_of_class; /* [n_classes]: samples with this label */
  double *recall;    /* [n_classes]: share of a class's samples that have it among their n best, n being the number of
                      * their labels: with one label each, the usual recall */
  double *ap;        /* [n_classes] */
  guint *confusion;  /* [n_classes][n_classes]: truth, best; of samples with exactly one label */
  MetricsBin bins[METRICS_BINS];
} Metrics;

/* FALSE where there is no memory for it. ret_metrics: to be cleared by metrics_clear(). */
gboolean metrics_compute (const MetricsInput *input, Metrics *ret_metrics);
void metrics_clear (Metrics *self);

/* The class with the best score. scores: [n] */
guint metrics_best (const float *scores, guint n);

/* How many classes are better than this one. */
guint metrics_rank (const float *scores, guint n, guint index);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Metrics, metrics_clear)

G_END_DECLS

#endif
