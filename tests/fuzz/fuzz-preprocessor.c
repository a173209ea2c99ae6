/* SPDX-License-Identifier: MIT
 *
 * fuzz-preprocessor.c: preprocessor_config.json of an otherwise good folder, and its effect on a picture. After a
 * SEPARATOR follows processor_config.json, which takes precedence; with nothing before the SEPARATOR it is the only
 * one. Each "224" stands for the model's own size, 32: so the tests' tables, which are about usual models, get through.
 */
#include "folder.h"

#define SEPARATOR '\x1e' /* nowhere in JSON */

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
  g_byte_array_append (text, (const guint8 *)"", 1); /* never NULL */
  gsize length = text->len - 1;
  const guint8 *separator = memchr (text->data, SEPARATOR, length);
  gsize before = separator ? (gsize)(separator - text->data) : length;
  fuzz_write ("preprocessor_config.json", separator && before == 0 ? NULL : text->data, before);
  fuzz_write ("processor_config.json", separator ? separator + 1 : NULL, separator ? length - before - 1 : 0);
  g_autoptr (ClipModel) model = folder_load ();
  if (model)
    folder_preprocess (model);
  return 0;
}

void
fuzz_seeds (void)
{
  gsize old_length, new_length;
  g_autofree char *old_text = fuzz_golden ("vision-only", "preprocessor_config.json", &old_length);
  g_autofree char *new_text = fuzz_golden ("v5-processor", "processor_config.json", &new_length);
  static const char no_images[] = "{\"processor_class\": \"CLIPProcessor\"}"; /* as transformers 4 writes it */
  static const char separator = SEPARATOR;
  fuzz_seed (old_text, old_length);

  g_autoptr (GByteArray) both = g_byte_array_new ();
  g_byte_array_append (both, (const guint8 *)&separator, 1);
  g_byte_array_append (both, (const guint8 *)new_text, (guint)new_length);
  fuzz_seed (both->data, both->len);
  g_byte_array_prepend (both, (const guint8 *)old_text, (guint)old_length);
  fuzz_seed (both->data, both->len);
  g_byte_array_set_size (both, (guint)old_length + 1);
  g_byte_array_append (both, (const guint8 *)no_images, sizeof no_images - 1);
  fuzz_seed (both->data, both->len);
}
