/* SPDX-License-Identifier: MIT
 *
 * test-meta-oom.c: tags of very many labels when memory runs out: NULL, and nothing else happens.
 */
#include "failalloc.h"
#include "gstcliptagmeta.h"

#define N_LABELS 100000

static GstClipTagLabel labels[N_LABELS];

static void
test_many_labels (void)
{
  const gfloat embedding[] = { 0.6f, -0.8f };
  for (guint i = 0; i < N_LABELS; i++)
    labels[i] = (GstClipTagLabel){ .id = i, .label = (gchar *)(i % 2 ? "odd" : "even") };

  fail_state->n = 0;
  fail_state->fail_at = 1;
  GstClipTags *none = gst_clip_tags_new ("model", "fingerprint", 0, labels, N_LABELS, embedding, 2);
  gboolean failed = fail_state->n > 0;
  fail_state->fail_at = 0;
  if (!failed) {
    gst_clip_tags_unref (none);
    g_test_skip ("malloc is a sanitizer's or valgrind's");
    return;
  }
  g_assert_null (none);

  g_autoptr (GstClipTags) tags = gst_clip_tags_new ("model", "fingerprint", 0, labels, N_LABELS, embedding, 2);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags), ==, N_LABELS);
  g_assert_cmpstr (gst_clip_tags_get_label (tags, N_LABELS - 1)->label, ==, "odd");
  g_assert_cmpstr (gst_clip_tags_get_fingerprint (tags), ==, "fingerprint");
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/meta-oom/many-labels", test_many_labels);
  return g_test_run ();
}
