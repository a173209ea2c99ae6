/* SPDX-License-Identifier: MIT
 *
 * tunereport.h: what `cliptag tune` found, in sentences or as JSON.
 */
#ifndef TUNE_REPORT_H
#define TUNE_REPORT_H

#include "tune/tuneresult.h"

G_BEGIN_DECLS

typedef struct
{
  const TuneBank *bank;
  const Tuned *tuned;       /* of all samples: what was written */
  const TuneResult *result; /* of samples that were left out */
  const char *output;       /* the prompts' file */
} TuneReport;

void tune_report_text (const TuneReport *self, GString *text);
void tune_report_json (const TuneReport *self, GString *text); /* one line */

G_END_DECLS

#endif
