/* SPDX-License-Identifier: MIT
 *
 * gstcliplogwriter.h: whole lines to a file, a fifo or standard output. A closed pipe does not kill the process, and a
 * full one does not hold up a pipeline that stops.
 *
 * One thread writes at a time; gst_clip_log_writer_set_interrupted() may be called from any other.
 */
#ifndef __GST_CLIP_LOG_WRITER_H__
#define __GST_CLIP_LOG_WRITER_H__

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstClipLogWriter GstClipLogWriter;

typedef enum
{
  GST_CLIP_LOG_APPEND = 1 << 0,      /* to the content of an existing file */
  GST_CLIP_LOG_FOLLOW_LINKS = 1 << 1 /* the file may be a symbolic link */
} GstClipLogMode;

/* location: a path in the file system's encoding, or "-" for standard output. A new file has the mode 0640 less the
 * umask. A fifo needs a reader by now. Errors are G_FILE_ERRORs; their messages do not name the location. */
GstClipLogWriter *gst_clip_log_writer_new (const gchar *location, GstClipLogMode mode, GError **error);

/* FALSE with `error` set where the file system rejects earlier writes, as some do only now. */
gboolean gst_clip_log_writer_close (GstClipLogWriter *self, GError **error);

/* A whole line with its newline. G_FILE_ERROR_NOSPC: device or quota full; _PIPE: no reader any more; _INTR:
 * interrupted. After an error a regular file has nothing of the line; a pipe that has some of an interrupted line gets
 * the rest with the next call. */
gboolean gst_clip_log_writer_write (GstClipLogWriter *self, const gchar *line, gsize size, GError **error);

/* Until FALSE: the write waiting for a slow reader, and all later ones, fail with G_FILE_ERROR_INTR. */
void gst_clip_log_writer_set_interrupted (GstClipLogWriter *self, gboolean interrupted);

/* Once the pipeline has been stopped: what is still to be written goes out as far as a pipe has room for it, without
 * waiting for its reader. */
void gst_clip_log_writer_set_last (GstClipLogWriter *self);

G_END_DECLS

#endif /* __GST_CLIP_LOG_WRITER_H__ */
