/* SPDX-License-Identifier: MIT
 *
 * test-orientation.c: what a stream's tags come to, scope by scope, and whether somebody upstream has turned its frames
 * already.
 */
#include "common/gstcliporientation.h"
#include "turned.h"

static void
take (GstClipOrientation *self, GstEvent *event)
{
  gst_clip_orientation_take_event (self, event);
  gst_event_unref (event);
}

static void
take_bare_tag (GstClipOrientation *self, GstTagScope scope)
{
  GstTagList *tags = gst_tag_list_new (GST_TAG_BITRATE, 1000, NULL);
  gst_tag_list_set_scope (tags, scope);
  take (self, gst_event_new_tag (tags));
}

static ClipOrientation
automatic (const GstClipOrientation *self)
{
  return gst_clip_orientation_get (self, GST_VIDEO_ORIENTATION_AUTO, NULL);
}

static void
test_tags (void)
{
  GstClipOrientation self = { NULL };
  g_assert_cmpint (automatic (&self), ==, CLIP_ORIENTATION_IDENTITY);
  for (guint i = 0; i < N_ORIENTATIONS; i++) {
    take (&self, orientation_event (i, GST_TAG_SCOPE_STREAM));
    g_assert_cmpint (automatic (&self), ==, i);
    for (guint method = 0; method < N_ORIENTATIONS; method++)
      g_assert_cmpint (gst_clip_orientation_get (&self, method, NULL), ==, method);
  }
  take (&self, gst_event_new_tag (gst_tag_list_new (GST_TAG_IMAGE_ORIENTATION, "askew", NULL)));
  g_assert_cmpint (automatic (&self), ==, CLIP_ORIENTATION_IDENTITY);
  gst_clip_orientation_clear (&self);
}

static void
test_nicks (void)
{
  GEnumClass *methods = g_type_class_ref (GST_TYPE_VIDEO_ORIENTATION_METHOD);
  for (guint i = 0; i < N_ORIENTATIONS; i++)
    g_assert_cmpint (g_enum_get_value_by_nick (methods, orientations[i].nick)->value, ==, i);
  g_type_class_unref (methods);
}

static void
test_scopes (void)
{
  GstClipOrientation self = { NULL };
  take (&self, orientation_event (CLIP_ORIENTATION_180, GST_TAG_SCOPE_GLOBAL));
  g_assert_cmpint (automatic (&self), ==, CLIP_ORIENTATION_180);
  take (&self, orientation_event (CLIP_ORIENTATION_90R, GST_TAG_SCOPE_STREAM));
  g_assert_cmpint (automatic (&self), ==, CLIP_ORIENTATION_90R);
  /* The stream's own goes before one of the whole medium, whichever comes later; */
  take (&self, orientation_event (CLIP_ORIENTATION_VERT, GST_TAG_SCOPE_GLOBAL));
  g_assert_cmpint (automatic (&self), ==, CLIP_ORIENTATION_90R);
  take_bare_tag (&self, GST_TAG_SCOPE_GLOBAL);
  g_assert_cmpint (automatic (&self), ==, CLIP_ORIENTATION_90R);
  /* each kind's last event is all that it says. */
  take (&self, orientation_event (CLIP_ORIENTATION_VERT, GST_TAG_SCOPE_GLOBAL));
  take_bare_tag (&self, GST_TAG_SCOPE_STREAM);
  g_assert_cmpint (automatic (&self), ==, CLIP_ORIENTATION_VERT);
  take_bare_tag (&self, GST_TAG_SCOPE_GLOBAL);
  g_assert_cmpint (automatic (&self), ==, CLIP_ORIENTATION_IDENTITY);
  gst_clip_orientation_clear (&self);
}

static void
test_streams (void)
{
  GstClipOrientation self = { NULL };
  take (&self, gst_event_new_stream_start ("a"));
  take (&self, orientation_event (CLIP_ORIENTATION_90R, GST_TAG_SCOPE_STREAM));
  take (&self, orientation_event (CLIP_ORIENTATION_90L, GST_TAG_SCOPE_GLOBAL));
  take (&self, gst_event_new_stream_start ("a")); /* as after a seek of some demuxers */
  g_assert_cmpint (automatic (&self), ==, CLIP_ORIENTATION_90R);
  take (&self, gst_event_new_flush_stop (TRUE));
  g_assert_cmpint (automatic (&self), ==, CLIP_ORIENTATION_90R);
  take (&self, gst_event_new_stream_start ("b"));
  g_assert_cmpint (automatic (&self), ==, CLIP_ORIENTATION_IDENTITY);
  gst_clip_orientation_clear (&self);
}

/* ---- Elements upstream ---------------------------------------------------------------------------------------- */

/* What is to be done to frames behind these elements, whose stream says 90R. The tag is the one that came in: what
 * videoflip up to GStreamer 1.22 sends on. */
static ClipOrientation
behind (const char *elements)
{
  GstClipOrientation self = { NULL };
  g_autofree char *launch = g_strdup_printf ("%s ! fakesink name=sink", elements);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (launch, &error);
  g_assert_no_error (error);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  take (&self, orientation_event (CLIP_ORIENTATION_90R, GST_TAG_SCOPE_STREAM));
  ClipOrientation found = gst_clip_orientation_get (&self, GST_VIDEO_ORIENTATION_AUTO, pad);
  g_assert_cmpint (gst_clip_orientation_get (&self, GST_VIDEO_ORIENTATION_180, pad), ==, CLIP_ORIENTATION_180);
  gst_clip_orientation_clear (&self);
  return found;
}

static void
test_upstream (void)
{
  const ClipOrientation TURNED = CLIP_ORIENTATION_90R, UPRIGHT = CLIP_ORIENTATION_IDENTITY;
  const struct
  {
    const char *elements;
    ClipOrientation left_to_do;
  } cases[] = {
    { "videotestsrc", TURNED },
    { "videotestsrc ! queue ! videoconvert", TURNED },
    { "videotestsrc ! videoflip video-direction=auto", UPRIGHT },
    { "videotestsrc ! videoflip video-direction=auto ! queue ! videoconvert ! capsfilter", UPRIGHT },
    { "videotestsrc ! videoflip video-direction=90r ! queue", UPRIGHT },
    /* not what the tag asks for: somebody's own wish */
    { "videotestsrc ! videoflip video-direction=identity", TURNED },
    { "videotestsrc ! videoflip video-direction=horiz", TURNED },
    /* within a bin, and before one */
    { "videotestsrc ! bin.( videoflip video-direction=auto ! queue )", UPRIGHT },
    { "videotestsrc ! videoflip video-direction=auto ! bin.( queue ! identity )", UPRIGHT },
    { "bin.( videotestsrc ! queue )", TURNED },
    /* beside it, not upstream of it */
    { "videotestsrc ! tee name=t t. ! videoflip video-direction=auto ! fakesink t. ! queue", TURNED },
    { "videotestsrc ! videoflip video-direction=auto ! tee name=t t. ! fakesink t. ! queue", UPRIGHT },
    /* several streams come together: nobody knows */
    { "videotestsrc ! videoflip video-direction=auto ! funnel name=f videotestsrc ! f. f.", TURNED },
    /* streams side by side in one element */
    { "videotestsrc ! videoflip video-direction=auto ! multiqueue name=q videotestsrc ! q. q. ! fakesink q.", TURNED },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_test_message ("%s", cases[i].elements);
    g_assert_cmpint (behind (cases[i].elements), ==, cases[i].left_to_do);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/orientation/tags", test_tags);
  g_test_add_func ("/orientation/nicks", test_nicks);
  g_test_add_func ("/orientation/scopes", test_scopes);
  g_test_add_func ("/orientation/streams", test_streams);
  g_test_add_func ("/orientation/upstream", test_upstream);
  return g_test_run ();
}
