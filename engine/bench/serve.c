/* SPDX-License-Identifier: MIT
 *
 * serve.c: see serve.h.
 */
#include "serve.h"

#include <stdio.h>
#include <string.h>

#include "measure.h"

typedef struct
{
  ClipContext *context;
  guint batch;
  const float *pixels; /* [batch][3][image_size][image_size] */
  float *embeddings;   /* [batch][embedding_dim] */
} Job;

static gboolean
encode (gpointer data, GError **error)
{
  Job *job = data;
  return clip_context_encode_pixels (job->context, job->pixels, job->batch, job->embeddings, error);
}

/* ret_pixels: at least `batch` pictures, a multiple of that; ret_n: how many. */
static gboolean
read_pixels (const ClipModelInfo *info, guint batch, const char *path, float **ret_pixels, guint *ret_n, GError **error)
{
  char *bytes = NULL;
  gsize size, picture = sizeof (float) * 3 * info->image_size * info->image_size;
  if (!g_file_get_contents (path, &bytes, &size, error))
    return FALSE;
  if (picture == 0 || size == 0 || size % (picture * batch) != 0) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT,
        "%s: %" G_GSIZE_FORMAT " bytes, expected a multiple of %u pictures of 3 x %u x %u floats", path, size, batch,
        info->image_size, info->image_size);
    g_free (bytes);
    return FALSE;
  }
  *ret_pixels = (float *)(gpointer)bytes;
  *ret_n = (guint)(size / picture);
  return TRUE;
}

/* Reads, encodes and writes; the pixels are the caller's to free. */
static gboolean
encode_file (ClipContext *context, guint batch, const char *pixels_path, const char *embeddings_path,
    float **ret_pixels, GError **error)
{
  const ClipModelInfo *info = clip_model_get_info (clip_context_get_model (context));
  g_autofree float *pixels = NULL;
  guint n;
  if (!read_pixels (info, batch, pixels_path, &pixels, &n, error))
    return FALSE;
  gsize size = sizeof (float) * n * info->embedding_dim;
  g_autofree float *embeddings = g_malloc (size);
  if (!clip_context_encode_pixels (context, pixels, n, embeddings, error))
    return FALSE;
  if (embeddings_path && !g_file_set_contents (embeddings_path, (const char *)embeddings, (gssize)size, error))
    return FALSE;
  *ret_pixels = g_steal_pointer (&pixels);
  return TRUE;
}

gboolean
clip_serve (ClipContext *context, guint batch, const char *pixels_path, const char *embeddings_path,
    const char *description, GError **error)
{
  const ClipModelInfo *info = clip_model_get_info (clip_context_get_model (context));
  g_autofree float *pixels = NULL;
  if (!encode_file (context, batch, pixels_path, embeddings_path, &pixels, error))
    return FALSE;
  if (!description)
    return TRUE;
  g_autofree float *embeddings = g_new (float, (gsize)batch * info->embedding_dim);
  Job job = { context, batch, pixels, embeddings };

  printf ("ready %s\n", description);
  fflush (stdout);
  char line[64];
  while (fgets (line, sizeof line, stdin)) {
    guint64 runs;
    if (!g_str_has_prefix (line, "run ")
        || !g_ascii_string_to_unsigned (g_strstrip (line) + strlen ("run "), 10, 1, 1000000, &runs, NULL)) {
      g_set_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT, "stdin: \"%s\", expected \"run N\" with N of 1..1000000",
          g_strstrip (line));
      return FALSE;
    }
    ClipTimes times;
    if (!clip_measure (encode, &job, (guint)runs, 0, &times, error))
      return FALSE;
    printf ("%.5f\n", times.p50 / batch);
    fflush (stdout);
  }
  return TRUE;
}
