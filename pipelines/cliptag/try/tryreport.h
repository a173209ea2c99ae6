/* SPDX-License-Identifier: MIT
 *
 * tryreport.h: `cliptag prompts --try` as a table, as JSON and as a page.
 */
#ifndef TRY_REPORT_H
#define TRY_REPORT_H

#include "try/tryscores.h"

G_BEGIN_DECLS

void try_report_table (const TryScores *scores, GString *text);
void try_report_json (const TryScores *scores, GString *text); /* a line for each wording */
void try_report_html (const TryScores *scores, GString *html);

G_END_DECLS

#endif
