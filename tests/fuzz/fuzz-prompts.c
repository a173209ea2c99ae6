/* SPDX-License-Identifier: MIT
 *
 * fuzz-prompts.c: the same bytes as a prompts file, as the property's string and as templates.
 */
#include "fuzz.h"

#include <math.h>

static void
check_prompts (ClipPrompts *prompts)
{
  guint n = clip_prompts_get_size (prompts);
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (n, <=, CLIP_MAX_PROMPTS);
  for (guint i = 0; i < n; i++) {
    const ClipPrompt *prompt = clip_prompts_get (prompts, i);
    g_assert_true (g_utf8_validate (prompt->text, -1, NULL) && g_utf8_validate (prompt->label, -1, NULL));
    g_assert_cmpuint (strlen (prompt->text), <=, CLIP_MAX_PROMPT_BYTES);
    g_assert_true (prompt->prior > 0 && isfinite (prompt->prior));
    g_assert_false (isinf (prompt->timing.threshold));
  }
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
  return 0;
}

void
fuzz_seeds (void)
{
  static const char *const texts[] = { "a cat;a dog", "one\\;two;three", "# c\na cat\n\na dog\r\n",
    "a photo of {}.|a drawing of {}", "{}|", "a\\b\\\\;c\\", "\u3000a\u00a0cat\u2003;",
    "{\"templates\":[\"a {}.\"],\"prompts\":[{\"text\":\"a\",\"label\":\"b\",\"threshold\":0.5,\"negative\":true,"
    "\"prior\":2},\"c\"]}",
    "[\"a\",\"b\"]" };
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    fuzz_seed (texts[i], strlen (texts[i]));
}
