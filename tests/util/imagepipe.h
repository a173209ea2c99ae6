/* SPDX-License-Identifier: MIT
 *
 * imagepipe.h: an image pipe with CLIP's defaults for tests, and their random numbers.
 */
#ifndef IMAGEPIPE_H
#define IMAGEPIPE_H

#include "image/image.h"

static inline ClipImagePipe *
test_pipe (guint size, ClipFit fit, ClipCropRule rule)
{
  ClipPreprocessConfig config;
  clip_preprocess_config_init (&config, size);
  ClipImagePipe *pipe = clip_image_pipe_new (&config, size, fit, rule);
  g_assert_nonnull (pipe);
  return pipe;
}

/* ret: [3][size][size] */
static inline void
test_pipe_run (ClipImagePipe *pipe, const ClipImage *image, float *ret)
{
  GError *error = NULL;
  gboolean ok = clip_image_pipe_run (pipe, image, ret, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
}

/* ret: [size][size][3] */
static inline void
test_pipe_run_u8 (ClipImagePipe *pipe, const ClipImage *image, guint8 *ret)
{
  GError *error = NULL;
  gboolean ok = clip_image_pipe_run_u8 (pipe, image, ret, &error);
  g_assert_no_error (error);
  g_assert_true (ok);
}

/* The run fails with `expected` as its message and writes no pixel. */
static inline void
test_pipe_refuses (const ClipImage *image, const char *expected)
{
  float pixels[3 * 8 * 8] = { 42.0f };
  g_autoptr (ClipImagePipe) pipe = test_pipe (8, CLIP_FIT_CROP, CLIP_CROP_FLOOR);
  g_autoptr (GError) error = NULL;
  g_assert_false (clip_image_pipe_run (pipe, image, pixels, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_IMAGE);
  g_assert_cmpstr (error->message, ==, expected);
  g_assert_true (pixels[0] == 42.0f);
}

/* 0..n-1; the same sequence on every run. */
static inline guint
test_random_below (guint32 *state, guint n)
{
  *state = *state * 1664525u + 1013904223u;
  return (guint)(((guint64)(*state >> 4) * n) >> 28);
}

#endif
