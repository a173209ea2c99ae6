/* SPDX-License-Identifier: MIT
 *
 * spans.c: see spans.h. As JSON a span is a line as cliplog writes it for the end of an event.
 */
#include "spans.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>

#include "clip-message.h"
#include "report/json.h"
#include "report/table.h"

#define MAX_SHOWN 1000 /* characters of a label or source */

typedef struct
{
  Span *span;
  guint source, recording, order;
} Kept;

struct _SpanPrinter
{
  gboolean json, in_order, several_taggers;
  int failed;          /* an errno; 0 = none */
  GHashTable *sources; /* name -> number, from 1 on */
  GHashTable *taggers; /* of a source: "SOURCE\nTAGGER" */
  GArray *kept;        /* of Kept */
};

Span *
span_new_about (const Span *about)
{
  Span *self = g_new0 (Span, 1);
  self->source = g_strdup (about->source ? about->source : "");
  self->tagger = g_strdup (about->tagger);
  self->zone = g_strdup (about->zone);
  self->roi_type = g_strdup (about->roi_type);
  self->object_id = about->object_id;
  self->nth = about->nth;
  self->label_id = -1;
  self->confidence = self->mean = NAN;
  return self;
}

void
span_free (Span *self)
{
  g_free (self->source);
  g_free (self->tagger);
  g_free (self->label);
  g_free (self->group);
  g_free (self->zone);
  g_free (self->roi_type);
  g_free (self->reason);
  g_free (self);
}

static void
kept_clear (gpointer data)
{
  span_free (((Kept *)data)->span);
}

SpanPrinter *
span_printer_new (gboolean json, gboolean in_order)
{
  SpanPrinter *self = g_new0 (SpanPrinter, 1);
  self->json = json;
  self->in_order = in_order;
  self->sources = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->taggers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->kept = g_array_new (FALSE, FALSE, sizeof (Kept));
  g_array_set_clear_func (self->kept, kept_clear);
  return self;
}

void
span_printer_free (SpanPrinter *self)
{
  g_hash_table_unref (self->sources);
  g_hash_table_unref (self->taggers);
  g_array_unref (self->kept);
  g_free (self);
}

static guint
number_source (SpanPrinter *self, const char *source)
{
  guint number = GPOINTER_TO_UINT (g_hash_table_lookup (self->sources, source));
  if (!number) {
    number = g_hash_table_size (self->sources) + 1;
    g_hash_table_insert (self->sources, g_strdup (source), GUINT_TO_POINTER (number));
  }
  return number;
}

void
span_printer_note (SpanPrinter *self, const char *source, const char *tagger)
{
  number_source (self, source);
  if (tagger) {
    g_hash_table_add (self->taggers, g_strconcat (source, "\n", tagger, NULL));
    self->several_taggers = g_hash_table_size (self->taggers) > g_hash_table_size (self->sources);
  }
}

/* ---- Text ------------------------------------------------------------------------------------------------ */

/* Shares as per cent; what is none, a deviation or a negative cosine, as it is. */
static void
append_score (GString *text, double score)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  gboolean is_share = score >= 0 && score <= 1;
  if (!isfinite (score)) {
    g_string_append (text, "        -");
    return;
  }
  g_ascii_formatd (number, sizeof number, is_share ? "%.1f" : "%.2f", is_share ? 100 * score : score);
  g_string_append_printf (text, is_share ? "  %5s %%" : "  %7s", number);
}

/* A label may hold what a terminal acts upon. */
static void
append_printable (GString *text, const char *name)
{
  g_autofree char *shown = clip_printable (name, -1, MAX_SHOWN);
  g_string_append (text, shown);
}

static void
append_word (GString *words, const char *word)
{
  if (!word || !*word)
    return;
  g_string_append (words, words->len ? " " : "");
  append_printable (words, word);
}

/* "yard weather car #3": what tells it from the other spans of this log. */
static void
append_about (SpanPrinter *self, GString *text, const Span *span)
{
  g_autoptr (GString) words = g_string_new (NULL);
  if (g_hash_table_size (self->sources) > 1)
    append_word (words, span->source);
  if (self->several_taggers)
    append_word (words, span->tagger);
  append_word (words, span->group);
  append_word (words, span->zone);
  append_word (words, span->roi_type);
  if (span->object_id > 0)
    g_string_append_printf (words, "%s#%" G_GINT64_FORMAT, words->len ? " " : "", span->object_id);
  else if (span->nth > 1)
    g_string_append_printf (words, " (%u)", span->nth);
  if (words->len)
    g_string_append_printf (text, "  [%s]", words->str);
}

static void
append_text (SpanPrinter *self, GString *text, const Span *span)
{
  table_add_time (text, span->start.time);
  g_string_append (text, " - ");
  table_add_time (text, span->end.time);
  append_score (text, span->confidence);
  append_score (text, span->mean);
  g_string_append (text, "  ");
  append_printable (text, span->label);
  append_about (self, text, span);
  if (!span->reason)
    g_string_append (text, "  (open)");
}

/* ---- JSON ------------------------------------------------------------------------------------------------ */

static void
append_string_member (GString *line, const char *key, const char *value)
{
  if (value)
    json_add_string (line, key, value);
}

static void
append_time_member (GString *line, const char *key, guint64 time)
{
  if (time == G_MAXUINT64)
    json_add_string (line, key, NULL);
  else
    json_add_uint (line, key, time);
}

static void
append_moment (GString *line, const char *key, const ClipTime *time)
{
  gint64 us = (time->utc % G_USEC_PER_SEC + G_USEC_PER_SEC) % G_USEC_PER_SEC;
  g_autoptr (GDateTime) date
      = time->utc == SPAN_NO_UTC ? NULL : g_date_time_new_from_unix_utc ((time->utc - us) / G_USEC_PER_SEC);
  json_add_key (line, key);
  g_string_append_c (line, '{');
  append_time_member (line, "stream_time", time->stream_time);
  append_time_member (line, "running_time", time->running_time);
  append_time_member (line, "pts", time->pts);
  if (date)
    g_string_append_printf (line, ",\"utc\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06dZ\"}", g_date_time_get_year (date),
        g_date_time_get_month (date), g_date_time_get_day_of_month (date), g_date_time_get_hour (date),
        g_date_time_get_minute (date), g_date_time_get_second (date), (int)us);
  else
    g_string_append (line, ",\"utc\":null}");
}

static void
append_json (GString *line, const Span *span)
{
  g_string_append_c (line, '{');
  json_add_string (line, "event", span->reason ? "end" : "update");
  json_add_uint (line, "id", span->id);
  append_string_member (line, "label", span->label);
  if (span->label_id >= 0)
    json_add_int (line, "label_id", span->label_id);
  append_string_member (line, "group", span->group);
  append_string_member (line, "zone", span->zone);
  append_string_member (line, "roi_type", span->roi_type);
  if (span->object_id > 0)
    json_add_int (line, "object_id", span->object_id);
  append_moment (line, "start", &span->start);
  append_moment (line, "end", &span->end);
  append_moment (line, "peak", &span->peak);
  json_add_number (line, "confidence", span->confidence);
  json_add_number (line, "mean", span->mean);
  json_add_int (line, "samples", span->n_samples);
  append_string_member (line, "reason", span->reason);
  json_add_string (line, "source", *span->source ? span->source : NULL);
  append_string_member (line, "tagger", span->tagger);
  g_string_append_c (line, '}');
}

/* ---- Printing -------------------------------------------------------------------------------------------- */

static void
print_span (SpanPrinter *self, const Span *span)
{
  g_autoptr (GString) line = g_string_new (NULL);
  if (self->json)
    append_json (line, span);
  else
    append_text (self, line, span);
  if (puts (line->str) == EOF || fflush (stdout) != 0)
    self->failed = errno;
}

void
span_printer_add (SpanPrinter *self, Span *span, guint recording)
{
  const Kept kept = { span, number_source (self, span->source), recording, self->kept->len };
  if (self->in_order) {
    g_array_append_val (self->kept, kept);
    return;
  }
  print_span (self, span);
  span_free (span);
}

/* Of each source its recordings one after the other; equal ones in the log's order. */
static int
compare_kept (gconstpointer a, gconstpointer b)
{
  const Kept *x = a, *y = b;
  if (x->source != y->source)
    return x->source < y->source ? -1 : 1;
  if (x->recording != y->recording)
    return x->recording < y->recording ? -1 : 1;
  if (x->span->start.time != y->span->start.time)
    return x->span->start.time < y->span->start.time ? -1 : 1;
  return x->order < y->order ? -1 : 1;
}

/* Of the sources' next ones the earliest is next. */
void
span_printer_finish (SpanPrinter *self)
{
  guint n_sources = g_hash_table_size (self->sources), n = self->kept->len, at = 0;
  g_autofree guint *heads = g_new0 (guint, n_sources + 2); /* by number; the last is the end of the one before */
  g_array_sort (self->kept, compare_kept);
  const Kept *kept = (const Kept *)(gpointer)self->kept->data;
  for (guint number = 1; number <= n_sources; number++) {
    heads[number] = at;
    while (at < n && kept[at].source == number)
      at++;
  }

  for (guint i = 0; i < n && !self->failed; i++) {
    const Kept *earliest = NULL;
    for (guint number = 1; number <= n_sources; number++) {
      const Kept *head = heads[number] < n ? &kept[heads[number]] : NULL;
      if (head && head->source == number && (!earliest || head->span->start.time < earliest->span->start.time))
        earliest = head;
    }
    print_span (self, earliest->span);
    heads[earliest->source]++;
  }
}

int
span_printer_get_error (const SpanPrinter *self)
{
  return self->failed;
}
