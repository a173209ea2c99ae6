/* SPDX-License-Identifier: MIT
 *
 * result.h: what `cliptag eval` finds out about prompts and a labelled set, and the steps that do so.
 */
#ifndef EVAL_RESULT_H
#define EVAL_RESULT_H

#include "data/classes.h"
#include "data/embeddings.h"
#include "eval/events.h"
#include "eval/metrics.h"
#include "eval/settings.h"

G_BEGIN_DECLS

/* A question of the prompts, of which the data says something. */
typedef struct
{
  const char *name;             /* NULL: the unnamed one */
  guint first_class, n_classes; /* among the frame's */
  ClipScoreMode mode;
  Metrics metrics;
  guint *first_label, *labels; /* of the samples, as MetricsInput has them: classes of the group */
} EvalGroup;

/* One template by itself. */
typedef struct
{
  const char *text; /* the prompts' */
  Metrics *metrics; /* [groups] */
} EvalTemplate;

/* A sample whose best class is none of its own. */
typedef struct
{
  guint group, sample;
  guint truth, best; /* classes of the group; truth: the best of its own */
  float truth_score, best_score;
  char *picture; /* a JPEG in base64, or NULL */
} EvalMistake;

typedef struct
{
  const DataSet *set;
  const DataClasses *classes;
  const DataEmbeddings *embeddings;
  const EvalSettings *settings;
  const ClipModelInfo *model;
  double frame_rate;

  GArray *groups;    /* of EvalGroup */
  GArray *templates; /* of EvalTemplate; empty if there is only one */
  GArray *mistakes;  /* of EvalMistake, the worst first */
  EvalEvents events; /* of a CSV's recordings */
  gboolean has_events;
} EvalResult;

typedef struct
{
  ClipContext *context;
  const volatile sig_atomic_t *stop;
  ClipImageEncoder encode_image;                             /* of prompts that are pictures */
  void (*warning) (const char *message, gpointer user_data); /* about the prompts */
  void (*progress) (const char *step, guint64 done, guint64 total, gpointer user_data);
  gpointer user_data;
} EvalSteps;

/* Encodes the prompts, in all templates together and in each, and measures. ret_result: to be cleared by
 * eval_result_clear(); borrows what it points to. */
gboolean eval_result_measure (const DataSet *set, const DataClasses *classes, const DataEmbeddings *embeddings,
    const EvalSettings *settings, const EvalSteps *steps, EvalResult *ret_result, GError **error);

/* Finds the `n` worst mistakes, in order of how much better the wrong class is. They have no pictures yet. */
void eval_result_find_mistakes (EvalResult *self, const float *scores, guint n);

void eval_result_clear (EvalResult *self);

/* A class's label. group: index into groups. */
const char *eval_result_label (const EvalResult *self, guint group, guint class);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EvalResult, eval_result_clear)

G_END_DECLS

#endif
