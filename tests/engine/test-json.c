/* SPDX-License-Identifier: MIT
 *
 * test-json.c: the strict scanner, the values behind it, the checked readers and their messages.
 *
 * Texts are parsed from memory of exactly their length without a NUL, so that valgrind and ASan see any overrun.
 */
#include "clip.h"
#include "json.h"
#include "message.h"

#include <math.h>
#include <string.h>

typedef ClipJson *(*Parse) (const char *name, const char *text, gsize length, GError **error);

static ClipJson *
parse_exact (Parse parse, const char *text, gsize length, GError **error)
{
  char *copy = g_memdup2 (text, length);
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
  static const struct
  {
    const char *text, *expected;
  } cases[] = {
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
    { "{}{}", "nothing more" },
    { "{} x", "nothing more, found 'x'" },
    { "{}\xc3\xa9", "nothing more, found 'é'" },
    { "// c\n{}", "expected a value" },
    { "{/* c */}", "a member's name" },
    { "var a = {};", "expected a value" },
    { "[True]", "expected a value" },
    { "[nul]", "expected a value" },
    { "[NaN]", "expected a value" },
    { "[Infinity]", "expected a value" },
    { "[-Infinity]", "expected a digit" },
    { "[01]", "superfluous zero" },
    { "[-01]", "superfluous zero" },
    { "[+1]", "expected a value" },
    { "[.5]", "expected a value" },
    { "[1.]", "expected a digit" },
    { "[1e]", "expected a digit" },
    { "[1e+]", "expected a digit" },
    { "[0x10]", "',' or ']'" },
    { "[- 1]", "expected a digit" },
    { "-", "expected a digit, found the end" },
    { "[\"a", "without an end" },
    { "[\"a\\\"]", "without an end" },
    { "[\"\\", "an escape sequence, found the end" },
    { "[\"\\x41\"]", "an escape sequence" },
    { "[\"\\'\"]", "an escape sequence" },
    { "[\"a\nb\"]", "a control character in a string" },
    { "[\"a\tb\"]", "a control character in a string" },
    { "[\"\\u12\"]", "four hexadecimal digits" },
    { "[\"\\u12g4\"]", "four hexadecimal digits" },
    { "[\"\\u", "four hexadecimal digits" },
    { "[\"\\ud800\"]", "half a surrogate pair" },
    { "[\"\\udc00\"]", "half a surrogate pair" },
    { "[\"\\ud800\\ud800\"]", "half a surrogate pair" },
    { "[\"\\ud800\\n\"]", "half a surrogate pair" },
    { "[\"\\ud800\\u00", "half a surrogate pair" },
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
    g_autofree char *bomb = nest (kinds[i].open, "1", kinds[i].close, 100000);
    assert_refused (clip_json_parse, bomb, strlen (bomb), "nested deeper than 64");
    g_autofree char *unclosed = nest (kinds[i].open, "", "", 100000);
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

static void
test_duplicates (void)
{
  static const struct
  {
    const char *text, *expected;
  } cases[] = {
    { "{\"a\":1,\"a\":2}", "t.json: line 1, column 8: the key 'a' is given twice" },
    { "{\"b\":1,\n\"x\":{\"a\":1,\n\"a\":{}}}", "line 3, column 1: the key 'a' is given twice" },
    { "{\"a\":1,\"\\u0061\":2}", "the key 'a' is given twice" },
    { "{\"\\ud83d\\ude00\":1,\"😀\":2}", "the key '😀' is given twice" },
    { "{\"\\/\\b\\f\\n\\r\\t\\\"\\\\\":1,\"/\\u0008\\u000c\\u000a\\u000d\\u0009\\u0022\\u005c\":2}", "is given twice" },
    { "{\"\":1,\"\":2}", "the key '' is given twice" },
    { "{\"x\\n\":1,\"x\\n\":2}", "the key 'x\\n' is given twice" },
    { "{\"l\":[{\"a\":1},{\"c\":{\"a\":0},\"a\":1,\"b\":2,\"a\":3}]}", "column 40: the key 'a' is given twice" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    assert_refused (clip_json_parse_object, cases[i].text, strlen (cases[i].text), cases[i].expected);
    clip_json_free (assert_parses (clip_json_parse, cases[i].text));
  }

  static const char *const fine[] = {
    "{\"a\":{\"a\":{\"a\":1}},\"b\":{\"a\":1}}",
    "{\"a\":[{\"a\":1},{\"a\":1},{\"a\":1}]}",
    "{\"a\":1,\"A\":2,\"a \":3,\"\\\\u0061\":4}",
  };
  for (guint i = 0; i < G_N_ELEMENTS (fine); i++)
    clip_json_free (assert_parses (clip_json_parse_object, fine[i]));
}

static void
test_nul (void)
{
  static const struct
  {
    const char *text, *expected;
  } cases[] = {
    { "{\"k\":\"a\\u0000b\"}", "column 6: \\u0000 in a string is not supported (key 'k')" },
    { "{\"k\\u0000\":1}", "(key 'k\\u0000')" },
    { "{\"k\":[[\"\\u0000\"]]}", "(key 'k')" },
    { "{\"k\":{\"l\":[1,\"\\u0000\"]}}", "(key 'l')" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    assert_refused (clip_json_parse_object, cases[i].text, strlen (cases[i].text), cases[i].expected);
    clip_json_free (assert_parses (clip_json_parse, cases[i].text));
  }
  clip_json_free (assert_parses (clip_json_parse_object, "{\"k\":\"\\\\u0000\"}")); /* an escaped backslash */
}

static void
test_strings (void)
{
  g_autoptr (ClipJson) doc = assert_parses (clip_json_parse_object,
      "{\"\":\"\",\"e\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"u\":\"\\u00e9\\u20AC\\uD83D\\uDE00\",\"r\":\"é€😀\","
      "\"c\":\"/* no */ 'comment' // here\",\"\\u0061\\ud83d\\ude00\":\"x\"}");
  const ClipJsonValue *root = clip_json_root (doc);
  g_assert_cmpstr (clip_json_as_string (clip_json_member (root, "")), ==, "");
  g_assert_cmpstr (clip_json_as_string (clip_json_member (root, "e")), ==, "\"\\/\b\f\n\r\t");
  g_assert_cmpstr (clip_json_as_string (clip_json_member (root, "u")), ==, "é€😀");
  g_assert_cmpstr (clip_json_as_string (clip_json_member (root, "r")), ==, "é€😀");
  g_assert_cmpstr (clip_json_as_string (clip_json_member (root, "c")), ==, "/* no */ 'comment' // here");
  g_assert_cmpstr (clip_json_as_string (clip_json_member (root, "a😀")), ==, "x");
  g_assert_cmpuint (clip_json_length (root), ==, 6);
}

static void
test_numbers (void)
{
  static const struct
  {
    const char *text;
    gboolean is_int;
    gint64 value;
  } cases[] = {
    { "0", TRUE, 0 },
    { "-0", TRUE, 0 },
    { "7", TRUE, 7 },
    { "-12", TRUE, -12 },
    { "9007199254740993", TRUE, 9007199254740993 },
    { "1000000000000000000", TRUE, 1000000000000000000 },
    { "9223372036854775807", TRUE, G_MAXINT64 },
    { "-9223372036854775808", TRUE, G_MININT64 },
    { "9223372036854775808", FALSE, 0 },
    { "-9223372036854775809", FALSE, 0 },
    { "18446744073709551615", FALSE, 0 },
    { "18446744073709551616", FALSE, 0 },
    { "-18446744073709551616", FALSE, 0 },
    { "123456789012345678901234567890", FALSE, 0 },
    { "1.0", FALSE, 0 },
    { "12e0", FALSE, 0 },
    { "1E2", FALSE, 0 },
    { "0e1", FALSE, 0 },
    { "0E+1", FALSE, 0 },
    { "0.5", FALSE, 0 },
    { "-0.0", FALSE, 0 },
    { "-1.5e-3", FALSE, 0 },
    { "1e-5", FALSE, 0 },
    { "2.6592", FALSE, 0 },
    { "0.48145466", FALSE, 0 },
    { "1.7976931348623157e308", FALSE, 0 },
    { "4.9e-324", FALSE, 0 },
    { "1e-400", FALSE, 0 },
    { "0.30000000000000004", FALSE, 0 },
  };
  /* All in one document, among others, so that the inserted ".0" are seen to go to the right places. */
  GString *text = g_string_new ("{\"n\": [");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_string_append_printf (text, "%s%s%s", i ? "," : "", cases[i].text, i % 3 ? "" : " ");
  g_string_append (text, "], \"s\":\"99999999999999999999\"} ");
  g_autoptr (ClipJson) doc = assert_parses (clip_json_parse_object, text->str);
  g_string_free (text, TRUE);

  const ClipJsonValue *array = clip_json_member (clip_json_root (doc), "n");
  g_assert_cmpuint (clip_json_length (array), ==, G_N_ELEMENTS (cases));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const ClipJsonValue *value = clip_json_element (array, i);
    gint64 whole = 42;
    double number = 0;
    g_assert_cmpint (clip_json_type (value), ==, CLIP_JSON_NUMBER);
    g_assert_cmpint (clip_json_as_int (value, &whole), ==, cases[i].is_int);
    g_assert_cmpint (whole, ==, cases[i].is_int ? cases[i].value : 42);
    g_assert_true (clip_json_as_double (value, &number));
    g_assert_true (number == g_ascii_strtod (cases[i].text, NULL));
  }
  g_assert_cmpstr (clip_json_as_string (clip_json_member (clip_json_root (doc), "s")), ==, "99999999999999999999");

  static const char *const infinite[] = { "1e400", "-1e400", "1e99999999999999999999", "0.1e310" };
  for (guint i = 0; i < G_N_ELEMENTS (infinite); i++) {
    g_autoptr (ClipJson) one = assert_parses (clip_json_parse, infinite[i]);
    double number = 42;
    gint64 whole = 42;
    g_assert_false (clip_json_as_double (clip_json_root (one), &number));
    g_assert_false (clip_json_as_int (clip_json_root (one), &whole));
    g_assert_true (number == 42 && whole == 42);
  }
  g_autofree char *digits = nest ("9", "", "", 400);
  g_autoptr (ClipJson) one = assert_parses (clip_json_parse, digits);
  double number;
  g_assert_false (clip_json_as_double (clip_json_root (one), &number));
}

static gboolean
collect (const char *name, const ClipJsonValue *value, gpointer user_data)
{
  GString *names = user_data;
  g_string_append (names, name);
  return strcmp (name, "stop") != 0;
}

static void
test_accessors (void)
{
  g_autoptr (ClipJson) doc = assert_parses (clip_json_parse_object,
      "{\"z\":null,\"a\":[1,\"x\",true],\"m\":{\"q\":false},\"b\":true,\"s\":\"t\",\"e\":[],\"o\":{}}");
  const ClipJsonValue *root = clip_json_root (doc);
  g_assert_cmpstr (clip_json_name (doc), ==, "t.json");

  static const struct
  {
    const char *name;
    ClipJsonType type;
    guint length;
  } members[] = {
    { "z", CLIP_JSON_NULL, 0 },
    { "a", CLIP_JSON_ARRAY, 3 },
    { "m", CLIP_JSON_OBJECT, 1 },
    { "b", CLIP_JSON_BOOLEAN, 0 },
    { "s", CLIP_JSON_STRING, 0 },
    { "e", CLIP_JSON_ARRAY, 0 },
    { "o", CLIP_JSON_OBJECT, 0 },
    { "absent", CLIP_JSON_NULL, 0 },
  };
  for (guint i = 0; i < G_N_ELEMENTS (members); i++) {
    const ClipJsonValue *value = clip_json_member (root, members[i].name);
    gint64 whole = 42;
    double number = 42;
    gboolean truth = 42;
    g_assert_cmpint (clip_json_type (value), ==, members[i].type);
    g_assert_cmpuint (clip_json_length (value), ==, members[i].length);
    g_assert_false (clip_json_as_int (value, &whole));
    g_assert_false (clip_json_as_double (value, &number));
    g_assert_cmpint (clip_json_as_boolean (value, &truth), ==, members[i].type == CLIP_JSON_BOOLEAN);
    g_assert_cmpint (truth, ==, members[i].type == CLIP_JSON_BOOLEAN ? TRUE : 42);
    g_assert_true (whole == 42 && number == 42);
    g_assert_cmpint (clip_json_as_string (value) != NULL, ==, members[i].type == CLIP_JSON_STRING);
    g_assert_null (clip_json_element (value, members[i].length));
    g_assert_null (clip_json_member (value, "absent"));
  }
  const ClipJsonValue *array = clip_json_member (root, "a");
  g_assert_cmpstr (clip_json_as_string (clip_json_element (array, 1)), ==, "x");
  g_assert_null (clip_json_element (array, G_MAXUINT));

  g_autoptr (GString) names = g_string_new (NULL);
  g_assert_true (clip_json_foreach (root, collect, names));
  g_assert_cmpstr (names->str, ==, "zambseo"); /* the file's order */
  g_assert_true (clip_json_foreach (NULL, collect, names));
  g_autoptr (ClipJson) stopping = assert_parses (clip_json_parse, "{\"a\":1,\"stop\":2,\"b\":3}");
  g_string_truncate (names, 0);
  g_assert_false (clip_json_foreach (clip_json_root (stopping), collect, names));
  g_assert_cmpstr (names->str, ==, "astop");
}

static void
test_readers (void)
{
  g_autoptr (ClipJson) doc = assert_parses (
      clip_json_parse_object, "{\"u\":12,\"f\":0.5,\"w\":3,\"b\":true,\"s\":\"x\",\"o\":{\"u\":5},\"n\":null}");
  const ClipJsonValue *root = clip_json_root (doc), *object = NULL;
  GError *error = NULL;
  guint u = 1;
  float f = 1;
  gboolean b = FALSE;
  const char *s = "default";

  g_assert_true (clip_json_get_uint (doc, root, "", "u", 12, 12, &u, &error) && u == 12);
  g_assert_true (clip_json_get_float (doc, root, "", "f", 0.5, 0.5, &f, &error) && f == 0.5f);
  g_assert_true (clip_json_get_float (doc, root, "", "w", 0, 9, &f, &error) && f == 3);
  g_assert_true (clip_json_get_boolean (doc, root, "", "b", &b, &error) && b);
  g_assert_true (clip_json_get_string (doc, root, "", "s", &s, &error));
  g_assert_cmpstr (s, ==, "x");
  g_assert_true (clip_json_get_object (doc, root, "", "o", &object, &error));
  g_assert_true (clip_json_get_uint (doc, object, "o", "u", 0, 9, &u, &error) && u == 5);

  static const char *const absent[] = { "n", "absent" }; /* null and absent keep the default */
  for (guint i = 0; i < G_N_ELEMENTS (absent); i++) {
    const ClipJsonValue *kept = object;
    g_assert_true (clip_json_get_uint (doc, root, "", absent[i], 0, 9, &u, &error) && u == 5);
    g_assert_true (clip_json_get_float (doc, root, "", absent[i], 0, 9, &f, &error) && f == 3);
    g_assert_true (clip_json_get_boolean (doc, root, "", absent[i], &b, &error) && b);
    g_assert_true (clip_json_get_string (doc, root, "", absent[i], &s, &error));
    g_assert_cmpstr (s, ==, "x");
    g_assert_true (clip_json_get_object (doc, root, "", absent[i], &object, &error) && object == kept);
  }
  g_assert_true (clip_json_get_uint (doc, NULL, "", "u", 0, 9, &u, &error) && u == 5);
  g_assert_no_error (error);
}

/* One field read as a whole number 1..65536 in the object vision_config; the message's end. */
static void
test_reader_messages (void)
{
  static const struct
  {
    const char *json, *found;
  } cases[] = {
    { "\"abc\"", "\"abc\"" },
    { "0", "0" },
    { "65537", "65537" },
    { "-1", "-1" },
    { "768.0", "768.0" },
    { "1.5", "1.5" },
    { "1e400", "a number beyond all bounds" },
    { "18446744073709552384", "1.84467441e+19" },
    { "4294967297", "4294967297" },
    { "true", "true" },
    { "[1,2]", "an array of 2" },
    { "{}", "an object" },
    { "\"a\\nb\\u202e\\u007f\"", "\"a\\nb\\u202e\\u007f\"" },
    { "\"0123456789012345678901234567890123456789\"", "\"0123456789012345678901234567890123456789\"" },
    { "\"0123456789012345678901234567890123456789x\"", "\"0123456789012345678901234567890123456789…\"" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *text = g_strdup_printf ("{\"hidden_size\":%s}", cases[i].json);
    g_autoptr (ClipJson) doc = assert_parses (clip_json_parse_object, text);
    g_autoptr (GError) error = NULL;
    guint u = 7;
    g_assert_false (
        clip_json_get_uint (doc, clip_json_root (doc), "vision_config", "hidden_size", 1, 65536, &u, &error));
    g_assert_cmpuint (u, ==, 7);
    g_assert_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT);
    check_message (error);
    g_autofree char *expected = g_strdup_printf (
        "t.json: field 'vision_config.hidden_size': expected a whole number 1..65536, found %s", cases[i].found);
    g_assert_cmpstr (error->message, ==, expected);
  }
}

static void
test_other_reader_messages (void)
{
  static const char text[] = "{\"a\\nb\":[],\"f\":1e400,\"g\":\"1\"}";
  g_autoptr (ClipJson) doc = clip_json_parse_object ("a\nb.json", text, sizeof text - 1, NULL);
  g_assert_nonnull (doc);
  const ClipJsonValue *root = clip_json_root (doc), *object = NULL;
  GError *error = NULL;
  const char *s = NULL;
  gboolean b = FALSE;
  float f = 0;

  g_assert_false (clip_json_get_string (doc, root, "", "a\nb", &s, &error));
  g_assert_cmpstr (error->message, ==, "a\\nb.json: field 'a\\nb': expected a string, found an array of 0");
  g_clear_error (&error);
  g_assert_false (clip_json_get_object (doc, root, "", "f", &object, &error));
  g_assert_cmpstr (error->message, ==, "a\\nb.json: field 'f': expected an object, found a number beyond all bounds");
  g_clear_error (&error);
  g_assert_false (clip_json_get_boolean (doc, root, "", "g", &b, &error));
  g_assert_cmpstr (error->message, ==, "a\\nb.json: field 'g': expected true or false, found \"1\"");
  g_clear_error (&error);
  g_assert_false (clip_json_get_float (doc, root, "x", "f", 1e-12, 1, &f, &error));
  g_assert_cmpstr (
      error->message, ==, "a\\nb.json: field 'x.f': expected a number 1e-12..1, found a number beyond all bounds");
  g_clear_error (&error);
}

static void
test_printable (void)
{
  static const struct
  {
    const char *text;
    gssize length;
    guint max;
    const char *expected;
  } cases[] = {
    { NULL, -1, 9, "" },
    { "", -1, 9, "" },
    { "abc", -1, 3, "abc" },
    { "abcd", -1, 3, "abc…" },
    { "abc", 2, 9, "ab" },
    { "aé😀", -1, 9, "aé😀" },
    { "a\0b", 3, 9, "a\\x00b" },
    { "\x01\x1b[31m\x7f", -1, 99, "\\u0001\\u001b[31m\\u007f" },
    { "\r\n\t", -1, 9, "\\r\\n\\t" },
    { "\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xae", -1, 9, "\\u0085\\u2028\\u2029\\u202e" },
    { "\xf3\xa0\x80\x81", -1, 9, "\\U000e0001" },
    { "a\xff\xc3", -1, 9, "a\\xff\\xc3" },
    { "\xe2\x82\xac", 2, 9, "\\xe2\\x82" },
    { "\xed\xa0\x80", -1, 9, "\\xed\\xa0\\x80" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *shown = clip_printable (cases[i].text, cases[i].length, cases[i].max);
    g_assert_cmpstr (shown, ==, cases[i].expected);
    g_assert_true (g_utf8_validate (shown, -1, NULL));
  }
}

/* vocab.json has 49,408 members: none of this may be quadratic. */
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

  gint64 start = g_get_monotonic_time ();
  g_autoptr (ClipJson) doc = assert_parses (clip_json_parse_object, text->str);
  for (guint i = 0; i < N; i++) {
    g_autofree char *name = g_strdup_printf ("w%uĠ", i);
    gint64 whole = -1;
    g_assert_true (clip_json_as_int (clip_json_member (clip_json_root (doc), name), &whole));
    g_assert_cmpint (whole, ==, i);
  }
  g_test_message ("%d members parsed and looked up in %.1f ms", N, (g_get_monotonic_time () - start) / 1e3);

  g_string_truncate (text, text->len - 1);
  g_string_append (text, ",\"w777\\u0120\":0}");
  assert_refused (clip_json_parse_object, text->str, text->len, "the key 'w777Ġ' is given twice");
  g_string_free (text, TRUE);
}

/* Random damage: either an error of the scanner or a document; json-glib never objects to what the scanner let
 * through. */
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
  g_test_add_func ("/json/duplicates", test_duplicates);
  g_test_add_func ("/json/nul", test_nul);
  g_test_add_func ("/json/strings", test_strings);
  g_test_add_func ("/json/numbers", test_numbers);
  g_test_add_func ("/json/accessors", test_accessors);
  g_test_add_func ("/json/readers", test_readers);
  g_test_add_func ("/json/reader-messages", test_reader_messages);
  g_test_add_func ("/json/other-reader-messages", test_other_reader_messages);
  g_test_add_func ("/json/printable", test_printable);
  g_test_add_func ("/json/many-members", test_many_members);
  g_test_add_func ("/json/mutations", test_mutations);
  g_test_add_func ("/json/truncation", test_truncation);
  return g_test_run ();
}
