/* SPDX-License-Identifier: MIT
 *
 * track-leaders.c: which label comes first of its group. Where two are about as likely the better one changes with
 * every sample, however smooth their scores are: the one that came first keeps its place until the other is clearly
 * better.
 */
#include <math.h>
#include <string.h>

#include "labels/track.h"

void
clip_leaders_follow (
    guint *leaders, const ClipPrompts *prompts, guint zone_index, const float *scores, const guint8 *holds)
{
  const ClipZone *zone = clip_prompts_get_zone (prompts, zone_index);
  for (guint g = 0; g < zone->n_groups; g++) {
    const ClipGroup *group = clip_prompts_get_group (prompts, zone->first_group + g);
    guint first = group->first_class - zone->first_class, best = first;
    for (guint c = first + 1; c < first + group->n_classes; c++)
      if (scores[c] > scores[best])
        best = c;
    guint leader = leaders[g];
    if (leader == CLIP_NO_LEADER || !holds[leader] || scores[leader] < scores[best] * (float)CLIP_EVENT_OFF_SHARE)
      leaders[g] = best;
  }
}

/* The first match of the classes from `first` on. */
static guint
find_match (const ClipMatch *matches, guint n, guint first, guint n_classes)
{
  guint i = 0;
  while (i < n && (matches[i].class < first || matches[i].class >= first + n_classes))
    i++;
  return i;
}

guint
clip_leaders_put_first (const guint *leaders, const ClipPrompts *prompts, guint zone_index, const float *scores,
    const float *cosines, float threshold, ClipMatch *matches, guint n, guint max)
{
  const ClipZone *zone = clip_prompts_get_zone (prompts, zone_index);
  for (guint g = 0; g < zone->n_groups; g++) {
    const ClipGroup *group = clip_prompts_get_group (prompts, zone->first_group + g);
    guint leader = leaders[g], place = find_match (matches, n, group->first_class, group->n_classes);
    if (leader == CLIP_NO_LEADER || place == n || matches[place].class == zone->first_class + leader)
      continue;
    const ClipClass *class = clip_prompts_get_class (prompts, zone->first_class + leader);
    float least = isnan (class->timing.threshold) ? threshold : class->timing.threshold;
    if (!(scores[leader] >= least))
      continue;
    guint from = find_match (matches, n, zone->first_class + leader, 1);
    if (from == n) /* those that were asked for are full of better ones */
      from = n < max ? n++ : n - 1;
    memmove (&matches[place + 1], &matches[place], (from - place) * sizeof *matches);
    matches[place] = (ClipMatch){ class->id, zone->first_class + leader, scores[leader], cosines[leader] };
  }
  return n;
}
