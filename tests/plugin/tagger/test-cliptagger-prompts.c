/* SPDX-License-Identifier: MIT
 *
 * test-cliptagger-prompts.c: many prompts: progress on the bus, stopping meanwhile, and the cache.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "tagger/gstclipprogress.h"
#include "clip.h"
#include "tagger.h"
#include "tempfolder.h"

/* ---- Progress by a clock of our own --------------------------------------------------------------------- */

typedef struct
{
  GstElement *element;
  GstBus *bus;
  GstClipProgress progress;
} Fixture;

static void
set_up (Fixture *f, gconstpointer data)
{
  f->element = gst_object_ref_sink (gst_element_factory_make ("fakesink", NULL));
  f->bus = gst_bus_new ();
  gst_element_set_bus (f->element, f->bus);
  gst_clip_progress_init (&f->progress, f->element);
}

static void
tear_down (Fixture *f, gconstpointer data)
{
  g_assert_null (gst_bus_pop (f->bus));
  gst_element_set_bus (f->element, NULL);
  gst_object_unref (f->bus);
  gst_object_unref (f->element);
}

static void
assert_progress (GstBus *bus, GstProgressType expected, const char *expected_text)
{
  g_autoptr (GstMessage) message = gst_bus_pop (bus);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_PROGRESS);
  g_autofree char *code = NULL, *text = NULL;
  GstProgressType type;
  gst_message_parse_progress (message, &type, &code, &text);
  g_assert_cmpint (type, ==, expected);
  g_assert_cmpstr (code, ==, "prompts");
  g_assert_cmpstr (text, ==, expected_text);
}

#define MS(n) ((n) * (gint64)1000)

/* Half a second of silence, then a message at most every quarter. */
static void
test_clock (Fixture *f, gconstpointer data)
{
  for (gint64 ms = 0; ms < 500; ms += 50)
    gst_clip_progress_update (&f->progress, MS (10000 + ms), (guint64)ms, 2000);
  g_assert_null (gst_bus_pop (f->bus));
  for (gint64 ms = 500; ms <= 1200; ms += 50)
    gst_clip_progress_update (&f->progress, MS (10000 + ms), (guint64)ms, 2000);
  assert_progress (f->bus, GST_PROGRESS_TYPE_START, "encoding prompts: 500 of 2000 texts (25 %)");
  assert_progress (f->bus, GST_PROGRESS_TYPE_CONTINUE, "encoding prompts: 750 of 2000 texts (37 %)");
  assert_progress (f->bus, GST_PROGRESS_TYPE_CONTINUE, "encoding prompts: 1000 of 2000 texts (50 %)");
  g_assert_null (gst_bus_pop (f->bus));
  gst_clip_progress_update (&f->progress, MS (20000), 2000, 2000);
  gst_clip_progress_end (&f->progress, NULL);
  assert_progress (f->bus, GST_PROGRESS_TYPE_COMPLETE, "prompts are encoded");
  gst_clip_progress_end (&f->progress, NULL);
}

static void
test_short (Fixture *f, gconstpointer data)
{
  gst_clip_progress_update (&f->progress, MS (1), 0, 100);
  gst_clip_progress_update (&f->progress, MS (400), 50, 100);
  gst_clip_progress_update (&f->progress, MS (9000), 100, 100);
  gst_clip_progress_end (&f->progress, NULL);
}

static void
test_ends (Fixture *f, gconstpointer data)
{
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GError) error = g_error_new (CLIP_ERROR, i ? CLIP_ERROR_CANCELLED : CLIP_ERROR_MEMORY, "no memory");
    gst_clip_progress_init (&f->progress, f->element);
    gst_clip_progress_update (&f->progress, MS (1), 0, 100);
    gst_clip_progress_update (&f->progress, MS (1000), 1, 100);
    gst_clip_progress_end (&f->progress, error);
    assert_progress (f->bus, GST_PROGRESS_TYPE_START, "encoding prompts: 1 of 100 texts (1 %)");
    assert_progress (f->bus, i ? GST_PROGRESS_TYPE_CANCELED : GST_PROGRESS_TYPE_ERROR,
        i ? "prompts are not encoded: cancelled" : "no memory");
  }
}

/* ---- In the element ------------------------------------------------------------------------------------- */

static char *
numbered_prompts (guint n)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (text, "a van with the number %u on its door, seen from behind in the rain;", i);
  return g_string_free (text, FALSE);
}

/* Far more than any machine encodes while this test waits for the first messages. */
#define ENDLESS "{}|a {}|the {}|one {}|some {}|this {}|that {}|such a {}|my {}|your {}|his {}|her {}|our {}|their {}"

static GstProgressType
next_progress (GstBus *bus)
{
  g_autoptr (GstMessage) message
      = gst_bus_timed_pop_filtered (bus, 60 * GST_SECOND, GST_MESSAGE_PROGRESS | GST_MESSAGE_WARNING);
  g_assert_nonnull (message);
  g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_PROGRESS);
  GstProgressType type;
  gst_message_parse_progress (message, &type, NULL, NULL);
  return type;
}

static Tagger
start_endless (const char *mode, char **ret_endless)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "cache", FALSE, "prompt-template", ENDLESS, "frame-rate", 0.0, "n-threads", 1, NULL);
  gst_util_set_object_arg (G_OBJECT (element), "inference-mode", mode);
  *ret_endless = numbered_prompts (CLIP_MAX_PROMPTS);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  gst_buffer_unref (tagger_push (&t, 0, 0));
  tagger_await_ready (t.element);
  return t;
}

static void
assert_canceled (GstBus *bus)
{
  GstProgressType type;
  while ((type = next_progress (bus)) == GST_PROGRESS_TYPE_CONTINUE)
    ;
  g_assert_cmpint (type, ==, GST_PROGRESS_TYPE_CANCELED);
}

/* In async mode frames go on by the old prompts, and a stop does not wait for the new ones. */
static void
test_while_playing (void)
{
  g_autofree char *endless = NULL;
  Tagger t = start_endless ("async", &endless);
  while (tagger_count (t.element, "inferred") == 0)
    g_usleep (1000);
  g_object_set (t.element, "prompts", endless, NULL);

  g_assert_cmpint (next_progress (t.bus), ==, GST_PROGRESS_TYPE_START);
  for (guint i = 1; i < 20; i++) {
    g_autoptr (GstBuffer) buffer = tagger_push (&t, i * GST_SECOND, 0);
    GstClipTagMeta *meta = gst_buffer_get_clip_tag_meta (buffer);
    g_assert_cmpuint (gst_clip_tags_get_n_labels (meta->tags), ==, 3);
  }
  g_assert_cmpint (next_progress (t.bus), ==, GST_PROGRESS_TYPE_CONTINUE);
  g_assert_false (tagger_is_ready (t.element));

  gst_element_set_state (t.element, GST_STATE_NULL);
  assert_canceled (t.bus);
  tagger_stop (&t);
}

static void
assert_ready (Tagger *t, guint expected)
{
  guint n_prompts = 0;
  for (;;) {
    g_autoptr (GstMessage) message
        = gst_bus_timed_pop_filtered (t->bus, 60 * GST_SECOND, GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING);
    g_assert_nonnull (message);
    g_assert_cmpint (GST_MESSAGE_TYPE (message), ==, GST_MESSAGE_ELEMENT);
    if (!gst_message_has_name (message, "clip-ready"))
      continue;
    g_assert_true (gst_structure_get_uint (gst_message_get_structure (message), "prompts", &n_prompts));
    if (n_prompts == expected)
      return;
  }
}

/* Prompts that would take minutes are given up for those that are set later. */
static void
test_overtaken (void)
{
  g_autofree char *endless = NULL;
  Tagger t = start_endless ("sync", &endless);
  g_object_set (t.element, "prompts", endless, NULL);
  g_assert_cmpint (next_progress (t.bus), ==, GST_PROGRESS_TYPE_START);
  g_object_set (t.element, "prompts", "a cat;a dog;a horse;a cow", NULL);
  assert_canceled (t.bus);
  assert_ready (&t, 4);
  tagger_stop (&t);
}

/* A process that exits while an element plays, busy or not, ends. */
static void
test_exit (gconstpointer encoding)
{
#ifdef __SANITIZE_THREAD__
  g_test_skip ("to ThreadSanitizer a thread that nobody joined before the end is a leak");
  return;
#endif
  if (g_test_subprocess ()) {
    g_autofree char *endless = NULL;
    Tagger t = start_endless ("async", &endless);
    if (encoding) {
      g_object_set (t.element, "prompts", endless, NULL);
      g_assert_cmpint (next_progress (t.bus), ==, GST_PROGRESS_TYPE_START);
    }
    exit (0);
  }
#ifdef __SANITIZE_ADDRESS__
  /* LeakSanitizer falls over threads that are at work, and all of a playing element is still there. */
  const gchar *options = g_getenv ("ASAN_OPTIONS");
  g_autofree gchar *no_leaks = g_strconcat (options ? options : "", ":detect_leaks=0", NULL);
  g_setenv ("ASAN_OPTIONS", no_leaks, TRUE);
#endif
  g_test_trap_subprocess (NULL, 100 * G_USEC_PER_SEC, G_TEST_SUBPROCESS_INHERIT_STDERR);
  g_test_trap_assert_passed ();
}

typedef struct
{
  GstElement *element;
  gboolean by_signal, done, taken;
} Handler;

static GstBusSyncReply
set_prompts_from_handler (GstBus *bus, GstMessage *message, gpointer data)
{
  Handler *handler = data;
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_PROGRESS || handler->done)
    return GST_BUS_PASS;
  handler->done = TRUE;
  if (handler->by_signal)
    g_signal_emit_by_name (handler->element, "set-prompts", "a cat;a dog", &handler->taken);
  g_object_set (handler->element, "prompts", "a cat;a dog", NULL);
  return GST_BUS_PASS;
}

/* A handler of the progress of setting prompts may set others; if it would have to wait for itself it is told so. */
static void
test_from_handler (gconstpointer by_signal)
{
  g_autofree char *endless = NULL;
  Tagger t = start_endless ("sync", &endless);
  Handler handler = { t.element, by_signal != NULL, FALSE, TRUE };
  gst_bus_set_sync_handler (t.bus, set_prompts_from_handler, &handler, NULL);
  g_object_set (t.element, "prompts", endless, NULL);
  if (handler.by_signal)
    gst_message_unref (gst_bus_timed_pop_filtered (t.bus, 60 * GST_SECOND, GST_MESSAGE_WARNING));
  assert_ready (&t, 2);
  g_assert_true (handler.done && handler.taken == !handler.by_signal);
  gst_bus_set_sync_handler (t.bus, NULL, NULL, NULL);
  tagger_stop (&t);
}

/* The path of the cache's one file; NULL when there is none. */
static char *
cached_file (void)
{
  g_autofree char *folder = clip_labels_cache_dir ();
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name = dir ? g_dir_read_name (dir) : NULL;
  char *path = name ? g_build_filename (folder, name, NULL) : NULL;
  g_assert_true (!name || !g_dir_read_name (dir));
  return path;
}

/* Whether the file was used and left as it is since it was made to look old; makes it look old. */
static gboolean
was_used (const char *path, ino_t *inode)
{
  struct stat info;
  g_assert_cmpint (stat (path, &info), ==, 0);
  gboolean used = info.st_ino == *inode && info.st_mtime > 1000;
  const struct timespec old[2] = { { 1000, 0 }, { 1000, 0 } };
  g_assert_cmpint (utimensat (AT_FDCWD, path, old, 0), ==, 0);
  *inode = info.st_ino;
  return used;
}

static GstClipTags *
first_tags (const char *prompts, gboolean cache)
{
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "prompts", prompts, "top-k", 0, "cache", cache, "background", "off", NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  GstBuffer *in = tagger_frame_for_caps (TINY_CAPS ("30/1"), 3);
  g_autoptr (GstBuffer) out = tagger_pass (&t, in);
  GstClipTags *tags = gst_clip_tags_ref (gst_buffer_get_clip_tag_meta (out)->tags);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (tags), >, 0);
  tagger_stop (&t);
  return tags;
}

static void
test_cache (void)
{
  ino_t inode = 0;
  g_autofree char *prompts = numbered_prompts (200);
  g_autoptr (GstClipTags) few = first_tags (PROMPTS, TRUE);
  g_autoptr (GstClipTags) plain = first_tags (prompts, FALSE);
  g_assert_null (cached_file ());
  g_autoptr (GstClipTags) made = first_tags (prompts, TRUE);
  g_autofree char *path = cached_file ();
  g_assert_nonnull (path);
  g_assert_false (was_used (path, &inode)); /* but made */
  g_autoptr (GstClipTags) cached = first_tags (prompts, TRUE);
  g_assert_true (was_used (path, &inode));
  assert_same_tags (plain, made);
  assert_same_tags (plain, cached);

  /* Prompts that are set while playing come from there, too. */
  GstElement *element = tagger_element (TINY_MODEL);
  g_object_set (element, "background", "off", NULL);
  Tagger t = tagger_start (element, TINY_CAPS ("30/1"));
  g_autoptr (GstBuffer) before = tagger_push (&t, 0, 0);
  g_object_set (t.element, "prompts", prompts, "top-k", 0, NULL);
  tagger_await_ready (t.element);
  g_assert_true (was_used (path, &inode));
  g_autoptr (GstBuffer) after = tagger_push (&t, 1, 0);
  g_assert_cmpuint (gst_clip_tags_get_n_labels (gst_buffer_get_clip_tag_meta (after)->tags), ==, 200);
  tagger_stop (&t);
}

static void
test_property (void)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (gst_element_factory_make ("cliptagger", NULL));
  gboolean cache = FALSE;
  g_object_get (element, "cache", &cache, NULL);
  g_assert_true (cache);
  g_object_set (element, "cache", FALSE, NULL);
  g_object_get (element, "cache", &cache, NULL);
  g_assert_false (cache);
}

int
main (int argc, char **argv)
{
  g_autofree char *cache = test_temporary_folder ();
  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add (name, Fixture, NULL, set_up, function, tear_down)
  ADD ("/cliptagger/progress/clock", test_clock);
  ADD ("/cliptagger/progress/short", test_short);
  ADD ("/cliptagger/progress/ends", test_ends);
  g_test_add_func ("/cliptagger/many-prompts/while-playing", test_while_playing);
  g_test_add_func ("/cliptagger/many-prompts/overtaken", test_overtaken);
  g_test_add_data_func ("/cliptagger/many-prompts/exit/idle", NULL, test_exit);
  g_test_add_data_func ("/cliptagger/many-prompts/exit/encoding", "encoding", test_exit);
  g_test_add_data_func ("/cliptagger/many-prompts/from-handler/property", NULL, test_from_handler);
  g_test_add_data_func ("/cliptagger/many-prompts/from-handler/signal", "signal", test_from_handler);
  g_test_add_func ("/cliptagger/many-prompts/cache", test_cache);
  g_test_add_func ("/cliptagger/many-prompts/property", test_property);
  int status = g_test_run ();
  test_remove_folder (cache);
  return status;
}
