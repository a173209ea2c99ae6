/* SPDX-License-Identifier: MIT
 *
 * gstcliplogwriter.c: whole lines to a file, a fifo or standard output.
 *
 * Nothing is buffered: a line written without error has left this process. A regular file gets it in one write(2),
 * always at its current end: somebody may have cut it (logrotate's copytruncate). The part of a line that fitted onto a
 * full disk is taken back. Pipes are polled first and get at most PIPE_BUF bytes at a time, which a pipe that polls
 * writable takes without blocking: so the wait can be interrupted although standard output, which shares its file
 * description with other processes, stays in blocking mode. The rest of an interrupted line is kept for a pipe and
 * goes out before the next line.
 */
#include "log/gstcliplogwriter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

GST_DEBUG_CATEGORY_EXTERN (gst_clip_log_debug);
#define GST_CAT_DEFAULT gst_clip_log_debug

struct _GstClipLogWriter
{
  gint fd;
  GstPoll *poll; /* NULL for regular files, which never block for long */
  GstPollFD poll_fd;
  GstClockTime timeout; /* of each wait for a pipe */
  GString *owed;        /* the rest of a line that was interrupted */
};

static void
set_error (GError **error, gint code)
{
  g_set_error_literal (
      error, G_FILE_ERROR, code == EDQUOT ? G_FILE_ERROR_NOSPC : g_file_error_from_errno (code), g_strerror (code));
}

/* A file that ends in the middle of a line, as a full disk leaves it, must not spoil the first new one. */
static gboolean
ends_in_mid_line (const gchar *location)
{
  gchar last = '\n';
  gint fd = open (location, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

  if (fd < 0)
    return FALSE;
  if (lseek (fd, -1, SEEK_END) >= 0 && read (fd, &last, 1) != 1)
    last = '\n';
  close (fd);
  return last != '\n';
}

/* Names of files that this process has open are links by nature, and nobody else can plant them. */
static gboolean
names_own_file (const gchar *location)
{
  return g_str_equal (location, "/dev/stdout") || g_str_equal (location, "/dev/stderr")
         || g_str_has_prefix (location, "/dev/fd/");
}

static gint
open_location (const gchar *location, GstClipLogMode mode)
{
  /* Without O_NONBLOCK a fifo without a reader would hold up the state change for ever. */
  gint flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

  if (!(mode & GST_CLIP_LOG_APPEND))
    flags |= O_TRUNC;
  if (!(mode & GST_CLIP_LOG_FOLLOW_LINKS) && !names_own_file (location))
    flags |= O_NOFOLLOW;
  return open (location, flags, 0640);
}

static void
set_open_error (GError **error, gint code, GstClipLogMode mode)
{
  if (code == ENXIO)
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NXIO, "it has no reader");
  else if (code == ELOOP && !(mode & GST_CLIP_LOG_FOLLOW_LINKS))
    g_set_error_literal (
        error, G_FILE_ERROR, G_FILE_ERROR_LOOP, "it is a symbolic link (follow-links=true writes to its target)");
  else
    set_error (error, code);
}

GstClipLogWriter *
gst_clip_log_writer_new (const gchar *location, GstClipLogMode mode, GError **error)
{
  GstClipLogWriter *self = g_new0 (GstClipLogWriter, 1);
  gboolean to_stdout = g_str_equal (location, "-"), append = mode & GST_CLIP_LOG_APPEND;
  struct stat info;

  self->timeout = GST_CLOCK_TIME_NONE;
  self->owed = g_string_new (NULL);
  self->fd = to_stdout ? fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3) : open_location (location, mode);
  if (self->fd < 0)
    goto fail;
  if (fstat (self->fd, &info) < 0)
    goto fail;

  if (!S_ISREG (info.st_mode)) {
    self->poll = gst_poll_new (TRUE);
    if (!self->poll)
      goto fail;
    gst_poll_fd_init (&self->poll_fd);
    self->poll_fd.fd = self->fd;
    gst_poll_add_fd (self->poll, &self->poll_fd);
    gst_poll_fd_ctl_write (self->poll, &self->poll_fd, TRUE);
  } else if (append && !to_stdout && ends_in_mid_line (location)) {
    GST_WARNING ("the file ends in the middle of a line: the log begins with a new one");
    if (!gst_clip_log_writer_write (self, "\n", 1, error)) {
      gst_clip_log_writer_close (self, NULL);
      return NULL;
    }
  }
  return self;

fail:
  set_open_error (error, errno, mode);
  if (self->fd >= 0)
    close (self->fd);
  g_string_free (self->owed, TRUE);
  g_free (self);
  return NULL;
}

/* write(2) that returns EPIPE, or EFBIG beyond the process's limit of file sizes, instead of killing the process: these
 * signals go to the thread that writes, so blocking them here and consuming the one that this write raised leaves the
 * host process's own handling alone. */
static gssize
write_without_signal (gint fd, const gchar *data, gsize size)
{
  sigset_t raised, pending, previous;
  gssize written;
  gint code;

  sigemptyset (&pending);
  sigpending (&pending);
  sigemptyset (&raised);
  if (!sigismember (&pending, SIGPIPE))
    sigaddset (&raised, SIGPIPE);
  if (!sigismember (&pending, SIGXFSZ))
    sigaddset (&raised, SIGXFSZ);
  pthread_sigmask (SIG_BLOCK, &raised, &previous);

  written = write (fd, data, size);
  code = errno;

  if (written < 0 && (code == EPIPE || code == EFBIG)) {
    const struct timespec at_once = { 0, 0 };
    while (sigtimedwait (&raised, NULL, &at_once) < 0 && errno == EINTR)
      ;
  }
  pthread_sigmask (SIG_SETMASK, &previous, NULL);
  errno = code;
  return written;
}

/* Removes the part of a line that is in a regular file already, unless somebody else has written behind it. A pipe
 * takes nothing back. */
static void
take_back (gint fd, gsize part)
{
  struct stat info;
  off_t end = part > 0 ? lseek (fd, 0, SEEK_CUR) : -1;

  if (end < (off_t)part || fstat (fd, &info) < 0 || !S_ISREG (info.st_mode) || info.st_size != end)
    return;
  if (ftruncate (fd, end - (off_t)part) == 0)
    lseek (fd, end - (off_t)part, SEEK_SET); /* standard output may not be in append mode */
  GST_WARNING ("took back %" G_GSIZE_FORMAT " bytes of a line that was not written as a whole", part);
}

/* ret_done: bytes written, also on failure. */
static gboolean
write_all (GstClipLogWriter *self, const gchar *data, gsize size, gsize *ret_done, GError **error)
{
  *ret_done = 0;
  while (*ret_done < size) {
    gsize left = size - *ret_done;
    gssize written;

    if (self->poll) {
      gint n = gst_poll_wait (self->poll, self->timeout);
      if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN)) {
        set_error (error, n == 0 || errno == EBUSY ? EINTR : errno);
        return FALSE;
      }
    }
    written = write_without_signal (self->fd, data + *ret_done, self->poll ? MIN (left, PIPE_BUF) : left);
    if (written > 0) {
      *ret_done += written;
    } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
      set_error (error, errno);
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
write_owed (GstClipLogWriter *self, GError **error)
{
  gsize done;
  gboolean ok = write_all (self, self->owed->str, self->owed->len, &done, error);

  g_string_erase (self->owed, 0, done);
  return ok;
}

gboolean
gst_clip_log_writer_close (GstClipLogWriter *self, GError **error)
{
  gboolean ok;

  /* A last chance, without waiting. */
  gst_clip_log_writer_set_last (self);
  if (self->owed->len > 0)
    write_owed (self, NULL);
  /* Never again after EINTR: Linux has freed the number by then and another thread may have it. */
  ok = close (self->fd) == 0 || errno == EINTR;
  if (!ok)
    set_error (error, errno);
  g_clear_pointer (&self->poll, gst_poll_free);
  g_string_free (self->owed, TRUE);
  g_free (self);
  return ok;
}

void
gst_clip_log_writer_set_last (GstClipLogWriter *self)
{
  self->timeout = 0;
  if (self->poll)
    gst_poll_set_flushing (self->poll, FALSE);
}

void
gst_clip_log_writer_set_interrupted (GstClipLogWriter *self, gboolean interrupted)
{
  if (self->poll)
    gst_poll_set_flushing (self->poll, interrupted);
}

gboolean
gst_clip_log_writer_write (GstClipLogWriter *self, const gchar *line, gsize size, GError **error)
{
  g_autoptr (GError) failure = NULL;
  gsize done;

  if (!write_owed (self, error))
    return FALSE;
  if (write_all (self, line, size, &done, &failure))
    return TRUE;
  if (!self->poll)
    take_back (self->fd, done);
  else if (done > 0 && g_error_matches (failure, G_FILE_ERROR, G_FILE_ERROR_INTR))
    g_string_append_len (self->owed, line + done, size - done);
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}
