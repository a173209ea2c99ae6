/* SPDX-License-Identifier: MIT
 *
 * bench-load.c: how long a model takes from its folder to ready, in f32 and in int8, beside the least that any loader
 * has to do: read the file once and convert it to f32.
 *
 * bench-load MODEL [ROUNDS]: a folder with one model.safetensors. Medians of alternating rounds, 7 unless said
 * otherwise, with the file in the page cache.
 */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "clip.h"
#include "model/safetensors.h"

#define MAX_ROUNDS 99
#define CHUNK      (1 << 20)

/* As a plain loader does it: the file's bytes into memory, then every tensor's into floats. */
static gboolean
read_and_convert (const char *path, const ClipSafetensors *tensors)
{
  GStatBuf stat;
  int fd = g_open (path, O_RDONLY | O_CLOEXEC, 0);
  gboolean ok = fd >= 0 && g_lstat (path, &stat) == 0;
  g_autofree char *bytes = ok ? g_try_malloc ((gsize)stat.st_size) : NULL;
  for (gsize done = 0; ok && bytes && done < (gsize)stat.st_size;) {
    gssize n = read (fd, bytes + done, MIN (CHUNK, (gsize)stat.st_size - done));
    ok = n > 0;
    done += (gsize)n;
  }
  if (fd >= 0)
    close (fd);
  gboolean non_finite;
  gsize at = 0;
  for (guint i = 0; ok && bytes && i < clip_safetensors_count (tensors); i++) {
    ClipTensor tensor = *clip_safetensors_get (tensors, i);
    g_autofree float *values = g_try_new (float, tensor.n_elements);
    tensor.data = (const guint8 *)bytes + at; /* any bytes will do */
    at += tensor.n_bytes;
    ok = !tensor.n_elements || (values && clip_tensor_to_f32 (&tensor, values, &non_finite, NULL));
  }
  return ok && bytes;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double
median (double *seconds, guint n)
{
  qsort (seconds, n, sizeof *seconds, compare);
  return n % 2 ? seconds[n / 2] : (seconds[n / 2 - 1] + seconds[n / 2]) / 2;
}

static double
now (void)
{
  return (double)g_get_monotonic_time () / G_USEC_PER_SEC;
}

static gboolean
bench (const char *folder, guint rounds, GError **error)
{
  static const ClipPrecision precisions[] = { CLIP_PRECISION_F32, CLIP_PRECISION_INT8, CLIP_PRECISION_AUTO };
  static const char *const names[] = { "f32", "int8", "auto" };
  double reading[MAX_ROUNDS], loading[G_N_ELEMENTS (precisions)][MAX_ROUNDS];
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  g_autoptr (ClipSafetensors) tensors = clip_safetensors_open (path, error);
  if (!tensors)
    return FALSE;
  for (guint round = 0; round <= rounds; round++) { /* the first is not counted */
    guint place = round ? round - 1 : 0;
    double start = now ();
    if (!read_and_convert (path, tensors)) {
      g_set_error (error, CLIP_ERROR, CLIP_ERROR_FILE, "%s: cannot be read and converted", path);
      return FALSE;
    }
    reading[place] = now () - start;
    for (guint p = 0; p < G_N_ELEMENTS (precisions); p++) {
      start = now ();
      g_autoptr (ClipModel) model = clip_model_load_full (folder, precisions[p], error);
      if (!model)
        return FALSE;
      loading[p][place] = now () - start;
    }
  }

  double least = median (reading, rounds);
  printf ("read and convert once   %7.3f s\n", least);
  for (guint p = 0; p < G_N_ELEMENTS (precisions); p++) {
    double seconds = median (loading[p], rounds);
    printf ("load in %-4s            %7.3f s  (%.2f times as long)\n", names[p], seconds, seconds / least);
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  guint64 rounds = 7;
  if (argc < 2 || argc > 3 || (argc == 3 && !g_ascii_string_to_unsigned (argv[2], 10, 1, MAX_ROUNDS, &rounds, NULL))) {
    fprintf (stderr, "usage: bench-load MODEL [ROUNDS]\n");
    return 2;
  }
  g_autoptr (GError) error = NULL;
  if (bench (argv[1], (guint)rounds, &error))
    return EXIT_SUCCESS;
  fprintf (stderr, "bench-load: %s\n", error->message);
  return EXIT_FAILURE;
}
