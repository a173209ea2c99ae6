/* SPDX-License-Identifier: MIT
 *
 * thumbnail.h: a small upright JPEG of a picture, for pages that hold their pictures.
 */
#ifndef THUMBNAIL_H
#define THUMBNAIL_H

#include "framereader.h"

G_BEGIN_DECLS

#define THUMBNAIL_SIDE 160 /* pixels of the longer side; smaller pictures keep their size */

/* Maps the frame. In base64; NULL with `error` set. */
char *thumbnail_make (ReaderFrame *frame, GError **error);

G_END_DECLS

#endif
