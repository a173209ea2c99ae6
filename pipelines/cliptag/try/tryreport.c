/* SPDX-License-Identifier: MIT
 *
 * tryreport.c: see tryreport.h.
 */
#include "try/tryreport.h"

#include <math.h>
#include <stdlib.h>

#include "clip-json.h"
#include "clip-message.h"

static const TryWording *
get_wording (const TryScores *self, guint i)
{
  return &g_array_index (self->wordings, TryWording, i);
}

static guint
get_sample (const TryWording *wording, guint moment)
{
  return g_array_index (wording->moments, TryMoment, moment).sample;
}

static int
compare_spread (gconstpointer a, gconstpointer b, gpointer data)
{
  const TryScores *self = data;
  const TryWording *x = get_wording (self, *(const guint *)a), *y = get_wording (self, *(const guint *)b);
  float one = x->strong - x->weak, other = y->strong - y->weak;
  return one != other ? (one < other ? 1 : -1) : *(const guint *)a < *(const guint *)b ? -1 : 1;
}

/* Wordings by how far apart they keep their strongest and weakest moments. */
static guint *
order_wordings (const TryScores *self)
{
  guint n = self->wordings->len, *order = g_new (guint, n);
  for (guint i = 0; i < n; i++)
    order[i] = i;
  g_qsort_with_data (order, (gint)n, sizeof *order, compare_spread, (gpointer)self);
  return order;
}

/* ---- Text ------------------------------------------------------------------------------------------------ */

#define NAME_WIDTH 34

static void
add_name (GString *text, const char *indent, const char *name)
{
  g_autofree char *shown = clip_printable (name, -1, (guint)(NAME_WIDTH - g_utf8_strlen (indent, -1) - 1));
  g_string_append_printf (text, "%s%s", indent, shown);
  for (glong n = g_utf8_strlen (indent, -1) + g_utf8_strlen (shown, -1); n < NAME_WIDTH; n++)
    g_string_append_c (text, ' ');
}

/* The moments are one wording's, the rows everybody's. */
static void
add_rows (const TryScores *self, const TryWording *moments, const guint *order, GString *text)
{
  for (guint i = 0; i < self->wordings->len; i++) {
    guint wording = order[i];
    for (guint row = self->n_rows; row-- > 0;) {
      gboolean is_sum = row + 1 == self->n_rows;
      add_name (text, is_sum ? "  " : "      ", is_sum ? get_wording (self, wording)->text : self->templates[row]);
      for (guint m = 0; m < moments->moments->len; m++)
        g_string_append_printf (text, "%s%5.2f", m == moments->n_strong ? "   |" : "  ",
            try_scores_get (self, row, get_sample (moments, m), wording));
      g_string_append_c (text, '\n');
    }
  }
}

void
try_report_table (const TryScores *self, GString *text)
{
  g_autofree guint *order = order_wordings (self);
  g_string_append_printf (text, "%u pictures; scores against the background (score-mode=sigmoid), 0 to 1\n\n",
      self->embeddings->samples->len);
  add_name (text, "", "wording");
  g_string_append (text, " strongest  weakest   apart\n");
  for (guint i = 0; i < self->wordings->len; i++) {
    const TryWording *wording = get_wording (self, order[i]);
    add_name (text, "", wording->text);
    g_string_append_printf (
        text, "%10.2f %8.2f %7.2f\n", wording->strong, wording->weak, wording->strong - wording->weak);
  }
  for (guint i = 0; i < self->wordings->len; i++) {
    const TryWording *wording = get_wording (self, order[i]);
    g_autofree char *shown = clip_printable (wording->text, -1, CLIP_MESSAGE_NAME);
    g_string_append_printf (text, "\nStrongest | weakest moments of '%s':\n", shown);
    for (guint m = 0; m < wording->moments->len; m++) {
      g_autofree char *name = try_scores_moment_name (self, get_sample (wording, m));
      g_string_append_printf (text, "  %s %u: %s\n", m < wording->n_strong ? "strong" : "weak  ",
          m < wording->n_strong ? m + 1 : m + 1 - wording->n_strong, name);
    }
    add_rows (self, wording, order, text);
  }
}

/* ---- JSON ------------------------------------------------------------------------------------------------ */

static void
add_value (GString *json, const char *key, double value)
{
  char number[G_ASCII_DTOSTR_BUF_SIZE];
  g_string_append_printf (json, "\"%s\":%s", key, g_ascii_formatd (number, sizeof number, "%.6g", value));
}

static void
add_moment (const TryScores *self, guint wording, guint sample, gboolean strong, GString *json)
{
  const DataSample *info = &g_array_index (self->embeddings->samples, DataSample, sample);
  g_string_append (json, "{\"file\":");
  clip_json_append_string (json, g_array_index (self->set->items, DataItem, info->item).name);
  if (info->time >= 0)
    g_string_append_printf (json, ",\"stream_time\":%" G_GINT64_FORMAT, info->time);
  g_string_append_printf (json, ",\"strong\":%s,\"scores\":[", strong ? "true" : "false");
  for (guint row = 0; row < self->n_rows; row++) {
    g_string_append (json, row ? ",{\"template\":" : "{\"template\":");
    clip_json_append_string (json, row < self->n_templates ? self->templates[row] : NULL);
    g_string_append_c (json, ',');
    add_value (json, "score", try_scores_get (self, row, sample, wording));
    g_string_append_c (json, ',');
    add_value (json, "cosine", try_scores_get_cosine (self, row, sample, wording));
    g_string_append_c (json, '}');
  }
  g_string_append (json, "]}");
}

void
try_report_json (const TryScores *self, GString *json)
{
  for (guint i = 0; i < self->wordings->len; i++) {
    const TryWording *wording = get_wording (self, i);
    g_string_append (json, "{\"text\":");
    clip_json_append_string (json, wording->text);
    g_string_append_printf (json, ",\"pictures\":%u,", self->embeddings->samples->len);
    add_value (json, "strongest", wording->strong);
    g_string_append_c (json, ',');
    add_value (json, "weakest", wording->weak);
    g_string_append (json, ",\"moments\":[");
    for (guint m = 0; m < wording->moments->len; m++) {
      g_string_append (json, m ? "," : "");
      add_moment (self, i, get_sample (wording, m), m < wording->n_strong, json);
    }
    g_string_append (json, "]}\n");
  }
}

/* ---- HTML ------------------------------------------------------------------------------------------------ */

static const char style[]
    = ":root{color-scheme:light dark;--back:#fff;--text:#1d2430;--faint:#667085;--line:#d5dae3;--fill:59,116,196}\n"
      "@media (prefers-color-scheme:dark){:root{--back:#14181f;--text:#e3e8ef;--faint:#98a2b3;--line:#343c49;"
      "--fill:110,160,232}}\n"
      "body{font:15px/1.45 system-ui,sans-serif;background:var(--back);color:var(--text);max-width:80rem;"
      "margin:2rem auto;padding:0 1rem}h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.2rem}\n"
      "p.note{color:var(--faint);font-size:.9rem}.wide{overflow-x:auto}table{border-collapse:collapse}\n"
      "td,th{padding:.25rem .6rem;border-bottom:1px solid var(--line);text-align:right;"
      "font-variant-numeric:tabular-nums;vertical-align:bottom}td:first-child,th:first-child{text-align:left;"
      "min-width:14rem;max-width:24rem;overflow-wrap:anywhere}\n"
      "th small{display:block;color:var(--faint);font-weight:400;max-width:9rem;overflow-wrap:anywhere}"
      "th img{display:block;width:9rem;height:6rem;object-fit:contain;margin-left:auto}"
      "tr.part td:first-child{padding-left:2rem;color:var(--faint)}"
      ".gap{border-left:3px solid var(--line)}\n";

static void
add_text (GString *html, const char *text)
{
  g_autofree char *shown = clip_printable (text, -1, CLIP_MESSAGE_PATH);
  g_autofree char *escaped = g_markup_escape_text (shown, -1);
  g_string_append (html, escaped);
}

static void
add_heads (const TryScores *self, const TryWording *wording, GString *html)
{
  g_string_append (html, "<tr><th></th>");
  for (guint m = 0; m < wording->moments->len; m++) {
    const TryMoment *moment = &g_array_index (wording->moments, TryMoment, m);
    g_autofree char *name = try_scores_moment_name (self, moment->sample);
    g_string_append (html, m == wording->n_strong ? "<th class=\"gap\">" : "<th>");
    if (moment->picture)
      g_string_append_printf (html, "<img alt=\"\" src=\"data:image/jpeg;base64,%s\">", moment->picture);
    g_string_append (html, m < wording->n_strong ? "strong<small>" : "weak<small>");
    add_text (html, name);
    g_string_append (html, "</small></th>");
  }
  g_string_append (html, "</tr>\n");
}

static void
add_html_rows (const TryScores *self, const TryWording *moments, guint wording, GString *html)
{
  for (guint row = self->n_rows; row-- > 0;) {
    gboolean is_sum = row + 1 == self->n_rows;
    g_string_append (html, is_sum ? "<tr><td><b>" : "<tr class=\"part\"><td>");
    add_text (html, is_sum ? get_wording (self, wording)->text : self->templates[row]);
    g_string_append (html, is_sum ? "</b></td>" : "</td>");
    for (guint m = 0; m < moments->moments->len; m++) {
      float score = try_scores_get (self, row, get_sample (moments, m), wording);
      g_string_append_printf (html, "<td%s style=\"background:rgba(var(--fill),%d%%)\">%d.%02d</td>",
          m == moments->n_strong ? " class=\"gap\"" : "", (int)lroundf (60 * score), (int)lroundf (100 * score) / 100,
          (int)lroundf (100 * score) % 100);
    }
    g_string_append (html, "</tr>\n");
  }
}

void
try_report_html (const TryScores *self, GString *html)
{
  g_autofree guint *order = order_wordings (self);
  g_string_append_printf (html,
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>Wordings side by side</title>\n<style>\n%s</style></head><body>\n"
      "<h1>Wordings side by side</h1>\n<p class=\"note\">%u pictures. Scores are of score-mode=sigmoid, against the "
      "background: 0 to 1. A good wording is high where it is right and low elsewhere, in every template.</p>\n",
      style, self->embeddings->samples->len);
  g_string_append (html, "<table><tr><th>wording</th><th>strongest</th><th>weakest</th><th>apart</th></tr>\n");
  for (guint i = 0; i < self->wordings->len; i++) {
    const TryWording *wording = get_wording (self, order[i]);
    int strong = (int)lroundf (100 * wording->strong), weak = (int)lroundf (100 * wording->weak);
    g_string_append (html, "<tr><td>");
    add_text (html, wording->text);
    g_string_append_printf (html, "</td><td>%d %%</td><td>%d %%</td><td>%d</td></tr>\n", strong, weak, strong - weak);
  }
  g_string_append (html, "</table>\n");
  for (guint i = 0; i < self->wordings->len; i++) {
    const TryWording *wording = get_wording (self, order[i]);
    g_string_append (html, "<h2>Moments of \xe2\x80\x9c");
    add_text (html, wording->text);
    g_string_append (html, "\xe2\x80\x9d</h2>\n<div class=\"wide\"><table>\n");
    add_heads (self, wording, html);
    for (guint k = 0; k < self->wordings->len; k++)
      add_html_rows (self, wording, order[k], html);
    g_string_append (html, "</table></div>\n");
  }
  g_string_append (html, "</body></html>\n");
}
