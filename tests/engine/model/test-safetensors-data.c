/* SPDX-License-Identifier: MIT
 *
 * test-safetensors-data.c: the reference implementation's own test files, with the outcome its tests expect
 * (MANIFEST.tsv: file, size, "OK" or the reference's error).
 */
#include "clip.h"
#include "model/safetensors.h"
#include "seed.h"
#include "testdata.h"

#include <string.h>

static const struct
{
  const char *outcome, *words; /* what our message says for the reference's error */
} outcomes[] = {
  { "HeaderTooSmall", "header too small" },
  { "HeaderTooLarge", "header too large" },
  { "InvalidHeaderLength", "invalid header length" },
  { "InvalidHeader", "header: line 1, column 1: not UTF-8" },
  { "InvalidHeaderDeserialization", "header: line 1, column 2: expected" },
  { "TensorInvalidInfo", "takes 16 bytes, but its data has 4" },
  { "ValidationOverflow", "overflows" },
  { "MetadataIncompleteBuffer", "incomplete or overlong" },
};

static gboolean
is_expected (const char *outcome, const ClipSafetensors *opened, const GError *error)
{
  if (strcmp (outcome, "OK") == 0)
    return opened && !error;
  for (guint i = 0; i < G_N_ELEMENTS (outcomes); i++) {
    if (strcmp (outcome, outcomes[i].outcome) == 0)
      return !opened && g_error_matches (error, CLIP_ERROR, CLIP_ERROR_FORMAT)
             && strstr (error->message, outcomes[i].words);
  }
  return FALSE; /* an outcome that this test does not know */
}

/* The prototype model: a real export with 126 tensors. */
static gboolean
check_model (const char *folder)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipSafetensors) self = clip_safetensors_open_folder (folder, &error);
  if (!self) {
    fprintf (stderr, "WRONG: %s\n", error->message);
    return FALSE;
  }
  const ClipTensor *tensor = clip_safetensors_find (self, "visual_projection.weight");
  guint n_converted = 0;
  gboolean non_finite = FALSE;
  for (guint i = 0; i < clip_safetensors_count (self); i++) {
    const ClipTensor *each = clip_safetensors_get (self, i);
    g_autofree float *values = g_new (float, each->n_elements + 1);
    n_converted += clip_tensor_to_f32 (each, values, &non_finite, NULL);
  }
  printf ("%s: %u tensors, %u of them floats\n", folder, clip_safetensors_count (self), n_converted);
  return tensor && tensor->n_dims == 2 && n_converted > 100 && !non_finite;
}

int
main (void)
{
  g_autofree char *folder = test_shared ("data/safetensors-cases");
  g_autofree char *model = test_shared ("prototype-model");
  g_autofree char *manifest = g_build_filename (folder, "MANIFEST.tsv", NULL);
  g_autofree char *text = NULL;
  GError *error = NULL;
  g_file_get_contents (manifest, &text, NULL, &error);
  g_assert_no_error (error);

  guint n = 0, n_wrong = 0;
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (char **line = lines; *line; line++) {
    if (!**line)
      continue;
    g_auto (GStrv) fields = g_strsplit (*line, "\t", -1);
    g_assert_cmpuint (g_strv_length (fields), ==, 3);
    g_autofree char *path = g_build_filename (folder, fields[0], NULL);
    g_autofree char *content = NULL;
    gsize length;
    if (g_file_get_contents (path, &content, &length, NULL))
      test_seed ("safetensors", content, length);
    g_autoptr (GError) open_error = NULL;
    g_autoptr (ClipSafetensors) opened = clip_safetensors_open (path, &open_error);
    n++;
    if (!is_expected (fields[2], opened, open_error)) {
      fprintf (stderr, "WRONG: %s: %s expected, got: %s\n", fields[0], fields[2], opened ? "OK" : open_error->message);
      n_wrong++;
    }
  }
  printf ("%u cases, %u wrong\n", n, n_wrong);
  return n > 0 && n_wrong == 0 && check_model (model) ? 0 : 1;
}
