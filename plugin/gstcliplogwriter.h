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

/* location: a path in the file system's encoding, or "-" for standard output. append: keep what a file has already.
 * A fifo needs a reader by now. Errors are G_FILE_ERRORs whose message does not name the location. */
GstClipLogWriter *gst_clip_log_writer_new (const gchar *location, gboolean append, GError **error);

/* FALSE with `error` set when the file system refuses what was written so far, as some do only now. */
gboolean gst_clip_log_writer_close (GstClipLogWriter *self, GError **error);

/* The whole line with its newline. G_FILE_ERROR_NOSPC: the device or quota is full; _PIPE: nobody reads any more;
 * _INTR: interrupted. After an error the end of the line may be missing. */
gboolean gst_clip_log_writer_write (GstClipLogWriter *self, const gchar *line, gsize size, GError **error);

/* Makes the write that waits for a slow reader, and all later ones, fail with G_FILE_ERROR_INTR. */
void gst_clip_log_writer_interrupt (GstClipLogWriter *self);

G_END_DECLS

#endif
