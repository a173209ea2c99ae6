/* SPDX-License-Identifier: MIT
 *
 * tunereport.c: see tunereport.h.
 */
#include "tune/tunereport.h"

#include <math.h>

#include "clip-json.h"
#include "clip-message.h"
#include "report/json.h"
#include "tune/calibration.h"
#include "tune/tunefile.h"

#define DAY (24.0 * 3600 * 1e9)

#define WORSE 0.01 /* of top-1: a loss beyond what better thresholds may cost */

static const char *const kinds[] = { "text", "sum", "probe" };

static char *
shown (const char *text)
{
  return clip_printable (text, -1, CLIP_MESSAGE_NAME);
}

static const char *
plural (guint n)
{
  return n == 1 ? "" : "s";
}

static const char *
label_of (const TuneReport *self, guint class)
{
  return data_classes_get (self->bank->set->classes, class)->label;
}

/* Alarms a day and their 95 % interval; NaN where nothing was watched. */
typedef struct
{
  double rate, low, high;
} Rate;

static Rate
rate_of (guint n_alarms, gint64 duration)
{
  Rate rate = { NAN, NAN, NAN };
  if (duration <= 0)
    return rate;
  calibration_poisson_interval (n_alarms, &rate.low, &rate.high);
  rate.rate = n_alarms * DAY / (double)duration;
  rate.low *= DAY / (double)duration;
  rate.high *= DAY / (double)duration;
  return rate;
}

/* ---- Sentences ------------------------------------------------------------------------------------------ */

static void
add_row (GString *text, const char *name, double before, double after, const char *unit)
{
  g_string_append_printf (text, "  %-22s %8.1f %s  %8.1f %s\n", name, before, unit, after, unit);
}

static void
add_measures (const TuneReport *self, GString *text)
{
  const TuneSet *set = self->bank->set;
  const TuneResult *result = self->result;
  g_string_append_printf (text,
      "%u samples of %u labels from %u origins, each tested by what was learnt from others:\n\n", set->n - set->n_none,
      set->n_classes, set->n_origins);
  g_string_append_printf (text, "  %-22s %10s  %10s\n", "", "before", "tuned");
  add_row (text, "right (top-1)", 100 * result->before.top1, 100 * result->after.top1, "%");
  add_row (text, "mean recall of labels", 100 * result->before.mean_recall, 100 * result->after.mean_recall, "%");
  add_row (text, "calibration error", 100 * result->before.ece, 100 * result->after.ece, "%");
  g_string_append_c (text, '\n');
  if (result->after.top1 < result->before.top1 - WORSE)
    g_string_append (text,
        "The tuned prompts are worse than before: there are too few samples, or what they show is not "
        "labelled throughout.\n");
}

static void
add_finding (const TuneReport *self, GString *text)
{
  const Tuned *tuned = self->tuned;
  g_autofree char *templates = shown (g_ptr_array_index (self->bank->names, tuned->candidate.templates));
  if (tuned->candidate.kind == TUNE_PROBE) {
    g_string_append_printf (text,
        "A probe learnt from the examples tells the labels apart better than any wording (C %g); it is for this model "
        "alone.\n",
        tuned->candidate.strength);
  } else if (tuned->candidate.templates == 0) {
    g_string_append_printf (
        text, "The prompts' own templates are the best of %u tried: %s\n", self->bank->n_templates, templates);
  } else {
    g_string_append_printf (
        text, "Of %u sets of templates this one tells the labels apart best: %s\n", self->bank->n_templates, templates);
  }
  if (tuned->candidate.kind == TUNE_SUM)
    g_string_append_printf (text,
        "The mean of each label's examples is added to its text, with weight %g; it is for this model alone.\n",
        tuned->candidate.weight);
  g_string_append_printf (text, "The loss (mean -log of the right label's score) falls from %.3f to %.3f.\n",
      tuned->first_loss, tuned->loss);
  if (tuned->temperature > 1.05)
    g_string_append_printf (text, "Scores were too sure of themselves: temperature %.2f.\n", tuned->temperature);
  else if (tuned->temperature < 0.95)
    g_string_append_printf (text, "Scores were not sure enough of themselves: temperature %.2f.\n", tuned->temperature);
  else
    g_string_append (text, "Scores are about as sure as they are right.\n");
  if (tuned->smoothing == 0)
    g_string_append (text, "Without smoothing they are told apart best in time.\n");
  else if (tuned->smoothing > 0)
    g_string_append_printf (text, "Smoothing over %g s tells them apart best in time.\n", tuned->smoothing);
}

static void
add_thresholds (const TuneReport *self, GString *text)
{
  const TuneSet *set = self->bank->set;
  for (guint k = 0; k < set->n_classes; k++) {
    g_autofree char *label = shown (label_of (self, k));
    float threshold = self->tuned->thresholds[k];
    if (set->n_of_class[k] < set->n && !isnan (threshold) && set->n_of_class[k] < TUNE_MIN_POSITIVE)
      g_string_append_printf (
          text, "'%s' has too few samples; it counts from %.2f on, above what others reached.\n", label, threshold);
    else if (!set->n_of_class[k])
      g_string_append_printf (text, "'%s' has no sample: nothing was learnt about it, and the default stays.\n", label);
    else if (set->n_of_class[k] == set->n)
      g_string_append_printf (
          text, "'%s' is all there is: without samples of anything else the default threshold stays.\n", label);
    else if (isnan (threshold))
      g_string_append_printf (text, "'%s' has too few samples for a threshold of its own: the default stays.\n", label);
    else
      g_string_append_printf (text, "'%s' counts from %.2f on.\n", label, threshold);
  }
}

static void
add_alarms (const TuneReport *self, GString *text)
{
  const TuneResult *result = self->result;
  if (!result->has_events) {
    g_string_append (text, "There is no recording with times among the data: false alarms per day are not known.\n");
    return;
  }
  const EvalEvents *events = &result->events_after;
  double hours = (double)events->duration / 3600e9;
  Rate all = rate_of (tune_count_alarms (&events->all), events->duration);
  Rate before = rate_of (tune_count_alarms (&result->events_before.all), result->events_before.duration);
  g_string_append_printf (text,
      "\nEvents in %.2f hours of recordings left out: %u of %u found, %u false alarm%s: expect %.0f a day (95 %%: %.0f "
      "to %.0f); before %.0f (%.0f to %.0f).\n",
      hours, events->all.n_matched, events->all.n_spans, tune_count_alarms (&events->all),
      plural (tune_count_alarms (&events->all)), all.rate, all.low, all.high, before.rate, before.low, before.high);
  for (guint k = 0; k < self->bank->set->n_classes && k < events->n_classes; k++) {
    guint n = tune_count_alarms (&events->classes[k]);
    g_autofree char *label = shown (label_of (self, k));
    Rate rate = rate_of (n, events->duration);
    if (n)
      g_string_append_printf (
          text, "  '%s': %u, %.0f a day (%.0f to %.0f)\n", label, n, rate.rate, rate.low, rate.high);
  }
  for (guint i = 0; i < result->left_out->len; i++) {
    const TuneLeftOut *one = &g_array_index (result->left_out, TuneLeftOut, i);
    g_autofree char *name = shown (one->name);
    gboolean holds = one->n_alarms >= one->low && one->n_alarms <= one->high;
    g_string_append_printf (text,
        "  %s: %u false alarm%s in %.0f s; by the others, %.1f to %.1f were to be expected%s\n", name, one->n_alarms,
        plural (one->n_alarms), (double)one->duration / 1e9, one->low, one->high,
        holds ? "" : ": it is not like the others");
  }
}

void
tune_report_text (const TuneReport *self, GString *text)
{
  g_autofree char *output = shown (self->output);
  add_measures (self, text);
  add_finding (self, text);
  add_thresholds (self, text);
  add_alarms (self, text);
  g_string_append_printf (text, "\nWritten: %s", output);
  if (self->tuned->vectors) {
    g_autofree char *vectors = tune_file_vectors_path (self->output), *shown_vectors = shown (vectors);
    g_string_append_printf (text, " and %s, which it needs", shown_vectors);
  }
  g_string_append (text, "\n");
}

/* ---- JSON ----------------------------------------------------------------------------------------------- */

static void
add_metrics (GString *json, const char *key, const Metrics *metrics, const EvalEvents *events, gboolean has_events)
{
  json_add_key (json, key);
  g_string_append_c (json, '{');
  json_add_number (json, "top1", metrics->top1);
  json_add_number (json, "mean_recall", metrics->mean_recall);
  json_add_number (json, "ece", metrics->ece);
  if (has_events) {
    Rate rate = rate_of (tune_count_alarms (&events->all), events->duration);
    json_add_uint (json, "events", events->all.n_events);
    json_add_uint (json, "spans", events->all.n_spans);
    json_add_uint (json, "found", events->all.n_matched);
    json_add_uint (json, "false_alarms", tune_count_alarms (&events->all));
    json_add_number (json, "false_alarms_per_day", rate.rate);
    json_add_number (json, "low", rate.low);
    json_add_number (json, "high", rate.high);
  }
  g_string_append_c (json, '}');
}

static void
add_left_out (GString *json, const TuneResult *result)
{
  json_add_key (json, "left_out");
  g_string_append_c (json, '[');
  for (guint i = 0; i < result->left_out->len; i++) {
    const TuneLeftOut *one = &g_array_index (result->left_out, TuneLeftOut, i);
    g_string_append (json, i ? ",{" : "{");
    json_add_string (json, "name", one->name);
    json_add_uint (json, "false_alarms", one->n_alarms);
    json_add_number (json, "seconds", (double)one->duration / 1e9);
    json_add_number (json, "expected_low", one->low);
    json_add_number (json, "expected_high", one->high);
    g_string_append_c (json, '}');
  }
  g_string_append_c (json, ']');
}

void
tune_report_json (const TuneReport *self, GString *json)
{
  const Tuned *tuned = self->tuned;
  const TuneSet *set = self->bank->set;
  g_string_append_c (json, '{');
  json_add_uint (json, "samples", set->n);
  json_add_uint (json, "unlabelled", set->n_none);
  json_add_uint (json, "origins", set->n_origins);
  json_add_uint (json, "folds", self->result->n_folds);
  add_metrics (json, "before", &self->result->before, &self->result->events_before, self->result->has_events);
  add_metrics (json, "tuned", &self->result->after, &self->result->events_after, self->result->has_events);
  json_add_string (json, "kind", kinds[tuned->candidate.kind]);
  json_add_string (json, "templates", g_ptr_array_index (self->bank->names, tuned->candidate.templates));
  json_add_number (json, "temperature", tuned->temperature);
  json_add_number (json, "loss_before", tuned->first_loss);
  json_add_number (json, "loss", tuned->loss);
  if (tuned->smoothing >= 0)
    json_add_number (json, "smoothing", tuned->smoothing);
  json_add_key (json, "thresholds");
  g_string_append_c (json, '{');
  for (guint k = 0; k < set->n_classes; k++) {
    g_string_append (json, k ? "," : "");
    clip_json_append_string (json, label_of (self, k));
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    float threshold = tuned->thresholds[k];
    g_string_append_printf (
        json, ":%s", isnan (threshold) ? "null" : g_ascii_formatd (number, sizeof number, "%.4g", threshold));
  }
  g_string_append_c (json, '}');
  add_left_out (json, self->result);
  g_string_append (json, "}\n");
}
