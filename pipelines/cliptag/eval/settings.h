/* SPDX-License-Identifier: MIT
 *
 * settings.h: cliptagger's properties that decide about scores and events, by their names there.
 */
#ifndef EVAL_SETTINGS_H
#define EVAL_SETTINGS_H

#include "clip.h"

G_BEGIN_DECLS

typedef struct
{
  ClipTrackParams track; /* with track.rank, the scores */
  ClipFit fit;
  char *background; /* NULL: off */
} EvalSettings;

/* cliptagger's defaults. */
void eval_settings_init (EvalSettings *self);
void eval_settings_clear (EvalSettings *self);

/* "property=value". NULL, or what is wrong with it; newly allocated. */
char *eval_settings_set (EvalSettings *self, const char *setting);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (EvalSettings, eval_settings_clear)

G_END_DECLS

#endif
