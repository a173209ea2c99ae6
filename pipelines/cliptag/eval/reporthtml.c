/* SPDX-License-Identifier: MIT
 *
 * reporthtml.c: what `cliptag eval` found, as a page of its own: figures, templates, classes, confusion, calibration,
 * the worst mistakes, events. Everything is in it; drawings are SVG, pictures data URIs, and there is no script.
 */
#include <math.h>

#include "eval/report.h"
#include "report/html.h"
#include "report/table.h"

#define MAX_MATRIX     40  /* classes of a matrix of numbers */
#define MAX_MAP        400 /* … of one of colours */
#define MAX_CONFUSIONS 50
#define MAP_SIDE       640 /* units of the drawing */
#define PLOT_SIDE      300
#define PLOT_MARGIN    40
#define HISTOGRAM_SIDE 60

static const char style[]
    = ":root{--card:#f5f7fa;--right:46,140,80;--wrong:208,80,40;--bar:#3b74c4}\n"
      "@media (prefers-color-scheme:dark){:root{--card:#1c222c;--right:70,170,105;--wrong:230,110,60;--bar:#6ea0e8}}\n"
      "h1{margin-bottom:.2rem}td.t,th.t{text-align:left;overflow-wrap:anywhere}\n"
      ".tiles{display:flex;flex-wrap:wrap;gap:.8rem;margin:1rem 0}\n"
      ".tile{background:var(--card);border-radius:8px;padding:.7rem 1.1rem;min-width:6rem}"
      ".tile b{display:block;font-size:1.5rem}.tile span{color:var(--faint);font-size:.85rem}\n"
      ".matrix td,.matrix th{border:1px solid var(--line);padding:.2rem .4rem;text-align:center;min-width:1.8rem}"
      ".matrix tr>th:first-child{text-align:right;white-space:nowrap}"
      ".matrix thead th{writing-mode:vertical-rl;transform:rotate(180deg);text-align:left;white-space:nowrap;"
      "padding:.5rem .2rem;border:0}.matrix thead th:first-child{writing-mode:initial;transform:none}\n"
      ".mistakes{display:grid;grid-template-columns:repeat(auto-fill,minmax(11rem,1fr));gap:1rem}\n"
      ".mistakes figure{margin:0;background:var(--card);border-radius:8px;padding:.6rem}"
      ".mistakes img,.mistakes .none{display:block;width:100%;height:8.5rem;object-fit:contain;background:var(--back);"
      "image-rendering:auto;border-radius:4px}"
      ".mistakes figcaption{overflow-wrap:anywhere;margin-top:.4rem}.mistakes b{color:var(--text)}\n"
      "svg text{fill:var(--faint);font-size:11px}svg .axis{stroke:var(--line);fill:none}"
      "svg .ideal{stroke:var(--faint);stroke-dasharray:4 4}svg .bar{fill:var(--bar)}svg .count{fill:var(--line)}\n"
      "svg .gap{fill:rgba(var(--wrong),.35)}svg .hit{fill:rgb(var(--right))}svg .miss{fill:rgb(var(--wrong))}\n";

static void
add_share (GString *html, double share)
{
  if (isnan (share))
    g_string_append (html, "<td>–</td>");
  else
    g_string_append_printf (html, "<td>%.1f</td>", 100 * share);
}

/* ---- Figures ------------------------------------------------------------------------------------------- */

static void
add_tile (GString *html, double share, const char *name)
{
  if (isnan (share))
    return;
  g_string_append_printf (html, "<div class=\"tile\"><b>%.1f&nbsp;%%</b><span>%s</span></div>\n", 100 * share, name);
}

static void
add_templates (GString *html, const EvalResult *result, guint index)
{
  const EvalGroup *group = &g_array_index (result->groups, EvalGroup, index);
  g_string_append (html, "<h3>Templates</h3>\n<div class=\"wide\"><table><tr><th>template<th>top-1<th>top-5<th>mean "
                         "recall<th>ECE</tr>\n");
  for (guint i = 0; i <= result->templates->len; i++) {
    const EvalTemplate *template = i > 0 ? &g_array_index (result->templates, EvalTemplate, i - 1) : NULL;
    const Metrics *metrics = template ? &template->metrics[index] : &group->metrics;
    html_add_element (html, "<tr><td>", template ? template->text : "all of them together", "</td>");
    add_share (html, metrics->top1);
    add_share (html, metrics->top5);
    add_share (html, metrics->mean_recall);
    add_share (html, metrics->ece);
    g_string_append (html, "</tr>\n");
  }
  g_string_append (html, "</table></div>\n");
}

static void
add_classes (GString *html, const EvalResult *result, guint index)
{
  const Metrics *metrics = &g_array_index (result->groups, EvalGroup, index).metrics;
  g_string_append (html, "<h3>Classes</h3>\n<div class=\"wide\"><table><tr><th>class<th>samples<th>recall %<th>average "
                         "precision %</tr>\n");
  for (guint c = 0; c < metrics->n_classes; c++) {
    if (metrics->n_of_class[c] == 0)
      continue;
    html_add_element (html, "<tr><td>", eval_result_label (result, index, c), "</td>");
    g_string_append_printf (html, "<td>%u</td>", metrics->n_of_class[c]);
    add_share (html, metrics->recall[c]);
    add_share (html, metrics->ap[c]);
    g_string_append (html, "</tr>\n");
  }
  g_string_append (html, "</table></div>\n");
}

/* ---- Confusion ----------------------------------------------------------------------------------------- */

static guint
row_sum (const Metrics *metrics, guint truth)
{
  guint sum = 0;
  for (guint k = 0; k < metrics->n_classes; k++)
    sum += metrics->confusion[(gsize)truth * metrics->n_classes + k];
  return sum;
}

/* Classes that some sample is of or was taken for. */
static GArray *
find_shown (const Metrics *metrics)
{
  GArray *shown = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint c = 0; c < metrics->n_classes; c++) {
    gboolean used = FALSE;
    for (guint k = 0; k < metrics->n_classes && !used; k++)
      used = metrics->confusion[(gsize)c * metrics->n_classes + k] > 0
             || metrics->confusion[(gsize)k * metrics->n_classes + c] > 0;
    if (used)
      g_array_append_val (shown, c);
  }
  return shown;
}

static void
add_matrix (GString *html, const EvalResult *result, guint index, const GArray *shown)
{
  const Metrics *metrics = &g_array_index (result->groups, EvalGroup, index).metrics;
  g_string_append (html, "<div class=\"wide\"><table class=\"matrix\"><thead><tr><th><small>is ↓ taken for "
                         "→</small></th>");
  for (guint i = 0; i < shown->len; i++)
    html_add_element (html, "<th>", eval_result_label (result, index, g_array_index (shown, guint, i)), "</th>");
  g_string_append (html, "</tr></thead>\n");
  for (guint i = 0; i < shown->len; i++) {
    guint truth = g_array_index (shown, guint, i), sum = row_sum (metrics, truth);
    html_add_element (html, "<tr><th>", eval_result_label (result, index, truth), "</th>");
    for (guint k = 0; k < shown->len; k++) {
      guint best = g_array_index (shown, guint, k);
      guint n = metrics->confusion[(gsize)truth * metrics->n_classes + best];
      if (n == 0)
        g_string_append (html, "<td></td>");
      else
        g_string_append_printf (html, "<td style=\"background:rgba(var(--%s),%.2f)\">%u</td>",
            truth == best ? "right" : "wrong", 0.12 + 0.7 * n / sum, n);
    }
    g_string_append (html, "</tr>\n");
  }
  g_string_append (html, "</table></div>\n");
}

/* Too many for numbers. */
static void
add_map (GString *html, const Metrics *metrics, const GArray *shown)
{
  double cell = (double)MAP_SIDE / shown->len;
  g_string_append_printf (html,
      "<svg viewBox=\"0 0 %d %d\" width=\"%d\" role=\"img\" aria-label=\"confusion matrix\"><rect class=\"axis\" "
      "width=\"%d\" height=\"%d\"/>\n",
      MAP_SIDE, MAP_SIDE, MAP_SIDE, MAP_SIDE, MAP_SIDE);
  for (guint i = 0; i < shown->len; i++) {
    guint truth = g_array_index (shown, guint, i), sum = row_sum (metrics, truth);
    for (guint k = 0; k < shown->len; k++) {
      guint best = g_array_index (shown, guint, k);
      guint n = metrics->confusion[(gsize)truth * metrics->n_classes + best];
      if (n > 0)
        g_string_append_printf (html,
            "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\" opacity=\"%.2f\"/>",
            truth == best ? "hit" : "miss", k * cell, i * cell, cell, cell, 0.15 + 0.85 * n / sum);
    }
  }
  g_string_append (html,
      "</svg>\n<p class=\"note\">Rows: what it is; columns: what it is taken for; in the order of the "
      "classes above.</p>\n");
}

static void
add_confusions (GString *html, const EvalResult *result, guint index)
{
  const Metrics *metrics = &g_array_index (result->groups, EvalGroup, index).metrics;
  g_autoptr (GArray) list = eval_report_confusions (metrics);
  if (list->len == 0)
    return;
  g_string_append (html, "<div class=\"wide\"><table><tr><th>is<th class=\"t\">is taken for<th>samples</tr>\n");
  for (guint i = 0; i < MIN (list->len, MAX_CONFUSIONS); i++) {
    const EvalConfusion *confusion = &g_array_index (list, EvalConfusion, i);
    html_add_element (html, "<tr><td>", eval_result_label (result, index, confusion->truth), "</td>");
    html_add_element (html, "<td class=\"t\">", eval_result_label (result, index, confusion->best), "</td>");
    g_string_append_printf (html, "<td>%u</td></tr>\n", confusion->n);
  }
  g_string_append (html, "</table></div>\n");
}

static void
add_confusion (GString *html, const EvalResult *result, guint index)
{
  const Metrics *metrics = &g_array_index (result->groups, EvalGroup, index).metrics;
  g_autoptr (GArray) shown = find_shown (metrics);
  if (shown->len == 0)
    return;
  g_string_append (html, "<h3>Confusion</h3>\n");
  if (metrics->multi)
    g_string_append (html, "<p class=\"note\">Samples with exactly one label.</p>\n");
  if (shown->len <= MAX_MATRIX) {
    add_matrix (html, result, index, shown);
    return;
  }
  if (shown->len <= MAX_MAP)
    add_map (html, metrics, shown);
  add_confusions (html, result, index);
}

/* ---- Calibration --------------------------------------------------------------------------------------- */

static void
add_bin (GString *html, const MetricsBin *bin, guint index, guint most)
{
  double width = (double)PLOT_SIDE / METRICS_BINS, x = PLOT_MARGIN + index * width;
  double accuracy = PLOT_SIDE * bin->accuracy, confidence = PLOT_SIDE * bin->confidence;
  double low = MIN (accuracy, confidence), high = MAX (accuracy, confidence);
  double count = (double)HISTOGRAM_SIDE * bin->n / most;
  g_string_append_printf (html,
      "<g><title>%u samples: confidence %.1f %%, accuracy %.1f %%</title>"
      "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>"
      "<rect class=\"gap\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>"
      "<rect class=\"count\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/></g>\n",
      bin->n, 100 * bin->confidence, 100 * bin->accuracy, x + 1, PLOT_SIDE - accuracy, width - 2, accuracy, x + 1,
      PLOT_SIDE - high, width - 2, high - low, x + 1, PLOT_SIDE + 30 + HISTOGRAM_SIDE - count, width - 2, count);
}

static void
add_reliability (GString *html, const EvalGroup *group)
{
  const Metrics *metrics = &group->metrics;
  guint most = 0;
  if (isnan (metrics->ece))
    return;
  for (guint i = 0; i < METRICS_BINS; i++)
    most = MAX (most, metrics->bins[i].n);
  g_string_append_printf (html,
      "<h3>Calibration</h3>\n<p class=\"note\">How often the best class is right, by its confidence: on the dashed "
      "line "
      "a confidence of 80&nbsp;%% is right in 80 of 100 cases. Red: the gap; grey: how many samples. Expected "
      "calibration "
      "error (Guo et al. 2017, %d bins): %.1f&nbsp;%%.</p>\n",
      METRICS_BINS, 100 * metrics->ece);
  g_string_append_printf (html, "<svg viewBox=\"0 -8 %d %d\" width=\"%d\" role=\"img\" aria-label=\"reliability\">\n",
      PLOT_SIDE + 2 * PLOT_MARGIN, PLOT_SIDE + HISTOGRAM_SIDE + 64, PLOT_SIDE + 2 * PLOT_MARGIN);
  for (guint i = 0; i < METRICS_BINS; i++)
    if (metrics->bins[i].n > 0)
      add_bin (html, &metrics->bins[i], i, most);
  g_string_append_printf (html, "<path class=\"axis\" d=\"M%d 0V%dH%d\"/><path class=\"ideal\" d=\"M%d %dL%d 0\"/>\n",
      PLOT_MARGIN, PLOT_SIDE, PLOT_MARGIN + PLOT_SIDE, PLOT_MARGIN, PLOT_SIDE, PLOT_MARGIN + PLOT_SIDE);
  for (guint i = 0; i <= 4; i++)
    g_string_append_printf (html,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%u</text><text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%u</text>",
        PLOT_MARGIN - 6, (int)(PLOT_SIDE - i * PLOT_SIDE / 4 + 4), 25 * i, (int)(PLOT_MARGIN + i * PLOT_SIDE / 4),
        PLOT_SIDE + 16, 25 * i);
  g_string_append_printf (html,
      "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">confidence, %%</text><text transform=\"translate(11 %d) "
      "rotate(-90)\" text-anchor=\"middle\">accuracy, %%</text></svg>\n",
      PLOT_MARGIN + PLOT_SIDE / 2, PLOT_SIDE + HISTOGRAM_SIDE + 48, PLOT_SIDE / 2);
}

/* ---- Mistakes ------------------------------------------------------------------------------------------ */

static void
add_mistakes (GString *html, const EvalResult *result, guint index)
{
  gboolean any = FALSE;
  for (guint i = 0; i < result->mistakes->len; i++) {
    const EvalMistake *mistake = &g_array_index (result->mistakes, EvalMistake, i);
    const DataSample *sample = &g_array_index (result->embeddings->samples, DataSample, mistake->sample);
    if (mistake->group != index)
      continue;
    if (!any)
      g_string_append (html, "<h3>The worst mistakes</h3>\n<div class=\"mistakes\">\n");
    any = TRUE;
    g_string_append (html, "<figure>");
    if (mistake->picture)
      html_add_picture (html, mistake->picture);
    else
      g_string_append (html, "<div class=\"none\"></div>");
    html_add_element (html, "<figcaption><b>", eval_result_label (result, index, mistake->best), "</b>");
    g_string_append_printf (html, " %.3f<br>is ", mistake->best_score);
    html_add_text (html, eval_result_label (result, index, mistake->truth));
    g_string_append_printf (html, " %.3f<br>", mistake->truth_score);
    html_add_text (html, g_array_index (result->set->items, DataItem, sample->item).name);
    g_string_append_c (html, ' ');
    if (sample->time >= 0)
      table_add_time (html, sample->time);
    g_string_append (html, "</figcaption></figure>\n");
  }
  if (any)
    g_string_append (html, "</div>\n");
}

/* ---- Events -------------------------------------------------------------------------------------------- */

static void
add_event_row (GString *html, const char *name, const EvalEventCount *count)
{
  EvalEventFigures figures = eval_report_events (count);
  const double seconds[] = { figures.start_error, figures.max_start_error, figures.end_error, figures.max_end_error };
  html_add_element (html, "<tr><td>", name, "</td>");
  g_string_append_printf (html, "<td>%u</td><td>%u</td><td>%u</td>", count->n_spans, count->n_events, count->n_matched);
  add_share (html, figures.precision);
  add_share (html, figures.recall);
  for (guint i = 0; i < G_N_ELEMENTS (seconds); i++)
    if (isnan (seconds[i]))
      g_string_append (html, "<td>–</td>");
    else
      g_string_append_printf (html, "<td>%.2f</td>", seconds[i]);
  g_string_append (html, "</tr>\n");
}

static void
add_events (GString *html, const EvalResult *result)
{
  const EvalEvents *events = &result->events;
  double alarms = eval_report_false_alarms (events);
  g_string_append (html, "<h2>Events</h2>\n<div class=\"wide\"><table><tr><th>label<th>labelled<th>events<th>matched"
                         "<th>precision %<th>recall %<th>start s<th>at most<th>end s<th>at most</tr>\n");
  for (guint c = 0; c < events->n_classes; c++)
    if (events->classes[c].n_spans + events->classes[c].n_events > 0)
      add_event_row (html, data_classes_get (result->classes, c)->label, &events->classes[c]);
  add_event_row (html, "all", &events->all);
  g_string_append_printf (html, "</table></div>\n<p class=\"note\">%u recordings, %.1f minutes", events->n_recordings,
      events->duration / 60e9);
  if (!isnan (alarms))
    g_string_append_printf (html, "; %.2f events an hour match no label", alarms);
  g_string_append (html, ". Start and end: by how much they differ from the labels, on average and at most.</p>\n");
}

/* ---- The page ------------------------------------------------------------------------------------------ */

static void
add_group (GString *html, const EvalResult *result, guint index)
{
  const EvalGroup *group = &g_array_index (result->groups, EvalGroup, index);
  if (group->name)
    html_add_element (html, "<h2>Group ", group->name, "</h2>\n");
  else
    g_string_append (html, "<h2>Result</h2>\n");
  g_string_append_printf (html,
      "<p class=\"note\">%u labelled samples, %u classes, score mode %s</p>\n<div "
      "class=\"tiles\">\n",
      group->metrics.n_labelled, group->n_classes, clip_score_mode_name (group->mode));
  add_tile (html, group->metrics.top1, "top-1");
  add_tile (html, group->metrics.top5, "top-5");
  add_tile (html, group->metrics.mean_recall, "mean per-class recall");
  add_tile (html, group->metrics.map, "mAP");
  add_tile (html, group->metrics.ece, "calibration error");
  g_string_append (html, "</div>\n");
  if (result->templates->len > 0)
    add_templates (html, result, index);
  add_classes (html, result, index);
  add_confusion (html, result, index);
  add_reliability (html, group);
  add_mistakes (html, result, index);
}

void
eval_report_html (const EvalResult *result, GString *html)
{
  html_begin (html, result->set->path, "cliptag eval", style);
  g_string_append_printf (html, "<p class=\"note\">%u samples of %u items (%s), %u classes; model ",
      result->embeddings->samples->len, result->set->items->len, data_layout_name (result->set->layout),
      result->classes->n_classes);
  html_add_text (html, result->model->name);
  g_string_append_printf (html, " %s, %s; cliptag %s", result->model->fingerprint,
      clip_precision_name (result->model->precision), clip_version ());
  if (result->embeddings->n_failed > 0)
    g_string_append_printf (html, "; %u items could not be read to the end", result->embeddings->n_failed);
  g_string_append (html, "</p>\n");
  for (guint i = 0; i < result->groups->len; i++)
    add_group (html, result, i);
  if (result->has_events)
    add_events (html, result);
  html_end (html);
}
