/* SPDX-License-Identifier: MIT
 *
 * test-rewritten.c: weights that another process keeps rewriting, in place, shorter and longer, while they are loaded:
 * each load ends with the weights of one version, the same bits, or with one error; never with a signal.
 */
#include <fcntl.h>
#include <signal.h>
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

/* In steps, so that a reader may come between; every third time not shortened first. */
static void
write_weights (const char *path, const char *weights, gsize length, guint round)
{
  int fd = open (path, O_WRONLY | (round % 3 ? O_TRUNC : 0));
  for (gsize done = 0, n; fd >= 0 && done < length; done += n) {
    n = MIN (length - done, 8192);
    if (write (fd, weights + done, n) != (gssize)n)
      _exit (1);
  }
  close (fd);
}

/* FALSE with an error of the engine's. */
static gboolean
embed (const char *folder, float ret[DIM], GError **error)
{
  g_autofree guint8 *rgb = lcg_image (8, 8, 1);
  ClipImage image = { CLIP_FORMAT_RGB, 8, 8, { rgb }, { 24 } };
  ClipModel *model = clip_model_load (folder, error);
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
  for (guint i = 0; i < 2; i++) {
    write_weights (path, i ? other : weights, length, i);
    g_assert_true (embed (folder, versions[i], NULL));
  }
  g_assert_true (memcmp (versions[0], versions[1], sizeof found) != 0);

  pid_t writer = fork ();
  g_assert_cmpint (writer, >=, 0);
  if (writer == 0) {
    for (guint i = 0; i < N_WRITES; i++)
      write_weights (path, i % 2 ? other : weights, length, i);
    _exit (0);
  }
  guint n_loaded = 0;
  for (guint i = 0; i < N_LOADS; i++) {
    g_autoptr (GError) error = NULL;
    if (embed (folder, found, &error)) {
      n_loaded++;
      g_assert_true (memcmp (found, versions[0], sizeof found) == 0 || memcmp (found, versions[1], sizeof found) == 0);
    } else {
      g_assert_true (error->domain == CLIP_ERROR);
      g_assert_nonnull (strstr (error->message, "model.safetensors: "));
      g_assert_null (strchr (error->message, '\n'));
    }
  }
  g_test_message ("%u of %u loads found a file that nobody wrote to meanwhile", n_loaded, N_LOADS);
  kill (writer, SIGKILL);
  waitpid (writer, NULL, 0);

  write_weights (path, other, length, 1);
  g_assert_true (embed (folder, found, NULL));
  g_assert_cmpmem (found, sizeof found, versions[1], sizeof versions[1]);
  temp_model_remove (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rewritten/all-the-time", test_rewritten);
  return g_test_run ();
}
