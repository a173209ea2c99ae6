/* SPDX-License-Identifier: MIT
 *
 * test-pages.c: blocks are zeroed, aligned, disjoint and freed, and untouched memory is not resident.
 */
#include <glib.h>
#include <string.h>

#include "runtime/pages.h"
#include "process.h"

#define HUGE_PAGE ((gsize)2 << 20)
#define MB        1000000.0

static void
check_zeros (const guint8 *block, gsize bytes)
{
  for (gsize i = 0; i < bytes; i++)
    g_assert_cmpuint (block[i], ==, 0);
}

static void
test_map (void)
{
  static const gsize sizes[] = { 1, 4096, 4097, HUGE_PAGE - 1, HUGE_PAGE, HUGE_PAGE + 1, 3 * HUGE_PAGE + 12345 };
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    guint8 *memory = clip_pages_map (sizes[i]);
    g_assert_nonnull (memory);
    g_assert_cmpuint ((gsize)memory % HUGE_PAGE, ==, 0);
    check_zeros (memory, sizes[i]);
    memset (memory, 1, sizes[i]);
    clip_pages_unmap (memory, sizes[i]);
  }
  clip_pages_unmap (NULL, 1);
}

/* Of every size around the chunks', the largest with a chunk of its own. */
static void
test_blocks (void)
{
  enum
  {
    N = 200
  };
  ClipPages pages = { 0 };
  guint8 *blocks[N];
  gsize sizes[N], sum = 0;
  g_autoptr (GRand) random = g_rand_new_with_seed (1);
  for (guint i = 0; i < N; i++) {
    sizes[i] = (gsize)g_rand_int_range (random, 1, i % 10 ? 200000 : 8000000);
    blocks[i] = clip_pages_take (&pages, sizes[i]);
    g_assert_nonnull (blocks[i]);
    g_assert_cmpuint ((gsize)blocks[i] % 64, ==, 0);
    check_zeros (blocks[i], sizes[i]);
    memset (blocks[i], (int)(i % 255) + 1, sizes[i]);
    sum += sizes[i];
  }
  for (guint i = 0; i < N; i++)
    for (gsize j = 0; j < sizes[i]; j++)
      g_assert_cmpuint (blocks[i][j], ==, i % 255 + 1);
  g_assert_cmpuint (pages.size, <=, 2 * sum + HUGE_PAGE);
  clip_pages_clear (&pages);
  g_assert_null (pages.chunks);
  clip_pages_clear (&pages);
}

static void
test_hostile (void)
{
  static const gsize sizes[] = { 0, G_MAXSIZE, G_MAXSIZE - 63, G_MAXSIZE - 4096, G_MAXSIZE - HUGE_PAGE,
    G_MAXSIZE - 2 * HUGE_PAGE, G_MAXSIZE / 2, (gsize)1 << 50 };
  ClipPages pages = { 0 };
  guint8 *first = clip_pages_take (&pages, 1);
  g_assert_nonnull (first);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_assert_null (clip_pages_map (sizes[i]));
    g_assert_null (clip_pages_take (&pages, sizes[i]));
  }
  g_assert_true ((guint8 *)clip_pages_take (&pages, 1) == first + 64); /* what failed took nothing */
  g_assert_cmpuint (pages.size, ==, HUGE_PAGE);
  clip_pages_clear (&pages);
}

/* A small model's layers and a large one's, three in two huge pages: 421 MB have six chunks of 64 MiB and six small
 * ones, with less than a huge page more than what was asked for in each. Nothing is left once they are freed. The slack
 * is for what else a process does, and for how roughly Linux counts. */
static void
test_resident (gconstpointer data)
{
  const gsize block = HUGE_PAGE / 3 * 2, slack = HUGE_PAGE;
  guint n = GPOINTER_TO_UINT (data), n_chunks = n == 1 ? 1 : 12;
  ClipPages pages = { 0 };
  double before = process_rss (), asked = (double)(n * block);
  for (guint i = 0; i < n; i++) {
    guint8 *memory = clip_pages_take (&pages, block);
    g_assert_nonnull (memory);
    memset (memory, 1, block);
  }
  double grown = (process_rss () - before) * MB;
  g_assert_cmpfloat (grown, >=, asked - (double)slack);
  g_assert_cmpfloat (grown, <=, asked + (double)(n_chunks * HUGE_PAGE + slack));
  clip_pages_clear (&pages);
  g_assert_cmpfloat ((process_rss () - before) * MB, <=, (double)slack);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/pages/map", test_map);
  g_test_add_func ("/pages/blocks", test_blocks);
  g_test_add_func ("/pages/hostile", test_hostile);
  g_test_add_data_func ("/pages/resident/small", GUINT_TO_POINTER (1), test_resident);
  g_test_add_data_func ("/pages/resident/large", GUINT_TO_POINTER (301), test_resident);
  return g_test_run ();
}
