/* SPDX-License-Identifier: MIT
 *
 * test-fork.c: a child forked while another thread computes with OpenBLAS can encode: the lock that this thread holds
 * most of the time is free in the child. Only on a CPU without hand-written kernels.
 */
#include <glib.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clip.h"
#include "lcg-image.h"
#include "model/random.h"
#include "slowly.h"

#define SECONDS 100 /* after which a child that hangs is killed; it takes some milliseconds */

typedef struct
{
  ClipModel *model;
  gint n_encoded, stop;
} Busy;

static void
encode (ClipModel *model, float *ret)
{
  ClipContextParams params;
  GError *error = NULL;
  clip_context_params_init (&params);
  params.n_threads = 2;
  ClipContext *context = clip_context_new (model, &params, &error);
  g_assert_no_error (error);
  g_autofree guint8 *rgb = lcg_image (8, 8, 1);
  ClipImage image = { CLIP_FORMAT_RGB, 8, 8, { rgb }, { 24 } };
  clip_context_encode_images (context, &image, 1, ret, &error);
  g_assert_no_error (error);
  clip_context_free (context);
}

static gpointer
encode_always (gpointer data)
{
  Busy *busy = data;
  g_autofree float *embedding = g_new (float, clip_model_get_info (busy->model)->embedding_dim);
  while (!g_atomic_int_get (&busy->stop)) {
    encode (busy->model, embedding);
    g_atomic_int_inc (&busy->n_encoded);
  }
  return NULL;
}

static void
test_fork (void)
{
  GError *error = NULL;
  /* A checker takes ten minutes for the large one, whose products OpenBLAS divides among threads. */
  g_autofree char *small = g_build_filename (g_getenv ("CLIPTAG_GOLDEN"), "patch32-quick", NULL);
  Busy busy = { .model = test_slowly () ? clip_model_load_full (small, CLIP_PRECISION_F32, &error)
                                        : clip_model_new_random ("vit-b-32", 1, CLIP_PRECISION_F32, &error) };
  g_assert_no_error (error);
  gsize size = clip_model_get_info (busy.model)->embedding_dim * sizeof (float);
  g_autofree float *expected = g_malloc (size), *found = g_malloc (size);
  encode (busy.model, expected);

  GThread *thread = g_thread_new ("busy", encode_always, &busy);
  while (!g_atomic_int_get (&busy.n_encoded))
    g_usleep (100);
  for (guint i = 0; i < 3; i++) {
    g_usleep (1000 * i); /* wherever the other one is */
    int answer[2];
    g_assert_cmpint (pipe (answer), ==, 0);
    pid_t child = fork ();
    g_assert_cmpint (child, >=, 0);
    if (child == 0) {
      alarm (SECONDS);
      encode (busy.model, found);
      char same = memcmp (found, expected, size) == 0;
      gssize written = write (answer[1], &same, 1);
      kill (getpid (), SIGKILL); /* an exit would be told of leaks: what the other thread had is nobody's here */
      _exit (written != 1);
    }
    close (answer[1]);
    char same = FALSE;
    g_assert_cmpint (read (answer[0], &same, 1), ==, 1);
    g_assert_true (same);
    close (answer[0]);
    g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
  }
  g_atomic_int_set (&busy.stop, TRUE);
  g_thread_join (thread);
  clip_model_unref (busy.model);
}

int
main (int argc, char **argv)
{
  g_setenv ("CLIP_CPU_MASK", "0", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fork/encode", test_fork);
  return g_test_run ();
}
