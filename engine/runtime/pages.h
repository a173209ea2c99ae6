/* SPDX-License-Identifier: MIT
 *
 * pages.h: memory straight from the system, in huge pages where it has them: kernels that stream weights through small
 * ones wait for walks through the page tables. What nobody has touched is not resident. No locks: one thread at a time
 * takes or clears.
 */
#ifndef CLIP_PAGES_H
#define CLIP_PAGES_H

#include <glib.h>

/* Zeros, aligned to a huge page (2 MiB); what does not fill one at the end lies in small pages. NULL for 0 bytes and
 * when the memory cannot be had. */
gpointer clip_pages_map (gsize bytes);

/* memory: may be NULL; bytes: as asked for. */
void clip_pages_unmap (gpointer memory, gsize bytes);

typedef struct _ClipChunk ClipChunk;

/* Many blocks side by side in chunks, so that small ones share huge pages; all freed at once. Begins as zeros. Beyond
 * what was asked for it has as much address space again at most, of which less than a huge page a chunk is resident. */
typedef struct
{
  ClipChunk *chunks; /* the newest first */
  gsize size;        /* of all */
} ClipPages;

/* Zeros, aligned to 64 bytes, there until clip_pages_clear(). NULL as above. */
gpointer clip_pages_take (ClipPages *self, gsize bytes);
void clip_pages_clear (ClipPages *self);

#endif
