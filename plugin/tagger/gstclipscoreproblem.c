/* SPDX-License-Identifier: MIT
 *
 * gstclipscoreproblem.c: ways of scoring by which prompts have the same score whatever a picture shows. Not locked.
 */
#include "tagger/gstclipscoreproblem.h"

#include "clip-message.h"

/* In ns. A shorter half-life has too few samples at any usual rate, and was most likely meant in seconds. */
#define SHORTEST_BASELINE 100000000

/* What every picture scores in the group, whatever it shows: NULL unless it is all the same. */
static const gchar *
find_constant_score (
    ClipLabels *labels, const ClipModelInfo *model, const ClipRankParams *params, const ClipGroup *group)
{
  ClipScoreMode mode = group->mode >= 0 ? (ClipScoreMode)group->mode : params->mode;
  guint n_real = group->n_classes - (group->none ? 1 : 0);
  if (group->has_negatives || clip_labels_has_background (labels))
    return NULL;
  if (mode == CLIP_SCORE_SOFTMAX && n_real == 1)
    return "softmax";
  return mode == CLIP_SCORE_SIGMOID && !model->context_length ? "sigmoid" : NULL;
}

/* Newly allocated. */
static gchar *
describe_constant_score (const ClipPrompts *prompts, const ClipGroup *group, const gchar *mode)
{
  const ClipClass *class = clip_prompts_get_class (prompts, group->first_class);
  g_autofree gchar *shown = clip_printable (class->label, -1, CLIP_MESSAGE_VALUE);
  g_autofree gchar *name = clip_printable (group->name, -1, CLIP_MESSAGE_NAME);
  g_autofree gchar *of_group = group->name ? g_strdup_printf (" of the group '%s'", name) : g_strdup ("");
  if (g_str_equal (mode, "sigmoid"))
    return g_strdup_printf (
        "'%s'%s always has 100 %% with score-mode=sigmoid, as the model cannot encode texts to hold "
        "it against: add negative pictures to the prompts file",
        shown, of_group);
  return g_strdup_printf ("'%s' is the only %s%s, so it always has 100 %% with score-mode=softmax and background=off: "
                          "add an alternative, which a prompts file can mark negative, or set background=default",
      shown, group->n_prompts == 1 ? "prompt" : "label", of_group);
}

static gboolean
has_z_scores (const ClipPrompts *prompts, const ClipRankParams *params)
{
  for (guint i = 0; i < clip_prompts_get_n_groups (prompts); i++) {
    int mode = clip_prompts_get_group (prompts, i)->mode;
    if (mode == CLIP_SCORE_Z || (mode < 0 && params->mode == CLIP_SCORE_Z))
      return TRUE;
  }
  return FALSE;
}

gchar *
gst_clip_score_problem_find (ClipLabels *labels, const ClipModelInfo *model, const ClipTrackParams *params)
{
  const ClipPrompts *prompts = clip_labels_get_prompts (labels);
  for (guint i = 0; i < clip_prompts_get_n_groups (prompts); i++) {
    const ClipGroup *group = clip_prompts_get_group (prompts, i);
    const gchar *mode = find_constant_score (labels, model, &params->rank, group);
    if (mode)
      return describe_constant_score (prompts, group, mode);
  }
  if (params->baseline >= SHORTEST_BASELINE || !has_z_scores (prompts, &params->rank))
    return NULL;
  if (params->baseline > 0)
    return g_strdup_printf ("baseline=%" G_GINT64_FORMAT " is too short for score-mode=z-score, whose scores stay 0: "
                            "expected nanoseconds, of an hour 3600000000000",
        params->baseline);
  return g_strdup ("score-mode=z-score without a baseline: all scores are 0; set baseline to a half-life, such as an "
                   "hour");
}
