/* SPDX-License-Identifier: MIT
 *
 * gstclipmodelkey.h: when are two model folders the same model?
 */
#ifndef __GST_CLIP_MODEL_KEY_H__
#define __GST_CLIP_MODEL_KEY_H__

#include <glib.h>

G_BEGIN_DECLS

/* Device, inode, time of change and size of each file that a model is read from, as a string: equal for the same files
 * by whatever path, different once one has been replaced or written to. A folder that cannot be read has a key, too:
 * loading says what is wrong with it. path: in the file system's encoding. */
gchar *gst_clip_model_key (const gchar *path);

G_END_DECLS

#endif /* __GST_CLIP_MODEL_KEY_H__ */
