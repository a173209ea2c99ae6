/* SPDX-License-Identifier: MIT
 *
 * test-cliplog-writer.c: what cliplog writes to may be full, closed, stuck or not there.
 */
#include "cliplogfixture.h"
#include "common/debuglog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Stands before libc's: there is no room for this file. */
static const gchar *full_path;
__attribute__ ((visibility ("default"))) int open (const char *path, int flags, ...);

int
open (const char *path, int flags, ...)
{
  va_list arguments;
  va_start (arguments, flags);
  mode_t mode = va_arg (arguments, mode_t);
  va_end (arguments);
  if (full_path && strcmp (path, full_path) == 0) {
    errno = ENOSPC;
    return -1;
  }
  return syscall (SYS_openat, AT_FDCWD, path, flags, mode);
}

/* ---- Where it goes ------------------------------------------------------------------------------------- */

static void
test_append (Fixture *f, gconstpointer data)
{
  g_autoptr (GPtrArray) lines = NULL, log = NULL;
  g_autofree gchar *text = NULL;

  debug_log_start ("cliplog");
  for (guint i = 0; i < 4; i++) {
    start (f, make_element (f, f->path, "append", i == 1 || i == 3, NULL));
    push (f, i, "x", TRUE);
    if (i == 1) {
      lines = read_log (f->path);
      g_assert_cmpuint (lines->len, ==, 2);
    }
    stop (f);
    if (i == 2)
      g_assert_cmpint (truncate (f->path, 20), ==, 0); /* as a full disk leaves it */
  }
  log = debug_log_end ();
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_WARNING, "in the middle of a line"), ==, 1);
  g_assert_true (g_file_get_contents (f->path, &text, NULL, NULL));
  g_assert_cmpuint (text[20], ==, '\n');
  g_clear_pointer (&lines, g_ptr_array_unref);
  lines = parse_lines (text + 21, strlen (text + 21));
  g_assert_cmpint (json_object_get_int_member (nth (lines, 0), "pts"), ==, 3);
}

static void
test_full_device (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  start (f, make_element (f, "/dev/full", NULL));
  g_assert_cmpint (push (f, 0, "x", FALSE), ==, GST_FLOW_OK);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint (push (f, i, "x", TRUE), ==, GST_FLOW_ERROR);
  error = pop_error (f);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  g_assert_nonnull (strstr (error->message, "/dev/full"));
}

/* A limit of this process does what a full disk does, in the middle of a line: that goes, and the others stay. */
static void
test_no_part_stays (Fixture *f, gconstpointer append)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) lines = NULL;
  struct rlimit limit, tight;
  struct stat info;
  GstFlowReturn flow;
  sigset_t blocked, pending;

  start (f, make_element (f, f->path, "append", append != NULL, NULL));
  g_assert_cmpint (push (f, 0, "x", TRUE), ==, GST_FLOW_OK);
  g_assert_cmpint (stat (f->path, &info), ==, 0);

  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  tight = limit;
  tight.rlim_cur = info.st_size + info.st_size / 2;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &tight), ==, 0);
  flow = push (f, 1, "x", TRUE);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);

  g_assert_cmpint (flow, ==, GST_FLOW_ERROR);
  error = pop_error (f);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE);
  lines = read_log (f->path);
  g_assert_cmpuint (lines->len, ==, 1);

  pthread_sigmask (SIG_SETMASK, NULL, &blocked);
  g_assert_false (sigismember (&blocked, SIGXFSZ));
  sigpending (&pending);
  g_assert_false (sigismember (&pending, SIGXFSZ));
}

/* As logrotate's copytruncate does it. */
static void
test_cut_meanwhile (Fixture *f, gconstpointer append)
{
  g_autoptr (GPtrArray) lines = NULL;

  start (f, make_element (f, f->path, "append", append != NULL, NULL));
  for (guint i = 0; i < 3; i++)
    g_assert_cmpint (push (f, i, "x", TRUE), ==, GST_FLOW_OK);
  g_assert_cmpint (truncate (f->path, 0), ==, 0);
  g_assert_cmpint (push (f, 3, "x", TRUE), ==, GST_FLOW_OK);
  lines = read_log (f->path);
  g_assert_cmpuint (lines->len, ==, 1);
  g_assert_cmpint (json_object_get_int_member (nth (lines, 0), "pts"), ==, 3);
}

static void
test_mode (Fixture *f, gconstpointer data)
{
  static const mode_t masks[][2] = { { 0, 0640 }, { 022, 0640 }, { 077, 0600 } };

  for (guint i = 0; i < G_N_ELEMENTS (masks); i++) {
    mode_t before = umask (masks[i][0]);
    struct stat info;

    start (f, make_element (f, f->path, NULL));
    umask (before);
    stop (f);
    g_assert_cmpint (stat (f->path, &info), ==, 0);
    g_assert_cmpuint (info.st_mode & 07777, ==, masks[i][1]);
    g_unlink (f->path);
  }
}

static void
test_link (Fixture *f, gconstpointer data)
{
  g_autofree gchar *target = g_build_filename (f->dir, "target", NULL), *text = NULL;
  g_autoptr (GstElement) element = NULL;
  g_autoptr (GPtrArray) lines = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (target, "dear\n", -1, NULL));
  g_assert_cmpint (symlink (target, f->path), ==, 0);
  element = gst_object_ref_sink (make_element (f, f->path, NULL));
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
  error = pop_error (f);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE);
  g_assert_nonnull (strstr (error->message, "follow-links=true"));
  g_assert_true (g_file_get_contents (target, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "dear\n");
  gst_element_set_state (element, GST_STATE_NULL);
  stop (f);

  start (f, make_element (f, f->path, "follow-links", TRUE, NULL));
  g_assert_cmpint (push (f, 0, "x", TRUE), ==, GST_FLOW_OK);
  stop (f);
  lines = read_log (target);
  g_assert_cmpuint (lines->len, ==, 1);
  g_unlink (target);
}

static gint
open_fifo (Fixture *f)
{
  gint fd;

  g_assert_cmpint (mkfifo (f->path, 0600), ==, 0);
  fd = open (f->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  return fd;
}

static void
test_closed_fifo (Fixture *f, gconstpointer data)
{
  gint fd = open_fifo (f);
  gchar buffer[4096];
  gssize size;
  g_autoptr (GPtrArray) lines = NULL;
  g_autoptr (GError) error = NULL;
  sigset_t blocked, pending;

  start (f, make_element (f, f->path, NULL));
  g_assert_cmpint (push (f, 0, "x", TRUE), ==, GST_FLOW_OK);
  size = read (fd, buffer, sizeof buffer);
  g_assert_cmpint (size, >, 0);
  lines = parse_lines (buffer, size);
  g_assert_cmpuint (lines->len, ==, 1);

  close (fd);
  for (guint i = 0; i < 5; i++)
    g_assert_cmpint (push (f, i, "x", TRUE), ==, GST_FLOW_ERROR);
  error = pop_error (f);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE);

  /* Still alive, and the host's signal handling is as it was. */
  pthread_sigmask (SIG_SETMASK, NULL, &blocked);
  g_assert_false (sigismember (&blocked, SIGPIPE));
  sigpending (&pending);
  g_assert_false (sigismember (&pending, SIGPIPE));
}

static void
test_stdout (Fixture *f, gconstpointer location)
{
  gint ends[2], saved;
  gchar buffer[4096];
  gssize size;
  g_autofree gchar *set = NULL;
  g_autoptr (GPtrArray) lines = NULL;
  g_autoptr (GError) error = NULL;
  GstFlowReturn flow, flow_closed;
  GstElement *element = make_element (f, location, NULL);

  g_object_get (element, "location", &set, NULL);
  g_assert_cmpstr (set, ==, "-");

  g_assert_cmpint (pipe (ends), ==, 0);
  fflush (stdout); /* nothing may print until it is back */
  saved = dup (STDOUT_FILENO);
  dup2 (ends[1], STDOUT_FILENO);
  close (ends[1]);
  start (f, element);
  flow = push (f, 0, "x", TRUE);
  size = read (ends[0], buffer, sizeof buffer);
  close (ends[0]);
  flow_closed = push (f, 1, "x", TRUE);
  dup2 (saved, STDOUT_FILENO);
  close (saved);

  g_assert_cmpint (flow, ==, GST_FLOW_OK);
  g_assert_cmpint (flow_closed, ==, GST_FLOW_ERROR);
  lines = parse_lines (buffer, size);
  g_assert_cmpuint (lines->len, ==, 1);
  error = pop_error (f);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_WRITE);
}

/* A megabyte through a pipe of 64 kB: whole, in as many writes as it takes. */
static gpointer
push_huge (gpointer data)
{
  g_autofree gchar *huge = g_strnfill (1 << 20, 'h');

  return GINT_TO_POINTER (push (data, 0, huge, TRUE));
}

static void
test_slow_reader (Fixture *f, gconstpointer data)
{
  gint fd = open_fifo (f);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GPtrArray) lines = NULL;
  gchar buffer[1000];
  GThread *thread;

  start (f, make_element (f, f->path, NULL));
  thread = g_thread_new ("push", push_huge, f);
  while (text->len < 1 << 20 || text->str[text->len - 1] != '\n') {
    gssize size = read (fd, buffer, sizeof buffer);
    if (size > 0)
      g_string_append_len (text, buffer, size);
    else
      g_usleep (1000);
  }
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
  lines = parse_lines (text->str, text->len);
  g_assert_cmpuint (lines->len, ==, 1);
  close (fd);
}

/* A reader that has stopped reading must not keep the pipeline from stopping. */
static void
test_stuck_reader (Fixture *f, gconstpointer data)
{
  gint fd = open_fifo (f), waiting = 0;
  GThread *thread;
  GstMessage *message;

  start (f, make_element (f, f->path, NULL));
  thread = g_thread_new ("push", push_huge, f);
  while (waiting < fcntl (fd, F_GETPIPE_SZ)) {
    g_usleep (1000);
    g_assert_cmpint (ioctl (fd, FIONREAD, &waiting), ==, 0);
  }
  g_usleep (20000);
  g_assert_cmpint (gst_element_set_state (f->harness->element, GST_STATE_NULL), ==, GST_STATE_CHANGE_SUCCESS);
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_FLUSHING);
  message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_ERROR);
  g_assert_null (message);
  close (fd);
}

/* Nor a seek from ending; what the reader has of the line by then becomes a whole one. */
static void
test_stuck_reader_and_seek (Fixture *f, gconstpointer data)
{
  gint fd = open_fifo (f), waiting = 0;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GPtrArray) lines = NULL;
  GstSegment segment;
  GThread *thread;
  gssize size;

  start (f, make_element (f, f->path, NULL));
  thread = g_thread_new ("push", push_huge, f);
  while (waiting < fcntl (fd, F_GETPIPE_SZ)) {
    g_usleep (1000);
    g_assert_cmpint (ioctl (fd, FIONREAD, &waiting), ==, 0);
  }
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_flush_start ()));
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_FLUSHING);
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE)));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_segment (&segment)));

  thread = g_thread_new ("push", push_huge, f);
  for (guint n_lines = 0; n_lines < 2;) {
    gchar buffer[1000];
    size = read (fd, buffer, sizeof buffer);
    for (gssize i = 0; i < size; i++)
      n_lines += buffer[i] == '\n';
    if (size > 0)
      g_string_append_len (text, buffer, size);
    else
      g_usleep (1000);
  }
  g_assert_cmpint (GPOINTER_TO_INT (g_thread_join (thread)), ==, GST_FLOW_OK);
  lines = parse_lines (text->str, text->len);
  g_assert_cmpuint (lines->len, ==, 2);
  g_assert_null (gst_bus_pop_filtered (f->bus, GST_MESSAGE_ERROR));
  close (fd);
}

static void
test_cannot_open (Fixture *f, gconstpointer data)
{
  g_autofree gchar *missing = g_build_filename (f->dir, "no", "such", "folder", NULL);
  const struct
  {
    const gchar *location;
    GstResourceError code;
  } cases[] = {
    { f->dir, GST_RESOURCE_ERROR_OPEN_WRITE },
    { missing, GST_RESOURCE_ERROR_NOT_FOUND },
    { f->path, GST_RESOURCE_ERROR_OPEN_WRITE },
  };

  g_assert_cmpint (mkfifo (f->path, 0600), ==, 0); /* which nobody reads */
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstElement) element = gst_object_ref_sink (make_element (f, cases[i].location, NULL));
    g_autoptr (GError) error = NULL;

    g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
    error = pop_error (f);
    g_assert_error (error, GST_RESOURCE_ERROR, (gint)cases[i].code);
    g_assert_true (g_str_has_prefix (error->message, cases[i].location));
    gst_element_set_state (element, GST_STATE_NULL);
    stop (f);
  }
}

/* A full disk has no room for a new file either. */
static void
test_no_space_to_open (Fixture *f, gconstpointer data)
{
  g_autoptr (GstElement) element = gst_object_ref_sink (make_element (f, f->path, NULL));
  g_autoptr (GError) error = NULL;

  full_path = f->path;
  g_assert_cmpint (gst_element_set_state (element, GST_STATE_PAUSED), ==, GST_STATE_CHANGE_FAILURE);
  full_path = NULL;
  error = pop_error (f);
  g_assert_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT);
  gst_element_set_state (element, GST_STATE_NULL);
}

static void
test_change_while_open (Fixture *f, gconstpointer data)
{
  GstElement *element = make_element (f, f->path, NULL);
  g_autofree gchar *location = NULL;
  gboolean append;

  start (f, element);
  g_object_set (element, "location", "/elsewhere", "append", TRUE, "level", FRAMES, NULL);
  g_object_get (element, "location", &location, "append", &append, NULL);
  g_assert_cmpstr (location, ==, f->path);
  g_assert_false (append);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (f->bus, GST_MESSAGE_WARNING);
    g_autoptr (GError) warning = NULL;
    g_assert_nonnull (message);
    gst_message_parse_warning (message, &warning, NULL);
    g_assert_error (warning, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS);
  }
  gst_element_set_state (element, GST_STATE_READY);
  g_object_set (element, "append", TRUE, NULL);
  g_object_get (element, "append", &append, NULL);
  g_assert_true (append);
}

/* GST_DEBUG=cliplog:6 tells of the file, caps, segment and flush, and of each buffer. */
static void
test_debug (Fixture *f, gconstpointer data)
{
  GstSegment segment;
  g_autoptr (GPtrArray) log = NULL;

  debug_log_start ("cliplog");
  start (f, make_element (f, f->path, NULL));
  g_assert_cmpint (push (f, 0, "x", TRUE), ==, GST_FLOW_OK);
  g_assert_cmpint (push (f, 1, "x", FALSE), ==, GST_FLOW_OK);
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_flush_start ()));
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_flush_stop (TRUE)));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  g_assert_true (gst_harness_push_event (f->harness, gst_event_new_segment (&segment)));
  stop (f);
  log = debug_log_end ();

  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_INFO, f->path), ==, 2); /* opened, closed */
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_INFO, "after 1 lines"), ==, 1);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_DEBUG, "format=(string)GRAY8"), ==, 1);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_DEBUG, "segment event"), ==, 2);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_DEBUG, "flush-start"), ==, 1);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_DEBUG, "flush-stop"), ==, 1);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_LOG, "1 results, 0 events, 1 lines"), ==, 1);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_LOG, "1 results, 0 events, 0 lines"), ==, 1);
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_WARNING, ""), ==, 0);
}

/* A line that was taken back is told of, with the reason. */
static void
test_debug_full (Fixture *f, gconstpointer data)
{
  struct rlimit limit, tight;
  struct stat info;
  g_autoptr (GPtrArray) log = NULL;
  g_autoptr (GError) error = NULL;

  start (f, make_element (f, f->path, NULL));
  g_assert_cmpint (push (f, 0, "x", TRUE), ==, GST_FLOW_OK);
  g_assert_cmpint (stat (f->path, &info), ==, 0);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  tight = limit;
  tight.rlim_cur = info.st_size + info.st_size / 2;
  debug_log_start ("cliplog");
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &tight), ==, 0);
  g_assert_cmpint (push (f, 1, "x", TRUE), ==, GST_FLOW_ERROR);
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);
  log = debug_log_end ();
  g_assert_cmpuint (debug_log_count (log, GST_LEVEL_WARNING, "took back"), ==, 1);
  error = pop_error (f);
}

/* After an error a new start is a new chance, and again one error. */
static void
test_restart (Fixture *f, gconstpointer data)
{
  start (f, make_element (f, "/dev/full", NULL));
  for (guint i = 0; i < 3; i++) {
    g_autoptr (GError) error = NULL;
    g_assert_cmpint (push (f, 0, "x", TRUE), ==, GST_FLOW_ERROR);
    error = pop_error (f);
    gst_element_set_state (f->harness->element, GST_STATE_READY);
    gst_element_set_state (f->harness->element, GST_STATE_PLAYING);
  }
}

int
main (int argc, char **argv)
{
  gst_init (&argc, &argv);
  g_test_init (&argc, &argv, NULL);

  ADD_TEST ("append", NULL, test_append);
  ADD_TEST ("full-device", NULL, test_full_device);
  ADD_TEST ("no-part-stays", NULL, test_no_part_stays);
  ADD_TEST ("no-part-stays/append", "append", test_no_part_stays);
  ADD_TEST ("cut-meanwhile", NULL, test_cut_meanwhile);
  ADD_TEST ("cut-meanwhile/append", "append", test_cut_meanwhile);
  ADD_TEST ("mode", NULL, test_mode);
  ADD_TEST ("link", NULL, test_link);
  ADD_TEST ("closed-fifo", NULL, test_closed_fifo);
  ADD_TEST ("stdout", "-", test_stdout);
  ADD_TEST ("stdout-null", NULL, test_stdout);
  ADD_TEST ("stdout-empty", "", test_stdout);
  ADD_TEST ("slow-reader", NULL, test_slow_reader);
  ADD_TEST ("stuck-reader", NULL, test_stuck_reader);
  ADD_TEST ("stuck-reader-and-seek", NULL, test_stuck_reader_and_seek);
  ADD_TEST ("cannot-open", NULL, test_cannot_open);
  ADD_TEST ("no-space-to-open", NULL, test_no_space_to_open);
  ADD_TEST ("change-while-open", NULL, test_change_while_open);
  ADD_TEST ("debug", NULL, test_debug);
  ADD_TEST ("debug/full", NULL, test_debug_full);
  ADD_TEST ("restart", NULL, test_restart);
  return g_test_run ();
}
