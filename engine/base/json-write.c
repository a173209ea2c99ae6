/* SPDX-License-Identifier: MIT
 *
 * json-write.c: strings of JSON lines, which programs of all kinds read and terminals show.
 *
 * The lines are built by hand where they are many and long: embeddings, logs. Only strings need care.
 */
#include "clip-json.h"

/* More than RFC 8259 asks for: terminals obey DEL and the C1 controls; some readers of JSON lines break them at U+0085,
 * U+2028 and U+2029 (Python's str.splitlines() is one). */
static gboolean
needs_escape (gunichar c)
{
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029;
}

void
clip_json_append_string (GString *json, const char *text)
{
  g_autofree char *valid = NULL;

  if (!text) {
    g_string_append (json, "null");
    return;
  }
  if (!g_utf8_validate (text, -1, NULL))
    text = valid = g_utf8_make_valid (text, -1);

  g_string_append_c (json, '"');
  while (*text) {
    const char *next = g_utf8_next_char (text);
    gunichar c = g_utf8_get_char (text);
    if (c == '"' || c == '\\')
      g_string_append_printf (json, "\\%c", (char)c);
    else if (needs_escape (c))
      g_string_append_printf (json, "\\u%04x", c);
    else
      g_string_append_len (json, text, next - text);
    text = next;
  }
  g_string_append_c (json, '"');
}
