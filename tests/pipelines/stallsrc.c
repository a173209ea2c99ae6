/* SPDX-License-Identifier: MIT
 *
 * stallsrc.c: a source of raw frames that stops delivering, as cameras and servers do, to be used as stall://MODE.
 *
 *   never   no frame, but it can be stopped
 *   deaf    no frame, and it cannot be stopped
 *   start   does not even start
 *   some    ten frames, then none
 *   one     one frame, then none
 *   slow    frames with pauses between them, then the end
 *   bytes   the start of a picture file, then nothing
 */
#include <gst/base/gstpushsrc.h>
#include <gst/video/video.h>
#include <string.h>

#define SIDE   32
#define N_SOME 10
#define N_SLOW 24
#define PAUSE  (200 * G_TIME_SPAN_MILLISECOND)

typedef struct
{
  GstPushSrc parent;
  char *mode;
  guint n_frames;
  GMutex mutex;
  GCond changed;
  gboolean unlocked;
} StallSrc;

typedef struct
{
  GstPushSrcClass parent_class;
} StallSrcClass;

GType stall_src_get_type (void);
static void stall_src_uri_init (gpointer iface, gpointer data);

G_DEFINE_TYPE_WITH_CODE (
    StallSrc, stall_src, GST_TYPE_PUSH_SRC, G_IMPLEMENT_INTERFACE (GST_TYPE_URI_HANDLER, stall_src_uri_init))

#define IS_MODE(self, name) (g_strcmp0 ((self)->mode, name) == 0)
#define CAPS                "video/x-raw, format = RGB, width = 32, height = 32, framerate = 10/1"

/* ---- stall://MODE ------------------------------------------------------------------------------------------ */

static GstURIType
get_type (GType type)
{
  return GST_URI_SRC;
}

static const gchar *const *
get_protocols (GType type)
{
  static const gchar *const protocols[] = { "stall", NULL };
  return protocols;
}

static gchar *
get_uri (GstURIHandler *handler)
{
  return g_strdup_printf ("stall://%s", ((StallSrc *)handler)->mode);
}

static gboolean
set_uri (GstURIHandler *handler, const gchar *uri, GError **error)
{
  StallSrc *self = (StallSrc *)handler;
  g_free (self->mode);
  self->mode = g_strdup (uri + strlen ("stall://"));
  return TRUE;
}

static void
stall_src_uri_init (gpointer iface, gpointer data)
{
  GstURIHandlerInterface *handler = iface;
  handler->get_type = get_type;
  handler->get_protocols = get_protocols;
  handler->get_uri = get_uri;
  handler->set_uri = set_uri;
}

/* ---- The source -------------------------------------------------------------------------------------------- */

/* until: monotonic time, or -1 = for ever; FALSE: unlocked. */
static gboolean
wait_until (StallSrc *self, gint64 until, gboolean heeds_unlock)
{
  g_mutex_lock (&self->mutex);
  gboolean waits = TRUE;
  while (waits && !(heeds_unlock && self->unlocked)) {
    if (until < 0)
      g_cond_wait (&self->changed, &self->mutex);
    else
      waits = g_cond_wait_until (&self->changed, &self->mutex, until);
  }
  gboolean unlocked = heeds_unlock && self->unlocked;
  g_mutex_unlock (&self->mutex);
  return !unlocked;
}

static gboolean
start (GstBaseSrc *src)
{
  StallSrc *self = (StallSrc *)src;
  if (IS_MODE (self, "start"))
    wait_until (self, -1, FALSE);
  if (!IS_MODE (self, "bytes"))
    gst_base_src_set_format (src, GST_FORMAT_TIME);
  return TRUE;
}

static void
set_unlocked (GstBaseSrc *src, gboolean unlocked)
{
  StallSrc *self = (StallSrc *)src;
  g_mutex_lock (&self->mutex);
  self->unlocked = unlocked;
  g_cond_broadcast (&self->changed);
  g_mutex_unlock (&self->mutex);
}

static gboolean
unlock (GstBaseSrc *src)
{
  set_unlocked (src, TRUE);
  return TRUE;
}

static gboolean
unlock_stop (GstBaseSrc *src)
{
  set_unlocked (src, FALSE);
  return TRUE;
}

static GstCaps *
get_caps (GstBaseSrc *src, GstCaps *filter)
{
  if (IS_MODE ((StallSrc *)src, "bytes"))
    return gst_caps_new_any ();
  return gst_caps_from_string (CAPS);
}

static GstFlowReturn
create (GstPushSrc *src, GstBuffer **ret_buffer)
{
  StallSrc *self = (StallSrc *)src;
  guint most = IS_MODE (self, "some") ? N_SOME : IS_MODE (self, "slow") ? N_SLOW : IS_MODE (self, "one") ? 1 : 0;
  if (IS_MODE (self, "bytes") && self->n_frames++ == 0) {
    *ret_buffer
        = gst_buffer_new_memdup ("\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10\x08\x02\0\0\0\x90\x91\x68\x36", 33);
    return GST_FLOW_OK;
  }
  if (self->n_frames >= most) {
    if (IS_MODE (self, "slow"))
      return GST_FLOW_EOS;
    wait_until (self, -1, !IS_MODE (self, "deaf"));
    return GST_FLOW_FLUSHING;
  }
  if (IS_MODE (self, "slow") && !wait_until (self, g_get_monotonic_time () + PAUSE, TRUE))
    return GST_FLOW_FLUSHING;
  *ret_buffer = gst_buffer_new_allocate (NULL, SIDE * SIDE * 3, NULL);
  gst_buffer_memset (*ret_buffer, 0, (guint8)(self->n_frames * 8), SIDE * SIDE * 3);
  GST_BUFFER_PTS (*ret_buffer) = self->n_frames++ * (GST_SECOND / 10);
  GST_BUFFER_DURATION (*ret_buffer) = GST_SECOND / 10;
  return GST_FLOW_OK;
}

static void
finalize (GObject *object)
{
  StallSrc *self = (StallSrc *)object;
  g_free (self->mode);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->changed);
  G_OBJECT_CLASS (stall_src_parent_class)->finalize (object);
}

static void
stall_src_class_init (StallSrcClass *class)
{
  GstElementClass *element = GST_ELEMENT_CLASS (class);
  GstBaseSrcClass *base = GST_BASE_SRC_CLASS (class);
  g_autoptr (GstCaps) any = gst_caps_new_any ();
  gst_element_class_add_pad_template (element, gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, any));
  gst_element_class_set_static_metadata (element, "Stalling source", "Source/Video", "Stops delivering", "gst-cliptag");
  G_OBJECT_CLASS (class)->finalize = finalize;
  base->start = start;
  base->unlock = unlock;
  base->unlock_stop = unlock_stop;
  base->get_caps = get_caps;
  GST_PUSH_SRC_CLASS (class)->create = create;
}

static void
stall_src_init (StallSrc *self)
{
  g_mutex_init (&self->mutex);
  g_cond_init (&self->changed);
}

static gboolean
plugin_init (GstPlugin *plugin)
{
  return gst_element_register (plugin, "stallsrc", GST_RANK_PRIMARY, stall_src_get_type ());
}

#define PACKAGE "gst-cliptag"
GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, stall, "A source that stalls, for tests", plugin_init, "0.1.0",
    "MIT/X11", "gst-cliptag", "https://localhost/")
