/* SPDX-License-Identifier: MIT
 *
 * tagger.h: cliptagger in a harness with a bus, and frames to feed it. The model is a tiny one with random weights:
 * what it says means nothing, but differs between pictures and between prompts.
 */
#ifndef TAGGER_H
#define TAGGER_H

#include <gst/check/gstharness.h>
#include <gst/video/video.h>
#include <string.h>

#include "gstcliptagmeta.h"
#include "testdata.h"

#define TINY_MODEL "patch32-quick"
#define PROMPTS    "a delivery van;a person with a ladder;an empty yard"

typedef struct
{
  GstElement *element;
  GstHarness *harness;
  GstBus *bus;
} Tagger;

static inline GstElement *
tagger_element (const char *model)
{
  g_autofree char *path = test_golden (model);
  GstElement *element = gst_element_factory_make ("cliptagger", NULL);
  g_assert_nonnull (element);
  g_object_set (element, "model", path, "prompts", PROMPTS, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "precision", "f32"); /* the same labels on every CPU */
  return gst_object_ref_sink (element);
}

/* Live streams do not wait for their model, nor does whoever sets prompts; tests of what comes after do. */
static inline gboolean
tagger_is_ready (GstElement *element)
{
  g_autoptr (GstStructure) stats = NULL;
  gboolean ready = FALSE;
  g_object_get (element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_boolean (stats, "ready", &ready));
  return ready;
}

static inline void
tagger_await_ready (GstElement *element)
{
  while (!tagger_is_ready (element))
    g_usleep (1000);
}

/* Takes the element, starts it and lets frames by `caps` come. */
static inline Tagger
tagger_start (GstElement *element, const char *caps)
{
  Tagger t = { .element = element, .bus = gst_bus_new () };
  gst_element_set_bus (element, t.bus);
  t.harness = gst_harness_new_with_element (element, "sink", "src");
  gst_harness_set_live (t.harness, FALSE);
  gst_harness_set_src_caps_str (t.harness, caps);
  return t;
}

static inline void
tagger_stop (Tagger *t)
{
  gst_element_set_bus (t->element, NULL);
  gst_harness_teardown (t->harness);
  gst_object_unref (t->element);
  gst_object_unref (t->bus);
}

static inline guint64
tagger_count (GstElement *element, const char *field)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 count = G_MAXUINT64;
  g_object_get (element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint64 (stats, field, &count));
  return count;
}

/* A soft picture with a bright spot that wanders with `seed`; every plane is filled, whatever it means. */
static inline void
tagger_fill (GstBuffer *buffer, const GstVideoInfo *info, guint seed)
{
  GstVideoFrame frame;
  g_assert_true (gst_video_frame_map (&frame, info, buffer, GST_MAP_WRITE));
  for (guint c = 0; c < GST_VIDEO_FRAME_N_COMPONENTS (&frame); c++) {
    gint width = GST_VIDEO_FRAME_COMP_WIDTH (&frame, c), height = GST_VIDEO_FRAME_COMP_HEIGHT (&frame, c);
    for (gint y = 0; y < height; y++) {
      guint8 *row = GST_VIDEO_FRAME_COMP_DATA (&frame, c);
      row += y * GST_VIDEO_FRAME_COMP_STRIDE (&frame, c);
      for (gint x = 0; x < width; x++) {
        gint dx = x * 64 / width - (gint)(seed * 13 % 64), dy = y * 64 / height - (gint)(seed * 29 % 64);
        row[x * GST_VIDEO_FRAME_COMP_PSTRIDE (&frame, c)]
            = 40 + c * 30 + x * 60 / width + (dx * dx + dy * dy < 200 ? 80 : 0);
      }
    }
  }
  gst_video_frame_unmap (&frame);
}

static inline GstBuffer *
tagger_frame (const GstVideoInfo *info, guint seed)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, GST_VIDEO_INFO_SIZE (info), NULL);
  gst_buffer_memset (buffer, 0, 0, GST_VIDEO_INFO_SIZE (info)); /* what no component covers */
  tagger_fill (buffer, info, seed);
  return buffer;
}

static inline GstBuffer *
tagger_frame_for_caps (const char *caps, guint seed)
{
  g_autoptr (GstCaps) parsed = gst_caps_from_string (caps);
  GstVideoInfo info;
  g_assert_true (gst_video_info_from_caps (&info, parsed));
  return tagger_frame (&info, seed);
}

/* Takes the buffer; returns what came out. */
static inline GstBuffer *
tagger_pass (Tagger *t, GstBuffer *buffer)
{
  g_assert_cmpint (gst_harness_push (t->harness, buffer), ==, GST_FLOW_OK);
  return gst_harness_pull (t->harness);
}

/* As a seek to the start, or the end of one. */
static inline void
tagger_end_flush (Tagger *t)
{
  GstSegment segment;
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_true (gst_harness_push_event (t->harness, gst_event_new_flush_stop (TRUE)));
  g_assert_true (gst_harness_push_event (t->harness, gst_event_new_segment (&segment)));
}

static inline void
tagger_flush (Tagger *t)
{
  g_assert_true (gst_harness_push_event (t->harness, gst_event_new_flush_start ()));
  tagger_end_flush (t);
}

/* A small frame, pushed at `pts`; returns what came out. */
#define TINY_CAPS(fps) "video/x-raw,format=RGB,width=16,height=12,framerate=" fps
static inline GstBuffer *
tagger_push (Tagger *t, GstClockTime pts, GstBufferFlags flags)
{
  static guint seed;
  GstBuffer *buffer = tagger_frame_for_caps (TINY_CAPS ("30/1"), seed++);
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_FLAG_SET (buffer, flags);
  return tagger_pass (t, buffer);
}

/* The same; returns whether the frame was sampled. */
static inline gboolean
tagger_samples (Tagger *t, GstClockTime pts, GstBufferFlags flags)
{
  g_autoptr (GstBuffer) buffer = tagger_push (t, pts, flags);
  GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
  return meta && meta->sampled;
}

/* The next message of this type, of this name if it is an element message; NULL when there is none. */
static inline GstMessage *
tagger_message (Tagger *t, GstMessageType type, const char *name)
{
  GstMessage *message;
  while ((message = gst_bus_pop_filtered (t->bus, type))) {
    if (!name || gst_message_has_name (message, name))
      return message;
    gst_message_unref (message);
  }
  return NULL;
}

/* Waits for an element message of this name. */
static inline void
tagger_await_message (Tagger *t, const char *name)
{
  for (gboolean found = FALSE; !found;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (t->bus, 60 * GST_SECOND, GST_MESSAGE_ELEMENT);
    g_assert_nonnull (message);
    found = gst_message_has_name (message, name);
  }
}

/* Of their embeddings. */
static inline gdouble
tagger_cosine (GstClipTags *a, GstClipTags *b)
{
  guint n, m;
  const gfloat *x = gst_clip_tags_get_embedding (a, &n), *y = gst_clip_tags_get_embedding (b, &m);
  gdouble sum = 0;
  g_assert_cmpuint (n, ==, m);
  for (guint i = 0; i < n; i++)
    sum += (gdouble)x[i] * y[i];
  return sum;
}

/* One of the whole numbers in the element's statistics. */
static inline guint
tagger_stat (GstElement *element, const char *field)
{
  g_autoptr (GstStructure) stats = NULL;
  guint n = 0;
  g_object_get (element, "stats", &stats, NULL);
  g_assert_true (gst_structure_get_uint (stats, field, &n));
  return n;
}

/* Bit for bit. */
static inline void
assert_same_tags (GstClipTags *a, GstClipTags *b)
{
  g_assert_cmpuint (gst_clip_tags_get_n_labels (a), ==, gst_clip_tags_get_n_labels (b));
  for (guint i = 0; i < gst_clip_tags_get_n_labels (a); i++) {
    const GstClipTagLabel *x = gst_clip_tags_get_label (a, i), *y = gst_clip_tags_get_label (b, i);
    g_assert_cmpuint (x->id, ==, y->id);
    g_assert_cmpstr (x->label, ==, y->label);
    g_assert_true (x->confidence == y->confidence && x->cosine == y->cosine);
  }
  guint n, m;
  const gfloat *x = gst_clip_tags_get_embedding (a, &n), *y = gst_clip_tags_get_embedding (b, &m);
  g_assert_cmpmem (x, n * sizeof *x, y, m * sizeof *y);
}

#endif
