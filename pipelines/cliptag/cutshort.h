/* SPDX-License-Identifier: MIT
 *
 * cutshort.h: files that were cut short.
 */
#ifndef CUT_SHORT_H
#define CUT_SHORT_H

#include <glib.h>

/* Whether the regular file `path` is a JPEG, PNG, MP4 (or related), Matroska or Ogg file whose end is missing.
 * FALSE for all others, for files that cannot be read and where there is doubt. */
gboolean is_cut_short (const char *path);

#endif
