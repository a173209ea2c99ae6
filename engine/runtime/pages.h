/* SPDX-License-Identifier: MIT
 *
 * pages.h: memory from the system, in huge pages if possible: with small ones, kernels that stream weights wait for
 * page table walks. Untouched memory is not resident. No locks: one thread at a time takes or clears.
 */
#ifndef CLIP_PAGES_H
#define CLIP_PAGES_H

#include <glib.h>

/* Zeroed, aligned to a huge page (2 MiB); an end that does not fill one is in small pages. NULL for 0 bytes and when
 * memory runs out. */
gpointer clip_pages_map (gsize bytes);

/* memory: may be NULL; bytes: as given to clip_pages_map(). */
void clip_pages_unmap (gpointer memory, gsize bytes);

typedef struct _ClipChunk ClipChunk;

/* Blocks side by side in chunks, so that small ones share huge pages; all freed at once. Initialise to zeros. Takes at
 * most twice the address space of its blocks; of the excess less than a huge page a chunk is resident. */
typedef struct
{
  ClipChunk *chunks; /* the newest first */
  gsize size;        /* of all */
} ClipPages;

/* Zeroed, aligned to 64 bytes, valid until clip_pages_clear(). NULL as above. */
gpointer clip_pages_take (ClipPages *self, gsize bytes);
void clip_pages_clear (ClipPages *self);

#endif
