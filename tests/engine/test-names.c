/* SPDX-License-Identifier: MIT
 *
 * test-names.c: names that GLib's string hash takes for one another cost no more than others: what is counted is
 * comparisons, of a few dozen names, through everything that looks names of a file up.
 */
#include <string.h>

#include "clip.h"
#include "json.h"
#include "names.h"
#include "safetensors.h"
#include "tempfolder.h"

#define PAIRS 6
#define N     (1 << PAIRS)

/* Each pair of letters has the same hash, and so have all their rows. */
static void
make_name (guint number, char ret[2 * PAIRS + 1])
{
  for (guint i = 0; i < PAIRS; i++)
    memcpy (ret + 2 * i, number >> i & 1 ? "FY" : "Ez", 2);
  ret[2 * PAIRS] = 0;
}

/* What sorting n names and then finding each takes by halves, twice over; a table of chains would take n n / 2. */
#define MOST ((guint64)(2 * 2 * N * (PAIRS + 1)))

static void
test_chosen (void)
{
  char names[N][2 * PAIRS + 1];
  ClipNames table = { 0 };
  for (guint i = 0; i < N; i++) {
    make_name (i * 37 % N, names[i]);
    g_assert_cmpuint (g_str_hash (names[i]), ==, g_str_hash (names[0]));
    g_assert_true (clip_names_add (&table, names[i], i));
  }
  guint64 before = clip_names_n_compared ();
  g_assert_null (clip_names_sort (&table));
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (clip_names_find (&table, names[i])->value, ==, i);
  g_assert_cmpuint (clip_names_n_compared () - before, <=, MOST);
  g_assert_cmpuint (clip_names_n_compared () - before, >, N);
  g_assert_null (clip_names_find (&table, ""));
  g_assert_null (clip_names_find (&table, "Ez"));
  g_assert_null (clip_names_find (&table, "zz"));
  clip_names_clear (&table);
  g_assert_null (clip_names_find (&table, "Ez"));
}

/* Added and looked up by turns. */
static void
test_table (void)
{
  char names[N][2 * PAIRS + 1];
  ClipNameTable table = { 0 };
  guint64 before = clip_names_n_compared ();
  gboolean is_new;
  g_assert_null (clip_name_table_find (&table, "Ez"));
  for (guint i = 0; i < N; i++) {
    make_name (i, names[i]);
    g_assert_true (clip_name_table_add (&table, names[i], i, &is_new) && is_new);
    g_assert_true (clip_name_table_add (&table, names[i / 2], N, &is_new) && !is_new);
    for (guint j = 0; j < N; j += 16)
      g_assert_true ((clip_name_table_find (&table, names[j % (i + 1)]) != NULL));
  }
  for (guint i = 0; i < N; i++)
    g_assert_cmpuint (clip_name_table_find (&table, names[i])->value, ==, i);
  g_assert_null (clip_name_table_find (&table, "Ez"));
  /* N of them 7 times, and what moving them costs; some 1.5 comparisons each. One in a long chain would take 7 N N / 2.
   */
  g_assert_cmpuint (clip_names_n_compared () - before, <=, 7 * N * N / 8);
  clip_name_table_clear (&table);
}

static void
test_same (void)
{
  static const char *const given[] = { "b", "a", "c", "a", "b", "a" };
  ClipNames table = { 0 };
  for (guint i = 0; i < G_N_ELEMENTS (given); i++)
    clip_names_add (&table, given[i], 10 - i);
  const ClipName *same = clip_names_sort (&table);
  g_assert_cmpstr (same->name, ==, "a");
  g_assert_cmpuint (same[0].value, ==, 5);
  g_assert_cmpuint (same[1].value, ==, 7);
  g_assert_true (clip_names_find (&table, "a") == same);
  g_assert_cmpuint (clip_names_find (&table, "b")->value, ==, 6);
  clip_names_clear (&table);
}

static void
test_json (void)
{
  g_autoptr (GString) text = g_string_new ("{");
  char name[2 * PAIRS + 1];
  for (guint i = 0; i < N; i++) {
    make_name (i, name);
    g_string_append_printf (text, "%s\"%s\":%u", i ? "," : "", name, i);
  }
  g_string_append_c (text, '}');
  guint64 before = clip_names_n_compared ();
  g_autoptr (ClipJson) doc = clip_json_parse_object ("t.json", text->str, text->len, NULL);
  for (guint i = 0; i < N; i++) {
    gint64 value = -1;
    make_name (i, name);
    g_assert_true (clip_json_as_int (clip_json_member (clip_json_root (doc), name), &value));
    g_assert_cmpint (value, ==, i);
  }
  g_assert_cmpuint (clip_names_n_compared () - before, <=, MOST);
  g_assert_cmpuint (clip_names_n_compared () - before, >, N);
}

static void
test_tensors (void)
{
  g_autoptr (GString) header = g_string_new ("{"), file = g_string_new (NULL);
  char name[2 * PAIRS + 1];
  for (guint i = 0; i < N; i++) {
    make_name (i, name);
    g_string_append_printf (
        header, "%s\"%s\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%u,%u]}", i ? "," : "", name, i, i + 1);
  }
  g_string_append_c (header, '}');
  guint64 length = GUINT64_TO_LE (header->len);
  g_string_append_len (file, (const char *)&length, sizeof length);
  g_string_append (file, header->str);
  for (guint i = 0; i < N; i++)
    g_string_append_c (file, (char)i);
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, "model.safetensors", NULL);
  test_write (folder, "model.safetensors", file->str, (gssize)file->len);

  guint64 before = clip_names_n_compared ();
  g_autoptr (ClipSafetensors) tensors = clip_safetensors_open (path, NULL);
  for (guint i = 0; i < N; i++) {
    guint8 value = 0xff;
    make_name (i, name);
    const ClipTensor *tensor = clip_safetensors_find (tensors, name);
    g_assert_true (clip_tensor_read (tensor, &value, NULL));
    g_assert_cmpuint (value, ==, i);
    g_assert_cmpuint (clip_safetensors_index (tensors, tensor), ==, i);
  }
  /* The header's members, their own three each, and the tensors. */
  g_assert_cmpuint (clip_names_n_compared () - before, <=, 2 * MOST + N * 20);
  test_remove_folder (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/names/chosen", test_chosen);
  g_test_add_func ("/names/same", test_same);
  g_test_add_func ("/names/table", test_table);
  g_test_add_func ("/names/json", test_json);
  g_test_add_func ("/names/tensors", test_tensors);
  return g_test_run ();
}
