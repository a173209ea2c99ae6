/* SPDX-License-Identifier: MIT
 *
 * tuneresult.h: what tuning is worth: everything is tuned on some recordings or pictures and measured on others, in
 * turn, by the element's own scores and events, before and after.
 */
#ifndef TUNE_RESULT_H
#define TUNE_RESULT_H

#include "eval/events.h"
#include "eval/metrics.h"
#include "tune/tunefit.h"

G_BEGIN_DECLS

/* A recording, or what has one name, that was left out. */
typedef struct
{
  const char *name;    /* of its first item; borrowed */
  guint n_alarms;      /* events where their label was not */
  gint64 duration;     /* ns */
  guint others_alarms; /* the same of all others together, when left out themselves */
  gint64 others_duration;
  double low, high; /* alarms to be expected here by these, 95 % */
} TuneLeftOut;

typedef struct
{
  guint n_folds;
  Metrics before, after; /* over samples of a class; scores where they were left out */
  EvalEvents events_before, events_after;
  gboolean has_events;
  GArray *left_out; /* of TuneLeftOut; empty where recordings are too many or there are none */
} TuneResult;

/* FALSE with `error` set. ret_result: to be cleared by tune_result_clear(). folder: for files in between. */
gboolean tune_result_measure (const TuneBank *bank, const TuneParams *params, const char *folder,
    void (*progress) (guint fold, guint n_folds, gpointer user_data), gpointer user_data, TuneResult *ret_result,
    GError **error);
void tune_result_clear (TuneResult *self);

/* Events without a span, of a class or of all. */
guint tune_count_alarms (const EvalEventCount *count);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TuneResult, tune_result_clear)

G_END_DECLS

#endif
