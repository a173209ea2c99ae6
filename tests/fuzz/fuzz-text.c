/* SPDX-License-Identifier: MIT
 *
 * fuzz-text.c: arbitrary bytes as texts, one a line: tokens and embeddings. Invalid UTF-8 is an error.
 */
#include "folder.h"

#define MAX_TEXTS 8

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static ClipContext *context; /* for the whole run */
  GError *error = NULL;
  if (!context) {
    fuzz_copy_golden ("patch32-quick");
    g_autoptr (ClipModel) loaded = folder_load ();
    ClipContextParams params;
    clip_context_params_init (&params);
    params.n_threads = 1;
    context = clip_context_new (loaded, &params, &error);
    g_assert_no_error (error);
  }
  ClipModel *model = clip_context_get_model (context);
  const ClipModelInfo *info = clip_model_get_info (model);

  g_autofree char *bytes = g_malloc (size + 1);
  if (size)
    memcpy (bytes, data, size);
  bytes[size] = '\0';
  g_auto (GStrv) texts = g_strsplit (bytes, "\n", MAX_TEXTS);
  guint n = g_strv_length (texts), n_bad = 0;
  for (guint i = 0; i < n; i++) {
    guint32 *ids = (guint32 *)(gpointer)fuzz_guarded (0, info->context_length * sizeof (guint32), FALSE);
    guint n_ids = clip_model_tokenize (model, texts[i], ids, &error);
    g_assert_true ((n_ids > 0) == g_utf8_validate (texts[i], -1, NULL));
    fuzz_check (n_ids > 0, &error);
    n_bad += n_ids == 0;
    g_assert_true (n_ids == 0 || (n_ids >= 2 && n_ids <= info->context_length));
    for (guint k = 0; k < n_ids; k++)
      g_assert_cmpuint (ids[k], <, info->vocab_size);
    g_assert_true (n_ids == 0 || ids[n_ids - 1] == info->vocab_size - 1);
  }
  if (n == 0)
    return 0;
  float *embeddings = (float *)(gpointer)fuzz_guarded (1, (gsize)n * info->embedding_dim * sizeof (float), FALSE);
  gboolean ok = clip_context_encode_texts (context, (const char *const *)texts, n, embeddings, &error);
  g_assert_true (ok == (n_bad == 0));
  fuzz_check (ok, &error);
  for (guint i = 0; ok && i < n; i++)
    fuzz_check_unit (embeddings + (gsize)i * info->embedding_dim, info->embedding_dim);
  return 0;
}

void
fuzz_seeds (void)
{
  static const char *const texts[] = {
    "",
    "a photo of a cat",
    "a photo of a cat\na photo of a dog\na photo of",
    "A photo of THE cat's thing, \xc3\xa9 <|endoftext|> <|startoftext|>",
    "&amp;amp;lt; &#x41;&#0;&#1114112;&#xd800;&notin;&notit; &hellip",
    "I'LL we've 12345 don't!?...\t\xe3\x80\x80\xc2\xa0",
    "日本語 😂 \u0301e\u0301 \u1100\u1161\u11a8",
    "\xff\xfe",
    "\xed\xa0\x80",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "İßΣς ﬁ ’s",
  };
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    fuzz_seed (texts[i], strlen (texts[i]));
}
