/* SPDX-License-Identifier: MIT
 *
 * arena.h: scratch memory in one block (pages.h), sized once when a context is made; nothing is allocated per frame.
 *
 * Reserve every buffer with clip_arena_reserve(), call clip_arena_allocate() once, then get the pointers. All are
 * aligned to 64 bytes. One thread at a time.
 */
#ifndef CLIP_ARENA_H
#define CLIP_ARENA_H

#include <glib.h>

typedef struct
{
  guint8 *memory;
  gsize size;
  gboolean overflow;
} ClipArena;

/* Returns the buffer's offset in floats, for clip_arena_get(). */
gsize clip_arena_reserve (ClipArena *self, gsize n_floats);

/* FALSE with CLIP_ERROR_MEMORY if there is not enough memory for all buffers together. */
gboolean clip_arena_allocate (ClipArena *self, GError **error);
float *clip_arena_get (const ClipArena *self, gsize offset);
void clip_arena_clear (ClipArena *self);

#endif
