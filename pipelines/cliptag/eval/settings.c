/* SPDX-License-Identifier: MIT
 *
 * settings.c: cliptagger's properties that decide about scores and events, by their names there.
 */
#include "eval/settings.h"

#include <math.h>
#include <string.h>

#include "clip-message.h"
#include "command.h"

void
eval_settings_init (EvalSettings *self)
{
  *self = (EvalSettings){ .fit = CLIP_FIT_CROP, .background = g_strdup ("default") };
  clip_track_params_init (&self->track);
  self->track.update_interval = -1;
}

void
eval_settings_clear (EvalSettings *self)
{
  g_clear_pointer (&self->background, g_free);
}

/* ---- Values: NULL, or what was expected ---------------------------------------------------------------- */

static const char *
set_number (const char *text, double min, double max, const char *expected, float *ret_value)
{
  char *end;
  double value = g_ascii_strtod (text, &end);
  if (end == text || *end || !(value >= min && value <= max))
    return expected;
  *ret_value = (float)value;
  return NULL;
}

/* -1: the default share of the threshold. */
static const char *
set_off_threshold (const char *text, float *ret_value)
{
  const char *expected = set_number (text, CLIP_OFF_THRESHOLD_AUTO, CLIP_MAX_THRESHOLD, "-1 to 1000", ret_value);
  if (!expected && *ret_value <= (float)CLIP_OFF_THRESHOLD_AUTO)
    *ret_value = NAN;
  return expected;
}

static const char *
set_duration (const char *text, gint64 *ret_ns)
{
  guint64 ns;
  if (!command_parse_duration (text, &ns) || ns > G_MAXINT64)
    return "a duration such as 5s, 250ms or 2min";
  *ret_ns = (gint64)ns;
  return NULL;
}

static const char *
set_mode (const char *text, ClipScoreMode *ret_mode)
{
  /* A z-score depends on what came before: a set of pictures has no before. */
  if (clip_score_mode_from_name (text, ret_mode) && *ret_mode != CLIP_SCORE_Z)
    return NULL;
  *ret_mode = CLIP_SCORE_SOFTMAX;
  return "softmax, sigmoid or cosine";
}

static const char *
set_fit (const char *text, ClipFit *ret_fit)
{
  static const char *const names[] = { "crop", "stretch", "pad" };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (text, names[i])) {
      *ret_fit = (ClipFit)i;
      return NULL;
    }
  return "crop, stretch or pad";
}

static const char *
set_background (EvalSettings *self, const char *text)
{
  if (!*text)
    return "default, off or a file";
  g_free (self->background);
  self->background = g_str_equal (text, "off") ? NULL : g_strdup (text);
  self->track.rank.background = self->background != NULL;
  return NULL;
}

char *
eval_settings_set (EvalSettings *self, const char *setting)
{
  const char *value = strchr (setting, '='), *expected;
  g_autofree char *name = value ? g_strndup (setting, (gsize)(value - setting)) : g_strdup (setting);
  g_autofree char *shown = clip_printable (setting, -1, CLIP_MESSAGE_NAME);
  ClipTrackParams *track = &self->track;
  if (!value)
    return g_strdup_printf ("--set %s: expected PROPERTY=VALUE", shown);
  value++;
  if (g_str_equal (name, "score-mode"))
    expected = set_mode (value, &track->rank.mode);
  else if (g_str_equal (name, "temperature"))
    expected
        = set_number (value, CLIP_MIN_TEMPERATURE, CLIP_MAX_TEMPERATURE, "0.001 to 1000", &track->rank.temperature);
  else if (g_str_equal (name, "threshold"))
    expected = set_number (value, CLIP_THRESHOLD_ALL, CLIP_MAX_THRESHOLD, "-1 to 1000", &track->rank.threshold);
  else if (g_str_equal (name, "off-threshold"))
    expected = set_off_threshold (value, &track->timing.off_threshold);
  else if (g_str_equal (name, "smoothing"))
    expected = set_duration (value, &track->timing.smoothing);
  else if (g_str_equal (name, "min-duration"))
    expected = set_duration (value, &track->timing.min_duration);
  else if (g_str_equal (name, "hold-time"))
    expected = set_duration (value, &track->timing.hold_time);
  else if (g_str_equal (name, "cool-down"))
    expected = set_duration (value, &track->timing.cool_down);
  else if (g_str_equal (name, "fit"))
    expected = set_fit (value, &self->fit);
  else if (g_str_equal (name, "background"))
    expected = set_background (self, value);
  else
    return g_strdup_printf ("--set %s: expected one of score-mode, temperature, background, fit, threshold, "
                            "off-threshold, smoothing, min-duration, hold-time, cool-down",
        shown);
  return expected ? g_strdup_printf ("--set %s: expected %s", shown, expected) : NULL;
}
