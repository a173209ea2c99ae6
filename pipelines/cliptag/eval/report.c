/* SPDX-License-Identifier: MIT
 *
 * report.c: what `cliptag eval` found, as a table for people; and what all reports count alike.
 */
#include "eval/report.h"

#include <math.h>

#include "clip-message.h"
#include "report/table.h"

#define MAX_ROWS       40 /* classes in the table; of more, the worst */
#define MAX_CONFUSIONS 10
#define NAME_WIDTH     32
#define TEXT_WIDTH     48

/* ---- Shared -------------------------------------------------------------------------------------------- */

static int
compare_confusions (gconstpointer a, gconstpointer b)
{
  const EvalConfusion *x = a, *y = b;
  if (x->n != y->n)
    return (x->n < y->n) - (x->n > y->n);
  if (x->truth != y->truth)
    return (x->truth > y->truth) - (x->truth < y->truth);
  return (x->best > y->best) - (x->best < y->best);
}

GArray *
eval_report_confusions (const Metrics *metrics)
{
  GArray *list = g_array_new (FALSE, FALSE, sizeof (EvalConfusion));
  for (guint truth = 0; truth < metrics->n_classes; truth++) {
    for (guint best = 0; best < metrics->n_classes; best++) {
      const EvalConfusion confusion = { truth, best, metrics->confusion[(gsize)truth * metrics->n_classes + best] };
      if (truth != best && confusion.n > 0)
        g_array_append_val (list, confusion);
    }
  }
  g_array_sort (list, compare_confusions);
  return list;
}

EvalEventFigures
eval_report_events (const EvalEventCount *count)
{
  EvalEventFigures figures = { NAN, NAN, NAN, NAN, NAN, NAN };
  if (count->n_events > 0)
    figures.precision = (double)count->n_matched / count->n_events;
  if (count->n_spans > 0)
    figures.recall = (double)count->n_matched / count->n_spans;
  if (count->n_matched > 0) {
    figures.start_error = count->start_error / 1e9 / count->n_matched;
    figures.end_error = count->end_error / 1e9 / count->n_matched;
    figures.max_start_error = count->max_start_error / 1e9;
    figures.max_end_error = count->max_end_error / 1e9;
  }
  return figures;
}

double
eval_report_false_alarms (const EvalEvents *events)
{
  return events->duration > 0 ? (events->all.n_events - events->all.n_matched) / (events->duration / 3600e9) : NAN;
}

/* ---- A table ------------------------------------------------------------------------------------------- */

/* Per cent in 7 columns. */
static void
append_share (GString *text, double share)
{
  if (isnan (share))
    g_string_append_printf (text, "%7s", "-");
  else
    g_string_append_printf (text, "%7.1f", 100 * share);
}

static void
append_seconds (GString *text, double seconds)
{
  if (isnan (seconds))
    g_string_append_printf (text, "%8s", "-");
  else
    g_string_append_printf (text, "%8.2f", seconds);
}

static void
append_figures (GString *text, const char *name, const Metrics *metrics)
{
  table_add_name (text, name, TEXT_WIDTH);
  append_share (text, metrics->top1);
  append_share (text, metrics->top5);
  append_share (text, metrics->mean_recall);
  append_share (text, metrics->map);
  append_share (text, metrics->ece);
  g_string_append_c (text, '\n');
}

static int
compare_recall (gconstpointer a, gconstpointer b, gpointer data)
{
  const Metrics *metrics = data;
  guint x = *(const guint *)a, y = *(const guint *)b;
  if (metrics->recall[x] != metrics->recall[y])
    return (metrics->recall[x] > metrics->recall[y]) - (metrics->recall[x] < metrics->recall[y]);
  return (x > y) - (x < y);
}

static void
append_classes (GString *text, const EvalResult *result, guint index)
{
  const Metrics *metrics = &g_array_index (result->groups, EvalGroup, index).metrics;
  g_autoptr (GArray) rows = g_array_new (FALSE, FALSE, sizeof (guint));
  for (guint c = 0; c < metrics->n_classes; c++)
    if (metrics->n_of_class[c] > 0)
      g_array_append_val (rows, c);
  gboolean cut = rows->len > MAX_ROWS;
  if (cut)
    g_array_sort_with_data (rows, compare_recall, (gpointer)metrics);
  g_string_append_printf (text, "\n%-*s samples recall     AP\n", NAME_WIDTH, cut ? "worst classes" : "class");
  for (guint i = 0; i < MIN (rows->len, MAX_ROWS); i++) {
    guint c = g_array_index (rows, guint, i);
    table_add_name (text, eval_result_label (result, index, c), NAME_WIDTH);
    g_string_append_printf (text, "%8u", metrics->n_of_class[c]);
    append_share (text, metrics->recall[c]);
    append_share (text, metrics->ap[c]);
    g_string_append_c (text, '\n');
  }
  if (cut)
    g_string_append_printf (text, "(%u of %u; --json has all)\n", MAX_ROWS, rows->len);
}

static void
append_confusions (GString *text, const EvalResult *result, guint index)
{
  const Metrics *metrics = &g_array_index (result->groups, EvalGroup, index).metrics;
  g_autoptr (GArray) list = eval_report_confusions (metrics);
  if (list->len == 0)
    return;
  g_string_append_printf (text, "\n%-*s %-*s samples\n", NAME_WIDTH - 1, "most often", NAME_WIDTH - 1, "is taken for");
  for (guint i = 0; i < MIN (list->len, MAX_CONFUSIONS); i++) {
    const EvalConfusion *confusion = &g_array_index (list, EvalConfusion, i);
    table_add_name (text, eval_result_label (result, index, confusion->truth), NAME_WIDTH);
    table_add_name (text, eval_result_label (result, index, confusion->best), NAME_WIDTH);
    g_string_append_printf (text, "%8u\n", confusion->n);
  }
}

static void
append_group (GString *text, const EvalResult *result, guint index)
{
  const EvalGroup *group = &g_array_index (result->groups, EvalGroup, index);
  g_string_append_c (text, '\n');
  if (group->name) {
    g_autofree char *name = clip_printable (group->name, -1, CLIP_MESSAGE_NAME);
    g_string_append_printf (text, "group %s\n", name);
  }
  g_string_append_printf (text, "%-*s  top-1  top-5 recall    mAP    ECE\n", TEXT_WIDTH, "per cent");
  append_figures (text, result->templates->len > 0 ? "all templates together" : "all samples", &group->metrics);
  for (guint i = 0; i < result->templates->len; i++) {
    const EvalTemplate *template = &g_array_index (result->templates, EvalTemplate, i);
    append_figures (text, template->text, &template->metrics[index]);
  }
  append_classes (text, result, index);
  append_confusions (text, result, index);
}

static void
append_event_row (GString *text, const char *name, const EvalEventCount *count)
{
  EvalEventFigures figures = eval_report_events (count);
  table_add_name (text, name, NAME_WIDTH);
  g_string_append_printf (text, "%6u%7u%8u", count->n_spans, count->n_events, count->n_matched);
  append_share (text, figures.precision);
  g_string_append (text, "  ");
  append_share (text, figures.recall);
  append_seconds (text, figures.start_error);
  append_seconds (text, figures.end_error);
  g_string_append_c (text, '\n');
}

static void
append_events (GString *text, const EvalResult *result)
{
  const EvalEvents *events = &result->events;
  double alarms = eval_report_false_alarms (events);
  g_string_append_printf (text, "\n%-*s spans events matched precision recall start s   end s\n", NAME_WIDTH, "events");
  for (guint c = 0; c < events->n_classes; c++)
    if (events->classes[c].n_spans + events->classes[c].n_events > 0)
      append_event_row (text, data_classes_get (result->classes, c)->label, &events->classes[c]);
  append_event_row (text, "all", &events->all);
  g_string_append_printf (text, "%u recordings, %.1f minutes", events->n_recordings, events->duration / 60e9);
  if (!isnan (alarms))
    g_string_append_printf (text, "; %.2f events an hour match no label", alarms);
  g_string_append_c (text, '\n');
}

void
eval_report_table (const EvalResult *result, GString *text)
{
  g_autofree char *path = clip_printable (result->set->path, -1, CLIP_MESSAGE_PATH);
  g_autofree char *model = clip_printable (result->model->name, -1, CLIP_MESSAGE_NAME);
  g_string_append_printf (text, "%s (%s): %u samples of %u items, %u classes; model %s\n", path,
      data_layout_name (result->set->layout), result->embeddings->samples->len, result->set->items->len,
      result->classes->n_classes, model);
  if (result->embeddings->n_failed > 0)
    g_string_append_printf (text, "%u items could not be read to the end\n", result->embeddings->n_failed);
  for (guint i = 0; i < result->groups->len; i++)
    append_group (text, result, i);
  if (result->has_events)
    append_events (text, result);
}
