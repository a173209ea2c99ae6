/* SPDX-License-Identifier: MIT
 *
 * fuzz-config.c: config.json of an otherwise good folder.
 */
#include "folder.h"

static const char base[] = "patch32-quick";

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static gboolean prepared;
  if (!prepared)
    fuzz_copy_golden (base);
  prepared = TRUE;
  fuzz_write ("config.json", data, size);
  g_autoptr (ClipModel) model = folder_load ();
  if (model) {
    folder_tokenize (model);
    folder_preprocess (model);
  }
  return 0;
}

void
fuzz_seeds (void)
{
  static const char *const folders[] = { base, "defaults", "old-eos", "text-only", "vision-only" };
  for (guint i = 0; i < G_N_ELEMENTS (folders); i++) {
    gsize length;
    g_autofree char *text = fuzz_golden (folders[i], "config.json", &length);
    fuzz_seed (text, length);
  }
}
