/* SPDX-License-Identifier: MIT
 *
 * test-prompts.c: prompts from strings, text files and JSON, and the messages for bad ones.
 */
#include <math.h>
#include <sys/stat.h>

#include "clip.h"
#include "tempfolder.h"
#include "testvocab.h"

/* "text" of each with '|' between, "text=label" where they differ. */
static char *
list (ClipPrompts *prompts)
{
  GString *out = g_string_new (NULL);
  for (guint i = 0; i < clip_prompts_get_size (prompts); i++) {
    const ClipPrompt *prompt = clip_prompts_get (prompts, i);
    g_string_append_printf (out, "%s%s", i ? "|" : "", prompt->text);
    if (strcmp (prompt->text, prompt->label))
      g_string_append_printf (out, "=%s", prompt->label);
    if (prompt->negative)
      g_string_append (out, "(negative)");
    if (!isnan (prompt->timing.threshold))
      g_string_append_printf (out, "(%g)", prompt->timing.threshold);
  }
  g_assert_null (clip_prompts_get (prompts, clip_prompts_get_size (prompts)));
  return g_string_free (out, FALSE);
}

/* All words ('|' between) are in the message, which has one line. */
static void
check_error (GError *error, int code, const char *words)
{
  g_assert_error (error, CLIP_ERROR, code);
  g_assert_null (strchr (error->message, '\n'));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_auto (GStrv) each = g_strsplit (words, "|", -1);
  for (guint i = 0; each[i]; i++)
    if (!strstr (error->message, each[i]))
      g_error ("expected '%s' in: %s", each[i], error->message);
}

static void
test_string (void)
{
  static const struct
  {
    const char *text, *expected;
  } cases[] = {
    { "a cat", "a cat" },
    { "a cat;a dog", "a cat|a dog" },
    { " a cat ; a dog, brown;\ta bird\n", "a cat|a dog, brown|a bird" },
    { ";;a cat; ;", "a cat" },
    { "one\\;two;three", "one;two|three" },
    { "a\\b\\\\;c\\", "a\\b\\;c\\" },
    { "\u3000a\u00a0cat\u2003;\u00a0", "a\u00a0cat" },
    { "a cat;a cat", "a cat|a cat" }, /* twice does no harm */
    { "bell\a;日本語;😂", "bell\a|日本語|😂" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_string (cases[i].text, &error);
    g_assert_no_error (error);
    g_autofree char *got = list (prompts);
    g_assert_cmpstr (got, ==, cases[i].expected);
    const char *const *templates = clip_prompts_get_templates (prompts);
    g_assert_cmpstr (templates[0], ==, "{}");
    g_assert_null (templates[1]);
  }
}

static void
test_bad_string (void)
{
  g_autofree char *huge = g_strnfill (CLIP_MAX_PROMPT_BYTES + 1, 'x');
  g_autofree char *late = g_strconcat ("a;", huge, NULL);
  g_autofree char *many = g_malloc (2 * (CLIP_MAX_PROMPTS + 1) + 1);
  for (gsize i = 0; i <= CLIP_MAX_PROMPTS; i++)
    memcpy (many + 2 * i, "a;", 3);
  const struct
  {
    const char *text, *words;
  } cases[] = {
    { NULL, "no prompts" },
    { "", "no prompts" },
    { " ; ;; \u3000 ", "no prompts" },
    { "a cat;\xff", "not valid UTF-8|byte 6" },
    { "\xe2\x82", "not valid UTF-8|byte 0" },
    { huge, "prompt 1|1048577|1048576" },
    { late, "prompt 2|1048577|1048576" },
    { many, "prompt 100001|more than 100000" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_null (clip_prompts_new_from_string (cases[i].text, &error));
    check_error (error, CLIP_ERROR_PROMPTS, cases[i].words);
  }

  huge[CLIP_MAX_PROMPT_BYTES] = '\0'; /* just what is allowed */
  g_autoptr (ClipPrompts) one = clip_prompts_new_from_string (huge, NULL);
  g_assert_cmpuint (clip_prompts_get_size (one), ==, 1);
  many[2 * CLIP_MAX_PROMPTS] = '\0';
  g_autoptr (ClipPrompts) all = clip_prompts_new_from_string (many, NULL);
  g_assert_cmpuint (clip_prompts_get_size (all), ==, CLIP_MAX_PROMPTS);
}

static void
test_templates (void)
{
  g_autoptr (ClipPrompts) plain = clip_prompts_new_from_string ("a;b", NULL);
  static const struct
  {
    const char *text, *expected; /* joined by "/"; NULL = refused, with `words` */
    const char *words;
  } cases[] = {
    { NULL, "{}" },
    { "", "{}" },
    { "  ", "{}" },
    { "a photo of {}.", "a photo of {}." },
    { "{}|a drawing of {} | {} {", "{}/a drawing of {}/{} {" },
    { "a photo", NULL, "template 1|exactly one|found 0|a photo" },
    { "{}|{} and {}", NULL, "template 2|found 2" },
    { "{}|", NULL, "template 2|found 0" },
    { "|{}", NULL, "template 1|found 0" },
    { "{}||{}", NULL, "template 2|found 0" },
    { "{ }", NULL, "found 0" },
    { "{}\xfe", NULL, "not valid UTF-8|byte 2" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (ClipPrompts) prompts = clip_prompts_with_templates (plain, cases[i].text, &error);
    if (!cases[i].expected) {
      g_assert_null (prompts);
      check_error (error, CLIP_ERROR_PROMPTS, cases[i].words);
      continue;
    }
    g_assert_no_error (error);
    g_autofree char *got = g_strjoinv ("/", (char **)clip_prompts_get_templates (prompts));
    g_assert_cmpstr (got, ==, cases[i].expected);
    g_assert_true (clip_prompts_get (prompts, 1) == clip_prompts_get (plain, 1)); /* shared, not copied */
  }
  g_assert_cmpstr (clip_prompts_get_templates (plain)[0], ==, "{}");

  g_autoptr (GString) many = g_string_new ("{}");
  for (guint i = 0; i < 1000; i++)
    g_string_append (many, "|{}");
  g_autoptr (GError) error = NULL;
  g_assert_null (clip_prompts_with_templates (plain, many->str, &error));
  check_error (error, CLIP_ERROR_PROMPTS, "template 1001|more than 1000");
}

/* Each set lives as long as a reference to it, whatever it was made from. */
static void
test_references (void)
{
  ClipPrompts *first = clip_prompts_new_from_string ("a;b", NULL);
  ClipPrompts *second = clip_prompts_with_templates (first, "x {}", NULL);
  g_assert_true (clip_prompts_ref (first) == first);
  clip_prompts_unref (first);
  clip_prompts_unref (first);
  g_assert_cmpstr (clip_prompts_get (second, 0)->text, ==, "a");
  ClipPrompts *third = clip_prompts_with_templates (second, NULL, NULL);
  clip_prompts_unref (second);
  g_assert_cmpstr (clip_prompts_get (third, 1)->label, ==, "b");
  clip_prompts_unref (third);
  clip_prompts_unref (NULL);
}

/* ---- Files --------------------------------------------------------------------------------------------- */

typedef struct
{
  char *folder, *path;
} File;

static void
file_set_up (File *self, gconstpointer data)
{
  self->folder = test_temporary_folder ();
  self->path = g_build_filename (self->folder, "prompts", NULL);
}

static void
file_tear_down (File *self, gconstpointer data)
{
  test_remove_folder (self->folder);
  g_free (self->folder);
  g_free (self->path);
}

static void
accepted (File *self, const char *content, const char *expected)
{
  test_write (self->folder, "prompts", content, -1);
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_file (self->path, &error);
  g_assert_no_error (error);
  g_autofree char *got = list (prompts);
  g_assert_cmpstr (got, ==, expected);
}

static void
refused (File *self, const char *content, gssize length, int code, const char *words)
{
  test_write (self->folder, "prompts", content, length);
  g_autoptr (GError) error = NULL;
  g_assert_null (clip_prompts_new_from_file (self->path, &error));
  check_error (error, code, words);
  g_assert_true (g_str_has_prefix (error->message, self->path));
}

static void
test_text_file (File *self, gconstpointer data)
{
  accepted (self, "a cat\na dog\n", "a cat|a dog");
  accepted (self, "a cat\r\n\r\n  a dog  \r\n# a bird\r\n  # a fish", "a cat|a dog");
  accepted (self,
      "\xef\xbb\xbf"
      "a cat",
      "a cat");
  accepted (self, "\xef\xbb\xbf# a comment\na cat; #1, really\n", "a cat; #1, really"); /* no separator here */
  accepted (self, "a [cat]\n[a dog]\n", "a [cat]|[a dog]");
  accepted (self, "\xef\xbb\xbf\r\n \t# [1]\r\n\ta cat\r\n##\r\n#\r\na # dog\r\n", "a cat|a # dog");
  accepted (self, "a {}\nb\\;c", "a {}|b\\;c");
  accepted (self, "\u3000a cat\u00a0\n\a", "a cat|\a");
}

static void
test_bad_text_file (File *self, gconstpointer data)
{
  refused (self, "", 0, CLIP_ERROR_PROMPTS, "no prompts");
  refused (self, "\n \n# only this\n", -1, CLIP_ERROR_PROMPTS, "no prompts");
  refused (self, "\xef\xbb\xbf", -1, CLIP_ERROR_PROMPTS, "no prompts");
  refused (self, "a cat\na \xffog\n", -1, CLIP_ERROR_PROMPTS, "line 2|not valid UTF-8|byte 8");
  refused (self,
      "\xff\xfe"
      "a\0",
      4, CLIP_ERROR_PROMPTS, "line 1|not valid UTF-8|byte 0"); /* UTF-16 */
  refused (self, "a\nb\nc\0d", 7, CLIP_ERROR_PROMPTS, "line 3|a NUL byte|byte 5");
  refused (self, "a\n\xe2\x82", 4, CLIP_ERROR_PROMPTS, "line 2|not valid UTF-8|byte 2");

  g_autoptr (GString) text = g_string_new ("a\n\n");
  for (guint i = 0; i <= CLIP_MAX_PROMPT_BYTES; i++)
    g_string_append_c (text, 'x');
  refused (self, text->str, -1, CLIP_ERROR_PROMPTS, "line 3|1048577 bytes");
  g_string_truncate (text, 0);
  for (guint i = 0; i <= CLIP_MAX_PROMPTS; i++)
    g_string_append (text, "a\n");
  refused (self, text->str, -1, CLIP_ERROR_PROMPTS, "line 100001|more than 100000");
}

static void
test_json_file (File *self, gconstpointer data)
{
  accepted (self, "{\"prompts\":[\"a cat\"]}", "a cat");
  accepted (self, "\xef\xbb\xbf \r\n\t{\"prompts\" : [ \" a cat\\n\" , \"a;b\" ] }\n", "a cat|a;b");
  accepted (self,
      "{\"prompts\":[{\"text\":\"a cat\",\"label\":\"cat\",\"threshold\":0.5,\"negative\":false},"
      "{\"text\":\"an empty yard\",\"negative\":true},\"b\",{\"text\":\"c\",\"threshold\":-1,\"label\":null}]}",
      "a cat=cat(0.5)|an empty yard(negative)|b|c(-1)");
  accepted (self, "{\"prompts\":[{\"text\":\"c\",\"threshold\":1}]}", "c(1)");

  /* A list is as good. */
  accepted (self, "[\"a cat\",\"a dog\"]", "a cat|a dog");
  accepted (self, "\xef\xbb\xbf\r\n\t[ \" # a cat\\n\" ,{\"text\":\"b\",\"label\":\"c\"}\r\n]\r\n", "# a cat|b=c");

  test_write (self->folder, "prompts", "{\"templates\":[\"a photo of a {}.\",\"a {}|b\"],\"prompts\":[\"x\"]}", -1);
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_file (self->path, NULL);
  const char *const *templates = clip_prompts_get_templates (prompts);
  g_assert_cmpstr (templates[0], ==, "a photo of a {}.");
  g_assert_cmpstr (templates[1], ==, "a {}|b");
  g_assert_null (templates[2]);
}

static void
test_bad_json_file (File *self, gconstpointer data)
{
  static const struct
  {
    const char *content;
    int code;
    const char *words;
  } cases[] = {
    { "{", CLIP_ERROR_FORMAT, "" },
    { "{}", CLIP_ERROR_PROMPTS, "'prompts' is missing" },
    { "{\"prompts\":[]}", CLIP_ERROR_PROMPTS, "no prompts" },
    { "{\"prompts\":\"a cat\"}", CLIP_ERROR_PROMPTS, "'prompts'|an array" },
    { "{\"prompts\":null}", CLIP_ERROR_PROMPTS, "'prompts'|an array" },
    { "{\"prompts\":[\"a\",7]}", CLIP_ERROR_PROMPTS, "prompts[1]|a string or an object" },
    { "{\"prompts\":[\"a\",[\"b\"]]}", CLIP_ERROR_PROMPTS, "prompts[1]|a string or an object" },
    { "{\"prompts\":[\"a\",\" \"]}", CLIP_ERROR_PROMPTS, "prompts[1]|empty" },
    { "{\"prompts\":[{\"text\":\"\"}]}", CLIP_ERROR_PROMPTS, "prompts[0]|empty" },
    { "{\"prompts\":[{\"label\":\"a\"}]}", CLIP_ERROR_PROMPTS, "prompts[0]|'text' is missing" },
    { "{\"prompts\":[{\"text\":5}]}", CLIP_ERROR_FORMAT, "prompts[0].text|a string" },
    { "{\"prompts\":[{\"text\":\"a\",\"label\":5}]}", CLIP_ERROR_FORMAT, "prompts[0].label|a string" },
    { "{\"prompts\":[{\"text\":\"a\",\"label\":\" \"}]}", CLIP_ERROR_PROMPTS, "prompts[0]|label is empty" },
    { "{\"prompts\":[{\"text\":\"a\",\"threshold\":\"1\"}]}", CLIP_ERROR_FORMAT, "prompts[0].threshold" },
    { "{\"prompts\":[{\"text\":\"a\",\"threshold\":1.01}]}", CLIP_ERROR_FORMAT, "prompts[0].threshold|-1..1|1.01" },
    { "{\"prompts\":[{\"text\":\"a\",\"threshold\":-2}]}", CLIP_ERROR_FORMAT, "prompts[0].threshold|-1..1|-2" },
    { "{\"prompts\":[{\"text\":\"a\",\"threshold\":1e999}]}", CLIP_ERROR_FORMAT, "prompts[0].threshold" },
    { "{\"prompts\":[{\"text\":\"a\",\"prior\":0}]}", CLIP_ERROR_FORMAT, "prompts[0].prior" },
    { "{\"prompts\":[{\"text\":\"a\",\"prior\":-1}]}", CLIP_ERROR_FORMAT, "prompts[0].prior" },
    { "{\"prompts\":[{\"text\":\"a\",\"negative\":1}]}", CLIP_ERROR_FORMAT, "prompts[0].negative|true or false" },
    { "{\"prompts\":[{\"text\":\"a\",\"treshold\":1}]}", CLIP_ERROR_PROMPTS, "prompts[0]|'treshold'|'threshold'" },
    { "{\"prompts\":[{\"text\":\"a\",\"text\":\"b\"}]}", CLIP_ERROR_FORMAT, "text" },
    { "{\"prompts\":[\"a\"],\"prompts\":[\"b\"]}", CLIP_ERROR_FORMAT, "prompts" },
    { "{\"prompts\":[\"a\"],\"Templates\":[]}", CLIP_ERROR_PROMPTS, "unknown key 'Templates'|'templates'" },
    { "{\"prompts\":[\"a\"],\"\\n\":[]}", CLIP_ERROR_PROMPTS, "unknown key '\\n'" },
    { "{\"prompts\":[\"a\"],\"templates\":[]}", CLIP_ERROR_PROMPTS, "'templates'|at least one" },
    { "{\"prompts\":[\"a\"],\"templates\":\"{}\"}", CLIP_ERROR_PROMPTS, "'templates'|an array" },
    { "{\"prompts\":[\"a\"],\"templates\":[\"{}\",1]}", CLIP_ERROR_PROMPTS, "templates[1]|a string" },
    { "{\"prompts\":[\"a\"],\"templates\":[\"{}{}\"]}", CLIP_ERROR_PROMPTS, "templates[0]|exactly one|found 2" },
    { "{\"prompts\":[{\"text\":\"a\",\"negative\":true}]}", CLIP_ERROR_PROMPTS, "all prompts are negative" },
    { "{\"prompts\":[\"a\\u0000b\"]}", CLIP_ERROR_FORMAT, "" },
    { "{\"prompts\":[\"a\xff\"]}", CLIP_ERROR_PROMPTS, "line 1|not valid UTF-8|byte 14" },
    { "{\"prompts\":[\"a\",]}", CLIP_ERROR_FORMAT, "" },
    { "{\"prompts\":['a']}", CLIP_ERROR_FORMAT, "" },
    { "{\"prompts\":[\"a\"]} // x", CLIP_ERROR_FORMAT, "" },
    { "[]", CLIP_ERROR_PROMPTS, "no prompts" },
    { "[", CLIP_ERROR_FORMAT, "line 1" },
    { "[a cat, a dog]", CLIP_ERROR_FORMAT, "line 1, column 2" },
    { "['a cat', 'a dog']", CLIP_ERROR_FORMAT, "line 1, column 2" },
    { "[\"a cat\"]\na dog", CLIP_ERROR_FORMAT, "line 2, column 1" },
    { "[\"a\",7]", CLIP_ERROR_PROMPTS, "field '[1]'|a string or an object" },
    { "[\"a\",\" \"]", CLIP_ERROR_PROMPTS, "field '[1]'|empty" },
    { "[\"a\",{\"text\":5}]", CLIP_ERROR_FORMAT, "[1].text|a string" },
    { "[{\"text\":\"a\",\"text\":\"b\"}]", CLIP_ERROR_FORMAT, "text" },
    { "[\"a\\u0000b\"]", CLIP_ERROR_FORMAT, "" },
    { "[{\"prompts\":[\"a\"]}]", CLIP_ERROR_PROMPTS, "field '[0]'|unknown key 'prompts'" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    refused (self, cases[i].content, -1, cases[i].code, cases[i].words);

  g_autofree char *huge = g_strnfill (CLIP_MAX_PROMPT_BYTES + 1, 'x');
  static const struct
  {
    const char *format, *words;
  } long_cases[] = {
    { "{\"prompts\":[\"a\",\"%s\"]}", "prompts[1]|1048577 bytes" },
    { "{\"prompts\":[{\"text\":\"a\",\"label\":\"%s\"}]}", "prompts[0]|label|1048577 bytes" },
    { "{\"prompts\":[\"a\"],\"templates\":[\"{}%s\"]}", "templates[0]|1048579 bytes" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (long_cases); i++) {
    g_auto (GStrv) around = g_strsplit (long_cases[i].format, "%s", 2);
    g_autofree char *content = g_strconcat (around[0], huge, around[1], NULL);
    refused (self, content, -1, CLIP_ERROR_PROMPTS, long_cases[i].words);
  }
}

static void
test_no_file (File *self, gconstpointer data)
{
  g_autoptr (GError) missing = NULL;
  g_assert_null (clip_prompts_new_from_file (self->path, &missing));
  check_error (missing, CLIP_ERROR_NOT_FOUND, self->path);
  g_autoptr (GError) folder = NULL;
  g_assert_null (clip_prompts_new_from_file (self->folder, &folder));
  check_error (folder, CLIP_ERROR_FILE, self->folder);
  g_assert_cmpint (mkfifo (self->path, 0600), ==, 0);
  g_autoptr (GError) fifo = NULL;
  g_assert_null (clip_prompts_new_from_file (self->path, &fifo));
  check_error (fifo, CLIP_ERROR_FILE, self->path);
}

static void
test_large (File *self, gconstpointer data)
{
  g_autoptr (GString) text = g_string_new (NULL), json = g_string_new ("{\"prompts\":[");
  for (guint i = 0; i < 10000; i++) {
    g_string_append_printf (text, "a photo of thing number %u\n", i);
    g_string_append_printf (json, "%s{\"text\":\"a photo of thing number %u\",\"threshold\":0.5}", i ? "," : "", i);
  }
  g_string_append (json, "]}");
  const GString *contents[] = { text, json };
  for (guint i = 0; i < G_N_ELEMENTS (contents); i++) {
    test_write (self->folder, "prompts", contents[i]->str, -1);
    g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_file (self->path, NULL);
    g_assert_cmpuint (clip_prompts_get_size (prompts), ==, 10000);
    g_assert_cmpstr (clip_prompts_get (prompts, 9999)->text, ==, "a photo of thing number 9999");
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/prompts/string", test_string);
  g_test_add_func ("/prompts/bad-string", test_bad_string);
  g_test_add_func ("/prompts/templates", test_templates);
  g_test_add_func ("/prompts/references", test_references);
#define ADD(name, function) g_test_add (name, File, NULL, file_set_up, function, file_tear_down)
  ADD ("/prompts/text-file", test_text_file);
  ADD ("/prompts/bad-text-file", test_bad_text_file);
  ADD ("/prompts/json-file", test_json_file);
  ADD ("/prompts/bad-json-file", test_bad_json_file);
  ADD ("/prompts/no-file", test_no_file);
  ADD ("/prompts/large", test_large);
  return g_test_run ();
}
