/* SPDX-License-Identifier: MIT
 *
 * pages.c: see pages.h.
 */
#include "runtime/pages.h"

#include <sys/mman.h>
#include <unistd.h>

#define ALIGNMENT ((gsize)64)
#define HUGE_PAGE ((gsize)2 << 20)

/* Chunks are as large as all before them, up to this: a small model has little address space, all of which counts where
 * memory is locked or not overcommitted, and a large one has less than a 32nd more resident, at its chunks' ends. */
#define MAX_CHUNK ((gsize)64 << 20)

struct _ClipChunk
{
  ClipChunk *before;
  guint8 *memory;
  gsize size, used;
};

/* unit: a power of two. FALSE when it is too large. */
static gboolean
round_bytes_up (gsize *bytes, gsize unit)
{
  gboolean fits = g_size_checked_add (bytes, *bytes, unit - 1);
  *bytes &= ~(unit - 1);
  return fits;
}

gpointer
clip_pages_map (gsize bytes)
{
  gsize all;
  if (bytes == 0 || !round_bytes_up (&bytes, (gsize)sysconf (_SC_PAGESIZE))
      || !g_size_checked_add (&all, bytes, HUGE_PAGE))
    return NULL;
  guint8 *memory = mmap (NULL, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    return NULL;
  /* Align it and release what is before and after. */
  gsize before = -(gsize)memory % HUGE_PAGE;
  if (before)
    munmap (memory, before);
  munmap (memory + before + bytes, HUGE_PAGE - before);
  madvise (memory + before, bytes, MADV_HUGEPAGE); /* a system without them has small ones */
  return memory + before;
}

void
clip_pages_unmap (gpointer memory, gsize bytes)
{
  if (memory)
    munmap (memory, bytes);
}

static ClipChunk *
add_chunk (ClipPages *self, gsize bytes)
{
  gsize size = MAX (bytes, MIN (self->size, MAX_CHUNK));
  if (!round_bytes_up (&size, HUGE_PAGE))
    return NULL;
  guint8 *memory = clip_pages_map (size);
  ClipChunk *chunk = memory ? g_try_new (ClipChunk, 1) : NULL;
  if (!chunk) {
    clip_pages_unmap (memory, size);
    return NULL;
  }
  *chunk = (ClipChunk){ .before = self->chunks, .memory = memory, .size = size };
  self->chunks = chunk;
  self->size += size;
  return chunk;
}

gpointer
clip_pages_take (ClipPages *self, gsize bytes)
{
  if (bytes == 0 || !round_bytes_up (&bytes, ALIGNMENT))
    return NULL;
  ClipChunk *chunk = self->chunks;
  while (chunk && chunk->size - chunk->used < bytes)
    chunk = chunk->before;
  if (!chunk && !(chunk = add_chunk (self, bytes)))
    return NULL;
  guint8 *block = chunk->memory + chunk->used;
  chunk->used += bytes;
  return block;
}

void
clip_pages_clear (ClipPages *self)
{
  for (ClipChunk *chunk = self->chunks, *before; chunk; chunk = before) {
    before = chunk->before;
    clip_pages_unmap (chunk->memory, chunk->size);
    g_free (chunk);
  }
  *self = (ClipPages){ 0 };
}
