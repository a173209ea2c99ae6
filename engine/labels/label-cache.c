/* SPDX-License-Identifier: MIT
 *
 * label-cache.c: see label-cache.h.
 *
 * A file is named by its key and contains: magic, version, rows, dim (each 32 bits, little-endian), the key again,
 * rows x dim floats (little-endian), SHA-256 of everything before. It is read, never mapped: shortening it meanwhile
 * then causes a miss and no SIGBUS. It is written under another name and renamed, without fsync(): whatever a crash
 * leaves fails the checksum.
 */
#include "labels/label-cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clip-message.h"

#define MAGIC        "cliptagL"
#define VERSION      1
#define KEY_BYTES    64
#define HEADER_BYTES (8 + 3 * 4 + KEY_BYTES)
#define DIGEST_BYTES 32

/* Read, hashed and written at once. */
#define CHUNK 4096 /* floats */

/* Files half written before a crash are named KEY.XXXXXX; another process may still be writing a younger one. */
#define SUFFIX_BYTES       7
#define HALF_WRITTEN_AFTER 3600 /* seconds */

/* ---- The format ---------------------------------------------------------------------------------------- */

static void
checksum_string (GChecksum *checksum, const char *text)
{
  g_checksum_update (checksum, (const guchar *)text, (gssize)strlen (text) + 1); /* its end, too */
}

static void
checksum_number (GChecksum *checksum, guint32 number)
{
  g_checksum_update (checksum, (const guchar *)&number, sizeof number);
}

static void
checksum_term (GChecksum *checksum, const ClipTerm *term)
{
  checksum_number (checksum, term->kind);
  checksum_string (checksum, term->value);
  g_checksum_update (checksum, (const guchar *)&term->weight, sizeof term->weight);
}

char *
clip_label_cache_key (const char *fingerprint, const char *arithmetic, const ClipPrompts *prompts)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  const char *const *templates = clip_prompts_get_templates (prompts);
  guint n_templates = g_strv_length ((char **)templates), n = clip_prompts_get_size (prompts);
  checksum_string (checksum, clip_version ());
  checksum_string (checksum, fingerprint);
  checksum_string (checksum, arithmetic);
  checksum_number (checksum, n_templates);
  for (guint i = 0; i < n_templates; i++)
    checksum_string (checksum, templates[i]);
  checksum_number (checksum, n);
  for (guint i = 0; i < n; i++) {
    const ClipPrompt *prompt = clip_prompts_get (prompts, i);
    checksum_number (checksum, prompt->n_terms);
    for (guint t = 0; t < prompt->n_terms; t++)
      checksum_term (checksum, &prompt->terms[t]);
  }
  return g_strdup (g_checksum_get_string (checksum));
}

static guint64
file_size (guint rows, guint dim)
{
  return HEADER_BYTES + DIGEST_BYTES + (guint64)rows * dim * sizeof (float);
}

static void
make_header (guint8 ret[HEADER_BYTES], const char *key, guint rows, guint dim)
{
  guint32 numbers[3] = { VERSION, rows, dim };
  memcpy (ret, MAGIC, 8);
  memcpy (ret + 8, numbers, sizeof numbers);
  memcpy (ret + 8 + sizeof numbers, key, KEY_BYTES);
}

/* ---- Reading ------------------------------------------------------------------------------------------- */

/* All of it, adding it to `checksum`, which may be NULL. */
static gboolean
read_all (int fd, gpointer buffer, gsize size, GChecksum *checksum)
{
  for (gsize done = 0; done < size;) {
    ssize_t n = read (fd, (guint8 *)buffer + done, size - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    done += (gsize)n;
  }
  if (checksum)
    g_checksum_update (checksum, buffer, (gssize)size);
  return TRUE;
}

static void
debug_path (const char *path, const char *what)
{
  g_autofree char *shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  g_debug ("label cache: %s: %s", shown, what);
}

/* Whether only this user can have written there: files that others can add or change are not trustworthy, as a checksum
 * is no signature. Root is trusted. Links to the user's own folders are, too. */
static gboolean
is_private (const struct stat *info)
{
  return (info->st_uid == geteuid () || info->st_uid == 0) && !(info->st_mode & (S_IWGRP | S_IWOTH));
}

static gboolean
folder_is_private (const char *folder)
{
  struct stat info;
  if (stat (folder, &info) != 0)
    return FALSE;
  if (S_ISDIR (info.st_mode) && is_private (&info))
    return TRUE;
  g_autofree char *shown = clip_printable (folder, -1, CLIP_MESSAGE_PATH);
  g_debug ("label cache: %s is not used: others may write to it", shown);
  return FALSE;
}

/* Returns what is wrong with the file, NULL if nothing is. */
static const char *
read_entry (int fd, const char *key, guint rows, guint dim, float *ret)
{
  struct stat info;
  guint8 expected[HEADER_BYTES], header[HEADER_BYTES], stored[DIGEST_BYTES], digest[DIGEST_BYTES];
  if (fstat (fd, &info) != 0 || !S_ISREG (info.st_mode))
    return "not a file";
  if (!is_private (&info))
    return "another's, or others may write to it";
  if ((guint64)info.st_size != file_size (rows, dim))
    return "another size";

  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  make_header (expected, key, rows, dim);
  if (!read_all (fd, header, sizeof header, checksum) || memcmp (header, expected, sizeof header) != 0)
    return "another header";
  gsize n = (gsize)rows * dim;
  for (gsize first = 0; first < n; first += CHUNK) {
    gsize count = MIN (CHUNK, n - first);
    if (!read_all (fd, ret + first, count * sizeof *ret, checksum))
      return "cannot be read";
  }
  gsize digest_size = sizeof digest;
  g_checksum_get_digest (checksum, digest, &digest_size);
  if (!read_all (fd, stored, sizeof stored, NULL) || memcmp (stored, digest, sizeof digest) != 0)
    return "another checksum";
  return NULL;
}

gboolean
clip_label_cache_load (const char *folder, const char *key, guint rows, guint dim, float *ret)
{
  if (!folder_is_private (folder))
    return FALSE;
  g_autofree char *path = g_build_filename (folder, key, NULL);
  /* O_NONBLOCK: a fifo without a writer opens at once. */
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW);
  if (fd < 0) {
    debug_path (path, g_strerror (errno));
    return FALSE;
  }
  const char *wrong = read_entry (fd, key, rows, dim, ret);
  if (wrong)
    debug_path (path, wrong);
  else
    futimens (fd, NULL); /* marks it as used now, for evict_entries() */
  close (fd);
  return !wrong;
}

/* ---- Making room --------------------------------------------------------------------------------------- */

typedef struct
{
  char *name;
  struct timespec used;
  guint64 size;
} Entry;

static void
entry_clear (gpointer entry)
{
  g_free (((Entry *)entry)->name);
}

static gint
compare_newest_first (gconstpointer a, gconstpointer b)
{
  const struct timespec *x = &((const Entry *)a)->used, *y = &((const Entry *)b)->used;
  if (x->tv_sec != y->tv_sec)
    return x->tv_sec < y->tv_sec ? 1 : -1;
  return (x->tv_nsec < y->tv_nsec) - (x->tv_nsec > y->tv_nsec);
}

/* Other files are never touched. */
static gboolean
is_ours (const char *name, gboolean *ret_half_written)
{
  gsize length = strlen (name);
  *ret_half_written = length == KEY_BYTES + SUFFIX_BYTES && name[KEY_BYTES] == '.';
  return (length == KEY_BYTES || *ret_half_written) && strspn (name, "0123456789abcdef") >= KEY_BYTES;
}

/* Removes what exceeds the limits, oldest first, except `kept`, and old half-written files. */
static void
evict_entries (const char *folder, const char *kept)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autoptr (GArray) entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (entries, entry_clear);
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  guint64 n_files = 0, n_bytes = 0;

  for (const char *name; dir && (name = g_dir_read_name (dir));) {
    gboolean half_written;
    struct stat info;
    g_autofree char *path = g_build_filename (folder, name, NULL);
    if (!is_ours (name, &half_written) || lstat (path, &info) != 0 || !S_ISREG (info.st_mode))
      continue;
    if (half_written) {
      if (info.st_mtim.tv_sec < now - HALF_WRITTEN_AFTER)
        unlink (path);
    } else if (g_str_equal (name, kept)) {
      n_files++;
      n_bytes += (guint64)info.st_size;
    } else {
      Entry entry = { g_strdup (name), info.st_mtim, (guint64)info.st_size };
      g_array_append_val (entries, entry);
    }
  }

  g_array_sort (entries, compare_newest_first);
  for (guint i = 0; i < entries->len; i++) {
    const Entry *entry = &g_array_index (entries, Entry, i);
    n_files++;
    n_bytes += entry->size;
    if (n_files > CLIP_LABEL_CACHE_MAX_FILES || n_bytes > CLIP_LABEL_CACHE_MAX_BYTES) {
      g_autofree char *path = g_build_filename (folder, entry->name, NULL);
      unlink (path);
    }
  }
}

/* ---- Writing ------------------------------------------------------------------------------------------- */

static gboolean
write_all (int fd, gconstpointer buffer, gsize size, GChecksum *checksum)
{
  for (gsize done = 0; done < size;) {
    ssize_t n = write (fd, (const guint8 *)buffer + done, size - done);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return FALSE;
    done += (gsize)n;
  }
  if (checksum)
    g_checksum_update (checksum, buffer, (gssize)size);
  return TRUE;
}

static gboolean
write_entry (int fd, const char *key, guint rows, guint dim, const float *values)
{
  guint8 header[HEADER_BYTES], digest[DIGEST_BYTES];
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
  make_header (header, key, rows, dim);
  if (!write_all (fd, header, sizeof header, checksum))
    return FALSE;
  gsize n = (gsize)rows * dim;
  for (gsize first = 0; first < n; first += CHUNK) {
    gsize count = MIN (CHUNK, n - first);
    if (!write_all (fd, values + first, count * sizeof *values, checksum))
      return FALSE;
  }
  gsize digest_size = sizeof digest;
  g_checksum_get_digest (checksum, digest, &digest_size);
  return write_all (fd, digest, sizeof digest, NULL);
}

/* At most 0700 for the folder itself, whatever it was before: its content reveals the prompts. Files that others have
 * put there meanwhile are not trusted, because of their owner. */
static gboolean
make_folder (const char *folder)
{
  struct stat info;
  if (g_mkdir_with_parents (folder, 0700) != 0 || stat (folder, &info) != 0)
    return FALSE;
  if (info.st_uid == geteuid () && info.st_mode & 07077)
    return chmod (folder, info.st_mode & 0700) == 0;
  return TRUE;
}

void
clip_label_cache_store (const char *folder, const char *key, guint rows, guint dim, const float *values)
{
  if (file_size (rows, dim) > CLIP_LABEL_CACHE_MAX_BYTES)
    return;
  g_autofree char *path = g_build_filename (folder, key, NULL);
  g_autofree char *half_written = g_strconcat (path, ".XXXXXX", NULL);
  int fd = -1;
  if (make_folder (folder) && folder_is_private (folder))
    fd = g_mkstemp_full (half_written, O_WRONLY | O_CLOEXEC, 0600);
  if (fd < 0) {
    debug_path (path, g_strerror (errno));
    return;
  }
  gboolean ok = write_entry (fd, key, rows, dim, values);
  ok = close (fd) == 0 && ok;
  if (ok && rename (half_written, path) == 0) {
    evict_entries (folder, key);
    return;
  }
  debug_path (path, g_strerror (errno));
  unlink (half_written);
}
