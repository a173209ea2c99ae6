/* SPDX-License-Identifier: MIT
 *
 * gstcliplogwriter.h: writes whole lines to a file, a fifo or standard output, and neither dies of a closed pipe nor
 * hangs in a full one when the pipeline wants to stop.
 *
 * One thread writes at a time; gst_clip_log_writer_interrupt() may come from any other.
 */
#ifndef __GST_CLIP_LOG_WRITER_H__
#define __GST_CLIP_LOG_WRITER_H__

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstClipLogWriter GstClipLogWriter;

typedef enum
{
  GST_CLIP_LOG_APPEND = 1 << 0,      /* keep what a file has already */
  GST_CLIP_LOG_FOLLOW_LINKS = 1 << 1 /* the file may be a symbolic link */
} GstClipLogMode;

/* location: a path in the file system's encoding, or "-" for standard output. A new file can be read by its owner's
 * group, less the umask. A fifo needs a reader by now. Errors are G_FILE_ERRORs whose message does not name the
 * location. */
GstClipLogWriter *gst_clip_log_writer_new (const gchar *location, GstClipLogMode mode, GError **error);

/* FALSE with `error` set when the file system refuses what was written so far, as some do only now. */
gboolean gst_clip_log_writer_close (GstClipLogWriter *self, GError **error);

/* The whole line with its newline. G_FILE_ERROR_NOSPC: the device or quota is full; _PIPE: nobody reads any more;
 * _INTR: interrupted. After an error nothing of the line is in a regular file; what of it is in a pipe is made a whole
 * line by the next call if this one was interrupted. */
gboolean gst_clip_log_writer_write (GstClipLogWriter *self, const gchar *line, gsize size, GError **error);

/* Makes the write that waits for a slow reader, and all later ones, fail with G_FILE_ERROR_INTR, until that is taken
 * back. */
void gst_clip_log_writer_set_interrupted (GstClipLogWriter *self, gboolean interrupted);

G_END_DECLS

#endif
