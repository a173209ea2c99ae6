/* SPDX-License-Identifier: MIT
 *
 * gstclippromptsource.c: reads the prompts that cliptagger's properties name. Errors name the property or the file.
 * Not locked.
 */
#include "tagger/gstclippromptsource.h"

#include "clip-message.h"

#define PROMPTS_FILE "prompts.json"

static gboolean
is_set (const gchar *string)
{
  return string && *string;
}

void
gst_clip_prompt_source_copy (GstClipPromptSource *dest, const GstClipPromptSource *src)
{
  *dest = (GstClipPromptSource){
    .text = g_strdup (src->text),
    .file = g_strdup (src->file),
    .templates = g_strdup (src->templates),
    .background = g_strdup (src->background),
    .zones = g_strdup (src->zones),
  };
}

void
gst_clip_prompt_source_clear (GstClipPromptSource *self)
{
  g_clear_pointer (&self->text, g_free);
  g_clear_pointer (&self->file, g_free);
  g_clear_pointer (&self->templates, g_free);
  g_clear_pointer (&self->background, g_free);
  g_clear_pointer (&self->zones, g_free);
}

gchar *
gst_clip_prompt_source_get_file (const GstClipPromptSource *self, const gchar *model_path)
{
  if (is_set (self->file))
    return g_strdup (self->file);
  return is_set (self->text) ? NULL : g_build_filename (model_path, PROMPTS_FILE, NULL);
}

/* ---- Reading -------------------------------------------------------------------------------------------- */

/* Takes the prompts. */
static ClipPrompts *
add_templates (ClipPrompts *prompts, const GstClipPromptSource *source, GError **error)
{
  if (!prompts || !is_set (source->templates))
    return prompts;
  ClipPrompts *in_templates = clip_prompts_with_templates (prompts, source->templates, error);
  clip_prompts_unref (prompts);
  if (!in_templates)
    g_prefix_error (error, "prompt-template: ");
  return in_templates;
}

/* The same. */
static ClipPrompts *
add_zones (ClipPrompts *prompts, const GstClipPromptSource *source, GError **error)
{
  if (!prompts || !is_set (source->zones))
    return prompts;
  ClipPrompts *with_zones = clip_prompts_with_zones (prompts, source->zones, error);
  clip_prompts_unref (prompts);
  if (!with_zones)
    g_prefix_error (error, "zones: ");
  return with_zones;
}

static gboolean
check_zones (const ClipPrompts *prompts, const gchar *model_path, const GstClipPromptSource *source,
    const gchar *without_zones, GError **error)
{
  if (!without_zones || clip_prompts_get_n_zones (prompts) == 1)
    return TRUE;
  g_autofree gchar *file = is_set (source->zones) ? NULL : gst_clip_prompt_source_get_file (source, model_path);
  g_autofree gchar *shown = file ? clip_printable (file, -1, CLIP_MESSAGE_PATH) : NULL;
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "%s%szones: not possible with %s", shown ? shown : "",
      shown ? ": " : "", without_zones);
  return FALSE;
}

ClipPrompts *
gst_clip_prompt_source_load (
    const GstClipPromptSource *self, const gchar *model_path, const gchar *without_zones, GError **error)
{
  g_autoptr (ClipPrompts) prompts = NULL;
  g_autofree gchar *beside_model = g_build_filename (model_path, PROMPTS_FILE, NULL);

  if (is_set (self->file)) {
    prompts = clip_prompts_new_from_file (self->file, error);
  } else if (is_set (self->text)) {
    prompts = clip_prompts_new_from_string (self->text, error);
    if (!prompts)
      g_prefix_error (error, "prompts: ");
  } else if (g_file_test (beside_model, G_FILE_TEST_EXISTS)) {
    prompts = clip_prompts_new_from_file (beside_model, error);
  } else {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS,
        "no prompts: set prompts=\"a cat;a dog\" or prompts-file=FILE (%s brings no " PROMPTS_FILE " along)",
        model_path);
  }

  prompts = add_zones (add_templates (g_steal_pointer (&prompts), self, error), self, error);
  if (prompts && !check_zones (prompts, model_path, self, without_zones, error))
    return NULL;
  return g_steal_pointer (&prompts);
}

const gchar *
gst_clip_prompt_source_get_background (const GstClipPromptSource *self)
{
  if (!is_set (self->background))
    return "default";
  return g_str_equal (self->background, "off") ? NULL : self->background;
}
