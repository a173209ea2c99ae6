/* SPDX-License-Identifier: MIT
 *
 * arena.c: see arena.h.
 */
#include "runtime/arena.h"

#include "clip.h"
#include "runtime/pages.h"

#define ALIGNMENT 64

gsize
clip_arena_reserve (ClipArena *self, gsize n_floats)
{
  gsize offset = self->size, bytes;
  if (!g_size_checked_mul (&bytes, n_floats, sizeof (float)) || !g_size_checked_add (&bytes, bytes, ALIGNMENT - 1)
      || !g_size_checked_add (&self->size, offset, bytes / ALIGNMENT * ALIGNMENT))
    self->overflow = TRUE;
  return offset / sizeof (float);
}

gboolean
clip_arena_allocate (ClipArena *self, GError **error)
{
  self->memory = self->overflow ? NULL : clip_pages_map (self->size);
  if (!self->memory) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY,
        "not enough memory for the %" G_GSIZE_FORMAT " bytes of scratch that this model and batch size need",
        self->size);
    return FALSE;
  }
  return TRUE;
}

float *
clip_arena_get (const ClipArena *self, gsize offset)
{
  return (float *)self->memory + offset;
}

void
clip_arena_clear (ClipArena *self)
{
  clip_pages_unmap (self->memory, self->size);
  *self = (ClipArena){ 0 };
}
