/* SPDX-License-Identifier: MIT
 *
 * cutshort.c: files that were cut short, by broken downloads or full disks.
 *
 * Decoders accept such files silently: jpegdec paints the missing part grey, demuxers end early. Only the lengths that
 * the formats themselves state are checked.
 */
#include "cutshort.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static guint64
read_be (const guint8 *bytes, guint n)
{
  guint64 value = 0;
  for (guint i = 0; i < n; i++)
    value = value << 8 | bytes[i];
  return value;
}

/* Entropy-coded data runs to the next marker that is neither a stuffed byte nor a restart. */
static int
skip_scan (FILE *file)
{
  for (int c; (c = getc (file)) != EOF;) {
    while (c == 0xff) {
      c = getc (file);
      if (c != 0xff && c != 0 && !(c >= 0xd0 && c <= 0xd7))
        return c;
    }
  }
  return EOF;
}

/* From behind the start marker; what may follow the first picture is of no interest. */
static gboolean
jpeg_is_cut (FILE *file)
{
  int marker = EOF;
  for (;;) {
    if (marker == EOF) {
      int c = getc (file);
      if (c != EOF && c != 0xff)
        return FALSE; /* not what it seemed; the decoder will say so */
      while ((marker = getc (file)) == 0xff)
        ;
      if (c == EOF || marker == EOF)
        return TRUE;
    }
    if (marker == 0xd9)
      return FALSE;

    guint8 length[2];
    if (fread (length, 1, 2, file) != 2)
      return TRUE;
    for (guint64 n = MAX (read_be (length, 2), 2) - 2; n > 0; n--)
      if (getc (file) == EOF)
        return TRUE;
    gboolean is_scan = marker == 0xda;
    marker = is_scan ? skip_scan (file) : EOF;
    if (is_scan && marker == EOF)
      return TRUE;
  }
}

/* Chunks one after another, each with its length, an end chunk last. */
static gboolean
png_is_cut (FILE *file, guint64 file_size)
{
  guint8 head[8];
  for (guint64 at = 8;;) {
    if (fseeko (file, (off_t)at, SEEK_SET) != 0)
      return FALSE;
    if (fread (head, 1, sizeof head, file) != sizeof head)
      return TRUE;
    at += 12 + read_be (head, 4); /* a checksum is behind it */
    if (at > file_size)
      return TRUE;
    if (memcmp (head + 4, "IEND", 4) == 0)
      return FALSE;
  }
}

/* Ogg: pages one after another, each with the lengths of its segments. */
static gboolean
page_is_cut (FILE *file, guint64 file_size)
{
  guint8 head[27 + 255];
  for (guint64 at = 0; at < file_size;) {
    if (fseeko (file, (off_t)at, SEEK_SET) != 0)
      return FALSE;
    gsize n = fread (head, 1, sizeof head, file);
    if (memcmp (head, "OggS", MIN (n, 4)) != 0)
      return FALSE;
    if (n < 27 || n < 27u + head[26])
      return TRUE;
    at += 27 + head[26];
    for (guint i = 0; i < head[26]; i++)
      at += head[27 + i];
    if (at > file_size)
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_box_type (const guint8 *type)
{
  for (guint i = 0; i < 4; i++)
    if (!g_ascii_isalnum (type[i]) && type[i] != ' ')
      return FALSE;
  return TRUE;
}

/* ISO base media: boxes one after another, each with its length. */
static gboolean
boxes_are_cut (FILE *file, guint64 file_size)
{
  guint64 at = 0;
  while (at < file_size) {
    guint8 head[16];
    if (fseeko (file, (off_t)at, SEEK_SET) != 0)
      return FALSE;
    gsize n = fread (head, 1, sizeof head, file);
    if (n < 8 || !is_box_type (head + 4))
      return FALSE;
    guint64 size = read_be (head, 4);
    if (size == 1 && n == sizeof head)
      size = read_be (head + 8, 8);
    if (size < 8) /* 0: to the end of the file, whatever that is */
      return FALSE;
    if (size > file_size - at)
      return TRUE;
    at += size;
  }
  return FALSE;
}

/* An EBML length: as many leading zero bits as bytes follow; all ones = unknown. Returns its bytes, 0 = malformed. */
static guint
read_ebml_size (const guint8 *bytes, guint64 *ret_size)
{
  guint n = 1;
  while (n <= 8 && !(bytes[0] & 0x80 >> (n - 1)))
    n++;
  if (n > 8)
    return 0;
  guint64 mask = (G_GUINT64_CONSTANT (1) << 7 * n) - 1;
  *ret_size = read_be (bytes, n) & mask;
  if (*ret_size == mask)
    *ret_size = G_MAXUINT64;
  return n;
}

/* Matroska and WebM: a header, then one segment that holds everything. */
static gboolean
segment_is_cut (FILE *file, guint64 file_size)
{
  guint8 head[12]; /* an identifier and its length */
  guint64 at = 0, size;
  for (guint i = 0; i < 2; i++) {
    memset (head, 0, sizeof head);
    if (fseeko (file, (off_t)at, SEEK_SET) != 0 || fread (head, 1, sizeof head, file) < 5)
      return FALSE;
    guint n = read_ebml_size (head + 4, &size);
    if (n == 0 || size > INT64_MAX / 2)
      return FALSE;
    at += 4 + n + size;
  }
  return memcmp (head, "\x18\x53\x80\x67", 4) == 0 && at > file_size;
}

gboolean
is_cut_short (const char *path)
{
  FILE *file = fopen (path, "rbe");
  if (!file)
    return FALSE;
  gboolean is_cut = FALSE;
  guint8 head[8] = { 0 };
  gsize n = fread (head, 1, sizeof head, file);
  off_t file_size = fseeko (file, 0, SEEK_END) == 0 ? ftello (file) : 0;
  if (n < sizeof head || file_size < (off_t)sizeof head)
    is_cut = FALSE;
  else if (memcmp (head, "\xff\xd8\xff", 3) == 0)
    is_cut = fseeko (file, 2, SEEK_SET) == 0 && jpeg_is_cut (file);
  else if (memcmp (head, "\x89PNG\r\n\x1a\n", 8) == 0)
    is_cut = png_is_cut (file, (guint64)file_size);
  else if (memcmp (head + 4, "ftyp", 4) == 0)
    is_cut = boxes_are_cut (file, (guint64)file_size);
  else if (memcmp (head, "\x1a\x45\xdf\xa3", 4) == 0)
    is_cut = segment_is_cut (file, (guint64)file_size);
  else if (memcmp (head, "OggS", 4) == 0)
    is_cut = page_is_cut (file, (guint64)file_size);
  fclose (file);
  return is_cut;
}
