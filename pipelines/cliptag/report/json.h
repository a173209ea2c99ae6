/* SPDX-License-Identifier: MIT
 *
 * json.h: members of the JSON objects that programs write. Each begins with a comma unless it is the first of its
 * object.
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include <glib.h>

G_BEGIN_DECLS

void json_add_key (GString *json, const char *key);
void json_add_string (GString *json, const char *key, const char *value); /* NULL: null */
void json_add_number (GString *json, const char *key, double value);      /* not finite: null */
void json_add_uint (GString *json, const char *key, guint64 value);
void json_add_int (GString *json, const char *key, gint64 value);

G_END_DECLS

#endif
