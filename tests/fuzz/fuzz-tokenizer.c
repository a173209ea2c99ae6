/* SPDX-License-Identifier: MIT
 *
 * fuzz-tokenizer.c: one tokenizer file in an otherwise good folder. The first byte selects it: tests/util/seed.h.
 */
#include "folder.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static const struct
  {
    char prefix;
    const char *name;
  } files[] = { { 'j', "tokenizer.json" }, { 'v', "vocab.json" }, { 'm', "merges.txt" },
    { 'c', "tokenizer_config.json" }, { 's', "special_tokens_map.json" }, { 'a', "added_tokens.json" } };
  static char *vocab, *merges;
  static gsize vocab_length, merges_length;
  if (!vocab) {
    fuzz_copy_golden ("text-only");
    vocab = fuzz_golden ("patch32-quick", "vocab.json", &vocab_length);
    merges = fuzz_golden ("patch32-quick", "merges.txt", &merges_length);
  }
  guint which = 0;
  while (which < G_N_ELEMENTS (files) && (size == 0 || files[which].prefix != (char)data[0]))
    which++;
  if (which == G_N_ELEMENTS (files))
    return 0;
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    fuzz_write (files[i].name, NULL, 0);
  fuzz_write ("vocab.json", which ? vocab : NULL, vocab_length);
  fuzz_write ("merges.txt", which ? merges : NULL, merges_length);
  fuzz_write (files[which].name, size > 1 ? (gconstpointer)(data + 1) : "", size - 1);
  g_autoptr (ClipModel) model = folder_load ();
  if (model)
    folder_tokenize (model);
  return 0;
}

static void
seed_file (char prefix, const char *folder, const char *name)
{
  gsize length;
  g_autofree char *text = fuzz_golden (folder, name, &length);
  g_autofree char *seed = g_malloc (length + 1);
  *seed = prefix;
  memcpy (seed + 1, text, length);
  fuzz_seed (seed, length + 1);
}

void
fuzz_seeds (void)
{
  seed_file ('j', "text-only", "tokenizer.json");
  seed_file ('v', "patch32-quick", "vocab.json");
  seed_file ('m', "patch32-quick", "merges.txt");
  seed_file ('c', "patch32-quick", "tokenizer_config.json");
  seed_file ('s', "patch32-quick", "special_tokens_map.json");
  fuzz_seed ("a{\"<new>\":530}", 14);
}
