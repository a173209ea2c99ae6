/* SPDX-License-Identifier: MIT
 *
 * clip-message.h: makes bytes from files and users printable in a one-line message.
 */
#ifndef CLIP_MESSAGE_H
#define CLIP_MESSAGE_H

#include <glib.h>

#define CLIP_MESSAGE_PATH  1024 /* most characters shown of a path */
#define CLIP_MESSAGE_NAME  200  /* … of the name of a field, tensor or label */
#define CLIP_MESSAGE_VALUE 40   /* … of a value */

/* Valid UTF-8 on one line: control, format and separator characters and stray bytes become escapes like \n, \u202e
 * and \xff; text beyond max_chars characters becomes "…". length -1 = NUL-terminated; text may be NULL (""). Newly
 * allocated. Any thread. */
char *clip_printable (const char *text, gssize length, guint max_chars);

#endif
