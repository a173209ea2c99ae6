/* SPDX-License-Identifier: MIT
 *
 * fuzz-model.c: a whole folder with changes in any of its files (tests/util/seed.h has their form). A model that loads
 * encodes a picture and a text and ranks labels; weights may have any value, scores are numbers.
 */
#include <math.h>

#include "folder.h"
#include "seed.h"

#define N_FILES     G_N_ELEMENTS (seed_model_files)
#define MAX_EDITS   16
#define MAX_ENCODED 65536 /* floats of a picture's planes; larger models take too long */

typedef struct
{
  char *content;
  gsize length;
} File;

static File golden[N_FILES];

static gboolean
apply_edit (FuzzReader *reader, GByteArray *files[N_FILES])
{
  if (reader->size < SEED_EDIT_BYTES)
    return FALSE;
  guint which = fuzz_byte (reader) % N_FILES;
  if (!files[which]) {
    files[which] = g_byte_array_new ();
    g_byte_array_append (files[which], (const guint8 *)golden[which].content, (guint)golden[which].length);
  }
  GByteArray *file = files[which];
  guint start = fuzz_word (reader), out = fuzz_word (reader), in = fuzz_word (reader);
  start = MIN (start, file->len);
  out = MIN (out, file->len - start);
  in = (guint)MIN (in, reader->size);
  g_byte_array_remove_range (file, start, out);
  g_autoptr (GByteArray) tail = g_byte_array_new ();
  g_byte_array_append (tail, file->data + start, file->len - start);
  g_byte_array_set_size (file, start);
  g_byte_array_append (file, reader->data, in);
  g_byte_array_append (file, tail->data, tail->len);
  reader->data += in;
  reader->size -= in;
  return TRUE;
}

/* Only what differs from the last input's folder is written. */
static void
write_folder (FuzzReader *reader)
{
  static gboolean spoilt[N_FILES];
  GByteArray *files[N_FILES] = { NULL };
  for (guint i = 0; i < MAX_EDITS && apply_edit (reader, files); i++)
    ;
  for (guint i = 0; i < N_FILES; i++) {
    if (files[i])
      fuzz_write (seed_model_files[i], files[i]->len ? (gconstpointer)files[i]->data : "", files[i]->len);
    else if (spoilt[i])
      fuzz_write (seed_model_files[i], golden[i].content, golden[i].length);
    spoilt[i] = files[i] != NULL;
    g_clear_pointer (&files[i], g_byte_array_unref);
  }
}

static void
use (ClipModel *model)
{
  static const guint8 pixels[8 * 6 * 3] = { 255, 0, 128, 7, 200 };
  const ClipImage image = { CLIP_FORMAT_RGB, 8, 6, { pixels }, { 8 * 3 } };
  const ClipModelInfo *info = clip_model_get_info (model);
  GError *error = NULL;
  ClipContextParams params;
  clip_context_params_init (&params);
  params.n_threads = 1;
  folder_tokenize (model);
  if ((guint64)3 * info->image_size * info->image_size > MAX_ENCODED)
    return;
  g_autoptr (ClipContext) context = clip_context_new (model, &params, &error);
  fuzz_check (context != NULL, &error);
  if (!context)
    return;
  float *embedding = (float *)(gpointer)fuzz_guarded (2, info->embedding_dim * sizeof (float), FALSE);
  gboolean ok = clip_context_encode_images (context, &image, 1, embedding, &error);
  fuzz_check (ok, &error);
  if (!info->has_text)
    return;
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_string ("a van;a yard;a cat", NULL);
  g_autoptr (ClipLabels) labels = clip_labels_new (context, prompts, NULL, &error);
  fuzz_check (labels != NULL, &error);
  if (!ok || !labels)
    return;
  for (guint mode = CLIP_SCORE_SOFTMAX; mode <= CLIP_SCORE_COSINE; mode++) {
    ClipMatch matches[3];
    ClipRankParams rank = { (ClipScoreMode)mode, 1, -1 };
    guint n = clip_labels_rank (labels, embedding, &rank, matches, 3);
    g_assert_cmpuint (n, ==, 3);
    for (guint i = 0; i < n; i++)
      g_assert_true (isfinite (matches[i].score) && isfinite (matches[i].cosine));
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (!golden[0].content) {
    fuzz_copy_golden (SEED_MODEL);
    for (guint i = 0; i < N_FILES; i++)
      golden[i].content = fuzz_golden (SEED_MODEL, seed_model_files[i], &golden[i].length);
  }
  write_folder (&(FuzzReader){ data, size });
  g_autoptr (ClipModel) model = folder_load ();
  if (model)
    use (model);
  return 0;
}

void
fuzz_seeds (void)
{
  fuzz_seed ("", 0);
  static const guint8 nan[] = { 1, 0x00, 0xf0, 4, 0, 4, 0, 0xff, 0xff, 0xff, 0x7f }; /* among the weights */
  fuzz_seed (nan, sizeof nan);
}
