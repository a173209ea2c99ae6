/* SPDX-License-Identifier: MIT
 *
 * fuzz.h: shared by the fuzz targets. A target is one file, fuzz-NAME.c, with LLVMFuzzerTestOneInput() and
 * fuzz_seeds(). With libFuzzer (`sh tests/fuzz.sh`) it searches for inputs that go wrong; linked with fuzz.c alone it
 * replays the files and folders given as arguments, and its own seeds, as part of the ordinary tests.
 *
 * One thread. Files are made in the temporary folder ($TMPDIR), best in memory.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include "clip.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);
int LLVMFuzzerInitialize (int *argc, char ***argv);

/* Inputs to begin with, beside those that tests leave (tests/util/seed.h): gives each to fuzz_seed(). */
void fuzz_seeds (void);
void fuzz_seed (gconstpointer bytes, gsize length);

/* This process's own folder, removed at its end. */
const char *fuzz_folder (void);

/* Writes a file there; `data` NULL removes it. Returns its path, valid until the next call. */
const char *fuzz_write (const char *name, gconstpointer data, gsize size);

/* A file of tests/golden/FOLDER; newly allocated. */
char *fuzz_golden (const char *folder, const char *name, gsize *ret_length);

/* Copies all of tests/golden/FOLDER into fuzz_folder(). */
void fuzz_copy_golden (const char *folder);

/* Aborts unless there is an error exactly where a call failed, of the engine's domain and printable on one line. */
void fuzz_check (gboolean ok, GError **error);

/* What every text that the engine gives out keeps to. */
void fuzz_check_line (const char *text);

/* Aborts unless it is all finite and as long as 1. Weights that are not numbers are another matter. */
void fuzz_check_unit (const float *embedding, guint n);

/* `size` bytes (up to 16 MiB) with memory that cannot be touched right behind them, or, `before`, right before. There
 * are FUZZ_N_GUARDED of them, 0 and up; each is valid until it is asked for again. */
#define FUZZ_N_GUARDED 4
guint8 *fuzz_guarded (guint index, gsize size, gboolean before);

/* Reads an input bit by bit; zeros behind its end. */
typedef struct
{
  const uint8_t *data;
  size_t size;
} FuzzReader;

guint fuzz_byte (FuzzReader *self);
guint fuzz_word (FuzzReader *self); /* 16 bits */

#endif
