/* SPDX-License-Identifier: MIT
 *
 * message.c: see clip-message.h. Pure; any thread.
 */
#include "clip-message.h"

#include <string.h>

static gboolean
is_plain (gunichar c)
{
  if (c == 0x2028 || c == 0x2029) /* line and paragraph separators count as printable in GLib */
    return FALSE;
  return g_unichar_isprint (c) || c == 0x200d; /* the joiner inside emoji does no harm */
}

static void
append_escaped (GString *out, gunichar c)
{
  switch (c) {
  case '\n':
    g_string_append (out, "\\n");
    break;
  case '\r':
    g_string_append (out, "\\r");
    break;
  case '\t':
    g_string_append (out, "\\t");
    break;
  default:
    g_string_append_printf (out, c <= 0xffff ? "\\u%04x" : "\\U%08x", c);
  }
}

char *
clip_printable (const char *text, gssize length, guint max_chars)
{
  if (!text)
    text = "", length = 0;
  const char *end = text + (length < 0 ? strlen (text) : (gsize)length);
  GString *out = g_string_new (NULL);

  for (guint n = 0; text < end; n++) {
    if (n == max_chars) {
      g_string_append (out, "…");
      break;
    }
    gunichar c = g_utf8_get_char_validated (text, end - text);
    if (c == (gunichar)-1 || c == (gunichar)-2 || *text == 0) { /* GLib answers -2 for a NUL byte */
      g_string_append_printf (out, "\\x%02x", (guint)(guchar)*text);
      text++;
      continue;
    }
    if (is_plain (c))
      g_string_append_unichar (out, c);
    else
      append_escaped (out, c);
    text = g_utf8_next_char (text);
  }
  return g_string_free (out, FALSE);
}
