/* SPDX-License-Identifier: MIT
 *
 * gstcliplogwriter.c: whole lines to a file, a fifo or standard output.
 *
 * Nothing is buffered here: a line that was written without error is out of this process. Regular files get it in one
 * write(2). Pipes are waited for with poll first and get at most PIPE_BUF bytes at a time, which is what a pipe that
 * polls writable takes without blocking: the wait is then interruptible although standard output, whose file
 * description belongs to others as well, stays in blocking mode.
 */
#include "gstcliplogwriter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

struct _GstClipLogWriter
{
  gint fd;
  GstPoll *poll; /* NULL for regular files, which never block for long */
  GstPollFD poll_fd;
};

static void
set_error (GError **error, gint code)
{
  g_set_error_literal (
      error, G_FILE_ERROR, code == EDQUOT ? G_FILE_ERROR_NOSPC : g_file_error_from_errno (code), g_strerror (code));
}

/* A file that an earlier run left in the middle of a line, for want of space say, must not spoil the first new one. */
static gboolean
ends_in_mid_line (const gchar *location)
{
  gchar last = '\n';
  gint fd = open (location, O_RDONLY | O_CLOEXEC | O_NOCTTY);

  if (fd < 0)
    return FALSE;
  if (lseek (fd, -1, SEEK_END) >= 0 && read (fd, &last, 1) != 1)
    last = '\n';
  close (fd);
  return last != '\n';
}

GstClipLogWriter *
gst_clip_log_writer_new (const gchar *location, gboolean append, GError **error)
{
  GstClipLogWriter *self = g_new0 (GstClipLogWriter, 1);
  gboolean to_stdout = g_str_equal (location, "-");
  struct stat info;

  /* Without O_NONBLOCK a fifo that nobody reads would hold up the state change for ever. */
  if (to_stdout)
    self->fd = fcntl (STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  else
    self->fd
        = open (location, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (append ? O_APPEND : O_TRUNC), 0666);
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
  } else if (append && !to_stdout && ends_in_mid_line (location) && !gst_clip_log_writer_write (self, "\n", 1, error)) {
    gst_clip_log_writer_close (self, NULL);
    return NULL;
  }
  return self;

fail:
  if (errno == ENXIO)
    g_set_error_literal (error, G_FILE_ERROR, G_FILE_ERROR_NXIO, "nothing reads from it");
  else
    set_error (error, errno);
  if (self->fd >= 0)
    close (self->fd);
  g_free (self);
  return NULL;
}

gboolean
gst_clip_log_writer_close (GstClipLogWriter *self, GError **error)
{
  /* Never again after EINTR: Linux has freed the number by then and another thread may have it. */
  gboolean ok = close (self->fd) == 0 || errno == EINTR;

  if (!ok)
    set_error (error, errno);
  g_clear_pointer (&self->poll, gst_poll_free);
  g_free (self);
  return ok;
}

void
gst_clip_log_writer_interrupt (GstClipLogWriter *self)
{
  if (self->poll)
    gst_poll_set_flushing (self->poll, TRUE);
}

/* write(2) that says EPIPE instead of killing the process: SIGPIPE is directed at the thread that writes, so blocking
 * it here and eating the one that this write raised leaves the host process's own handling alone. */
static gssize
write_without_sigpipe (gint fd, const gchar *data, gsize size)
{
  sigset_t sigpipe, pending, previous;
  gssize written;
  gint code;

  sigemptyset (&pending);
  sigpending (&pending);
  sigemptyset (&sigpipe);
  sigaddset (&sigpipe, SIGPIPE);
  pthread_sigmask (SIG_BLOCK, &sigpipe, &previous);

  written = write (fd, data, size);
  code = errno;

  if (written < 0 && code == EPIPE && !sigismember (&pending, SIGPIPE)) {
    const struct timespec at_once = { 0, 0 };
    while (sigtimedwait (&sigpipe, NULL, &at_once) < 0 && errno == EINTR)
      ;
  }
  pthread_sigmask (SIG_SETMASK, &previous, NULL);
  errno = code;
  return written;
}

gboolean
gst_clip_log_writer_write (GstClipLogWriter *self, const gchar *line, gsize size, GError **error)
{
  while (size > 0) {
    gssize written;

    if (self->poll && gst_poll_wait (self->poll, GST_CLOCK_TIME_NONE) < 0 && errno != EINTR && errno != EAGAIN) {
      set_error (error, errno == EBUSY ? EINTR : errno);
      return FALSE;
    }
    written = write_without_sigpipe (self->fd, line, self->poll ? MIN (size, PIPE_BUF) : size);
    if (written > 0) {
      line += written;
      size -= written;
    } else if (written < 0 && errno != EINTR && errno != EAGAIN) {
      set_error (error, errno);
      return FALSE;
    }
  }
  return TRUE;
}
