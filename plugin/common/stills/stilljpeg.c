/* SPDX-License-Identifier: MIT
 *
 * stilljpeg.c: JPEG by libjpeg, the same bytes as Pillow's.
 *
 * libjpeg's defaults are Pillow's: the accurate integer transform, smooth upsampling of chroma, the whole resolution.
 * Four components are ink, inverted as Adobe writes it whether or not the file says so, and mixed to RGB as Pillow
 * does.
 */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

/* In this order: the one counts on stdio.h, the other on this one. */
#include <jpeglib.h>

#include <jerror.h>

#include "common/stills/stilldecoders.h"

/* Each may cost as much as decoding the whole picture; real files have ten or so. */
#define MAX_SCANS 500

typedef struct
{
  struct jpeg_error_mgr base;
  jmp_buf escape;
  char text[JMSG_LENGTH_MAX]; /* the first warning; then, the error */
  gboolean is_cut;
} ErrorManager;

static void
give_up (j_common_ptr cinfo)
{
  ErrorManager *manager = (ErrorManager *)cinfo->err;
  cinfo->err->format_message (cinfo, manager->text);
  longjmp (manager->escape, 1);
}

/* level: -1 = damaged data, else a trace. Bytes between markers do no harm and are common. */
static void
note_warning (j_common_ptr cinfo, int level)
{
  ErrorManager *manager = (ErrorManager *)cinfo->err;
  if (level >= 0 || cinfo->err->msg_code == JWRN_EXTRANEOUS_DATA)
    return;
  if (cinfo->err->msg_code == JWRN_JPEG_EOF)
    manager->is_cut = TRUE;
  if (manager->text[0] == '\0')
    cinfo->err->format_message (cinfo, manager->text);
}

static void
count_scans (j_common_ptr cinfo)
{
  ErrorManager *manager = (ErrorManager *)cinfo->err;
  if (cinfo->is_decompressor && ((j_decompress_ptr)cinfo)->input_scan_number > MAX_SCANS) {
    g_snprintf (manager->text, sizeof manager->text, "more than %u scans", MAX_SCANS);
    longjmp (manager->escape, 1);
  }
}

/* a x b / 255, rounded */
static guint
multiply (guint a, guint b)
{
  guint product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

/* In place: four bytes a pixel become three. */
static void
mix_ink (guint8 *row, guint width)
{
  for (guint x = 0; x < width; x++) {
    const guint8 ink[3] = { row[4 * x], row[4 * x + 1], row[4 * x + 2] };
    guint light = row[4 * x + 3];
    for (guint c = 0; c < 3; c++)
      row[3 * x + c] = (guint8)(light - MIN (multiply (255u - ink[c], light), light));
  }
}

static void
spread_grey (guint8 *row, guint width)
{
  for (guint x = width; x-- > 0;)
    row[3 * x] = row[3 * x + 1] = row[3 * x + 2] = row[x];
}

static void
read_orientation (const struct jpeg_decompress_struct *cinfo, Still *still)
{
  for (jpeg_saved_marker_ptr marker = cinfo->marker_list; marker; marker = marker->next) {
    if (marker->marker == JPEG_APP0 + 1 && marker->data_length >= 6 && memcmp (marker->data, "Exif\0\0", 6) == 0) {
      still->orientation = still_exif_orientation (marker->data, marker->data_length);
      return;
    }
  }
}

/* Whatever must be freed belongs to the caller: an error of libjpeg's jumps over this. */
static gboolean
decompress (struct jpeg_decompress_struct *cinfo, Still *still, guint8 **row, GError **error)
{
  jpeg_save_markers (cinfo, JPEG_APP0 + 1, 0xffff);
  jpeg_read_header (cinfo, TRUE);
  read_orientation (cinfo, still);
  if (cinfo->num_components == 1)
    cinfo->out_color_space = JCS_GRAYSCALE;
  else
    cinfo->out_color_space = cinfo->num_components == 4 ? JCS_CMYK : JCS_RGB;
  if (!still_allocate (still, cinfo->image_width, cinfo->image_height, 8, error))
    return FALSE;
  jpeg_start_decompress (cinfo);

  *row = g_malloc ((gsize)cinfo->output_width * 4);
  while (cinfo->output_scanline < cinfo->output_height) {
    guint y = cinfo->output_scanline;
    if (jpeg_read_scanlines (cinfo, row, 1) != 1)
      continue;
    if (cinfo->out_color_space == JCS_CMYK)
      mix_ink (*row, still->width);
    else if (cinfo->out_color_space == JCS_GRAYSCALE)
      spread_grey (*row, still->width);
    memcpy (still_row (still, y), *row, still->stride);
  }
  jpeg_finish_decompress (cinfo);
  return TRUE;
}

gboolean
still_decode_jpeg (const guint8 *data, gsize size, Still *still, GError **error)
{
  struct jpeg_decompress_struct cinfo;
  ErrorManager manager = { .text = "" };
  struct jpeg_progress_mgr progress = { .progress_monitor = count_scans };
  guint8 *volatile row = NULL;
  volatile gboolean ok = FALSE;

  cinfo.err = jpeg_std_error (&manager.base);
  manager.base.error_exit = give_up;
  manager.base.emit_message = note_warning;
  jpeg_create_decompress (&cinfo);
  cinfo.progress = &progress;
  if (setjmp (manager.escape) == 0) {
    jpeg_mem_src (&cinfo, data, size);
    ok = decompress (&cinfo, still, (guint8 **)&row, error);
  } else
    still_set_error (error, "JPEG", manager.text);
  jpeg_destroy_decompress (&cinfo);
  g_free (row);
  if (ok && manager.is_cut) {
    still_set_error (error, "JPEG", "the file is cut short: its end is missing");
    return FALSE;
  }
  if (ok && manager.text[0])
    still->warning = g_strdup_printf ("JPEG: %s", manager.text);
  return ok;
}
