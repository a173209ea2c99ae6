/* SPDX-License-Identifier: MIT
 *
 * test-rewritten.c: weights that another process keeps rewriting, in place, shorter and longer, while they are loaded:
 * each load ends with the weights of one version, the same bits, or with one error; never with a signal.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lcg-image.h"
#include "tempmodel.h"

#define DIM      28 /* of the model's embeddings */
#define N_LOADS  60
#define N_WRITES 100000 /* at most, should nobody end it */

static char *
read_weights (const char *folder, gsize *ret_length)
{
  return test_read (folder, "model.safetensors", ret_length);
}

/* The same header, each number's sign turned. */
static char *
make_other (const char *weights, gsize length)
{
  guint64 header;
  char *other = g_memdup2 (weights, length);
  memcpy (&header, weights, sizeof header);
  for (gsize at = sizeof header + (gsize)GUINT64_FROM_LE (header) + 3; at < length; at += 4)
    other[at] ^= (char)0x80;
  return other;
}

/* In steps, so that a reader may come between; every third time not shortened first, and slowly, so that many do. Each
 * step is counted in `steps` before and after it. */
static void
write_weights (const char *path, const char *weights, gsize length, guint round, gint *steps)
{
  g_atomic_int_inc (steps);
  int fd = open (path, O_WRONLY | (round % 3 ? O_TRUNC : 0));
  g_atomic_int_inc (steps);
  for (gsize done = 0, n; fd >= 0 && done < length; done += n) {
    n = MIN (length - done, 8192);
    g_atomic_int_inc (steps);
    if (write (fd, weights + done, n) != (gssize)n)
      _exit (1);
    g_atomic_int_inc (steps);
    if (round % 3 == 0)
      g_usleep (100);
  }
  close (fd);
}

/* FALSE with an error of the engine's. ret_steps: as they are right after the load. */
static gboolean
embed (const char *folder, float ret[DIM], const gint *steps, gint *ret_steps, GError **error)
{
  g_autofree guint8 *rgb = lcg_image (8, 8, 1);
  ClipImage image = { CLIP_FORMAT_RGB, 8, 8, { rgb }, { 24 } };
  ClipModel *model = clip_model_load (folder, error);
  *ret_steps = g_atomic_int_get (steps);
  if (!model)
    return FALSE;
  g_assert_cmpuint (clip_model_get_info (model)->embedding_dim, ==, DIM);
  ClipContext *context = clip_context_new (model, NULL, NULL);
  g_assert_true (clip_context_encode_images (context, &image, 1, ret, NULL));
  clip_context_free (context);
  clip_model_unref (model);
  return TRUE;
}

static void
test_rewritten (void)
{
  char *folder = temp_model ("patch32-quick");
  g_autofree char *path = g_build_filename (folder, "model.safetensors", NULL);
  gsize length;
  g_autofree char *weights = read_weights (folder, &length), *other = make_other (weights, length);
  float versions[2][DIM], found[DIM];
  gint *steps = mmap (NULL, sizeof *steps, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0), after;
  g_assert_true (steps != MAP_FAILED);
  for (guint i = 0; i < 2; i++) {
    write_weights (path, i ? other : weights, length, i, steps);
    g_assert_true (embed (folder, versions[i], steps, &after, NULL));
  }
  g_assert_true (memcmp (versions[0], versions[1], sizeof found) != 0);

  pid_t writer = fork ();
  g_assert_cmpint (writer, >=, 0);
  if (writer == 0) {
    for (guint i = 0; i < N_WRITES; i++)
      write_weights (path, i % 2 ? other : weights, length, i, steps);
    _exit (0);
  }
  guint n_loaded = 0, n_at_rest = 0;
  for (guint i = 0; i < N_LOADS; i++) {
    g_autoptr (GError) error = NULL;
    gint before = g_atomic_int_get (steps);
    if (embed (folder, found, steps, &after, &error)) {
      n_loaded++;
      /* A writer that the system holds up between two steps leaves a file that is mixed and at rest: it is what was
       * read. Nothing may have been written meanwhile. */
      if (memcmp (found, versions[0], sizeof found) != 0 && memcmp (found, versions[1], sizeof found) != 0) {
        g_assert_cmpint (before, ==, after);
        n_at_rest++;
      }
    } else {
      g_assert_true (error->domain == CLIP_ERROR);
      g_assert_nonnull (strstr (error->message, "model.safetensors: "));
      g_assert_null (strchr (error->message, '\n'));
    }
  }
  g_test_message ("%u of %u loads found a file that nobody wrote to meanwhile, %u of them half written", n_loaded,
      N_LOADS, n_at_rest);
  kill (writer, SIGKILL);
  waitpid (writer, NULL, 0);

  write_weights (path, other, length, 1, steps);
  g_assert_true (embed (folder, found, steps, &after, NULL));
  g_assert_cmpmem (found, sizeof found, versions[1], sizeof versions[1]);
  munmap (steps, sizeof *steps);
  temp_model_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rewritten/all-the-time", test_rewritten);
  return g_test_run ();
}
