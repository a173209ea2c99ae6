/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-warnings.c: what cliptagger says on the bus of a model or of prompts that work, but not as one may
 * think; and that a model is another one as soon as any of its files is.
 */
#include <glib/gstdio.h>
#include <math.h>

#include "tagger.h"
#include "tempmodel.h"

static void
assert_warning (Tagger *t, const char *words)
{
  g_autoptr (GstMessage) message = tagger_message (t, GST_MESSAGE_WARNING, NULL);
  g_assert_nonnull (message);
  g_autoptr (GError) warning = NULL;
  gst_message_parse_warning (message, &warning, NULL);
  g_test_message ("%s", warning->message);
  g_assert_error (warning, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  if (!strstr (warning->message, words))
    g_error ("\"%s\" does not say \"%s\"", warning->message, words);
}

/* NaN among the weights: one warning at the start, labels with scores that are numbers. */
static void
test_not_a_number (void)
{
  char *folder = temp_model (TINY_MODEL);
  gsize length;
  g_autofree char *weights = test_read (folder, "model.safetensors", &length);
  memset (weights + length - 4096, 0xff, 4096);
  test_write (folder, "model.safetensors", weights, (gssize)length);
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "model", folder, NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));

  g_autoptr (GstBuffer) buffer = tagger_push (&t, 0, 0);
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
  g_assert_nonnull (meta);
  for (guint i = 0; i < gst_clip_tags_get_n_labels (meta->tags); i++) {
    const GstClipTagLabel *label = gst_clip_tags_get_label (meta->tags, i);
    g_assert_true (isfinite (label->confidence) && isfinite (label->cosine));
  }
  assert_warning (&t, "NaN or infinite");
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));
  tagger_stop (&t);
  temp_model_remove (folder);
}

/* What is odd about the model, once at the start; and prompts that are cut, once for each set. */
static void
test_warnings (void)
{
  char *folder = temp_model (TINY_MODEL);
  g_autofree char *preprocessor = g_build_filename (folder, "preprocessor_config.json", NULL);
  g_unlink (preprocessor);
  g_autoptr (GString) words = g_string_new ("a van");
  for (guint i = 0; i < 30; i++)
    g_string_append (words, " and another van");
  g_autofree char *prompts = g_strconcat ("a yard;", words->str, " in rain;", words->str, " in snow", NULL);

  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "model", folder, "prompts", prompts, NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  gst_buffer_unref (tagger_push (&t, 0, 0)); /* which waits for the model */
  assert_warning (&t, "no preprocessor_config.json");
  assert_warning (&t, "prompt 'a van and another van");
  assert_warning (&t, "the model reads 24: the rest is ignored");
  for (guint i = 1; i < 3; i++)
    gst_buffer_unref (tagger_push (&t, i, 0));
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));

  g_object_set (element, "prompts", PROMPTS, NULL);
  tagger_await_ready (element);
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));
  g_string_append (words, ";a yard");
  g_object_set (element, "prompts", words->str, NULL);
  tagger_await_ready (element);
  assert_warning (&t, "prompt 'a van and another van");
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));
  tagger_stop (&t);
  temp_model_remove (folder);
}

/* One prompt under softmax has a score of 1 whatever the picture, unless there is a background: said once for each set
 * of prompts. */
static void
test_only_prompt (void)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "prompts", "a giraffe", "background", "off", NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  gst_buffer_unref (tagger_push (&t, 0, 0));
  assert_warning (&t, "'a giraffe' is the only prompt");
  const gchar *const modes[] = { "cosine", "softmax", "sigmoid" };
  for (guint i = 0; i < G_N_ELEMENTS (modes); i++) {
    gst_util_set_object_arg (G_OBJECT (element), "score-mode", modes[i]);
    gst_buffer_unref (tagger_push (&t, i + 1, 0)); /* which waits until it is applied */
    g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));
  }

  g_object_set (element, "prompts", "a van", NULL);
  gst_buffer_unref (tagger_push (&t, 4, 0));
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));
  gst_util_set_object_arg (G_OBJECT (element), "score-mode", "softmax");
  gst_buffer_unref (tagger_push (&t, 5, 0));
  assert_warning (&t, "'a van' is the only prompt");
  g_object_set (element, "background", "default", NULL);
  gst_buffer_unref (tagger_push (&t, 7, 0));
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));
  g_object_set (element, "background", "off", NULL);
  gst_buffer_unref (tagger_push (&t, 8, 0));
  assert_warning (&t, "'a van' is the only prompt");

  g_object_set (element, "prompts", "a van;a yard", NULL);
  gst_buffer_unref (tagger_push (&t, 9, 0));
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));
  tagger_stop (&t);
}

/* Each group by itself; those with negative prompts, or with a mode of their own, have no such score. */
static void
test_only_prompt_of_group (void)
{
  char *folder = test_temporary_folder ();
  test_write (folder, "p.json",
      "{\"prompts\": [\"a van\", \"a yard\"], \"groups\": [{\"name\": \"gate\", \"prompts\": [\"a gate\", {\"text\": "
      "\"a "
      "wall\", \"negative\": true}]}, {\"name\": \"smoke\", \"score_mode\": \"sigmoid\", \"prompts\": [\"smoke\"]}, "
      "{\"name\": \"rain\", \"prompts\": [{\"text\": \"rain\", \"label\": \"wet\"}, {\"text\": \"a puddle\", "
      "\"label\": "
      "\"wet\"}]}]}",
      -1);
  g_autofree char *file = g_build_filename (folder, "p.json", NULL);
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "prompts", NULL, "prompts-file", file, "background", "off", NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  gst_buffer_unref (tagger_push (&t, 0, 0));
  assert_warning (&t, "'wet' is the only label of the group 'rain', so it always has 100 %");
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));
  g_object_set (element, "background", "default", NULL);
  gst_buffer_unref (tagger_push (&t, 1, 0));
  g_assert_null (tagger_message (&t, GST_MESSAGE_WARNING, NULL));
  tagger_stop (&t);
  temp_model_remove (folder);
}

/* Elements share a model by its files: one whose processor_config.json has changed is another. */
static void
test_changed_processor (void)
{
  char *folder = temp_model ("v5-processor");
  g_autofree char *prints[2] = { NULL };
  Tagger first = { NULL };
  for (guint i = 0; i < 2; i++) {
    GstElement *element = tagger_element (TINY_MODEL);
    g_object_set (element, "model", folder, NULL);
    Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
    g_autoptr (GstBuffer) buffer = tagger_push (&t, 0, 0);
    GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
    prints[i] = g_strdup (gst_clip_tags_get_fingerprint (meta->tags));
    if (i == 0) {
      first = t; /* keeps it loaded */
      temp_model_replace (folder, "processor_config.json", "\"resample\": 2", "\"resample\": 3");
    } else {
      tagger_stop (&t);
    }
  }
  g_assert_cmpstr (prints[0], !=, prints[1]);
  tagger_stop (&first);
  temp_model_remove (folder);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cliptagger/not-a-number", test_not_a_number);
  g_test_add_func ("/cliptagger/warnings", test_warnings);
  g_test_add_func ("/cliptagger/only-prompt", test_only_prompt);
  g_test_add_func ("/cliptagger/only-prompt-of-group", test_only_prompt_of_group);
  g_test_add_func ("/cliptagger/changed-processor", test_changed_processor);
  return g_test_run ();
}
