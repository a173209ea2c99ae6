/* SPDX-License-Identifier: MIT
 *
 * test-advice.c: what is said about prompts that are likely to be a mistake, and words.txt of small models.
 */
#include <glib/gstdio.h>

#include <math.h>

#include "clip.h"
#include "goldencontext.h"
#include "labels/prompt-reader.h"
#include "tempmodel.h"

#define MODEL  "patch32-quick"
#define N_SOME 5 /* more than have lines of their own */

/* The warnings about prompts as users write them, for a model in a folder. */
static char **
warnings_for (const char *folder, const char *text)
{
  GError *error = NULL;
  g_autoptr (ClipModel) model = clip_model_load (folder, &error);
  g_assert_no_error (error);
  g_autoptr (ClipContext) context = clip_context_new (model, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_string (text, &error);
  g_assert_no_error (error);
  ClipLabels *labels = clip_labels_new (context, prompts, NULL, &error);
  g_assert_no_error (error);
  char **lines = g_strdupv ((char **)clip_labels_get_warnings (labels));
  clip_labels_unref (labels);
  return lines;
}

static void
assert_lines (const char *folder, const char *text, const char *expected)
{
  g_auto (GStrv) lines = warnings_for (folder, text);
  g_autofree char *found = g_strjoinv ("\n", lines);
  g_assert_cmpstr (found, ==, expected);
}

static void
test_prompts (void)
{
  g_autofree char *folder = test_golden (MODEL);
  assert_lines (folder, "a cat;a dog", "");
  assert_lines (folder, "a cat, asleep;a dog", "");
  assert_lines (folder, "a cat", "");
  assert_lines (folder, "a cat, a dog", "'a cat, a dog' is one prompt: a ';' separates prompts, not a comma");
  assert_lines (folder, "a cat;a dog;a cat", "prompt 'a cat' is given more than once");
  assert_lines (folder, "a cat;a cat;a cat;a dog;a dog;a cat",
      "prompt 'a cat' is given more than once\nprompt 'a cat' is given more than once\n"
      "prompt 'a dog' is given more than once\nrepeated prompts: 1 more");
  assert_lines (
      folder, "# a cat;a dog", "prompt '# a cat' begins with '#': only lines of a prompts file can be comments");
  assert_lines (folder, "a #;a dog", "");
}

static void
test_file_comments (void)
{
  GError *error = NULL;
  char *dir = test_temporary_folder ();
  test_write (dir, "prompts.txt", "# cats\na cat\n#dogs\na dog\n", -1);
  g_autofree char *path = g_build_filename (dir, "prompts.txt", NULL);
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_file (path, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (clip_prompts_get_size (prompts), ==, 2);
  temp_model_remove (dir);
}

/* Each group by itself: what several ask is not repeated. */
static void
test_groups (void)
{
  static const char *const texts[] = { "a cat", "a dog", "a cat", "rain, snow" };
  GError *error = NULL;
  g_auto (ClipPromptReader) reader = { 0 };
  clip_prompt_reader_init (&reader, NULL, &error);
  g_assert_true (clip_prompt_reader_begin_group (&reader, "one"));
  for (guint i = 0; i < 3; i++)
    g_assert_true (clip_prompt_reader_add (&reader, NULL, texts[i], strlen (texts[i]), NULL));
  g_assert_true (clip_prompt_reader_begin_group (&reader, "two"));
  for (guint i = 0; i < 2; i++)
    g_assert_true (clip_prompt_reader_add (&reader, NULL, texts[i], strlen (texts[i]), NULL));
  g_assert_true (clip_prompt_reader_begin_group (&reader, "weather"));
  g_assert_true (clip_prompt_reader_add (&reader, NULL, texts[3], strlen (texts[3]), NULL));
  g_autoptr (ClipPrompts) prompts = clip_prompt_reader_finish (&reader);
  g_assert_no_error (error);
  g_autoptr (ClipContext) context = open_context (MODEL);
  g_autoptr (ClipLabels) labels = clip_labels_new (context, prompts, NULL, &error);
  g_assert_no_error (error);
  g_autofree char *found = g_strjoinv ("\n", (char **)clip_labels_get_warnings (labels));
  g_assert_cmpstr (found, ==,
      "prompt 'a cat' is given more than once\n"
      "'rain, snow' is one prompt, the only one of the group 'weather': a comma does not separate prompts");
}

static void
test_words (void)
{
  char *folder = temp_model (MODEL);
  test_write (folder, "words.txt", "a\ncat\n\nnaïve\npicture", -1);
  g_autofree char *name = g_path_get_basename (folder);
  assert_lines (folder, "a cat;A PICTURE;a cat's picture, 12!;a naïve picture", "");
  g_autofree char *one = g_strdup_printf ("model %s never learned the word 'giraffe' of prompt 'a giraffe', whose "
                                          "scores may mean nothing: choose a general model",
      name);
  assert_lines (folder, "a cat;a giraffe", one);

  g_autoptr (GString) many = g_string_new ("a cat");
  for (guint i = 0; i < N_SOME; i++)
    g_string_append_printf (many, ";a dog%c", 'a' + i);
  g_auto (GStrv) lines = warnings_for (folder, many->str);
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  g_assert_true (strstr (lines[2], "'dogc'"));
  g_assert_cmpstr (lines[3], ==, "prompts with words that this model never learned: 2 more");

  g_autofree char *letters = g_strnfill (1000, 'x'), *long_word = g_strconcat ("a cat;a ", letters, NULL);
  g_auto (GStrv) of_long = warnings_for (folder, long_word);
  g_assert_cmpuint (g_strv_length (of_long), ==, 2); /* it is also too long for the model */
  g_assert_true (strstr (of_long[1], "never learned the word 'xxxx"));
  temp_model_remove (folder);
}

static void
test_bad_words (void)
{
  static const struct
  {
    const char *content;
    gssize length;
    const char *message;
  } cases[] = {
    { "a\nCat\n", -1, "words.txt: line 2: expected a word of lower-case letters, found \"Cat\"" },
    { "a cat\n", -1, "words.txt: line 1: expected a word of lower-case letters, found \"a cat\"" },
    { "cat7", -1, "words.txt: line 1: expected a word of lower-case letters, found \"cat7\"" },
    { "a\n\xff\n", -1, "words.txt: line 2: expected a word of lower-case letters, found \"\\xff\"" },
    { "cat\r\n", -1, "words.txt: line 1: expected a word of lower-case letters, found \"cat\\r\"" },
    { "a\n\0b\n", 5, "words.txt: a NUL byte, expected text" },
  };
  char *folder = temp_model (MODEL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    GError *error = NULL;
    test_write (folder, "words.txt", cases[i].content, cases[i].length);
    g_assert_null (clip_model_load (folder, &error));
    g_assert_error (error, CLIP_ERROR, CLIP_ERROR_FORMAT);
    g_assert_true (g_str_has_suffix (error->message, cases[i].message));
    g_clear_error (&error);
  }
  g_autofree char *path = g_build_filename (folder, "words.txt", NULL);
  g_assert_cmpint (g_remove (path), ==, 0);
  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  GError *error = NULL;
  g_assert_null (clip_model_load (folder, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_FILE);
  g_clear_error (&error);
  temp_model_remove (folder);
}

/* The built-in model knows all words of its own prompts and of its card's examples. */
static void
test_built_in (void)
{
  GError *error = NULL;
  g_autofree char *folder = g_build_filename (g_getenv ("CLIPTAG_SOURCE_ROOT"), "engine", "camera-health", NULL);
  g_autoptr (ClipModel) model = clip_model_load (folder, &error);
  g_assert_no_error (error);
  g_autoptr (ClipContext) context = clip_context_new (model, NULL, &error);
  g_assert_no_error (error);
  g_autofree char *file = g_build_filename (folder, "prompts.json", NULL);
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_file (file, &error);
  g_assert_no_error (error);
  ClipLabels *labels = clip_labels_new (context, prompts, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_strv_length ((char **)clip_labels_get_warnings (labels)), ==, 0);
  clip_labels_unref (labels);

  g_auto (GStrv) lines = warnings_for (folder, "a clear picture;a giraffe");
  g_assert_cmpuint (g_strv_length (lines), ==, 1);
  g_assert_true (strstr (lines[0], "'giraffe'"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/advice/prompts", test_prompts);
  g_test_add_func ("/advice/file-comments", test_file_comments);
  g_test_add_func ("/advice/groups", test_groups);
  g_test_add_func ("/advice/words", test_words);
  g_test_add_func ("/advice/bad-words", test_bad_words);
  g_test_add_func ("/advice/built-in", test_built_in);
  return g_test_run ();
}
