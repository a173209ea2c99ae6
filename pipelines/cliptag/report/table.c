/* SPDX-License-Identifier: MIT
 *
 * table.c: see table.h.
 */
#include "report/table.h"

#include "clip-message.h"

void
table_add_name (GString *text, const char *name, guint width)
{
  g_autofree char *shown = clip_printable (name, -1, width - 1);
  g_string_append (text, shown);
  for (glong i = g_utf8_strlen (shown, -1); i < (glong)width; i++)
    g_string_append_c (text, ' ');
}

void
table_add_time (GString *text, gint64 ns)
{
  gint64 ms = (ns + 500000) / 1000000;
  g_string_append_printf (
      text, "%d:%02d:%02d.%03d", (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
}
