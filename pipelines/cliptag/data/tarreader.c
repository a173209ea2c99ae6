/* SPDX-License-Identifier: MIT
 *
 * tarreader.c: the files of a tar, by libarchive.
 *
 * libarchive takes a tar that ends behind a whole file for complete, as some programs leave out the two blocks of zeros
 * that POSIX demands at the end. Here they are demanded: what is cut there would only look smaller.
 */
#include "data/tarreader.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/datalist.h"

#define BLOCK 512 /* bytes, of POSIX */
#define READ  ((gsize)256 << 10)

struct _TarReader
{
  struct archive *archive;
  struct archive_entry *entry; /* the archive's */
  char *path;
  guint64 file_size;
  gboolean checked; /* for its end */
};

static gboolean
fail (TarReader *self, GError **error)
{
  const char *message = archive_error_string (self->archive);
  g_autofree char *line = g_strdelimit (g_strdup (message ? message : "damaged"), "\r\n", ' ');
  return data_refuse (error, self->path, "cannot be read as a tar: %s", line);
}

TarReader *
tar_reader_new (const char *path, GError **error)
{
  struct stat status;
  g_autoptr (TarReader) self = g_new0 (TarReader, 1);
  self->path = g_strdup (path);
  self->archive = archive_read_new ();
  if (stat (path, &status) != 0 || !S_ISREG (status.st_mode)) {
    data_refuse (error, path, "expected a tar file");
    return NULL;
  }
  self->file_size = (guint64)status.st_size;
  archive_read_support_filter_all (self->archive);
  archive_read_support_format_tar (self->archive);
  if (archive_read_open_filename (self->archive, path, READ) != ARCHIVE_OK) {
    fail (self, error);
    return NULL;
  }
  return g_steal_pointer (&self);
}

void
tar_reader_free (TarReader *self)
{
  archive_read_free (self->archive);
  g_free (self->path);
  g_free (self);
}

/* Whether the file itself, uncompressed, ends with two blocks of zeros. */
static gboolean
has_end_mark (const TarReader *self)
{
  char tail[2 * BLOCK] = { 1 }, zeros[2 * BLOCK] = { 0 };
  int fd = open (self->path, O_RDONLY | O_CLOEXEC);
  gboolean found = fd >= 0 && self->file_size >= sizeof tail && self->file_size % BLOCK == 0
                   && pread (fd, tail, sizeof tail, (off_t)(self->file_size - sizeof tail)) == (ssize_t)sizeof tail
                   && memcmp (tail, zeros, sizeof tail) == 0;
  if (fd >= 0)
    close (fd);
  return found;
}

/* Once the format is known, which is behind the first header. A compressed tar's end is guarded by its compressor. */
static gboolean
check_end (TarReader *self, GError **error)
{
  if (self->checked || archive_filter_count (self->archive) > 1)
    return TRUE;
  self->checked = TRUE;
  return has_end_mark (self) || data_refuse (error, self->path, "it is cut short: its end is missing");
}

const char *
tar_reader_next (TarReader *self, GError **error)
{
  for (;;) {
    int result = archive_read_next_header (self->archive, &self->entry);
    if (result != ARCHIVE_OK && result != ARCHIVE_WARN && result != ARCHIVE_EOF) {
      fail (self, error);
      return NULL;
    }
    if (!check_end (self, error) || result == ARCHIVE_EOF)
      return NULL;
    const char *name = archive_entry_pathname (self->entry);
    if (archive_entry_filetype (self->entry) == AE_IFREG && name)
      return name;
  }
}

guint64
tar_reader_get_size (const TarReader *self)
{
  return (guint64)MAX (archive_entry_size (self->entry), 0);
}

GBytes *
tar_reader_read (TarReader *self, gsize max_bytes, GError **error)
{
  guint64 size = tar_reader_get_size (self);
  const char *name = archive_entry_pathname (self->entry);
  g_autofree char *place = g_strdup_printf ("%s: %s", self->path, name ? name : "");
  guint8 *data = size <= max_bytes ? g_try_malloc (size + 1) : NULL;
  if (!data) {
    data_refuse (error, place, "%" G_GUINT64_FORMAT " bytes: expected at most %" G_GSIZE_FORMAT, size, max_bytes);
    return NULL;
  }
  gsize done = 0;
  la_ssize_t n = 1;
  while (done < size && (n = archive_read_data (self->archive, data + done, size - done)) > 0)
    done += (gsize)n;
  if (n < 0 || done < size) {
    g_free (data);
    if (n < 0)
      fail (self, error);
    else
      data_refuse (error, place, "it is cut short");
    return NULL;
  }
  return g_bytes_new_take (data, size);
}
