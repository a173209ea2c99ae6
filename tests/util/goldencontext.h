/* SPDX-License-Identifier: MIT
 *
 * goldencontext.h: a golden model ready to encode, and prompts for it.
 */
#ifndef GOLDENCONTEXT_H
#define GOLDENCONTEXT_H

#include "clip.h"
#include "testdata.h"

static inline ClipContext *
open_context (const char *name)
{
  GError *error = NULL;
  g_autofree char *folder = test_golden (name);
  g_autoptr (ClipModel) model = clip_model_load (folder, &error);
  g_assert_no_error (error);
  ClipContext *context = clip_context_new (model, NULL, &error);
  g_assert_no_error (error);
  return context;
}

static inline guint
dim_of (ClipContext *context)
{
  return clip_model_get_info (clip_context_get_model (context))->embedding_dim;
}

static inline ClipPrompts *
make_prompts (const char *text, const char *templates)
{
  GError *error = NULL;
  g_autoptr (ClipPrompts) plain = clip_prompts_new_from_string (text, &error);
  g_assert_no_error (error);
  ClipPrompts *with = clip_prompts_with_templates (plain, templates, &error);
  g_assert_no_error (error);
  return with;
}

#endif
