/* SPDX-License-Identifier: MIT
 *
 * logistic.h: multinomial logistic regression with an L2 penalty, on embeddings: the linear probe of the CLIP paper
 * (Radford et al. 2021, section 3.2), by L-BFGS.
 */
#ifndef LOGISTIC_H
#define LOGISTIC_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint n, dim, n_classes;
  const float *const *rows; /* [n], each [dim] */
  const guint *classes;     /* [n], < n_classes */
} LogisticData;

/* Minimises strength x sum (-log p (class | row)) + |weights|^2 / 2 as scikit-learn does, where `strength` is its C;
 * the biases are free. Weights begin at 0. ret_weights: [n_classes][dim]; ret_biases: [n_classes], whose mean is 0.
 * FALSE, with `error` set, where there is no memory or it does not converge. */
gboolean logistic_fit (
    const LogisticData *data, double strength, float *ret_weights, float *ret_biases, GError **error);

G_END_DECLS

#endif
