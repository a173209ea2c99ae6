/* SPDX-License-Identifier: MIT
 *
 * tunefit.h: which templates, examples or probe tell the classes of a labelled set apart best, and where their scores
 * are right.
 *
 * All is chosen by cross-validation within the part that is given: what is learnt from some origins is scored on the
 * others. What it is worth is for the caller to measure, on samples outside of that part.
 */
#ifndef TUNE_FIT_H
#define TUNE_FIT_H

#include "tune/tuneset.h"

G_BEGIN_DECLS

typedef enum
{
  TUNE_TEXT, /* the prompts in other templates */
  TUNE_SUM,  /* the same, each with the mean of its class's examples added */
  TUNE_PROBE /* a logistic regression in their place */
} TuneKind;

#define TUNE_ALL (1 << TUNE_TEXT | 1 << TUNE_SUM | 1 << TUNE_PROBE)

/* Below so many samples of a class its best threshold is a guess: the default stays, unless others reach it. */
#define TUNE_MIN_POSITIVE 8

typedef struct
{
  TuneKind kind;
  guint templates; /* index into the bank's; of a probe: not used */
  double weight;   /* of a class's examples against its text */
  double strength; /* of a probe, as logistic.h has it */
} TuneCandidate;

/* What the prompts say about each sample, in several sets of templates. */
typedef struct
{
  const TuneSet *set;
  float logit_scale;
  guint n_templates;
  GPtrArray *names; /* of char: `|`-separated, as the property takes them */
  double **logits;  /* [n_templates]: [n][n_classes + 1]: logarithms of shares; the last is "none of them" */
  guint n_prompts;
  float **texts;    /* [n_templates]: [n_prompts][dim], of unit length; NULL where no prompt is a text */
  gboolean can_sum; /* all prompts are texts, and classes compete among each other */
} TuneBank;

typedef struct
{
  ClipContext *context;
  ClipImageEncoder encode_image;
  const char *background;
  guint methods; /* bits 1 << TuneKind that may be used */
  const volatile sig_atomic_t *stop;
} TuneParams;

/* Encodes the prompts in each set of templates. FALSE with `error` set. */
gboolean tune_bank_init (TuneBank *self, const TuneSet *set, const TuneParams *params, GError **error);
void tune_bank_clear (TuneBank *self);

/* What was found. */
typedef struct
{
  TuneCandidate candidate;
  guint n_rows;       /* classes, and with a probe "none" where the set has samples of it */
  double temperature; /* by which logits are divided */
  double loss;        /* of the cross-validation */
  double first_loss;  /* of the prompts as they were */
  float *vectors;     /* [n_rows][dim]: mean examples, or a probe's weights; NULL for TUNE_TEXT */
  float *biases;      /* [n_rows]: a probe's */
  float *thresholds;  /* [n_classes]: NaN = the default */
  double smoothing;   /* seconds; -1 = the default */
} Tuned;

gboolean tune_fit (
    const TuneBank *bank, const TunePart *part, const TuneParams *params, Tuned *ret_tuned, GError **error);
void tuned_clear (Tuned *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TuneBank, tune_bank_clear)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Tuned, tuned_clear)

G_END_DECLS

#endif
