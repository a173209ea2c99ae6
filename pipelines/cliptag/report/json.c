/* SPDX-License-Identifier: MIT
 *
 * json.c: see json.h.
 */
#include "report/json.h"

#include <math.h>

#include "clip-json.h"

void
json_add_key (GString *json, const char *key)
{
  gboolean first = json->len > 0 && json->str[json->len - 1] == '{';
  g_string_append_printf (json, first ? "\"%s\":" : ",\"%s\":", key);
}

void
json_add_string (GString *json, const char *key, const char *value)
{
  json_add_key (json, key);
  clip_json_append_string (json, value);
}

void
json_add_number (GString *json, const char *key, double value)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE] = "null";
  if (isfinite (value))
    g_ascii_formatd (digits, sizeof digits, "%.9g", value); /* a float's */
  json_add_key (json, key);
  g_string_append (json, digits);
}

void
json_add_uint (GString *json, const char *key, guint64 value)
{
  json_add_key (json, key);
  g_string_append_printf (json, "%" G_GUINT64_FORMAT, value);
}

void
json_add_int (GString *json, const char *key, gint64 value)
{
  json_add_key (json, key);
  g_string_append_printf (json, "%" G_GINT64_FORMAT, value);
}
