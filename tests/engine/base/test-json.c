/* SPDX-License-Identifier: MIT
 *
 * test-json.c: what the strict scanner accepts, and its messages for the rest. Reading a document is tested in
 * test-json-values.c.
 *
 * Texts are parsed from memory of exactly their length without a NUL, so that valgrind and ASan see any overrun.
 */
#include "clip.h"
#include "clip-json.h"
#include "seed.h"

#include <string.h>

typedef ClipJson *(*Parse) (const char *name, const char *text, gsize length, GError **error);

typedef struct
{
  const char *text, *expected; /* words of the message */
} Refusal;

static ClipJson *
parse_exact (Parse parse, const char *text, gsize length, GError **error)
{
  char *copy = g_memdup2 (text, length);
  test_seed ("json", text, length);
  ClipJson *doc = parse ("t.json", copy, length, error);
  g_free (copy);
  return doc;
}

/* What every message keeps to. */
static void
check_message (const GError *error)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == CLIP_ERROR);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  for (const char *p = error->message; *p; p++)
    g_assert_cmpint ((guchar)*p, >=, 0x20);
}

static void
assert_refused (Parse parse, const char *text, gsize length, const char *expected)
{
  g_autoptr (GError) error = NULL;
  ClipJson *doc = parse_exact (parse, text, length, &error);
  if (doc)
    g_error ("accepted: %s", text);
  check_message (error);
  if (!strstr (error->message, expected))
    g_error ("\"%s\" lacks \"%s\"", error->message, expected);
}

static ClipJson *
assert_parses (Parse parse, const char *text)
{
  GError *error = NULL;
  ClipJson *doc = parse_exact (parse, text, strlen (text), &error);
  g_assert_no_error (error);
  g_assert_nonnull (doc);
  return doc;
}

static void
test_refusals (void)
{
  static const Refusal cases[] = {
    { "", "expected a value, found the end" },
    { " \n ", "line 2, column 2: expected a value, found the end" },
    { "{", "a member's name" },
    { "[", "expected a value" },
    { "[1", "',' or ']'" },
    { "[1,]", "expected a value, found ']'" },
    { "[,1]", "expected a value, found ','" },
    { "[1 2]", "',' or ']', found '2'" },
    { "[1}", "',' or ']'" },
    { "{\"a\":1]", "',' or '}'" },
    { "{\"a\":1,}", "a member's name" },
    { "{\"a\"}", "':'" },
    { "{\"a\":}", "expected a value" },
    { "{a:1}", "a member's name in double quotes" },
    { "{'a':1}", "a member's name in double quotes" },
    { "{\"a\":'b'}", "expected a value" },
    { "{}{}", "expected the end" },
    { "{} x", "the end, found 'x'" },
    { "{}\xc3\xa9", "the end, found 'é'" },
    { "// c\n{}", "expected a value" },
    { "{/* c */}", "a member's name" },
    { "var a = {};", "expected a value" },
    { "[True]", "expected a value" },
    { "[nul]", "expected a value" },
    { "[NaN]", "expected a value" },
    { "[Infinity]", "expected a value" },
    { "[-Infinity]", "expected a digit" },
    { "[01]", "leading zero" },
    { "[-01]", "leading zero" },
    { "[+1]", "expected a value" },
    { "[.5]", "expected a value" },
    { "[1.]", "expected a digit" },
    { "[1e]", "expected a digit" },
    { "[1e+]", "expected a digit" },
    { "[0x10]", "',' or ']'" },
    { "[- 1]", "expected a digit" },
    { "-", "expected a digit, found the end" },
    { "[\"a", "unterminated" },
    { "[\"a\\\"]", "unterminated" },
    { "[\"\\", "an escape sequence, found the end" },
    { "[\"\\x41\"]", "an escape sequence" },
    { "[\"\\'\"]", "an escape sequence" },
    { "[\"a\nb\"]", "a control character in a string" },
    { "[\"a\tb\"]", "a control character in a string" },
    { "[\"\\u12\"]", "four hexadecimal digits" },
    { "[\"\\u12g4\"]", "four hexadecimal digits" },
    { "[\"\\u", "four hexadecimal digits" },
    { "[\"\\ud800\"]", "an unpaired surrogate" },
    { "[\"\\udc00\"]", "an unpaired surrogate" },
    { "[\"\\ud800\\ud800\"]", "an unpaired surrogate" },
    { "[\"\\ud800\\n\"]", "an unpaired surrogate" },
    { "[\"\\ud800\\u00", "an unpaired surrogate" },
    { "[\"\xed\xa0\x80\"]", "not UTF-8" },
    { "[\"\xc0\x80\"]", "not UTF-8" },
    { "[\"\xff\"]", "line 1, column 3: not UTF-8" },
    { "[\"\xe2\x82", "not UTF-8" },
    { "\xef\xbb\xbf{}", "byte order mark" },
    { "[\x0c]", "expected a value, found '\\u000c'" },
    { "[\xe2\x80\xae]", "found '\\u202e'" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    assert_refused (clip_json_parse, cases[i].text, strlen (cases[i].text), cases[i].expected);
    assert_refused (clip_json_parse_object, cases[i].text, strlen (cases[i].text), cases[i].expected);
  }
  assert_refused (clip_json_parse, "[\0]", 3, "a NUL byte");
  assert_refused (clip_json_parse, "[\"\0\"]", 5, "a NUL byte");
  assert_refused (clip_json_parse, "{}\0", 3, "a NUL byte");
  assert_refused (clip_json_parse, NULL, 0, "found the end");
  assert_refused (clip_json_parse_object, "[1]", 3, "expected an object");
  assert_refused (clip_json_parse_object, "\"a\"", 3, "expected an object");
}

/* open, n times; then `middle`; then close, n times. */
static char *
nest (const char *open, const char *middle, const char *close, guint n)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < n; i++)
    g_string_append (text, open);
  g_string_append (text, middle);
  for (guint i = 0; i < n; i++)
    g_string_append (text, close);
  return g_string_free (text, FALSE);
}

static void
test_depth (void)
{
  static const struct
  {
    const char *open, *close;
  } kinds[] = { { "[", "]" }, { "{\"a\":", "}" }, { "[{\"a\":", "}]" } };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++) {
    guint levels = i == 2 ? 2 : 1; /* each repetition opens so many */
    g_autofree char *deepest = nest (kinds[i].open, "1", kinds[i].close, CLIP_JSON_MAX_DEPTH / levels);
    clip_json_free (assert_parses (clip_json_parse, deepest));
    g_autofree char *deeper = nest (kinds[i].open, "1", kinds[i].close, CLIP_JSON_MAX_DEPTH / levels + 1);
    assert_refused (clip_json_parse, deeper, strlen (deeper), "nested deeper than 64");
    g_autofree char *bomb = nest (kinds[i].open, "1", kinds[i].close, 300);
    assert_refused (clip_json_parse, bomb, strlen (bomb), "nested deeper than 64");
    g_autofree char *unclosed = nest (kinds[i].open, "", "", 300);
    assert_refused (clip_json_parse_object, unclosed, strlen (unclosed), "nested deeper than 64");
  }
  g_autofree char *wide = nest ("", "[[],[],[[]],{\"a\":[]}]", "", 1); /* siblings do not add up */
  clip_json_free (assert_parses (clip_json_parse, wide));
}

static void
test_max_values (void)
{
  GString *text = g_string_new ("{\"a\":[");
  for (guint i = 0; i < CLIP_JSON_MAX_VALUES - 2; i++)
    g_string_append (text, i ? ",0" : "0");
  g_autofree char *most = g_strconcat (text->str, "]}", NULL);
  g_autofree char *more = g_strconcat (text->str, ",0]}", NULL);
  g_string_free (text, TRUE);

  ClipJson *doc = assert_parses (clip_json_parse_object, most);
  g_assert_cmpuint (clip_json_length (clip_json_member (clip_json_root (doc), "a")), ==, CLIP_JSON_MAX_VALUES - 2);
  clip_json_free (doc);
  assert_refused (clip_json_parse_object, more, strlen (more), "more than 1000000 values");
}

/* What is JSON, but more than the checked readers take. */
static void
test_objects (void)
{
  static const Refusal cases[] = {
    { "{\"a\":1,\"a\":2}", "t.json: line 1, column 8: duplicate key 'a'" },
    { "{\"b\":1,\n\"x\":{\"a\":1,\n\"a\":{}}}", "line 3, column 1: duplicate key 'a'" },
    { "{\"a\":1,\"\\u0061\":2}", "duplicate key 'a'" },
    { "{\"\\ud83d\\ude00\":1,\"😀\":2}", "duplicate key '😀'" },
    { "{\"\\/\\b\\f\\n\\r\\t\\\"\\\\\":1,\"/\\u0008\\u000c\\u000a\\u000d\\u0009\\u0022\\u005c\":2}", "duplicate key" },
    { "{\"\":1,\"\":2}", "duplicate key ''" },
    { "{\"x\\n\":1,\"x\\n\":2}", "duplicate key 'x\\n'" },
    { "{\"l\":[{\"a\":1},{\"c\":{\"a\":0},\"a\":1,\"b\":2,\"a\":3}]}", "column 40: duplicate key 'a'" },
    { "{\"k\":\"a\\u0000b\"}", "column 6: \\u0000 in a string is not supported (key 'k')" },
    { "{\"k\\u0000\":1}", "(key 'k\\u0000')" },
    { "{\"k\":[[\"\\u0000\"]]}", "(key 'k')" },
    { "{\"k\":{\"l\":[1,\"\\u0000\"]}}", "(key 'l')" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    assert_refused (clip_json_parse_object, cases[i].text, strlen (cases[i].text), cases[i].expected);
    clip_json_free (assert_parses (clip_json_parse, cases[i].text));
  }

  static const char *const fine[] = {
    "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}", "{\"a\":[{\"a\":1},{\"a\":1},{\"a\":1}]}",
    "{\"a\":1,\"A\":2,\"a \":3,\"\\\\u0061\":4}", "{\"k\":\"\\\\u0000\"}", /* an escaped backslash */
  };
  for (guint i = 0; i < G_N_ELEMENTS (fine); i++)
    clip_json_free (assert_parses (clip_json_parse_object, fine[i]));
}

/* vocab.json has 49,408 members. */
static void
test_many_members (void)
{
  enum
  {
    N = 50000
  };
  GString *text = g_string_new ("{");
  for (guint i = 0; i < N; i++)
    g_string_append_printf (text, "%s\"w%u\\u0120\": %u", i ? ", " : "", i, i);
  g_string_append (text, "}");

  g_autoptr (ClipJson) doc = assert_parses (clip_json_parse_object, text->str);
  for (guint i = 0; i < N; i++) {
    g_autofree char *name = g_strdup_printf ("w%uĠ", i);
    gint64 whole = -1;
    g_assert_true (clip_json_as_int (clip_json_member (clip_json_root (doc), name), &whole));
    g_assert_cmpint (whole, ==, i);
  }

  g_string_truncate (text, text->len - 1);
  g_string_append (text, ",\"w777\\u0120\":0}");
  assert_refused (clip_json_parse_object, text->str, text->len, "duplicate key 'w777Ġ'");
  g_string_free (text, TRUE);
}

/* Random damage: either an error of the scanner or a document. */
static void
test_mutations (void)
{
  static const char seed[] = "{\"a\":[1,-2.5e3,true,false,null,\"x\\u00e9\\ud83d\\ude00\\n\"],\"b\":{\"c\":{},\"d\":[]}"
                             ",\"\":18446744073709551615}";
  static const char alphabet[] = "{}[]\",:\\u0 19-+.eEtrfalsn/'\n\xc3\xa9\xff";
  guint accepted = 0;
  for (guint i = 0; i < 20000; i++) {
    char text[sizeof seed];
    memcpy (text, seed, sizeof seed);
    gsize length = sizeof seed - 1;
    for (gint n = g_test_rand_int_range (0, 4); n > 0; n--)
      text[g_test_rand_int_range (0, (gint)length)] = alphabet[g_test_rand_int_range (0, sizeof alphabet - 1)];
    if (g_test_rand_int_range (0, 8) == 0)
      length = (gsize)g_test_rand_int_range (0, (gint)length);

    g_autoptr (GError) error = NULL;
    g_autoptr (ClipJson) doc = parse_exact (clip_json_parse, text, length, &error);
    accepted += doc != NULL;
    if (doc) {
      g_assert_no_error (error);
    } else {
      check_message (error);
      g_assert_true (g_str_has_prefix (error->message, "t.json: line "));
    }
  }
  g_assert_cmpuint (accepted, >, 1000);
}

/* Every beginning of a document is an error. */
static void
test_truncation (void)
{
  static const char text[] = "{\"a\":[1,-2.5e3,true,null,\"\\ud83d\\ude00\"],\"b\":{\"c\":{}}}";
  for (gsize length = 0; length < sizeof text - 1; length++) {
    assert_refused (clip_json_parse, text, length, "line 1");
    assert_refused (clip_json_parse_object, text, length, "line 1");
  }
  clip_json_free (assert_parses (clip_json_parse_object, text));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/refusals", test_refusals);
  g_test_add_func ("/json/depth", test_depth);
  g_test_add_func ("/json/max-values", test_max_values);
  g_test_add_func ("/json/objects", test_objects);
  g_test_add_func ("/json/many-members", test_many_members);
  g_test_add_func ("/json/mutations", test_mutations);
  g_test_add_func ("/json/truncation", test_truncation);
  return g_test_run ();
}
