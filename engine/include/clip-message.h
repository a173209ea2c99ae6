/* SPDX-License-Identifier: MIT
 *
 * clip-message.h: bytes from files and users, made fit to stand in a one-line error message.
 */
#ifndef CLIP_MESSAGE_H
#define CLIP_MESSAGE_H

#include <glib.h>

#define CLIP_MESSAGE_PATH  1024 /* characters shown of a path */
#define CLIP_MESSAGE_NAME  200  /* … of a field's, tensor's or label's name */
#define CLIP_MESSAGE_VALUE 40   /* … of a value that was found */

/* Valid UTF-8 on one line: control, format and separator characters and stray bytes become escapes like \n, \u202e
 * and \xff; what goes beyond max_chars characters becomes "…". length -1 = NUL-terminated; text may be NULL ("").
 * Newly allocated. */
char *clip_printable (const char *text, gssize length, guint max_chars);

#endif
