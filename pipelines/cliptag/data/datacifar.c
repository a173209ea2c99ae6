/* SPDX-License-Identifier: MIT
 *
 * datacifar.c: CIFAR-10's and CIFAR-100's binary version, as their page describes it: records of one label byte (two,
 * coarse and fine, in CIFAR-100) and 32 rows of 32 red bytes, then as many green and blue ones.
 *
 * Of a folder it is the test set that counts; a single batch may be named instead.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "data/datalist.h"

#define PLANE  (DATA_CIFAR_SIDE * DATA_CIFAR_SIDE)
#define PIXELS (3 * PLANE)

typedef struct
{
  const char *names_file; /* a label a line */
  guint n_labels;
  guint label_bytes; /* before the pixels; the last of them is the label */
  const char *files[8];
} Version;

/* Of each, the first of the files that is there; then more of the same name. */
static const Version versions[] = {
  { "batches.meta.txt", 10, 1,
      { "test_batch.bin", "data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin",
          "data_batch_5.bin", NULL } },
  { "fine_label_names.txt", 100, 2, { "test.bin", "train.bin", NULL } },
};

static gboolean
exists (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static const Version *
find_version (const char *folder)
{
  for (guint i = 0; i < G_N_ELEMENTS (versions); i++)
    if (exists (folder, versions[i].names_file))
      return &versions[i];
  return NULL;
}

gboolean
data_is_cifar (const char *folder)
{
  const Version *version = find_version (folder);
  for (guint i = 0; version && version->files[i]; i++)
    if (exists (folder, version->files[i]))
      return TRUE;
  return FALSE;
}

static gboolean
read_names (DataSet *self, const Version *version, const char *folder, GError **error)
{
  g_autofree char *path = g_build_filename (folder, version->names_file, NULL);
  GPtrArray *names = data_read_lines (path, NULL, error);
  if (!names)
    return FALSE;
  g_ptr_array_unref (self->labels);
  self->labels = names;
  self->numbered = TRUE;
  for (guint i = 0; i < names->len; i++)
    g_ptr_array_add (self->places, g_strdup (path));
  return names->len == version->n_labels
         || data_refuse (error, path, "%u names: expected %u, one a line", names->len, version->n_labels);
}

/* Adds the records of one file. */
static gboolean
list_file (DataSet *self, const Version *version, const char *path, GError **error)
{
  gsize record = version->label_bytes + PIXELS, length;
  g_autofree char *data = NULL;
  g_autofree char *base = g_path_get_basename (path);
  if (!data_read_file (path, (gsize)1 << 30, &data, &length, error))
    return FALSE;
  if (length == 0 || length % record != 0)
    return data_refuse (error, path,
        "%" G_GSIZE_FORMAT " bytes: expected records of %" G_GSIZE_FORMAT
        " bytes, %u for the label and 32x32x3 of pixels",
        length, record, version->label_bytes);
  for (gsize i = 0; i < length / record; i++) {
    guint label = (guchar)data[i * record + version->label_bytes - 1];
    if (label >= version->n_labels)
      return data_refuse (
          error, path, "record %" G_GSIZE_FORMAT ": label %u: expected 0 to %u", i, label, version->n_labels - 1);
    DataItem *item = data_add_item (self, g_strdup_printf ("%s #%" G_GSIZE_FORMAT, base, i), NULL);
    item->source = self->sources->len;
    item->position = i * record + version->label_bytes;
    data_add_span (self, label, 0, G_MAXINT64);
  }
  g_ptr_array_add (self->sources, g_strdup (path));
  return TRUE;
}

gboolean
data_list_cifar (DataSet *self, GError **error)
{
  gboolean is_folder = g_file_test (self->path, G_FILE_TEST_IS_DIR);
  g_autofree char *folder = is_folder ? g_strdup (self->path) : g_path_get_dirname (self->path);
  const Version *version = find_version (folder);
  if (!version)
    return data_refuse (error, folder, "expected %s (CIFAR-10) or %s (CIFAR-100) in it", versions[0].names_file,
        versions[1].names_file);
  if (!read_names (self, version, folder, error))
    return FALSE;
  if (!is_folder)
    return list_file (self, version, self->path, error);
  for (guint i = 0; version->files[i]; i++) {
    if (!exists (folder, version->files[i]))
      continue;
    g_autofree char *path = g_build_filename (folder, version->files[i], NULL);
    if (!list_file (self, version, path, error))
      return FALSE;
    if (strncmp (version->files[i], "test", 4) == 0)
      break;
  }
  return self->items->len > 0
         || data_refuse (error, folder, "expected %s or %s in it", version->files[0], version->files[1]);
}

gboolean
data_read_cifar (const char *source, guint64 position, guint8 *ret_rgb, GError **error)
{
  guint8 planes[PIXELS];
  int fd = open (source, O_RDONLY | O_CLOEXEC);
  ssize_t n = fd < 0 ? -1 : pread (fd, planes, sizeof planes, (off_t)position);
  int number = errno;
  if (fd >= 0)
    close (fd);
  if (n != (ssize_t)sizeof planes)
    return data_refuse (error, source, "%s", n < 0 ? g_strerror (number) : "it has become shorter");
  for (guint i = 0; i < PLANE; i++)
    for (guint c = 0; c < 3; c++)
      ret_rgb[3 * i + c] = planes[c * PLANE + i];
  return TRUE;
}
