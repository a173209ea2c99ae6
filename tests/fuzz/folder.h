/* SPDX-License-Identifier: MIT
 *
 * folder.h: loads a whole folder and uses the model, for the targets that corrupt one of its files.
 */
#ifndef FUZZ_FOLDER_H
#define FUZZ_FOLDER_H

#include "fuzz.h"

/* Loads fuzz_folder(); what is wrong is a message. NULL then. */
static inline ClipModel *
folder_load (void)
{
  GError *error = NULL;
  ClipModel *model = clip_model_load (fuzz_folder (), &error);
  fuzz_check (model != NULL, &error);
  if (!model)
    return NULL;
  const ClipModelInfo *info = clip_model_get_info (model);
  g_assert_true (info->has_vision || info->has_text);
  g_assert_cmpuint (strlen (info->fingerprint), ==, 16);
  g_assert_cmpuint (info->embedding_dim, >, 0);
  return model;
}

/* A text in words and out of them, whatever the vocabulary is. */
static inline void
folder_tokenize (ClipModel *model)
{
  static const char *const texts[]
      = { "", "A photo of THE cat's thing, \xc3\xa9 <|endoftext|>", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!?" };
  const ClipModelInfo *info = clip_model_get_info (model);
  if (!info->has_text)
    return;
  guint32 *ids = (guint32 *)(gpointer)fuzz_guarded (0, info->context_length * sizeof (guint32), FALSE);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    GError *error = NULL;
    guint n = clip_model_tokenize (model, texts[i], ids, &error);
    fuzz_check (n > 0, &error);
    g_assert_true (n == 0 || (n >= 2 && n <= info->context_length));
    for (guint k = 0; k < n; k++)
      g_assert_cmpuint (ids[k], <, info->vocab_size);
  }
}

/* A small picture, as the model wants it. */
static inline void
folder_preprocess (ClipModel *model)
{
  static const guint8 pixels[8 * 6 * 3] = { 255, 0, 128, 7, 200 };
  const ClipImage image = { CLIP_FORMAT_RGB, 8, 6, { pixels }, { 8 * 3 } };
  const ClipModelInfo *info = clip_model_get_info (model);
  gsize n = (gsize)3 * info->image_size * info->image_size;
  if (!info->has_vision || n * sizeof (float) > 16u << 20)
    return;
  GError *error = NULL;
  for (guint fit = CLIP_FIT_CROP; fit <= CLIP_FIT_PAD; fit++) {
    g_autoptr (ClipPreprocessor) preprocessor
        = clip_preprocessor_new (model, (ClipFit)fit, CLIP_CROP_HALF_EVEN, &error);
    fuzz_check (preprocessor != NULL, &error);
    float *values = (float *)(gpointer)fuzz_guarded (1, n * sizeof (float), FALSE);
    if (preprocessor)
      fuzz_check (clip_preprocessor_run (preprocessor, &image, values, &error), &error);
  }
}

#endif
