/* SPDX-License-Identifier: MIT
 *
 * fuzz-prompts.c: the same bytes as a prompts file, as the property's string, as templates and as zones.
 */
#include "fuzz.h"

#include <math.h>

static void
check_timing (const ClipTiming *timing)
{
  g_assert_false (isinf (timing->threshold) || isinf (timing->off_threshold));
  g_assert_false (timing->off_threshold > timing->threshold);
  const gint64 times[] = { timing->smoothing, timing->min_duration, timing->hold_time, timing->cool_down };
  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    g_assert_true (times[i] >= -1 && times[i] <= 86400 * G_GINT64_CONSTANT (1000000000));
}

static void
check_prompt (const ClipPrompt *prompt)
{
  g_assert_true (g_utf8_validate (prompt->text, -1, NULL) && g_utf8_validate (prompt->label, -1, NULL));
  g_assert_true (*prompt->text && *prompt->label);
  g_assert_cmpuint (strlen (prompt->text), <=, CLIP_MAX_PROMPT_BYTES);
  g_assert_cmpuint (strlen (prompt->label), <=, CLIP_MAX_PROMPT_BYTES);
  g_assert_true (prompt->prior > 0 && isfinite (prompt->prior));
  check_timing (&prompt->timing);
  gboolean all_zero = TRUE;
  g_assert_true (prompt->n_terms >= 1 && prompt->n_terms <= 64);
  for (guint i = 0; i < prompt->n_terms; i++) {
    const ClipTerm *term = &prompt->terms[i];
    g_assert_true (*term->value && isfinite (term->weight) && (!term->tensor || *term->tensor));
    g_assert_true (!term->tensor || term->kind == CLIP_TERM_VECTOR);
    all_zero &= term->weight == 0;
  }
  g_assert_false (all_zero);
}

/* Each prompt that is not negative is in one class of its group, which has its label. seen: [number of prompts] */
static void
check_class (ClipPrompts *prompts, guint index, gboolean *seen)
{
  const ClipClass *class = clip_prompts_get_class (prompts, index);
  const ClipGroup *group = clip_prompts_get_group (prompts, class->group);
  g_assert_true (index >= group->first_class && index < group->first_class + group->n_classes);
  check_timing (&class->timing);
  if (class->none) {
    g_assert_true (index == group->first_class + group->n_classes - 1 && class->label == group->none);
    g_assert_cmpuint (class->id, ==, clip_prompts_get_size (prompts) + class->group);
    return;
  }
  guint i = class->id;
  do {
    const ClipPrompt *prompt = clip_prompts_get (prompts, i);
    g_assert_true (prompt && !prompt->negative && !seen[i] && prompt->group == class->group && i >= class->id);
    g_assert_cmpstr (prompt->label, ==, class->label);
    seen[i] = TRUE;
    i = prompt->next;
  } while (i);
}

static void
check_groups (ClipPrompts *prompts)
{
  guint n = clip_prompts_get_size (prompts), first_prompt = 0, first_class = 0;
  g_autofree gboolean *seen = g_new0 (gboolean, n);
  for (guint i = 0; i < clip_prompts_get_n_classes (prompts); i++)
    check_class (prompts, i, seen);
  for (guint g = 0; g < clip_prompts_get_n_groups (prompts); g++) {
    const ClipGroup *group = clip_prompts_get_group (prompts, g);
    gboolean has_negatives = FALSE;
    g_assert_true (group->first_prompt == first_prompt && group->first_class == first_class && group->n_prompts > 0);
    g_assert_cmpuint (group->n_classes, >, group->none ? 1 : 0);
    g_assert_true (group->mode >= -1 && group->mode < CLIP_N_SCORE_MODES && !(group->temperature <= 0));
    for (guint i = first_prompt; i < first_prompt + group->n_prompts; i++) {
      g_assert_cmpuint (clip_prompts_get (prompts, i)->group, ==, g);
      g_assert_true (seen[i] == !clip_prompts_get (prompts, i)->negative);
      has_negatives |= !seen[i];
    }
    g_assert_true (has_negatives == group->has_negatives);
    first_prompt += group->n_prompts;
    first_class += group->n_classes;
  }
  g_assert_true (first_prompt == n && first_class == clip_prompts_get_n_classes (prompts));
}

static void
check_zones (ClipPrompts *prompts)
{
  guint n = clip_prompts_get_n_zones (prompts), n_groups = clip_prompts_get_n_groups (prompts);
  const ClipZone *frame = clip_prompts_get_zone (prompts, CLIP_FRAME);
  g_assert_true (n >= 1 && n <= CLIP_MAX_ZONES + 1 && !frame->name && !frame->n_points);
  for (guint z = 0; z < n; z++) {
    const ClipZone *zone = clip_prompts_get_zone (prompts, z);
    guint n_classes = 0;
    g_assert_cmpuint (zone->first_group + zone->n_groups, <=, n_groups);
    for (guint g = zone->first_group; g < zone->first_group + zone->n_groups; g++) {
      const ClipGroup *group = clip_prompts_get_group (prompts, g);
      g_assert_true (group->zone == z || (group->zone == CLIP_FRAME && zone->first_group == frame->first_group));
      g_assert_cmpuint (group->first_class, ==, zone->first_class + n_classes);
      n_classes += group->n_classes;
    }
    g_assert_cmpuint (zone->n_classes, ==, n_classes);
    if (z == CLIP_FRAME)
      continue;
    g_assert_true (*zone->name && g_utf8_strlen (zone->name, -1) <= 100 && !strpbrk (zone->name, "=;,"));
    g_assert_true (n_classes > 0 && zone->n_points >= 3 && zone->n_points <= CLIP_MAX_ZONE_POINTS);
    for (guint i = 0; i < zone->n_points; i++)
      g_assert_true (
          zone->points[i].x >= 0 && zone->points[i].x <= 1 && zone->points[i].y >= 0 && zone->points[i].y <= 1);
  }
}

static void
check_prompts (ClipPrompts *prompts)
{
  guint n = clip_prompts_get_size (prompts);
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (n, <=, CLIP_MAX_PROMPTS);
  for (guint i = 0; i < n; i++)
    check_prompt (clip_prompts_get (prompts, i));
  check_groups (prompts);
  check_zones (prompts);
  const char *const *templates = clip_prompts_get_templates (prompts);
  g_assert_nonnull (templates[0]);
  for (; *templates; templates++)
    g_assert_nonnull (strstr (*templates, "{}"));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  GError *error = NULL;
  g_autoptr (ClipPrompts) file = clip_prompts_new_from_file (fuzz_write ("prompts", size ? data : NULL, size), &error);
  fuzz_check (file != NULL, &error);
  if (file)
    check_prompts (file);

  g_autofree char *text = g_malloc (size + 1);
  if (size)
    memcpy (text, data, size);
  text[size] = '\0';
  g_autoptr (ClipPrompts) string = clip_prompts_new_from_string (text, &error);
  fuzz_check (string != NULL, &error);
  if (string)
    check_prompts (string);

  g_autoptr (ClipPrompts) plain = clip_prompts_new_from_string ("a;b", NULL);
  g_autoptr (ClipPrompts) with = clip_prompts_with_templates (plain, text, &error);
  fuzz_check (with != NULL, &error);
  if (with)
    check_prompts (with);

  g_autoptr (ClipPrompts) zoned = clip_prompts_with_zones (file ? file : plain, text, &error);
  fuzz_check (zoned != NULL, &error);
  if (zoned)
    check_prompts (zoned);
  return 0;
}

void
fuzz_seeds (void)
{
  static const char *const texts[] = { "a cat;a dog", "one\\;two;three", "# c\na cat\n\na dog\r\n",
    "a photo of {}.|a drawing of {}", "{}|", "a\\b\\\\;c\\", "\u3000a\u00a0cat\u2003;",
    "{\"templates\":[\"a {}.\"],\"prompts\":[{\"text\":\"a\",\"label\":\"b\",\"threshold\":0.5,\"negative\":true,"
    "\"prior\":2},\"c\"]}",
    "[\"a\",\"b\"]", "gate=0,0.5,1,0.5;yard=0,0,1,0,0,1",
    "{\"version\":1,\"groups\":[{\"name\":\"g\",\"none\":\"n\",\"score_mode\":\"sigmoid\",\"temperature\":2,"
    "\"prompts\":[{\"label\":\"s\",\"sum\":[{\"text\":\"a\",\"weight\":-1},{\"vector\":\"b\",\"tensor\":\"c\"}]}]}],"
    "\"zones\":[{\"name\":\"z\",\"box\":[0,0,1,1]},{\"name\":\"y\",\"polygon\":[[0,0],[1,0],[0,1]],"
    "\"prompts\":[{\"image\":\"d\",\"event\":false,\"off_threshold\":0,\"smoothing\":1,\"min_duration\":1,"
    "\"hold_time\":1,\"cool_down\":1}]}]}" };
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    fuzz_seed (texts[i], strlen (texts[i]));
}
