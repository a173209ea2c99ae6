/* SPDX-License-Identifier: MIT
 *
 * reportjson.c: what `cliptag eval` found, as JSON lines: one object for each thing there is to say, with its kind in
 * "type". What is not defined is null.
 */
#include <math.h>

#include "clip-json.h"
#include "eval/report.h"

static void
add_number (GString *text, const char *name, double number)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE] = "null";
  if (isfinite (number))
    g_ascii_formatd (digits, sizeof digits, "%.9g", number);
  g_string_append_printf (text, ",\"%s\":%s", name, digits);
}

static void
add_string (GString *text, const char *name, const char *value)
{
  g_string_append_printf (text, ",\"%s\":", name);
  clip_json_append_string (text, value);
}

/* Which group a line is about. */
static void
begin_line (GString *text, const char *type, const EvalGroup *group)
{
  g_string_append_printf (text, "{\"type\":\"%s\"", type);
  if (group && group->name)
    add_string (text, "group", group->name);
}

static void
add_figures (GString *text, const Metrics *metrics)
{
  add_number (text, "top1", metrics->top1);
  add_number (text, "top5", metrics->top5);
  add_number (text, "mean_recall", metrics->mean_recall);
  add_number (text, "map", metrics->map);
  add_number (text, "ece", metrics->ece);
}

static void
add_classes (GString *text, const EvalResult *result, guint index)
{
  const EvalGroup *group = &g_array_index (result->groups, EvalGroup, index);
  const Metrics *metrics = &group->metrics;
  for (guint c = 0; c < metrics->n_classes; c++) {
    begin_line (text, "class", group);
    add_string (text, "label", eval_result_label (result, index, c));
    g_string_append_printf (text, ",\"samples\":%u", metrics->n_of_class[c]);
    add_number (text, "recall", metrics->recall[c]);
    add_number (text, "ap", metrics->ap[c]);
    g_string_append (text, ",\"best\":["); /* the row of the confusion matrix, in the order of these lines */
    for (guint k = 0; k < metrics->n_classes; k++)
      g_string_append_printf (text, "%s%u", k > 0 ? "," : "", metrics->confusion[(gsize)c * metrics->n_classes + k]);
    g_string_append (text, "]}\n");
  }
}

static void
add_bins (GString *text, const EvalGroup *group)
{
  for (guint i = 0; i < METRICS_BINS && group->mode != CLIP_SCORE_COSINE; i++) {
    const MetricsBin *bin = &group->metrics.bins[i];
    begin_line (text, "bin", group);
    add_number (text, "from", (double)i / METRICS_BINS);
    add_number (text, "to", (i + 1.0) / METRICS_BINS);
    g_string_append_printf (text, ",\"samples\":%u", bin->n);
    add_number (text, "confidence", bin->confidence);
    add_number (text, "accuracy", bin->accuracy);
    g_string_append (text, "}\n");
  }
}

static void
add_mistakes (GString *text, const EvalResult *result)
{
  for (guint i = 0; i < result->mistakes->len; i++) {
    const EvalMistake *mistake = &g_array_index (result->mistakes, EvalMistake, i);
    const DataSample *sample = &g_array_index (result->embeddings->samples, DataSample, mistake->sample);
    begin_line (text, "mistake", &g_array_index (result->groups, EvalGroup, mistake->group));
    add_string (text, "file", g_array_index (result->set->items, DataItem, sample->item).name);
    if (sample->time >= 0)
      g_string_append_printf (text, ",\"stream_time\":%" G_GINT64_FORMAT, sample->time);
    else
      g_string_append (text, ",\"stream_time\":null");
    add_string (text, "label", eval_result_label (result, mistake->group, mistake->truth));
    add_number (text, "confidence", mistake->truth_score);
    add_string (text, "best", eval_result_label (result, mistake->group, mistake->best));
    add_number (text, "best_confidence", mistake->best_score);
    g_string_append (text, "}\n");
  }
}

/* class: NULL = all together. */
static void
add_event_line (GString *text, const EvalResult *result, const ClipClass *class, const EvalEventCount *count)
{
  EvalEventFigures figures = eval_report_events (count);
  const char *group = class ? clip_prompts_get_group (result->classes->prompts, class->group)->name : NULL;
  begin_line (text, "events", NULL);
  if (group)
    add_string (text, "group", group);
  add_string (text, "label", class ? class->label : NULL);
  g_string_append_printf (
      text, ",\"spans\":%u,\"events\":%u,\"matched\":%u", count->n_spans, count->n_events, count->n_matched);
  add_number (text, "precision", figures.precision);
  add_number (text, "recall", figures.recall);
  add_number (text, "start_error", figures.start_error);
  add_number (text, "end_error", figures.end_error);
  add_number (text, "max_start_error", figures.max_start_error);
  add_number (text, "max_end_error", figures.max_end_error);
  if (!class) {
    g_string_append_printf (text, ",\"recordings\":%u", result->events.n_recordings);
    add_number (text, "seconds", result->events.duration / 1e9);
    add_number (text, "false_alarms_per_hour", eval_report_false_alarms (&result->events));
  }
  g_string_append (text, "}\n");
}

static void
add_set (GString *text, const EvalResult *result)
{
  begin_line (text, "data", NULL);
  add_string (text, "data", result->set->path);
  add_string (text, "layout", data_layout_name (result->set->layout));
  g_string_append_printf (text, ",\"items\":%u,\"failed\":%u,\"samples\":%u,\"classes\":%u", result->set->items->len,
      result->embeddings->n_failed, result->embeddings->samples->len, result->classes->n_classes);
  add_string (text, "prompts", result->classes->origin);
  add_string (text, "model", result->model->name);
  add_string (text, "fingerprint", result->model->fingerprint);
  add_string (text, "precision", clip_precision_name (result->model->precision));
  add_number (text, "frame_rate", result->frame_rate);
  add_string (text, "score_mode", clip_score_mode_name (result->settings->track.rank.mode));
  add_number (text, "temperature", result->settings->track.rank.temperature);
  g_string_append (text, "}\n");
}

void
eval_report_json (const EvalResult *result, GString *text)
{
  add_set (text, result);
  for (guint i = 0; i < result->groups->len; i++) {
    const EvalGroup *group = &g_array_index (result->groups, EvalGroup, i);
    begin_line (text, "result", group);
    g_string_append_printf (text, ",\"samples\":%u", group->metrics.n_labelled);
    add_figures (text, &group->metrics);
    g_string_append (text, "}\n");
    for (guint k = 0; k < result->templates->len; k++) {
      const EvalTemplate *template = &g_array_index (result->templates, EvalTemplate, k);
      begin_line (text, "template", group);
      add_string (text, "template", template->text);
      add_figures (text, &template->metrics[i]);
      g_string_append (text, "}\n");
    }
    add_classes (text, result, i);
    add_bins (text, group);
  }
  add_mistakes (text, result);
  for (guint c = 0; result->has_events && c < result->events.n_classes; c++)
    if (result->events.classes[c].n_spans + result->events.classes[c].n_events > 0)
      add_event_line (text, result, data_classes_get (result->classes, c), &result->events.classes[c]);
  if (result->has_events)
    add_event_line (text, result, NULL, &result->events.all);
}
