/* SPDX-License-Identifier: MIT
 *
 * csv.h: records of comma-separated values by RFC 4180: quoted fields may hold commas, quotes ("") and line breaks;
 * lines end in CRLF, LF or the end of the file.
 */
#ifndef CSV_H
#define CSV_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  const char *text; /* what is left, [length]; not NUL-terminated */
  gsize length;
  guint line;      /* that the last record began on, from 1 */
  guint next_line; /* of what is left */
} CsvReader;

/* text: the whole file. A byte order mark is skipped. */
void csv_reader_init (CsvReader *self, const char *text, gsize length);

/* TRUE: `fields`, of char, holds the next record's; blank lines are skipped. FALSE: the end, with *ret_wrong set to
 * what is wrong with the record that begins on self->line, else NULL. */
gboolean csv_reader_next (CsvReader *self, GPtrArray *fields, const char **ret_wrong);

G_END_DECLS

#endif
