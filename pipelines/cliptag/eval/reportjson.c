/* SPDX-License-Identifier: MIT
 *
 * reportjson.c: what `cliptag eval` found, as JSON lines: one object for each thing there is to say, with its kind in
 * "type". What is not defined is null.
 */
#include "eval/report.h"
#include "report/json.h"

/* Which group a line is about. */
static void
begin_line (GString *text, const char *type, const EvalGroup *group)
{
  g_string_append_printf (text, "{\"type\":\"%s\"", type);
  if (group && group->name)
    json_add_string (text, "group", group->name);
}

static void
add_figures (GString *text, const Metrics *metrics)
{
  json_add_number (text, "top1", metrics->top1);
  json_add_number (text, "top5", metrics->top5);
  json_add_number (text, "mean_recall", metrics->mean_recall);
  json_add_number (text, "map", metrics->map);
  json_add_number (text, "ece", metrics->ece);
}

static void
add_classes (GString *text, const EvalResult *result, guint index)
{
  const EvalGroup *group = &g_array_index (result->groups, EvalGroup, index);
  const Metrics *metrics = &group->metrics;
  for (guint c = 0; c < metrics->n_classes; c++) {
    begin_line (text, "class", group);
    json_add_string (text, "label", eval_result_label (result, index, c));
    json_add_uint (text, "samples", metrics->n_of_class[c]);
    json_add_number (text, "recall", metrics->recall[c]);
    json_add_number (text, "ap", metrics->ap[c]);
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
    json_add_number (text, "from", (double)i / METRICS_BINS);
    json_add_number (text, "to", (i + 1.0) / METRICS_BINS);
    json_add_uint (text, "samples", bin->n);
    json_add_number (text, "confidence", bin->confidence);
    json_add_number (text, "accuracy", bin->accuracy);
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
    json_add_string (text, "file", g_array_index (result->set->items, DataItem, sample->item).name);
    if (sample->time >= 0)
      json_add_int (text, "stream_time", sample->time);
    else
      json_add_string (text, "stream_time", NULL);
    json_add_string (text, "label", eval_result_label (result, mistake->group, mistake->truth));
    json_add_number (text, "confidence", mistake->truth_score);
    json_add_string (text, "best", eval_result_label (result, mistake->group, mistake->best));
    json_add_number (text, "best_confidence", mistake->best_score);
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
    json_add_string (text, "group", group);
  json_add_string (text, "label", class ? class->label : NULL);
  json_add_uint (text, "spans", count->n_spans);
  json_add_uint (text, "events", count->n_events);
  json_add_uint (text, "matched", count->n_matched);
  json_add_number (text, "precision", figures.precision);
  json_add_number (text, "recall", figures.recall);
  json_add_number (text, "start_error", figures.start_error);
  json_add_number (text, "end_error", figures.end_error);
  json_add_number (text, "max_start_error", figures.max_start_error);
  json_add_number (text, "max_end_error", figures.max_end_error);
  if (!class) {
    json_add_uint (text, "recordings", result->events.n_recordings);
    json_add_number (text, "seconds", result->events.duration / 1e9);
    json_add_number (text, "false_alarms_per_hour", eval_report_false_alarms (&result->events));
  }
  g_string_append (text, "}\n");
}

static void
add_set (GString *text, const EvalResult *result)
{
  begin_line (text, "data", NULL);
  json_add_string (text, "data", result->set->path);
  json_add_string (text, "layout", data_layout_name (result->set->layout));
  json_add_uint (text, "items", result->set->items->len);
  json_add_uint (text, "failed", result->embeddings->n_failed);
  json_add_uint (text, "samples", result->embeddings->samples->len);
  json_add_uint (text, "classes", result->classes->n_classes);
  json_add_string (text, "prompts", result->classes->origin);
  json_add_string (text, "model", result->model->name);
  json_add_string (text, "fingerprint", result->model->fingerprint);
  json_add_string (text, "precision", clip_precision_name (result->model->precision));
  json_add_number (text, "frame_rate", result->frame_rate);
  json_add_string (text, "score_mode", clip_score_mode_name (result->settings->track.rank.mode));
  json_add_number (text, "temperature", result->settings->track.rank.temperature);
  g_string_append (text, "}\n");
}

void
eval_report_json (const EvalResult *result, GString *text)
{
  add_set (text, result);
  for (guint i = 0; i < result->groups->len; i++) {
    const EvalGroup *group = &g_array_index (result->groups, EvalGroup, i);
    begin_line (text, "result", group);
    json_add_uint (text, "samples", group->metrics.n_labelled);
    add_figures (text, &group->metrics);
    g_string_append (text, "}\n");
    for (guint k = 0; k < result->templates->len; k++) {
      const EvalTemplate *template = &g_array_index (result->templates, EvalTemplate, k);
      begin_line (text, "template", group);
      json_add_string (text, "template", template->text);
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
