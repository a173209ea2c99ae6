/* SPDX-License-Identifier: MIT
 *
 * fuzz-preprocessor.c: preprocessor_config.json of an otherwise good folder, and what it does to a picture. Each "224"
 * stands for the model's own size, 32: so the tables of tests, which are about usual models, reach the end.
 */
#include "folder.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static gboolean prepared;
  if (!prepared)
    fuzz_copy_golden ("vision-only");
  prepared = TRUE;
  g_autoptr (GByteArray) text = g_byte_array_new ();
  for (size_t i = 0; i < size;) {
    gboolean usual = size - i >= 3 && memcmp (data + i, "224", 3) == 0;
    g_byte_array_append (text, usual ? (const guint8 *)"32" : data + i, usual ? 2 : 1);
    i += usual ? 3 : 1;
  }
  fuzz_write ("preprocessor_config.json", text->len ? text->data : (const guint8 *)"", text->len);
  g_autoptr (ClipModel) model = folder_load ();
  if (model)
    folder_preprocess (model);
  return 0;
}

void
fuzz_seeds (void)
{
  gsize length;
  g_autofree char *text = fuzz_golden ("vision-only", "preprocessor_config.json", &length);
  fuzz_seed (text, length);
}
