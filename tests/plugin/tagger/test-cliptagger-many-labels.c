/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-many-labels.c: where there is no memory for all labels of a picture the best ones are reported.
 */
#include <dlfcn.h>

#include "tagger.h"

#define N_PROMPTS 200

static guint most_labels = G_MAXUINT; /* that there is memory for */

/* Stands before the library's. */
GstClipTags *
gst_clip_tags_new (const gchar *model_name, const gchar *fingerprint, GstClockTime source_pts,
    const GstClipTagLabel *labels, guint n_labels, const gfloat *embedding, guint n_embedding)
{
  static GstClipTags *(*next) (
      const gchar *, const gchar *, GstClockTime, const GstClipTagLabel *, guint, const gfloat *, guint);
  if (!next)
    next = dlsym (RTLD_NEXT, "gst_clip_tags_new");
  if (n_labels > most_labels)
    return NULL;
  return next (model_name, fingerprint, source_pts, labels, n_labels, embedding, n_embedding);
}

static void
test_many_labels (void)
{
  g_autoptr (GString) prompts = g_string_new ("nothing");
  for (guint i = 1; i < N_PROMPTS; i++)
    g_string_append_printf (prompts, ";thing %u", i);
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "prompts", prompts->str, "top-k", 0, "frame-rate", 0.0, "threshold", -1.0, NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  for (guint few = 0; few < 2; few++) {
    most_labels = few ? N_PROMPTS / 2 : G_MAXUINT;
    g_autoptr (GstBuffer) buffer = tagger_push (&t, few, 0);
    GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
    g_assert_nonnull (meta);
    guint n = gst_clip_tags_get_n_labels (meta->tags);
    g_assert_cmpuint (n, ==, few ? 64 : N_PROMPTS);
    for (guint i = 1; i < n; i++)
      g_assert_cmpfloat (gst_clip_tags_get_label (meta->tags, i - 1)->confidence, >=,
          gst_clip_tags_get_label (meta->tags, i)->confidence);
  }
  g_assert_null (tagger_message (&t, GST_MESSAGE_ERROR, NULL));
  tagger_stop (&t);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/cliptagger/many-labels", test_many_labels);
  return g_test_run ();
}
