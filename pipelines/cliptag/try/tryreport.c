/* SPDX-License-Identifier: MIT
 *
 * tryreport.c: see tryreport.h.
 */
#include "try/tryreport.h"

#include <math.h>
#include <string.h>

#include "clip-message.h"
#include "report/html.h"
#include "report/json.h"
#include "report/table.h"

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
  g_string_append (text, indent);
  table_add_name (text, name, NAME_WIDTH - (guint)strlen (indent));
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
add_moment (const TryScores *self, guint wording, guint sample, gboolean strong, GString *json)
{
  const DataSample *info = &g_array_index (self->embeddings->samples, DataSample, sample);
  g_string_append_c (json, '{');
  json_add_string (json, "file", g_array_index (self->set->items, DataItem, info->item).name);
  if (info->time >= 0)
    json_add_int (json, "stream_time", info->time);
  g_string_append_printf (json, ",\"strong\":%s,\"scores\":[", strong ? "true" : "false");
  for (guint row = 0; row < self->n_rows; row++) {
    g_string_append (json, row ? ",{" : "{");
    json_add_string (json, "template", row < self->n_templates ? self->templates[row] : NULL);
    json_add_number (json, "score", try_scores_get (self, row, sample, wording));
    json_add_number (json, "cosine", try_scores_get_cosine (self, row, sample, wording));
    g_string_append_c (json, '}');
  }
  g_string_append (json, "]}");
}

void
try_report_json (const TryScores *self, GString *json)
{
  for (guint i = 0; i < self->wordings->len; i++) {
    const TryWording *wording = get_wording (self, i);
    g_string_append_c (json, '{');
    json_add_string (json, "text", wording->text);
    json_add_uint (json, "pictures", self->embeddings->samples->len);
    json_add_number (json, "strongest", wording->strong);
    json_add_number (json, "weakest", wording->weak);
    g_string_append (json, ",\"moments\":[");
    for (guint m = 0; m < wording->moments->len; m++) {
      g_string_append (json, m ? "," : "");
      add_moment (self, i, get_sample (wording, m), m < wording->n_strong, json);
    }
    g_string_append (json, "]}\n");
  }
}

/* ---- HTML ------------------------------------------------------------------------------------------------ */

static const char style[] = ":root{--fill:59,116,196}@media (prefers-color-scheme:dark){:root{--fill:110,160,232}}\n"
                            "body{max-width:80rem}td,th{vertical-align:bottom}td:first-child,th:first-child{min-width:"
                            "14rem;max-width:24rem}\n"
                            "th small{display:block;font-weight:400;max-width:9rem;overflow-wrap:anywhere}"
                            "th img{display:block;width:9rem;height:6rem;object-fit:contain;margin-left:auto}"
                            "tr.part td:first-child{padding-left:2rem;color:var(--faint)}"
                            ".gap{border-left:3px solid var(--line)}\n";

static void
add_heads (const TryScores *self, const TryWording *wording, GString *html)
{
  g_string_append (html, "<tr><th></th>");
  for (guint m = 0; m < wording->moments->len; m++) {
    const TryMoment *moment = &g_array_index (wording->moments, TryMoment, m);
    g_autofree char *name = try_scores_moment_name (self, moment->sample);
    g_string_append (html, m == wording->n_strong ? "<th class=\"gap\">" : "<th>");
    if (moment->picture)
      html_add_picture (html, moment->picture);
    html_add_element (html, m < wording->n_strong ? "strong<small>" : "weak<small>", name, "</small></th>");
  }
  g_string_append (html, "</tr>\n");
}

static void
add_html_rows (const TryScores *self, const TryWording *moments, guint wording, GString *html)
{
  for (guint row = self->n_rows; row-- > 0;) {
    gboolean is_sum = row + 1 == self->n_rows;
    g_string_append (html, is_sum ? "<tr><td><b>" : "<tr class=\"part\"><td>");
    html_add_text (html, is_sum ? get_wording (self, wording)->text : self->templates[row]);
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
  html_begin (html, "Wordings side by side", "cliptag prompts", style);
  g_string_append_printf (html,
      "<p class=\"note\">%u pictures. Scores are of score-mode=sigmoid, against the background: 0 to 1. A good wording "
      "is high where it is right and low elsewhere, in every template.</p>\n",
      self->embeddings->samples->len);
  g_string_append (html, "<table><tr><th>wording</th><th>strongest</th><th>weakest</th><th>apart</th></tr>\n");
  for (guint i = 0; i < self->wordings->len; i++) {
    const TryWording *wording = get_wording (self, order[i]);
    int strong = (int)lroundf (100 * wording->strong), weak = (int)lroundf (100 * wording->weak);
    html_add_element (html, "<tr><td>", wording->text, "</td>");
    g_string_append_printf (html, "<td>%d %%</td><td>%d %%</td><td>%d</td></tr>\n", strong, weak, strong - weak);
  }
  g_string_append (html, "</table>\n");
  for (guint i = 0; i < self->wordings->len; i++) {
    const TryWording *wording = get_wording (self, order[i]);
    html_add_element (html, "<h2>Moments of “", wording->text, "”</h2>\n<div class=\"wide\"><table>\n");
    add_heads (self, wording, html);
    for (guint k = 0; k < self->wordings->len; k++)
      add_html_rows (self, wording, order[k], html);
    g_string_append (html, "</table></div>\n");
  }
  html_end (html);
}
