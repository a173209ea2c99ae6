/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-oom.c: memory that runs out under cliptagger: a child starts the element and passes a frame while the
 * n-th allocation of 4 KB or more that our code makes, its n-th mapping or thread, fails. Each ends with an ERROR
 * message that says so, or with the same labels on the frame.
 *
 * Of what GStreamer takes itself nothing fails here; GLib's and libc's are ours where ours asked for them. Every
 * seventh here, all of them for tests/oom.sh (CLIPTAG_OOM=all).
 */
#include "faults.h"

#include <execinfo.h>

#include "failalloc.h"
#include "tagger/gstcliptagger.h"
#include "tagger.h"
#include "tempfolder.h"

/* ---- What test-faults.c exchanges; here all is as it is ---------------------------------------------------- */

ClipLabels *
fault_labels_new (ClipContext *context, ClipPrompts *prompts, const ClipLabelsParams *params, GError **error)
{
  return clip_labels_new (context, prompts, params, error);
}

gboolean
fault_encode_pixels (ClipContext *context, const float *pixels, guint n, float *ret_embeddings, GError **error)
{
  return clip_context_encode_pixels (context, pixels, n, ret_embeddings, error);
}

gboolean
fault_buffer_map (GstBuffer *buffer, GstMapInfo *info, GstMapFlags flags)
{
  return gst_buffer_map (buffer, info, flags);
}

void
fault_set_text (PangoLayout *layout, const char *text, int length)
{
  pango_layout_set_text (layout, text, length);
}

/* ---- Whose allocation it is -------------------------------------------------------------------------------- */

static const void *
object_of (const void *address)
{
  Dl_info info;
  return dladdr (address, &info) ? info.dli_fbase : NULL;
}

static const void *ours, *helpers[2]; /* this program with the elements in it; GLib and libc */

/* Who asked: the first caller that is neither GLib nor libc. */
static gboolean
is_ours (const void *caller)
{
  void *frames[32];
  gint n = backtrace (frames, G_N_ELEMENTS (frames)), i = 0;
  while (i < n && frames[i] != caller)
    i++;
  for (; i < n; i++) {
    const void *object = object_of (frames[i]);
    if (object != helpers[0] && object != helpers[1])
      return object == ours;
  }
  return FALSE;
}

/* ---- The sweep --------------------------------------------------------------------------------------------- */

enum
{
  SILENT = FAIL_FAULTS, /* neither labels nor an error */
  WRONG_ERROR,
  WRONG_LABELS
};

typedef struct
{
  guint n;
  gfloat confidences[3];
} Result;

static Result *expected; /* shared with children */
static char *prompts;

static GstFlowReturn
take_frame (GstPad *pad, GstObject *parent, GstBuffer *buffer)
{
  Result *result = gst_pad_get_element_private (pad);
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
  result->n = meta ? gst_clip_tags_get_n_labels (meta->tags) : 0;
  for (guint i = 0; i < MIN (result->n, G_N_ELEMENTS (result->confidences)); i++)
    result->confidences[i] = gst_clip_tags_get_label (meta->tags, i)->confidence;
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

/* Not a harness, which ends the process when a start fails. */
static void
pass_frame (GstElement *element, Result *ret)
{
  GstPad *src = gst_pad_new ("src", GST_PAD_SRC), *sink = gst_pad_new ("sink", GST_PAD_SINK);
  GstPad *in = gst_element_get_static_pad (element, "sink"), *out = gst_element_get_static_pad (element, "src");
  GstCaps *caps = gst_caps_from_string (TINY_CAPS ("30/1"));
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_set_element_private (sink, ret);
  gst_pad_set_chain_function (sink, take_frame);
  g_assert_cmpint (gst_pad_link (src, in), ==, GST_PAD_LINK_OK);
  g_assert_cmpint (gst_pad_link (out, sink), ==, GST_PAD_LINK_OK);
  gst_pad_set_active (sink, TRUE);
  gst_pad_set_active (src, TRUE);
  if (gst_element_set_state (element, GST_STATE_PLAYING) != GST_STATE_CHANGE_FAILURE) {
    gst_pad_push_event (src, gst_event_new_stream_start ("one"));
    gst_pad_push_event (src, gst_event_new_caps (caps));
    gst_pad_push_event (src, gst_event_new_segment (&segment));
    gst_pad_push (src, tagger_frame_for_caps (TINY_CAPS ("30/1"), 1));
  }
}

static int
child (gconstpointer data, guint n)
{
  alarm (120);                                           /* one that hangs dies of it */
  g_assert_nonnull (freopen ("/dev/null", "w", stdout)); /* the test's results are the parent's to tell */
  GstElement *element = tagger_element (TINY_MODEL);
  GstBus *bus = gst_bus_new ();
  Result result = { 0 };
  gst_element_set_bus (element, bus);
  g_object_set (element, "prompts-file", prompts, "watch-prompts", TRUE, "n-threads", 2, "top-k", 3, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", "sync");
  fail_state->n = 0;
  fail_state->kind = "none";
  fail_state->fail_at = n ? (gint)n : G_MAXINT;
  pass_frame (element, &result);
  fail_state->fail_at = 0;
  gst_element_set_state (element, GST_STATE_NULL);

  g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
  if (message) {
    g_autoptr (GError) error = NULL;
    gst_message_parse_error (message, &error, NULL);
    if (!strstr (error->message, "memory") && !strstr (error->message, "thread")) {
      g_printerr ("%s\n", error->message);
      return WRONG_ERROR;
    }
    return FAIL_REFUSED;
  }
  if (!n)
    *expected = result;
  if (result.n == 0)
    return SILENT;
  if (memcmp (&result, expected, sizeof result) != 0)
    return WRONG_LABELS;
  return n && (guint)fail_state->n >= n ? FAIL_SURVIVED : FAIL_DONE;
}

static void
test_sweep (void)
{
  static const char *const faults[] = { "neither labels nor an error", "another error", "other labels" };
  g_assert_cmpuint (test_fail_run (child, NULL, 0), ==, FAIL_DONE);
  g_assert_cmpuint (expected->n, ==, 3);
  guint step = g_strcmp0 (g_getenv ("CLIPTAG_OOM"), "all") == 0 ? 1 : 7;
  test_fail_sweep (child, NULL, step, faults, G_N_ELEMENTS (faults));
}

int
main (int argc, char **argv)
{
  g_setenv ("G_SLICE", "always-malloc", TRUE); /* whose pages would be GLib's own allocations of 4 KB */
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  gst_element_register (NULL, "cliptagger", GST_RANK_NONE, GST_TYPE_CLIP_TAGGER);
  void *frames[2];
  backtrace (frames, G_N_ELEMENTS (frames)); /* which loads what it needs at its first call */
  ours = object_of (main);
  helpers[0] = object_of (g_strdup);
  helpers[1] = object_of (strerror);
  fail_counts = is_ours;
  test_fail_share ();
  expected
      = (Result *)syscall (SYS_mmap, NULL, sizeof *expected, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  g_autofree char *folder = test_temporary_folder ();
  prompts = g_build_filename (folder, "prompts.txt", NULL);
  g_autoptr (GString) lines = g_string_new (NULL);
  for (guint i = 0; i < 300; i++)
    g_string_append_printf (lines, "thing %u\n", i);
  test_write (folder, "prompts.txt", lines->str, -1);
  g_test_add_func ("/cliptagger/oom", test_sweep);
  int result = g_test_run ();
  test_remove_folder (folder);
  g_free (prompts);
  return result;
}
