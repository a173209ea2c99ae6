/* SPDX-License-Identifier: MIT
 *
 * print-labels.c: prints the labels of a recording, or of test patterns, by libgstcliptag-1.0.
 *
 *   cc -o print-labels print-labels.c $(pkg-config --cflags --libs gstcliptag-1.0)
 *   ./print-labels [URI]
 */
#include <gstcliptagmeta.h>

#include <stdlib.h>

/* In the streaming thread, for every frame. Frames between two samples carry the last result again, with its serial. */
static GstPadProbeReturn
print_labels (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  guint64 *last_serial = user_data;
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (GST_PAD_PROBE_INFO_BUFFER (info));
  if (!meta || meta->serial == *last_serial)
    return GST_PAD_PROBE_OK;

  *last_serial = meta->serial;
  g_print ("%" GST_TIME_FORMAT, GST_TIME_ARGS (gst_clip_tags_get_source_pts (meta->tags)));
  for (guint i = 0; i < gst_clip_tags_get_n_labels (meta->tags); i++) {
    const GstClipTagLabel *label = gst_clip_tags_get_label (meta->tags, i);
    g_print ("%s %s %.0f %%", i ? "," : " ", label->label, 100 * label->confidence);
  }
  g_print ("\n");
  return GST_PAD_PROBE_OK;
}

static GstElement *
make_pipeline (const char *uri, GError **error)
{
  g_autofree char *description = g_strdup_printf ("%s ! cliptagger top-k=2 ! fakesink name=out",
      uri ? "uridecodebin name=in ! videoconvert" : "videotestsrc num-buffers=60");
  GstElement *pipeline = gst_parse_launch_full (description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, error);
  if (pipeline && uri)
    gst_child_proxy_set (GST_CHILD_PROXY (pipeline), "in::uri", uri, NULL);
  return pipeline;
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = make_pipeline (argc > 1 ? argv[1] : NULL, &error);
  if (!pipeline) {
    g_printerr ("print-labels: %s\n", error->message);
    return EXIT_FAILURE;
  }

  guint64 last_serial = 0;
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, print_labels, &last_serial, NULL);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message
      = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE, GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  if (error)
    g_printerr ("print-labels: %s\n", error->message);
  return error ? EXIT_FAILURE : EXIT_SUCCESS;
}
