/* SPDX-License-Identifier: MIT
 *
 * table.h: cells of the tables that programs print.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include <glib.h>

G_BEGIN_DECLS

/* In `width` columns, cut at the end. */
void table_add_name (GString *text, const char *name, guint width);

/* "0:01:02.500" */
void table_add_time (GString *text, gint64 ns);

G_END_DECLS

#endif
