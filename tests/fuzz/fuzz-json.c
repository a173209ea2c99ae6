/* SPDX-License-Identifier: MIT
 *
 * fuzz-json.c: the JSON scanner and reader, from memory. What the strict form accepts, RFC 8259 alone must accept, too.
 */
#include "fuzz.h"
#include "clip-json.h"

static guint n_values;

static gboolean walk (const char *name, const ClipJsonValue *value, gpointer user_data);

/* Every reader on every value. */
static void
walk_value (const ClipJsonValue *value)
{
  gint64 whole;
  double number;
  gboolean boolean;
  n_values++;
  clip_json_as_int (value, &whole);
  clip_json_as_double (value, &number);
  clip_json_as_boolean (value, &boolean);
  const char *string = clip_json_as_string (value);
  g_assert_true (!string || g_utf8_validate (string, -1, NULL));
  for (guint i = 0; clip_json_type (value) == CLIP_JSON_ARRAY && i < clip_json_length (value); i++)
    walk_value (clip_json_element (value, i));
  if (clip_json_type (value) == CLIP_JSON_OBJECT)
    clip_json_foreach (value, walk, NULL);
}

static gboolean
walk (const char *name, const ClipJsonValue *value, gpointer user_data)
{
  g_assert_true (g_utf8_validate (name, -1, NULL));
  walk_value (value);
  return TRUE;
}

/* Every checked reader on every member of the root: messages are printable whatever the names are. */
static gboolean
check_member (const char *name, const ClipJsonValue *value, gpointer user_data)
{
  const ClipJson *doc = user_data;
  const ClipJsonValue *root = clip_json_root (doc), *object;
  GError *error = NULL;
  guint whole = 1;
  float number = 1;
  gboolean boolean = TRUE;
  const char *string = "";
  fuzz_check (clip_json_get_uint (doc, root, "", name, 1, 100, &whole, &error), &error);
  g_assert_true (whole >= 1 && whole <= 100);
  fuzz_check (clip_json_get_float (doc, root, "a.b", name, 0, 1, &number, &error), &error);
  g_assert_true (number >= 0 && number <= 1);
  fuzz_check (clip_json_get_boolean (doc, root, "", name, &boolean, &error), &error);
  fuzz_check (clip_json_get_string (doc, root, "", name, &string, &error), &error);
  fuzz_check (clip_json_get_object (doc, root, "", name, &object, &error), &error);
  g_assert_nonnull (clip_json_member (root, name));
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  GError *error = NULL;
  g_autoptr (ClipJson) plain = clip_json_parse ("a\xff\n.json", (const char *)data, size, &error);
  fuzz_check (plain != NULL, &error);
  if (plain)
    walk_value (clip_json_root (plain));
  g_autoptr (ClipJson) ours = clip_json_parse_object ("t.json", (const char *)data, size, &error);
  fuzz_check (ours != NULL, &error);
  if (!ours)
    return 0;
  g_assert_nonnull (plain);
  g_assert_cmpint (clip_json_type (clip_json_root (ours)), ==, CLIP_JSON_OBJECT);
  n_values = 0;
  walk_value (clip_json_root (ours));
  g_assert_cmpuint (n_values, <=, CLIP_JSON_MAX_VALUES);
  clip_json_foreach (clip_json_root (ours), check_member, ours);
  return 0;
}

void
fuzz_seeds (void)
{
  static const char text[]
      = "{\"a\":[1,-2.5e3,true,false,null,\"x\\u00e9\\ud83d\\ude00\\n\"],\"b\":{\"c\":{},\"d\":[]},"
        "\"\":18446744073709551615}";
  fuzz_seed (text, sizeof text - 1);
}
