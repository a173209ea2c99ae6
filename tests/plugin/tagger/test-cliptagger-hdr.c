/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-hdr.c: PQ, HLG and BT.2020 frames through cliptagger and the built-in model against their SDR twins.
 * Taken as if they were SDR, the twins in PQ have a mean cosine of 0.74, the worst 0.38.
 */
#include "hdrframe.h"
#include "tagger.h"

#define WIDTH  320
#define HEIGHT 240
#define SIZE   ",width=320,height=240,framerate=1/1"

/* The pictures are drawn once. */
static guint8 *pictures[HDR_N_PICTURES];

static void
embed (Tagger *t, guint8 *bytes, gsize size, guint index, gfloat *ret, guint n)
{
  GstBuffer *buffer = gst_buffer_new_wrapped (bytes, size);
  GST_BUFFER_PTS (buffer) = index * GST_SECOND;
  g_autoptr (GstBuffer) out = tagger_pass (t, buffer);
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (out);
  g_assert_nonnull (meta);
  guint found = 0;
  const gfloat *embedding = gst_clip_tags_get_embedding (meta->tags, &found);
  g_assert_cmpuint (found, ==, n);
  memcpy (ret, embedding, n * sizeof *ret);
}

static Tagger
start (const char *caps)
{
  GstElement *element = gst_element_factory_make ("cliptagger", NULL);
  g_assert_nonnull (element);
  g_object_set (element, "attach-embedding", TRUE, "frame-rate", 0.0, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "precision", "f32");
  return tagger_start (gst_object_ref_sink (element), caps);
}

typedef struct
{
  const char *name;
  HdrKind kind;
  gboolean p010;
  const char *caps;
} Case;

static const Case cases[] = {
  { "pq-p010", HDR_PQ, TRUE, "video/x-raw,format=P010_10LE,colorimetry=bt2100-pq,chroma-site=mpeg2" SIZE },
  { "pq-i420", HDR_PQ, FALSE, "video/x-raw,format=I420_10LE,colorimetry=bt2100-pq,chroma-site=mpeg2" SIZE },
  { "hlg-p010", HDR_HLG, TRUE, "video/x-raw,format=P010_10LE,colorimetry=bt2100-hlg,chroma-site=mpeg2" SIZE },
  { "wide-i420", HDR_WIDE, FALSE, "video/x-raw,format=I420_10LE,colorimetry=bt2020-10,chroma-site=mpeg2" SIZE },
};

#define N_DIM 64 /* of the built-in model */

static void
test_twins (gconstpointer data)
{
  const Case *c = data;
  Tagger sdr = start ("video/x-raw,format=RGB" SIZE), hdr = start (c->caps);
  double sum = 0.0, worst = 1.0;
  for (guint i = 0; i < HDR_N_PICTURES; i++) {
    gfloat expected[N_DIM], found[N_DIM];
    gsize size = 3 * WIDTH * HEIGHT;
    embed (&sdr, g_memdup2 (pictures[i], size), size, i, expected, N_DIM);
    embed (&hdr, hdr_make_frame (pictures[i], WIDTH, HEIGHT, c->kind, c->p010), size, i, found, N_DIM);
    double cosine = 0.0;
    for (guint k = 0; k < N_DIM; k++)
      cosine += (double)expected[k] * found[k];
    sum += cosine;
    worst = MIN (worst, cosine);
  }
  tagger_stop (&sdr);
  tagger_stop (&hdr);
  g_test_message ("%s: mean cosine %.4f, the worst %.4f", c->name, sum / HDR_N_PICTURES, worst);
  g_assert_cmpfloat (sum / HDR_N_PICTURES, >=, 0.97);
  g_assert_cmpfloat (worst, >=, 0.97);
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < HDR_N_PICTURES; i++)
    pictures[i] = hdr_draw_sdr (i, WIDTH, HEIGHT);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/cliptagger-hdr/", cases[i].name, NULL);
    g_test_add_data_func (path, &cases[i], test_twins);
  }
  int status = g_test_run ();
  for (guint i = 0; i < HDR_N_PICTURES; i++)
    g_free (pictures[i]);
  return status;
}
