/* SPDX-License-Identifier: MIT
 *
 * test-json-values.c: reading a JSON document: values, checked readers and their messages. The scanner is tested in
 * test-json.c.
 */
#include "clip.h"
#include "clip-json.h"
#include "clip-message.h"

#include <string.h>

/* Objects as model files are read; from memory without a NUL, as in test-json.c. */
static ClipJson *
parse (const char *text)
{
  gsize length = strlen (text);
  g_autofree char *copy = g_memdup2 (text, length);
  GError *error = NULL;
  ClipJson *doc = (*text == '{' ? clip_json_parse_object : clip_json_parse) ("t.json", copy, length, &error);
  g_assert_no_error (error);
  g_assert_nonnull (doc);
  return doc;
}

static void
test_strings (void)
{
  g_autoptr (ClipJson) doc
      = parse ("{\"\":\"\",\"e\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\",\"u\":\"\\u00e9\\u20AC\\uD83D\\uDE00\",\"r\":\"é€😀\","
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
  g_autoptr (ClipJson) doc = parse (text->str);
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
    g_autoptr (ClipJson) one = parse (infinite[i]);
    double number = 42;
    gint64 whole = 42;
    g_assert_false (clip_json_as_double (clip_json_root (one), &number));
    g_assert_false (clip_json_as_int (clip_json_root (one), &whole));
    g_assert_true (number == 42 && whole == 42);
  }
  g_autofree char *digits = g_strnfill (400, '9');
  g_autoptr (ClipJson) one = parse (digits);
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
  g_autoptr (ClipJson) doc
      = parse ("{\"z\":null,\"a\":[1,\"x\",true],\"m\":{\"q\":false},\"b\":true,\"s\":\"t\",\"e\":[],\"o\":{}}");
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
  g_autoptr (ClipJson) stopping = parse ("{\"a\":1,\"stop\":2,\"b\":3}");
  g_string_truncate (names, 0);
  g_assert_false (clip_json_foreach (clip_json_root (stopping), collect, names));
  g_assert_cmpstr (names->str, ==, "astop");
}

static void
test_readers (void)
{
  g_autoptr (ClipJson) doc = parse ("{\"u\":12,\"f\":0.5,\"w\":3,\"b\":true,\"s\":\"x\",\"o\":{\"u\":5},\"n\":null}");
  const ClipJsonValue *root = clip_json_root (doc), *object = NULL;
  GError *error = NULL;
  guint u = 1;
  float f = 1;
  double d = 1;
  gboolean b = FALSE;
  const char *s = "default";

  g_assert_true (clip_json_get_uint (doc, root, "", "u", 12, 12, &u, &error) && u == 12);
  g_assert_true (clip_json_get_float (doc, root, "", "f", 0.5, 0.5, &f, &error) && f == 0.5f);
  g_assert_true (clip_json_get_float (doc, root, "", "w", 0, 9, &f, &error) && f == 3);
  g_assert_true (clip_json_get_double (doc, root, "", "f", 0.5, 0.5, &d, &error) && d == 0.5);
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
    g_assert_true (clip_json_get_double (doc, root, "", absent[i], 0, 9, &d, &error) && d == 0.5);
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
    { "1e400", "a number out of range" },
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
    g_autoptr (ClipJson) doc = parse (text);
    g_autoptr (GError) error = NULL;
    guint u = 7;
    g_assert_false (
        clip_json_get_uint (doc, clip_json_root (doc), "vision_config", "hidden_size", 1, 65536, &u, &error));
    g_assert_cmpuint (u, ==, 7);
    g_assert_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT);
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
  g_assert_cmpstr (error->message, ==, "a\\nb.json: field 'f': expected an object, found a number out of range");
  g_clear_error (&error);
  g_assert_false (clip_json_get_boolean (doc, root, "", "g", &b, &error));
  g_assert_cmpstr (error->message, ==, "a\\nb.json: field 'g': expected true or false, found \"1\"");
  g_clear_error (&error);
  g_assert_false (clip_json_get_float (doc, root, "x", "f", 1e-12, 1, &f, &error));
  g_assert_cmpstr (
      error->message, ==, "a\\nb.json: field 'x.f': expected a number 1e-12..1, found a number out of range");
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

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json-values/strings", test_strings);
  g_test_add_func ("/json-values/numbers", test_numbers);
  g_test_add_func ("/json-values/accessors", test_accessors);
  g_test_add_func ("/json-values/readers", test_readers);
  g_test_add_func ("/json-values/reader-messages", test_reader_messages);
  g_test_add_func ("/json-values/other-reader-messages", test_other_reader_messages);
  g_test_add_func ("/json-values/printable", test_printable);
  return g_test_run ();
}
