/* SPDX-License-Identifier: MIT
 *
 * csv.c: records of comma-separated values by RFC 4180. What the RFC does not allow is refused rather than guessed.
 */
#include "data/csv.h"

#include <string.h>

#define BOM "\xef\xbb\xbf" /* UTF-8's byte order mark */

void
csv_reader_init (CsvReader *self, const char *text, gsize length)
{
  gsize skipped = length >= 3 && memcmp (text, BOM, 3) == 0 ? 3 : 0;
  *self = (CsvReader){ .text = text + skipped, .length = length - skipped, .next_line = 1 };
}

static int
peek (const CsvReader *self)
{
  return self->length > 0 ? (guchar)*self->text : -1;
}

static int
take (CsvReader *self)
{
  int c = peek (self);
  if (c < 0)
    return c;
  self->text++;
  self->length--;
  self->next_line += c == '\n';
  return c;
}

static gboolean
at_line_end (const CsvReader *self)
{
  int c = peek (self);
  return c < 0 || c == '\n' || (c == '\r' && (self->length == 1 || self->text[1] == '\n'));
}

/* Behind the opening quote. Returns what is wrong, or NULL. */
static const char *
read_quoted (CsvReader *self, GString *field)
{
  for (;;) {
    int c = take (self);
    if (c < 0)
      return "a quote is not closed";
    if (c == '"' && peek (self) != '"')
      return peek (self) == ',' || at_line_end (self) ? NULL : "text behind a closing quote: expected a comma";
    if (c == '"')
      take (self);
    if (c == 0)
      return "a NUL byte";
    g_string_append_c (field, (char)c);
  }
}

static const char *
read_plain (CsvReader *self, GString *field)
{
  while (peek (self) != ',' && !at_line_end (self)) {
    int c = take (self);
    if (c == '"')
      return "a quote within a field: expected the field in quotes and \"\" for each of its own";
    if (c == 0)
      return "a NUL byte";
    g_string_append_c (field, (char)c);
  }
  return NULL;
}

gboolean
csv_reader_next (CsvReader *self, GPtrArray *fields, const char **ret_wrong)
{
  g_autoptr (GString) field = g_string_new (NULL);
  *ret_wrong = NULL;
  g_ptr_array_set_size (fields, 0);
  while (self->length > 0 && at_line_end (self))
    take (self);
  self->line = self->next_line;
  if (self->length == 0)
    return FALSE;
  for (;;) {
    g_string_truncate (field, 0);
    if (peek (self) == '"') {
      take (self);
      *ret_wrong = read_quoted (self, field);
    } else {
      *ret_wrong = read_plain (self, field);
    }
    if (*ret_wrong)
      return FALSE;
    g_ptr_array_add (fields, g_strdup (field->str));
    if (peek (self) != ',')
      break;
    take (self);
  }
  if (peek (self) == '\r')
    take (self);
  take (self);
  return TRUE;
}
