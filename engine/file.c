/* SPDX-License-Identifier: MIT
 *
 * file.c: see file.h. No state; any thread.
 */
#include "file.h"

#include "clip.h"
#include "message.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
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
  set_error (error, path, CLIP_ERROR_FILE, what);
}

static const char *
kind_name (mode_t mode)
{
  if (S_ISDIR (mode))
    return "a file is expected, but this is a folder";
  if (S_ISFIFO (mode))
    return "a file is expected, but this is a fifo";
  if (S_ISSOCK (mode))
    return "a file is expected, but this is a socket";
  return "a file is expected, but this is a device";
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

gboolean
clip_file_map (const char *path, ClipFileMap *ret_map, GError **error)
{
  gsize size;
  int fd = open_regular (path, &size, error);
  if (fd < 0)
    return FALSE;

  void *data = NULL; /* mmap() refuses a length of 0 */
  if (size > 0)
    data = mmap (NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
  int saved_errno = errno;
  close (fd);
  if (data == MAP_FAILED) {
    set_error_errno (error, path, "map", saved_errno);
    return FALSE;
  }
  *ret_map = (ClipFileMap){ .data = data, .length = size };
  return TRUE;
}

void
clip_file_forget (gconstpointer data, gsize length)
{
  guintptr page = (guintptr)sysconf (_SC_PAGESIZE), start = (guintptr)data, end = start + length;
  start = (start + page - 1) / page * page;
  end = end / page * page;
  if (start < end)
    madvise ((gpointer)start, end - start, MADV_DONTNEED); /* advice: nothing is lost where it is not taken */
}

void
clip_file_unmap (ClipFileMap *map)
{
  if (map->data)
    munmap ((void *)map->data, map->length);
  *map = (ClipFileMap){ 0 };
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
  int fd = open_regular (path, &size, error);
  if (fd < 0)
    return NULL;

  /* One byte more than the size is asked for, so that a file that grew meanwhile (or says 0, as those in /proc do) is
   * seen not to fit. */
  gsize capacity = MAX (size, 4095) + 1;
  g_autofree char *text = NULL;
  gssize length = -1;
  if (size <= max_bytes) {
    text = g_try_malloc (capacity + 1);
    length = text ? read_fully (fd, text, capacity) : -1;
  }
  int saved_errno = errno;
  close (fd);

  if (size > max_bytes || (text && length > 0 && (gsize)length > max_bytes)) {
    g_autofree char *what = g_strdup_printf ("larger than %" G_GSIZE_FORMAT " bytes", max_bytes);
    set_error (error, path, CLIP_ERROR_FILE, what);
    return NULL;
  }
  if (!text) {
    set_error (error, path, CLIP_ERROR_MEMORY, "no memory left to read it");
    return NULL;
  }
  if (length < 0) {
    set_error_errno (error, path, "read", saved_errno);
    return NULL;
  }
  if ((gsize)length == capacity) {
    set_error (error, path, CLIP_ERROR_FILE, "grew while it was read");
    return NULL;
  }
  text[length] = 0;
  if (ret_length)
    *ret_length = (gsize)length;
  return g_steal_pointer (&text);
}
