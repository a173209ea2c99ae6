/* SPDX-License-Identifier: MIT
 *
 * report.h: what `cliptag eval` found, for people (a table, a page) and for programs (JSON lines).
 */
#ifndef EVAL_REPORT_H
#define EVAL_REPORT_H

#include "eval/result.h"

G_BEGIN_DECLS

void eval_report_table (const EvalResult *result, GString *text);
void eval_report_json (const EvalResult *result, GString *text);

/* A whole page that asks nothing of the network, light or dark as the reader's system is. */
void eval_report_html (const EvalResult *result, GString *html);

/* ---- Shared by the reports ----------------------------------------------------------------------------- */

/* Two classes of a group that are taken for one another. */
typedef struct
{
  guint truth, best, n;
} EvalConfusion;

/* Cells off the diagonal that are not 0, the largest first. Of EvalConfusion. */
GArray *eval_report_confusions (const Metrics *metrics);

typedef struct
{
  double precision, recall;              /* NaN: not defined */
  double start_error, end_error;         /* mean, s */
  double max_start_error, max_end_error; /* s */
} EvalEventFigures;

EvalEventFigures eval_report_events (const EvalEventCount *count);

/* Of events without a span an hour; NaN where there is no time. */
double eval_report_false_alarms (const EvalEvents *events);

G_END_DECLS

#endif
