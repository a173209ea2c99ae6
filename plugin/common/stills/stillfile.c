/* SPDX-License-Identifier: MIT
 *
 * stillfile.c: see stillfile.h.
 */
#include "common/stills/stillfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clip-message.h"

/* g_file_get_contents() would name the file, wait for a fifo's writer, and abort where there is no memory. */
gboolean
still_read_bytes (const char *path, char **ret_data, gsize *ret_size, GError **error)
{
  struct stat status = { 0 };
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  ssize_t n = fd < 0 || fstat (fd, &status) != 0 ? -1 : 0;
  if (n == 0 && !S_ISREG (status.st_mode)) {
    close (fd);
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "is not a regular file");
    return FALSE;
  }
  gsize size = MIN ((gsize)status.st_size, G_MAXINT32), done = 0;
  char *data = n == 0 ? g_try_malloc (MAX (size, 1)) : NULL;
  while (data && done < size && ((n = read (fd, data + done, size - done)) > 0 || (n < 0 && errno == EINTR)))
    done += (gsize)MAX (n, 0);
  int number = n < 0 ? errno : status.st_size > G_MAXINT32 ? EFBIG : ENOMEM;
  if (fd >= 0)
    close (fd);
  if (!data || n < 0 || status.st_size > G_MAXINT32) {
    g_free (data);
    g_set_error_literal (error, G_FILE_ERROR, g_file_error_from_errno (number), g_strerror (number));
    return FALSE;
  }
  *ret_data = data;
  *ret_size = done;
  return TRUE;
}

void
still_get_image (const Still *still, ClipImage *ret_image)
{
  /* EXIF's 1 to 8 */
  static const ClipOrientation orientations[] = { CLIP_ORIENTATION_IDENTITY, CLIP_ORIENTATION_IDENTITY,
    CLIP_ORIENTATION_HORIZ, CLIP_ORIENTATION_180, CLIP_ORIENTATION_VERT, CLIP_ORIENTATION_UL_LR, CLIP_ORIENTATION_90R,
    CLIP_ORIENTATION_UR_LL, CLIP_ORIENTATION_90L };
  *ret_image = (ClipImage){
    .format = still->depth == 16 ? CLIP_FORMAT_RGBA64_LE : CLIP_FORMAT_RGB,
    .width = still->width,
    .height = still->height,
    .planes = { still->pixels },
    .strides = { (gint)still->stride },
    .full_range = TRUE,
    .orientation = orientations[still->orientation],
  };
}

static gboolean
decode_file (const char *path, Still *ret_still, GError **error)
{
  g_autofree char *data = NULL;
  gsize size = 0;
  if (!still_read_bytes (path, &data, &size, error))
    return FALSE;
  StillKind kind = still_recognise ((const guint8 *)data, MIN (size, STILL_HEAD), size);
  if (kind != STILL_NONE)
    return still_decode (kind, (const guint8 *)data, size, ret_still, error);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED, "not a picture in a format that is known");
  return FALSE;
}

gboolean
still_encode_file (ClipContext *context, const char *path, float *ret_embedding, gpointer user_data, GError **error)
{
  g_auto (Still) still = { 0 };
  g_autoptr (GError) reason = NULL;
  ClipImage image;
  gboolean ok = decode_file (path, &still, &reason);
  if (ok) {
    still_get_image (&still, &image);
    ok = clip_context_encode_images (context, &image, 1, ret_embedding, &reason);
  }
  if (ok)
    return TRUE;
  /* What is wrong with the file is wrong with the prompts; but a cancelled call is no fault of theirs. */
  gboolean is_clip = reason->domain == CLIP_ERROR;
  gboolean missing = g_error_matches (reason, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_autofree char *shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  g_set_error (error, CLIP_ERROR,
      is_clip   ? reason->code
      : missing ? CLIP_ERROR_NOT_FOUND
                : CLIP_ERROR_FILE,
      "%s: %s", shown, reason->message);
  return FALSE;
}
