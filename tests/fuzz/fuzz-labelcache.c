/* SPDX-License-Identifier: MIT
 *
 * fuzz-labelcache.c: a file of the label cache. Its SHA-256 is corrected for every input whose first byte is odd, to
 * reach the code after that check; a file that is trusted must be the one that its values would be stored as.
 */
#include "fuzz.h"
#include "labels/label-cache.h"

#define KEY          "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ROWS         3
#define DIM          5
#define DIGEST_BYTES 32

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  if (size == 0)
    return 0;
  gboolean signed_ = data[0] & 1;
  data++;
  size--;
  g_autofree guint8 *content = g_malloc (size + DIGEST_BYTES);
  if (size)
    memcpy (content, data, size);
  if (signed_) {
    g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
    gsize digest_size = DIGEST_BYTES;
    g_checksum_update (checksum, content, (gssize)size);
    g_checksum_get_digest (checksum, content + size, &digest_size);
    size += DIGEST_BYTES;
  }
  fuzz_write (KEY, content, size);
  float *values = (float *)(gpointer)fuzz_guarded (0, ROWS * DIM * sizeof (float), FALSE);
  if (clip_label_cache_load (fuzz_folder (), KEY, ROWS, DIM, values)) {
    clip_label_cache_store (fuzz_folder (), KEY, ROWS, DIM, values);
    g_autofree char *path = g_build_filename (fuzz_folder (), KEY, NULL), *stored = NULL;
    gsize length = 0;
    g_assert_true (g_file_get_contents (path, &stored, &length, NULL));
    g_assert_cmpmem (stored, length, content, size);
  }
  return 0;
}

void
fuzz_seeds (void)
{
  static const float values[ROWS * DIM] = { 1, -2.5f, 3e-30f, -0.0f, 5 };
  clip_label_cache_store (fuzz_folder (), KEY, ROWS, DIM, values);
  g_autofree char *path = g_build_filename (fuzz_folder (), KEY, NULL), *stored = NULL;
  gsize length;
  g_assert_true (g_file_get_contents (path, &stored, &length, NULL));
  g_autofree char *seed = g_malloc (length + 1);
  memcpy (seed + 1, stored, length);
  seed[0] = 0;
  fuzz_seed (seed, length + 1);
  seed[0] = 1;
  fuzz_seed (seed, length + 1 - DIGEST_BYTES);
}
