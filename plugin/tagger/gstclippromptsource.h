/* SPDX-License-Identifier: MIT
 *
 * gstclippromptsource.h: where the prompts come from, by cliptagger's properties.
 */
#ifndef __GST_CLIP_PROMPT_SOURCE_H__
#define __GST_CLIP_PROMPT_SOURCE_H__

#include "clip.h"

G_BEGIN_DECLS

/* Where the prompts come from: the first of `file`, `text` and the model folder's prompts.json that is there. */
typedef struct
{
  gchar *text;       /* `;`-separated, or NULL */
  gchar *file;       /* or NULL */
  gchar *templates;  /* `|`-separated; NULL = those that the file brings along */
  gchar *background; /* "off", a file, or else the default */
  gchar *zones;      /* `;`-separated, beside those of the file; or NULL */
} GstClipPromptSource;

void gst_clip_prompt_source_copy (GstClipPromptSource *dest, const GstClipPromptSource *src);
void gst_clip_prompt_source_clear (GstClipPromptSource *self);

/* The file that they are read from; NULL if none. Newly allocated. */
gchar *gst_clip_prompt_source_get_file (const GstClipPromptSource *self, const gchar *model_path);

/* Reads them. model_path: as above. without_zones: a setting that prompts with zones are refused for, or NULL. */
ClipPrompts *gst_clip_prompt_source_load (
    const GstClipPromptSource *self, const gchar *model_path, const gchar *without_zones, GError **error);

/* As clip_labels_new() wants it: NULL = off. */
const gchar *gst_clip_prompt_source_get_background (const GstClipPromptSource *self);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstClipPromptSource, gst_clip_prompt_source_clear)

G_END_DECLS

#endif /* __GST_CLIP_PROMPT_SOURCE_H__ */
