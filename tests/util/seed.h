/* SPDX-License-Identifier: MIT
 *
 * seed.h: what tests feed to parsers is where fuzzing begins. With CLIPTAG_FUZZ_SEEDS=FOLDER in the environment each
 * such input is kept in FOLDER/TARGET, in the form that tests/fuzz/fuzz-TARGET.c reads and named by its content, so
 * that every table of hostile data seeds the fuzzers without being written down twice. Without it nothing happens.
 */
#ifndef SEED_H
#define SEED_H

#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>

#define SEED_MAX_BYTES 65536 /* larger ones are about bounds, which fuzzers have no use for */

/* prefix: 0 = none, else a byte before the content. */
static inline void
test_seed_prefixed (const char *target, char prefix, gconstpointer bytes, gsize length)
{
  const char *seeds = g_getenv ("CLIPTAG_FUZZ_SEEDS");
  if (!seeds || length > SEED_MAX_BYTES)
    return;
  g_autoptr (GByteArray) content = g_byte_array_new ();
  if (prefix)
    g_byte_array_append (content, (const guint8 *)&prefix, 1);
  if (length)
    g_byte_array_append (content, bytes, (guint)length);
  g_autofree char *name = g_compute_checksum_for_data (G_CHECKSUM_SHA1, content->data, content->len);
  g_autofree char *folder = g_build_filename (seeds, target, NULL), *path = g_build_filename (folder, name, NULL);
  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  const char *data = content->len ? (const char *)content->data : "";
  g_assert_true (g_file_set_contents_full (path, data, content->len, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static inline void
test_seed (const char *target, gconstpointer bytes, gsize length)
{
  test_seed_prefixed (target, 0, bytes, length);
}

/* Files of a model folder that may be changed; the numbers are part of the form that fuzz-model reads. */
static const char *const seed_model_files[] = { "config.json", "model.safetensors", "preprocessor_config.json",
  "vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json" };

/* The model that fuzz-model starts from. */
#define SEED_MODEL "patch32-quick"

/* One change of a file: its number, where, how many bytes go, how many come (16 bits each, little-endian), those that
 * come. */
#define SEED_EDIT_BYTES 7

/* What was written as `name` into a model folder, as the one change that makes it of the golden file. */
static inline void
test_seed_model (const char *name, const char *content, gsize length)
{
  const char *golden = g_getenv ("CLIPTAG_GOLDEN");
  guint file = 0;
  while (file < G_N_ELEMENTS (seed_model_files) && strcmp (seed_model_files[file], name))
    file++;
  if (file == G_N_ELEMENTS (seed_model_files) || !golden)
    return;
  g_autofree char *path = g_build_filename (golden, SEED_MODEL, name, NULL), *original = NULL;
  gsize original_length, start = 0, end = 0;
  if (!g_file_get_contents (path, &original, &original_length, NULL))
    return;
  gsize least = MIN (length, original_length);
  while (start < least && content[start] == original[start])
    start++;
  while (end < least - start && content[length - 1 - end] == original[original_length - 1 - end])
    end++;
  gsize out = original_length - start - end, in = length - start - end;
  if (start > G_MAXUINT16 || in > 1024 || out + in == 0)
    return;
  guint16 numbers[3] = { GUINT16_TO_LE ((guint16)start), GUINT16_TO_LE ((guint16)MIN (out, G_MAXUINT16)),
    GUINT16_TO_LE ((guint16)in) };
  g_autoptr (GByteArray) edit = g_byte_array_new ();
  g_byte_array_append (edit, &(guint8){ (guint8)file }, 1);
  g_byte_array_append (edit, (const guint8 *)numbers, sizeof numbers);
  g_byte_array_append (edit, (const guint8 *)content + start, (guint)in);
  test_seed ("model", edit->data, edit->len);
}

/* A file of a model folder, prompts or baselines, as a test wrote it. */
static inline void
test_seed_file (const char *name, const char *content, gsize length)
{
  static const struct
  {
    const char *name, *target;
    char prefix;
  } kinds[] = {
    { "config.json", "config", 0 },
    { "preprocessor_config.json", "preprocessor", 0 },
    { "vocab.json", "tokenizer", 'v' },
    { "merges.txt", "tokenizer", 'm' },
    { "tokenizer.json", "tokenizer", 'j' },
    { "tokenizer_config.json", "tokenizer", 'c' },
    { "special_tokens_map.json", "tokenizer", 's' },
    { "added_tokens.json", "tokenizer", 'a' },
    { "prompts.txt", "prompts", 0 },
    { "prompts.json", "prompts", 0 },
    { "prompts", "prompts", 0 },
    { "baseline.json", "baselines", 0 },
  };
  if (!g_getenv ("CLIPTAG_FUZZ_SEEDS"))
    return;
  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (!strcmp (kinds[i].name, name))
      test_seed_prefixed (kinds[i].target, kinds[i].prefix, content, length);
  test_seed_model (name, content, length);
}

#endif
