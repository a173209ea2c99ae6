/* SPDX-License-Identifier: MIT
 *
 * tokenizer-steps.c: see tokenizer-steps.h. Compares only what affects tokens, unlike offsets.
 */
#include "tokenizer/tokenizer-steps.h"

#include "clip.h"

static gboolean
step_has_type (const ClipJsonValue *step, const char *type)
{
  return !g_strcmp0 (clip_json_as_string (clip_json_member (step, "type")), type);
}

static const char *
step_pattern (const ClipJsonValue *step)
{
  return clip_json_as_string (clip_json_member (clip_json_member (step, "pattern"), "Regex"));
}

/* step.name, `absent` where it is not there. */
static gboolean
step_flag (const ClipJsonValue *step, const char *name, gboolean absent)
{
  gboolean value = absent;
  clip_json_as_boolean (clip_json_member (step, name), &value);
  return value;
}

/* NFC, runs of white space to one blank, lower case. */
static gboolean
is_clip_normalizer (const ClipJsonValue *step)
{
  const ClipJsonValue *list = clip_json_member (step, "normalizers"), *replace = clip_json_element (list, 1);
  return step_has_type (step, "Sequence") && clip_json_length (list) == 3
         && step_has_type (clip_json_element (list, 0), "NFC") && step_has_type (replace, "Replace")
         && !g_strcmp0 (step_pattern (replace), "\\s+")
         && !g_strcmp0 (clip_json_as_string (clip_json_member (replace, "content")), " ")
         && step_has_type (clip_json_element (list, 2), "Lowercase");
}

/* Words by OpenAI's pattern, with the special tokens in it or, as in early files, without; then bytes. */
static gboolean
is_clip_pre_tokenizer (const ClipJsonValue *step)
{
  static const char words[] = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+";
  static const char specials[] = "<\\|startoftext\\|>|<\\|endoftext\\|>|";
  const ClipJsonValue *list = clip_json_member (step, "pretokenizers"), *split = clip_json_element (list, 0),
                      *bytes = clip_json_element (list, 1);
  const char *pattern = step_pattern (split);
  if (pattern && g_str_has_prefix (pattern, specials))
    pattern += sizeof specials - 1;
  return step_has_type (step, "Sequence") && clip_json_length (list) == 2 && step_has_type (split, "Split")
         && !g_strcmp0 (pattern, words)
         && !g_strcmp0 (clip_json_as_string (clip_json_member (split, "behavior")), "Removed")
         && step_flag (split, "invert", FALSE) && step_has_type (bytes, "ByteLevel")
         && !step_flag (bytes, "add_prefix_space", TRUE);
}

/* Start before the text, end after it. */
static gboolean
is_clip_post_processor (const ClipJsonValue *step, const char *start, const char *end)
{
  return step_has_type (step, "RobertaProcessing")
         && !g_strcmp0 (clip_json_as_string (clip_json_element (clip_json_member (step, "cls"), 0)), start)
         && !g_strcmp0 (clip_json_as_string (clip_json_element (clip_json_member (step, "sep"), 0)), end);
}

gboolean
clip_tokenizer_steps_check (
    const ClipJson *json, gboolean generic, const char *start, const char *end, GPtrArray *warnings, GError **error)
{
  const ClipJsonValue *root = clip_json_root (json);
  const char *odd = NULL;
  if (!is_clip_post_processor (clip_json_member (root, "post_processor"), start, end))
    odd = "post_processor";
  if (!is_clip_pre_tokenizer (clip_json_member (root, "pre_tokenizer")))
    odd = "pre_tokenizer";
  if (!is_clip_normalizer (clip_json_member (root, "normalizer")))
    odd = "normalizer";
  if (!odd)
    return TRUE;

  if (generic) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED,
        "%s: field '%s': not CLIP's, the only one supported (tokenizer_config.json names a class that uses this one)",
        clip_json_name (json), odd);
    return FALSE;
  }
  g_ptr_array_add (warnings,
      g_strdup_printf ("%s: field '%s': not CLIP's; using CLIP's own instead, as transformers 5's CLIPTokenizer does",
          clip_json_name (json), odd));
  return TRUE;
}
