/* SPDX-License-Identifier: MIT
 *
 * fuzz.c: see fuzz.h. FUZZ_STANDALONE: main() is here, else libFuzzer's.
 */
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "seed.h"
#include "tempfolder.h"
#include "testdata.h"

/* ---- Files --------------------------------------------------------------------------------------------- */

static char *own_folder;

static void
remove_own_folder (void)
{
  test_remove_folder (own_folder);
  g_free (own_folder);
}

const char *
fuzz_folder (void)
{
  if (!own_folder) {
    own_folder = test_temporary_folder ();
    atexit (remove_own_folder);
  }
  return own_folder;
}

const char *
fuzz_write (const char *name, gconstpointer data, gsize size)
{
  static char *path;
  g_free (path);
  path = g_build_filename (fuzz_folder (), name, NULL);
  g_unlink (path);
  if (!data)
    return path;
  FILE *file = fopen (path, "wbx");
  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (data, 1, size, file), ==, size);
  g_assert_cmpint (fclose (file), ==, 0);
  return path;
}

char *
fuzz_golden (const char *folder, const char *name, gsize *ret_length)
{
  g_autofree char *path = test_golden (folder);
  return test_read (path, name, ret_length);
}

void
fuzz_copy_golden (const char *folder)
{
  g_autofree char *from = test_golden (folder);
  g_autoptr (GDir) dir = g_dir_open (from, 0, NULL);
  g_assert_nonnull (dir);
  for (const char *name; (name = g_dir_read_name (dir));) {
    gsize length;
    g_autofree char *content = test_read (from, name, &length);
    if (!g_str_has_prefix (name, "expected"))
      fuzz_write (name, content, length);
  }
}

/* ---- Checks -------------------------------------------------------------------------------------------- */

void
fuzz_check_line (const char *text)
{
  g_assert_nonnull (text);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  for (const char *p = text; *p; p = g_utf8_next_char (p))
    if (g_unichar_iscntrl (g_utf8_get_char (p)))
      g_error ("a control character in: %s", text);
}

void
fuzz_check (gboolean ok, GError **error)
{
  if (ok) {
    g_assert_no_error (*error);
    return;
  }
  g_assert_nonnull (*error);
  g_assert_true ((*error)->domain == CLIP_ERROR);
  fuzz_check_line ((*error)->message);
  g_clear_error (error);
}

void
fuzz_check_unit (const float *embedding, guint n)
{
  double sum = 0;
  for (guint i = 0; i < n; i++) {
    g_assert_true (isfinite (embedding[i]));
    sum += (double)embedding[i] * embedding[i];
  }
  g_assert_cmpfloat (fabs (sum - 1), <, 1e-5);
}

/* ---- Memory -------------------------------------------------------------------------------------------- */

#define GUARDED_BYTES (16u << 20)

guint8 *
fuzz_guarded (guint index, gsize size, gboolean before)
{
  static guint8 *maps[FUZZ_N_GUARDED];
  gsize page = (gsize)sysconf (_SC_PAGESIZE);
  g_assert_cmpuint (index, <, FUZZ_N_GUARDED);
  g_assert_cmpuint (size, <=, GUARDED_BYTES);
  if (!maps[index]) {
    void *map = mmap (NULL, GUARDED_BYTES + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    g_assert_true (map != MAP_FAILED);
    maps[index] = map;
    g_assert_cmpint (mprotect (maps[index] + page, GUARDED_BYTES, PROT_READ | PROT_WRITE), ==, 0);
  }
  return before ? maps[index] + page : maps[index] + page + GUARDED_BYTES - size;
}

/* ---- Inputs -------------------------------------------------------------------------------------------- */

guint
fuzz_byte (FuzzReader *self)
{
  if (self->size == 0)
    return 0;
  self->size--;
  return *self->data++;
}

guint
fuzz_word (FuzzReader *self)
{
  guint low = fuzz_byte (self);
  return low | fuzz_byte (self) << 8;
}

/* ---- Seeds --------------------------------------------------------------------------------------------- */

static GPtrArray *own_seeds; /* of GBytes */

void
fuzz_seed (gconstpointer bytes, gsize length)
{
  g_ptr_array_add (own_seeds, g_bytes_new (bytes, length));
}

static void
make_seeds (void)
{
  own_seeds = g_ptr_array_new_with_free_func ((GDestroyNotify)g_bytes_unref);
  fuzz_seeds ();
}

/* FUZZ_WRITE_SEEDS=FOLDER: the target's own seeds go there, and that is all. */
int
LLVMFuzzerInitialize (int *argc, char ***argv)
{
  const char *folder = g_getenv ("FUZZ_WRITE_SEEDS");
  if (!folder)
    return 0;
  make_seeds ();
  for (guint i = 0; i < own_seeds->len; i++) {
    g_autofree char *name = g_strdup_printf ("own-%u", i);
    gsize length;
    const char *data = g_bytes_get_data (own_seeds->pdata[i], &length);
    test_write (folder, name, data ? data : "", (gssize)length);
  }
  exit (0);
}

#ifdef FUZZ_STANDALONE

static guint n_run;
static guint64 random_state = 1;

static guint
random_below (guint n)
{
  random_state ^= random_state << 13;
  random_state ^= random_state >> 7;
  random_state ^= random_state << 17;
  return (guint)((random_state >> 16) % n);
}

/* From memory of its own, so that valgrind and ASan see any overrun. */
static void
run (const guint8 *data, gsize size)
{
  guint8 *copy = g_malloc (size + 1);
  guint8 *exact = size ? g_memdup2 (data, size) : copy;
  LLVMFuzzerTestOneInput (exact, size);
  n_run++;
  if (size)
    g_free (exact);
  g_free (copy);
}

/* Once as it is, and with FUZZ_MUTATIONS damages, the same on every run. */
static void
run_input (const char *name, const guint8 *data, gsize size)
{
  const char *mutations = g_getenv ("FUZZ_MUTATIONS");
  if (g_getenv ("FUZZ_VERBOSE"))
    fprintf (stderr, "%s\n", name);
  run (data, size);
  for (guint n = mutations ? (guint)atoi (mutations) : 0; n > 0 && size > 0; n--) {
    g_autofree guint8 *damaged = g_memdup2 (data, size);
    gsize length = random_below (4) ? size : random_below ((guint)size + 1);
    for (guint i = random_below (4); length && i < 4; i++)
      damaged[random_below ((guint)length)] = (guint8)random_below (256);
    run (damaged, length);
  }
}

static int
by_name (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

static void
run_path (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  if (dir) {
    g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
    for (const char *name; (name = g_dir_read_name (dir));)
      g_ptr_array_add (names, g_build_filename (path, name, NULL));
    g_ptr_array_sort (names, by_name);
    for (guint i = 0; i < names->len; i++)
      run_path (names->pdata[i]);
    return;
  }
  char *content;
  gsize length;
  GError *error = NULL;
  if (!g_file_get_contents (path, &content, &length, &error)) {
    fprintf (stderr, "%s\n", error->message);
    exit (1);
  }
  run_input (path, (const guint8 *)content, length);
  g_free (content);
}

int
main (int argc, char **argv)
{
  LLVMFuzzerInitialize (&argc, &argv);
  for (int i = 1; i < argc; i++)
    run_path (argv[i]);
  make_seeds ();
  for (guint i = 0; i < own_seeds->len; i++) {
    gsize length;
    const guint8 *data = g_bytes_get_data (own_seeds->pdata[i], &length);
    run_input ("own seed", data, length);
  }
  g_ptr_array_unref (own_seeds);
  printf ("%u inputs\n", n_run);
  return n_run > 0 ? 0 : 1;
}

#endif
