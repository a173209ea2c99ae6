/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-sources.c: prompts that are pictures, vectors and sums, from a file, with the element's own decoders;
 * changed while frames flow; and what is refused.
 */
#include <math.h>

#include "tagger.h"
#include "tempmodel.h"

static char *folder;

static void
write_prompts (const char *json)
{
  test_write (folder, "p.json", json, -1);
}

static GstElement *
with_file (void)
{
  g_autofree char *file = g_build_filename (folder, "p.json", NULL);
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "prompts", NULL, "prompts-file", file, "threshold", -1.0, "top-k", 0, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "score-mode", "cosine");
  return element;
}

static void
copy_picture (const char *name)
{
  g_autofree char *path = g_strconcat ("stills/", name, NULL), *from = test_golden (path);
  gsize length;
  g_autofree char *content = NULL;
  g_assert_true (g_file_get_contents (from, &content, &length, NULL));
  test_write (folder, name, content, (gssize)length);
}

static gfloat
cosine_of (GstBuffer *buffer, const char *label)
{
  GstClipTags *tags = gst_buffer_get_clip_tag_meta (buffer)->tags;
  for (guint i = 0; i < gst_clip_tags_get_n_labels (tags); i++)
    if (g_str_equal (gst_clip_tags_get_label (tags, i)->label, label))
      return gst_clip_tags_get_label (tags, i)->cosine;
  g_error ("no label '%s'", label);
}

/* The engine's tests hold the numbers to formulas; here they must agree with each other. */
static void
test_kinds (void)
{
  write_prompts ("[{\"image\": \"bits.png\"}, {\"image\": \"bits.png\", \"label\": \"less\"}, \"a van\","
                 " {\"sum\": [{\"image\": \"bits.png\", \"weight\": -1}], \"label\": \"opposite\"},"
                 " {\"sum\": [{\"image\": \"bits.png\"}, {\"text\": \"a van\"}], \"label\": \"both\"}]");
  Tagger t = tagger_start (with_file (), TINY_CAPS ("30/1"));
  g_autoptr (GstBuffer) buffer = tagger_push (&t, 0, 0);
  gfloat picture = cosine_of (buffer, "bits"), van = cosine_of (buffer, "a van"), both = cosine_of (buffer, "both");
  g_assert_cmpfloat (cosine_of (buffer, "less"), ==, picture);
  g_assert_cmpfloat (fabsf (cosine_of (buffer, "opposite") + picture), <, 1e-6);
  g_assert_cmpfloat (picture, !=, van);
  /* (p + v) / |p + v| with |p + v| <= 2: as far out as the mean at least */
  g_assert_cmpfloat (both * (picture + van), >=, (picture + van) * (picture + van) / 2 - 1e-6);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (gst_buffer_get_clip_tag_meta (buffer)->tags), ==, 5);
  tagger_stop (&t);
}

static void
assert_refused_live (Tagger *t, guint i, const char *json, const char *end)
{
  gboolean taken = TRUE;
  write_prompts (json);
  g_signal_emit_by_name (t->element, "reload-prompts", &taken);
  g_assert_false (taken);
  g_autoptr (GstMessage) message = tagger_message (t, GST_MESSAGE_WARNING, NULL);
  g_assert_nonnull (message);
  g_autoptr (GError) warning = NULL;
  gst_message_parse_warning (message, &warning, NULL);
  g_autofree char *expected = g_build_filename (folder, end, NULL);
  g_assert_cmpstr (warning->message, ==, expected);
  g_autoptr (GstBuffer) buffer = tagger_push (t, i, 0);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (gst_buffer_get_clip_tag_meta (buffer)->tags), ==, 2);
}

/* Whatever is wrong with a file leaves the prompts in use as they are. */
static void
test_bad (void)
{
  write_prompts ("[\"a van\", {\"image\": \"bits.png\"}]");
  Tagger t = tagger_start (with_file (), TINY_CAPS ("30/1"));
  gst_buffer_unref (tagger_push (&t, 0, 0));
  test_write (folder, "text.png", "no picture at all", -1);
  test_write (folder, "cut.png", "\x89PNG\r\n\x1a\n", 8);
  g_autofree char *sub = g_build_filename (folder, "sub", NULL);
  g_assert_cmpint (g_mkdir_with_parents (sub, 0700), ==, 0);
  assert_refused_live (&t, 1, "[{\"image\": \"missing.png\"}]", "missing.png: No such file or directory");
  assert_refused_live (&t, 2, "[{\"image\": \"text.png\"}]", "text.png: not a picture in a format that is known");
  assert_refused_live (&t, 3, "[{\"image\": \"cut.png\"}]", "cut.png: PNG: the file is cut short: its end is missing");
  assert_refused_live (&t, 4, "[{\"image\": \"sub\"}]", "sub: is not a regular file");
  assert_refused_live (&t, 5, "[{\"vector\": \"missing\"}]", "missing: cannot open it: No such file or directory");
  tagger_stop (&t);
}

/* A picture replaced by another one counts from the next time on that the prompts are read. */
static void
test_reload (void)
{
  write_prompts ("[{\"image\": \"bits.png\", \"label\": \"x\"}]");
  Tagger t = tagger_start (with_file (), TINY_CAPS ("30/1"));
  g_autoptr (GstBuffer) first = tagger_push (&t, 0, 0);
  gfloat before = cosine_of (first, "x");
  g_autofree char *other = test_golden ("stills/palette.png"), *content = NULL;
  gsize length;
  g_assert_true (g_file_get_contents (other, &content, &length, NULL));
  test_write (folder, "bits.png", content, (gssize)length);
  gboolean taken = FALSE;
  g_signal_emit_by_name (t.element, "reload-prompts", &taken);
  g_assert_true (taken);
  g_autoptr (GstBuffer) second = tagger_push (&t, 1, 0);
  g_assert_cmpfloat (cosine_of (second, "x"), !=, before);
  tagger_stop (&t);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  folder = test_temporary_folder ();
  copy_picture ("bits.png");
  g_test_add_func ("/sources/kinds", test_kinds);
  g_test_add_func ("/sources/bad", test_bad);
  g_test_add_func ("/sources/reload", test_reload);
  int status = g_test_run ();
  test_remove_folder (folder);
  g_free (folder);
  return status;
}
