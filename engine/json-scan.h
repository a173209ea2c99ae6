/* SPDX-License-Identifier: MIT
 *
 * json-scan.h: a strict RFC 8259 scanner. It builds nothing: it says whether a text is JSON within our bounds, so that
 * json-glib, which is neither strict nor bounded, only ever sees texts that it reads rightly.
 */
#ifndef CLIP_JSON_SCAN_H
#define CLIP_JSON_SCAN_H

#include <glib.h>

typedef struct
{
  gsize start, end;   /* the value without the white space around it: text[start..end) */
  GArray *large_ints; /* gsize: offsets just behind the whole numbers that no gint64 holds; in order. NULL = none */
} ClipJsonScan;

/* `shown` stands for the file in messages, as it is. ours: refuse \u0000 and duplicate keys as well. */
gboolean clip_json_scan (
    const char *shown, const char *text, gsize length, gboolean ours, ClipJsonScan *ret_scan, GError **error);
void clip_json_scan_clear (ClipJsonScan *scan);

#endif
