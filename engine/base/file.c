/* SPDX-License-Identifier: MIT
 *
 * file.c: see file.h. No state; any thread.
 */
#include "base/file.h"

#include "clip.h"
#include "clip-message.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void
set_error (GError **error, const char *path, ClipErrorCode code, const char *what)
{
  g_autofree char *shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  g_set_error (error, CLIP_ERROR, code, "%s: %s", shown, what);
}

static void
set_error_errno (GError **error, const char *path, const char *verb, int saved_errno)
{
  g_autofree char *what = g_strdup_printf ("cannot %s it: %s", verb, g_strerror (saved_errno));
  set_error (
      error, path, saved_errno == ENOENT || saved_errno == ENOTDIR ? CLIP_ERROR_NOT_FOUND : CLIP_ERROR_FILE, what);
}

static const char *
kind_name (mode_t mode)
{
  if (S_ISDIR (mode))
    return "expected a file, but this is a folder";
  if (S_ISFIFO (mode))
    return "expected a file, but this is a fifo";
  if (S_ISSOCK (mode))
    return "expected a file, but this is a socket";
  return "expected a file, but this is a device";
}

/* Returns a descriptor, or -1 with `error` set. */
static int
open_regular (const char *path, gsize *ret_size, GError **error)
{
  /* O_NONBLOCK: a fifo without a writer opens at once. O_NOCTTY: a terminal does not become ours. */
  int fd;
  do
    fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) {
    set_error_errno (error, path, "open", errno);
    return -1;
  }

  struct stat info;
  if (fstat (fd, &info) < 0) {
    set_error_errno (error, path, "examine", errno);
  } else if (!S_ISREG (info.st_mode)) {
    set_error (error, path, CLIP_ERROR_FILE, kind_name (info.st_mode));
  } else if ((guint64)info.st_size > G_MAXSSIZE) {
    set_error (error, path, CLIP_ERROR_FILE, "larger than this machine's address space");
  } else {
    *ret_size = (gsize)info.st_size;
    return fd;
  }
  close (fd);
  return -1;
}

static gint64
timespec_ns (struct timespec time)
{
  return time.tv_sec * G_GINT64_CONSTANT (1000000000) + time.tv_nsec;
}

gboolean
clip_file_open (const char *path, ClipFile *ret_file, GError **error)
{
  gsize length;
  struct stat info;
  int fd = open_regular (path, &length, error);
  if (fd < 0)
    return FALSE;
  if (fstat (fd, &info) < 0) {
    set_error_errno (error, path, "examine", errno);
    close (fd);
    return FALSE;
  }
  posix_fadvise (fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* nearly */
  *ret_file = (ClipFile){
    .fd = fd,
    .length = (gsize)info.st_size,
    .shown = clip_printable (path, -1, CLIP_MESSAGE_PATH),
    .mtime = timespec_ns (info.st_mtim),
    .ctime = timespec_ns (info.st_ctim),
    .n_links = info.st_nlink,
  };
  return TRUE;
}

static gboolean
fail_changed (const ClipFile *self, GError **error)
{
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_FILE, "%s: changed while it was being read", self->shown);
  return FALSE;
}

gboolean
clip_file_read_at (const ClipFile *self, guint64 offset, gpointer ret, gsize size, GError **error)
{
  for (gsize done = 0; done < size;) {
    gssize n = pread (self->fd, (char *)ret + done, size - done, (off_t)(offset + done));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0) {
      g_set_error (error, CLIP_ERROR, CLIP_ERROR_FILE, "%s: cannot read it: %s", self->shown, g_strerror (errno));
      return FALSE;
    }
    if (n == 0)
      return fail_changed (self, error);
    done += (gsize)n;
  }
  return TRUE;
}

gboolean
clip_file_check (const ClipFile *self, GError **error)
{
  struct stat info;
  if (fstat (self->fd, &info) < 0 || (gsize)info.st_size != self->length || timespec_ns (info.st_mtim) != self->mtime)
    return fail_changed (self, error);
  /* A writer may set mtime back, but not ctime; but unlinking a name changes ctime, too. */
  if (timespec_ns (info.st_ctim) != self->ctime && info.st_nlink == self->n_links)
    return fail_changed (self, error);
  return TRUE;
}

gboolean
clip_file_settle (const ClipFile *self, gboolean *ret_waited, GError **error)
{
  struct timespec tick, now;
  clock_getres (CLOCK_REALTIME_COARSE, &tick);
  *ret_waited = FALSE;
  for (guint i = 0; i < 4; i++) { /* a time in the future will not be reached */
    clock_gettime (CLOCK_REALTIME_COARSE, &now);
    if (self->ctime < timespec_ns (now))
      break;
    *ret_waited = TRUE;
    nanosleep (&tick, NULL);
  }
  return clip_file_check (self, error);
}

void
clip_file_close (ClipFile *self)
{
  if (self->shown)
    close (self->fd);
  g_free (self->shown);
  *self = (ClipFile){ 0 };
}

/* Reads until the end or until `buffer` is full. Returns the count, or -1 with errno set. */
static gssize
read_fully (int fd, char *buffer, gsize size)
{
  gsize done = 0;
  while (done < size) {
    gssize n = read (fd, buffer + done, size - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -1;
    if (n == 0)
      break;
    done += (gsize)n;
  }
  return (gssize)done;
}

char *
clip_file_read (const char *path, gsize max_bytes, gsize *ret_length, GError **error)
{
  gsize size;
  struct stat before, after;
  int fd = open_regular (path, &size, error);
  if (fd < 0)
    return NULL;

  /* One byte more than the size is asked for, so that a file that grew meanwhile (or says 0, as those in /proc do) is
   * seen not to fit. */
  gsize capacity = MAX (size, 4095) + 1;
  g_autofree char *text = NULL;
  gssize length = -1;
  gboolean changed = FALSE;
  if (size <= max_bytes) {
    text = g_try_malloc (capacity + 1);
    gboolean known = fstat (fd, &before) == 0;
    length = text ? read_fully (fd, text, capacity) : -1;
    changed = length > 0 && known && fstat (fd, &after) == 0
              && (before.st_size != after.st_size || timespec_ns (before.st_mtim) != timespec_ns (after.st_mtim));
  }
  int saved_errno = errno;
  close (fd);

  if (size > max_bytes || (text && length > 0 && (gsize)length > max_bytes)) {
    g_autofree char *what = g_strdup_printf ("larger than %" G_GSIZE_FORMAT " bytes", max_bytes);
    set_error (error, path, CLIP_ERROR_FILE, what);
    return NULL;
  }
  if (!text) {
    set_error (error, path, CLIP_ERROR_MEMORY, "not enough memory to read it");
    return NULL;
  }
  if (length < 0) {
    set_error_errno (error, path, "read", saved_errno);
    return NULL;
  }
  if ((gsize)length == capacity || changed) {
    set_error (error, path, CLIP_ERROR_FILE, "changed while it was being read");
    return NULL;
  }
  text[length] = 0;
  if (ret_length)
    *ret_length = (gsize)length;
  return g_steal_pointer (&text);
}
