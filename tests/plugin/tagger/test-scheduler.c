/* SPDX-License-Identifier: MIT
 *
 * test-scheduler.c: one model for many streams: who shares it, whose turn it is, what is given up and what it costs.
 *
 * Where a test needs the scheduler's thread to stand still, a result of another stream holds it up (Gate).
 */
#include "tagger/gstclipstream.h"
#include "tempmodel.h"

#define TINY_MODEL "patch32-quick"
#define PATIENCE   (60 * G_USEC_PER_SEC)

static GstClipScheduler *
tiny_scheduler (guint n_threads, const char *instance)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = test_golden (TINY_MODEL);
  GstClipScheduler *scheduler = gst_clip_scheduler_get (path, CLIP_PRECISION_F32, n_threads, instance, &error);
  g_assert_no_error (error);
  return scheduler;
}

/* n pictures that differ by `seed` and index. */
static GstClipJob *
make_job (GstClipScheduler *scheduler, GstClipStream *stream, guint n, guint seed)
{
  g_autoptr (GError) error = NULL;
  GstClipJob *job = gst_clip_stream_new_job (stream, n, &error);
  g_assert_no_error (error);
  gsize size = gst_clip_scheduler_get_n_pixels (scheduler);
  for (gsize i = 0; i < n * size; i++)
    job->pixels[i] = (gfloat)((i * 2654435761u + seed * 40503u) % 1000) / 500 - 1;
  job->times.pts = seed;
  return job;
}

/* ---- Results ---------------------------------------------------------------------------------------------- */

typedef struct
{
  GMutex lock;
  GCond changed;
  gboolean shut;    /* results wait */
  gboolean waiting; /* one does */
  GArray *order;    /* of the jobs' pts */
} Gate;

static void
gate_init (Gate *gate)
{
  *gate = (Gate){ .order = g_array_new (FALSE, FALSE, sizeof (guint64)) };
  g_mutex_init (&gate->lock);
  g_cond_init (&gate->changed);
}

static void
gate_clear (Gate *gate)
{
  g_mutex_clear (&gate->lock);
  g_cond_clear (&gate->changed);
  g_array_unref (gate->order);
}

static void
pass_gate (GstClipJob *job, gpointer data)
{
  Gate *gate = data;
  g_assert_no_error (job->error);
  g_mutex_lock (&gate->lock);
  gate->waiting = gate->shut;
  g_cond_broadcast (&gate->changed);
  while (gate->shut)
    g_cond_wait (&gate->changed, &gate->lock);
  gate->waiting = FALSE;
  g_array_append_val (gate->order, job->times.pts);
  g_cond_broadcast (&gate->changed);
  g_mutex_unlock (&gate->lock);
}

static void
open_gate (Gate *gate)
{
  g_mutex_lock (&gate->lock);
  gate->shut = FALSE;
  g_cond_broadcast (&gate->changed);
  g_mutex_unlock (&gate->lock);
}

static void
wait_for_results (Gate *gate, guint n)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  g_mutex_lock (&gate->lock);
  while (gate->order->len < n)
    g_assert_true (g_cond_wait_until (&gate->changed, &gate->lock, end));
  g_mutex_unlock (&gate->lock);
}

/* Has the scheduler's thread stand still until open_gate(). The gate's first result is numbered 0. */
static void
hold_up (Gate *gate, GstClipScheduler *scheduler, GstClipStream *stream)
{
  gate->shut = TRUE;
  g_autoptr (GstClipJob) job = make_job (scheduler, stream, 1, 0);
  g_assert_false (gst_clip_stream_submit (stream, job));
  gint64 end = g_get_monotonic_time () + PATIENCE;
  g_mutex_lock (&gate->lock);
  while (!gate->waiting)
    g_assert_true (g_cond_wait_until (&gate->changed, &gate->lock, end));
  g_mutex_unlock (&gate->lock);
}

/* ---- Who shares what --------------------------------------------------------------------------------------- */

static void
test_sharing (void)
{
  g_autofree char *folder = temp_model (TINY_MODEL);
  g_autofree char *link = g_strconcat (folder, "-link", NULL);
  g_assert_cmpint (symlink (folder, link), ==, 0);

  GstClipScheduler *a = gst_clip_scheduler_get (folder, CLIP_PRECISION_F32, 1, NULL, NULL);
  g_autoptr (GstClipScheduler) same = gst_clip_scheduler_get (link, CLIP_PRECISION_F32, 1, NULL, NULL);
  g_autoptr (GstClipScheduler) threads = gst_clip_scheduler_get (folder, CLIP_PRECISION_F32, 2, NULL, NULL);
  g_autoptr (GstClipScheduler) precision = gst_clip_scheduler_get (folder, CLIP_PRECISION_INT8, 1, NULL, NULL);
  g_autoptr (GstClipScheduler) instance = gst_clip_scheduler_get (folder, CLIP_PRECISION_F32, 1, "b", NULL);
  g_assert_true (a && a == same);
  g_assert_true (threads != a && gst_clip_scheduler_get_model (threads) == gst_clip_scheduler_get_model (a));
  g_assert_true (gst_clip_scheduler_get_model (precision) != gst_clip_scheduler_get_model (a));
  g_assert_true (gst_clip_scheduler_get_model (instance) != gst_clip_scheduler_get_model (a));
  g_assert_cmpuint (gst_clip_scheduler_get_n_threads (threads), ==, 2);

  /* Once its files have been replaced, it is another model, and the old one stays what it was. */
  gsize length;
  g_autofree char *config = test_read (folder, "config.json", &length);
  test_write (folder, "config.json", config, length);
  g_autoptr (GstClipScheduler) replaced = gst_clip_scheduler_get (folder, CLIP_PRECISION_F32, 1, NULL, NULL);
  g_assert_true (replaced && replaced != a);
  gst_clip_scheduler_unref (a);

  g_remove (link);
  temp_model_remove (g_steal_pointer (&folder));
}

static gpointer
get_scheduler (gpointer path)
{
  return gst_clip_scheduler_get (path, CLIP_PRECISION_F32, 1, "crowd", NULL);
}

static void
test_crowd (void)
{
  g_autofree char *folder = temp_model (TINY_MODEL);
  gsize length;
  g_autofree char *config = test_read (folder, "config.json", &length);
  for (guint round = 0; round < 20; round++) {
    /* All get the same one, or all fail and leave nothing behind. */
    gboolean broken = round % 2;
    test_write (folder, "config.json", broken ? "{" : config, broken ? 1 : (gssize)length);
    GThread *threads[8];
    GstClipScheduler *got[8];
    for (guint i = 0; i < 8; i++)
      threads[i] = g_thread_new ("crowd", get_scheduler, folder);
    for (guint i = 0; i < 8; i++) {
      got[i] = g_thread_join (threads[i]);
      g_assert_true (got[i] == got[0] && (got[0] == NULL) == broken);
    }
    for (guint i = 0; i < 8; i++)
      gst_clip_scheduler_unref (got[i]);
  }
  temp_model_remove (g_steal_pointer (&folder));
}

/* ---- Results are right ------------------------------------------------------------------------------------- */

typedef struct
{
  GstClipScheduler *scheduler;
  ClipContext *context; /* of its own */
  guint seed;
} Client;

static gpointer
run_jobs (gpointer data)
{
  Client *client = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstClipStream) stream = gst_clip_stream_new (client->scheduler, NULL, NULL);
  gsize dim = gst_clip_scheduler_get_embedding_dim (client->scheduler);
  for (guint i = 0; i < 20; i++) {
    guint n = 1 + (client->seed + i) % 5;
    g_autoptr (GstClipJob) job = make_job (client->scheduler, stream, n, client->seed + i);
    g_autofree gfloat *expected = g_new (gfloat, n * dim);
    g_assert_true (clip_context_encode_pixels (client->context, job->pixels, n, expected, &error));
    g_assert_true (gst_clip_stream_run (stream, job, &error));
    g_assert_no_error (error);
    g_assert_cmpmem (job->embeddings, n * dim * sizeof (gfloat), expected, n * dim * sizeof (gfloat));
    g_assert_cmpint (job->submitted, <=, job->started);
    g_assert_cmpint (job->started, <=, job->finished);
    g_assert_cmpint (job->busy, <=, job->finished - job->started);
  }
  gst_clip_stream_close (stream);
  return NULL;
}

/* Whatever falls into one batch, everyone gets what is theirs, bit for bit. */
static void
test_results (void)
{
  g_autoptr (GstClipScheduler) scheduler = tiny_scheduler (3, NULL);
  GThread *threads[6];
  Client clients[6];
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++) {
    ClipModel *model = gst_clip_scheduler_get_model (scheduler);
    clients[i] = (Client){ scheduler, clip_context_new (model, NULL, NULL), 100 * i };
    threads[i] = g_thread_new ("client", run_jobs, &clients[i]);
  }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++) {
    g_thread_join (threads[i]);
    clip_context_free (clients[i].context);
  }
  g_assert_cmpuint (gst_clip_scheduler_get_n_streams (scheduler), ==, 0);
}

/* ---- Whose turn it is -------------------------------------------------------------------------------------- */

static void
test_newest_wins (void)
{
  Gate blocker, gate;
  gate_init (&blocker);
  gate_init (&gate);
  g_autoptr (GstClipScheduler) scheduler = tiny_scheduler (1, NULL);
  g_autoptr (GstClipStream) other = gst_clip_stream_new (scheduler, pass_gate, &blocker);
  g_autoptr (GstClipStream) stream = gst_clip_stream_new (scheduler, pass_gate, &gate);
  hold_up (&blocker, scheduler, other);
  for (guint i = 1; i <= 3; i++) {
    g_autoptr (GstClipJob) job = make_job (scheduler, stream, 1, i);
    g_assert_true (gst_clip_stream_submit (stream, job) == (i > 1));
  }
  open_gate (&blocker);
  wait_for_results (&gate, 1);
  g_autoptr (GstClipJob) last = make_job (scheduler, stream, 1, 4);
  g_assert_false (gst_clip_stream_submit (stream, last));
  wait_for_results (&gate, 2);
  g_assert_cmpuint (g_array_index (gate.order, guint64, 0), ==, 3);
  g_assert_cmpuint (g_array_index (gate.order, guint64, 1), ==, 4);
  gst_clip_stream_close (stream);
  gst_clip_stream_close (other);
  gate_clear (&gate);
  gate_clear (&blocker);
}

typedef struct
{
  GstClipScheduler *scheduler;
  GstClipStream *stream;
  GArray *starts; /* of its jobs, by the clock; the scheduler's thread's until the stream is closed */
} Hog;

/* Always has the next one ready. */
static void
submit_again (GstClipJob *job, gpointer data)
{
  Hog *hog = data;
  g_array_append_val (hog->starts, job->started);
  g_autoptr (GstClipJob) next = make_job (hog->scheduler, hog->stream, 1, 1);
  gst_clip_stream_submit (hog->stream, next);
}

static guint
count_between (GArray *times, gint64 from, gint64 to)
{
  guint n = 0;
  for (guint i = 0; i < times->len; i++) {
    gint64 time = g_array_index (times, gint64, i);
    n += time > from && time < to;
  }
  return n;
}

/* Of those that always want something, each may come once between our asking and our turn; and none of them starves. */
static void
test_fairness (void)
{
  enum
  {
    ROUNDS = 50,
    HOGS = 4
  };
  g_autoptr (GstClipScheduler) scheduler = tiny_scheduler (2, NULL);
  Hog hogs[HOGS];
  for (guint i = 0; i < HOGS; i++) {
    hogs[i] = (Hog){ .scheduler = scheduler, .starts = g_array_new (FALSE, FALSE, sizeof (gint64)) };
    hogs[i].stream = gst_clip_stream_new (scheduler, submit_again, &hogs[i]);
    g_autoptr (GstClipJob) job = make_job (scheduler, hogs[i].stream, 1, i);
    gst_clip_stream_submit (hogs[i].stream, job);
  }
  g_autoptr (GstClipStream) stream = gst_clip_stream_new (scheduler, NULL, NULL);
  gint64 offered[ROUNDS], started[ROUNDS];
  for (guint round = 0; round < ROUNDS; round++) {
    g_autoptr (GstClipJob) job = make_job (scheduler, stream, 1, round);
    g_assert_true (gst_clip_stream_run (stream, job, NULL));
    offered[round] = job->submitted;
    started[round] = job->started;
    g_usleep (round * 50);
  }

  guint least = G_MAXUINT, most = 0;
  for (guint i = 0; i < HOGS; i++)
    gst_clip_stream_close (hogs[i].stream);
  for (guint i = 0; i < HOGS; i++) {
    for (guint round = 0; round < ROUNDS; round++)
      g_assert_cmpuint (count_between (hogs[i].starts, offered[round], started[round]), <=, 1);
    /* Until the first was closed. */
    guint n = count_between (hogs[i].starts, offered[0], started[ROUNDS - 1]);
    least = MIN (least, n);
    most = MAX (most, n);
    gst_clip_stream_unref (hogs[i].stream);
    g_array_unref (hogs[i].starts);
  }
  g_test_message ("%u to %u pictures of each that always wants something", least, most);
  g_assert_cmpuint (least, >, 0);
  g_assert_cmpuint (most - least, <=, 2);
}

/* Held up, a stream of many pictures is in line before one of a single picture, and does not make it wait for all. */
static void
test_turns (void)
{
  Gate blocker, gate;
  gate_init (&blocker);
  gate_init (&gate);
  g_autoptr (GstClipScheduler) scheduler = tiny_scheduler (1, NULL);
  g_autoptr (GstClipStream) other = gst_clip_stream_new (scheduler, pass_gate, &blocker);
  g_autoptr (GstClipStream) many = gst_clip_stream_new (scheduler, pass_gate, &gate);
  g_autoptr (GstClipStream) one = gst_clip_stream_new (scheduler, pass_gate, &gate);
  hold_up (&blocker, scheduler, other);
  g_autoptr (GstClipJob) big = make_job (scheduler, many, 6, 6), small = make_job (scheduler, one, 1, 1);
  gst_clip_stream_submit (many, big);
  gst_clip_stream_submit (one, small);
  open_gate (&blocker);
  wait_for_results (&gate, 2);
  g_assert_cmpuint (g_array_index (gate.order, guint64, 0), ==, 1);
  g_assert_cmpuint (g_array_index (gate.order, guint64, 1), ==, 6);
  gst_clip_stream_close (many);
  gst_clip_stream_close (one);
  gst_clip_stream_close (other);
  gate_clear (&gate);
  gate_clear (&blocker);
}

/* ---- Giving up --------------------------------------------------------------------------------------------- */

typedef struct
{
  GstClipStream *stream;
  GstClipJob *job;
  GError *error;
} Run;

static gpointer
run_job (gpointer data)
{
  Run *run = data;
  return GINT_TO_POINTER (gst_clip_stream_run (run->stream, run->job, &run->error));
}

static void
assert_cancelled (Run *run, GThread *thread)
{
  g_assert_false (GPOINTER_TO_INT (g_thread_join (thread)));
  g_assert_error (run->error, CLIP_ERROR, CLIP_ERROR_CANCELLED);
  g_clear_error (&run->error);
}

/* Flushing and closing let the waiting thread go at once, whatever the scheduler is doing. */
static void
test_giving_up (void)
{
  Gate blocker, gate;
  gate_init (&blocker);
  gate_init (&gate);
  g_autoptr (GstClipScheduler) scheduler = tiny_scheduler (1, NULL);
  g_autoptr (GstClipStream) other = gst_clip_stream_new (scheduler, pass_gate, &blocker);
  g_autoptr (GstClipStream) stream = gst_clip_stream_new (scheduler, pass_gate, &gate);
  hold_up (&blocker, scheduler, other);
  g_autoptr (GstClipJob) job = make_job (scheduler, stream, 1, 1), late = make_job (scheduler, stream, 1, 2);
  Run run = { stream, job, NULL };

  GThread *thread = g_thread_new ("run", run_job, &run);
  g_usleep (1000); /* likely to be waiting by now; it has to end well if not, too */
  gst_clip_stream_set_flushing (stream, TRUE);
  assert_cancelled (&run, thread);
  g_assert_false (gst_clip_stream_submit (stream, late));
  g_assert_false (gst_clip_stream_run (stream, late, NULL));

  gst_clip_stream_set_flushing (stream, FALSE);
  gst_clip_stream_submit (stream, late);
  open_gate (&blocker);
  wait_for_results (&gate, 1);
  g_assert_cmpuint (gate.order->len, ==, 1);

  hold_up (&blocker, scheduler, other);
  thread = g_thread_new ("run", run_job, &run);
  g_usleep (1000);
  gst_clip_stream_close (stream);
  assert_cancelled (&run, thread);
  gst_clip_stream_set_flushing (stream, FALSE);
  g_assert_false (gst_clip_stream_run (stream, late, NULL));
  open_gate (&blocker);
  wait_for_results (&blocker, 2);
  g_assert_cmpuint (gate.order->len, ==, 1);
  gst_clip_stream_close (other);
  gate_clear (&gate);
  gate_clear (&blocker);
}

typedef struct
{
  GstClipStream *stream;
  gint closed; /* atomic */
} Closing;

static gpointer
close_stream (gpointer data)
{
  Closing *closing = data;
  gst_clip_stream_close (closing->stream);
  g_atomic_int_set (&closing->closed, TRUE);
  return NULL;
}

/* Who closes a stream waits for a result that is being delivered: what that uses may be gone afterwards. */
static void
test_delivery_ends_first (void)
{
  Gate gate;
  gate_init (&gate);
  g_autoptr (GstClipScheduler) scheduler = tiny_scheduler (1, NULL);
  g_autoptr (GstClipStream) stream = gst_clip_stream_new (scheduler, pass_gate, &gate);
  Closing closing = { .stream = stream };
  hold_up (&gate, scheduler, stream);
  GThread *thread = g_thread_new ("close", close_stream, &closing);
  g_usleep (20 * 1000); /* ample for it to return too early; if not, the test passes, as it should */
  g_assert_false (g_atomic_int_get (&closing.closed));
  open_gate (&gate);
  g_thread_join (thread);
  g_assert_cmpuint (gate.order->len, ==, 1);
  gate_clear (&gate);
}

typedef struct
{
  GstClipScheduler *scheduler;
  GstClipStream *stream;
  gint done; /* atomic */
} Last;

/* The last reference to stream and scheduler goes in the scheduler's own thread. */
static void
let_go (GstClipJob *job, gpointer data)
{
  Last *last = data;
  gst_clip_stream_set_flushing (last->stream, TRUE);
  gst_clip_stream_close (last->stream);
  gst_clip_stream_unref (last->stream);
  gst_clip_scheduler_unref (last->scheduler);
  g_atomic_int_set (&last->done, TRUE);
}

static void
test_end_from_within (void)
{
  Last last = { .scheduler = tiny_scheduler (1, "within") };
  last.stream = gst_clip_stream_new (last.scheduler, let_go, &last);
  GstClipJob *job = make_job (last.scheduler, last.stream, 1, 1);
  gst_clip_stream_submit (last.stream, job);
  gst_clip_job_unref (job);
  for (gint64 end = g_get_monotonic_time () + PATIENCE; !g_atomic_int_get (&last.done);) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_usleep (1000);
  }
}

static void
test_close_at_any_moment (void)
{
  g_autoptr (GstClipScheduler) scheduler = tiny_scheduler (2, NULL);
  Gate gate;
  gate_init (&gate);
  for (guint i = 0; i < 300; i++) {
    g_autoptr (GstClipStream) stream = gst_clip_stream_new (scheduler, pass_gate, &gate);
    g_autoptr (GstClipJob) job = make_job (scheduler, stream, 1 + i % 3, i);
    gst_clip_stream_submit (stream, job);
    g_usleep (i * 7 % 500);
    gst_clip_stream_close (stream);
    guint n = gate.order->len; /* nothing is delivered from here on */
    g_usleep (i % 10 ? 0 : 1000);
    g_assert_cmpuint (gate.order->len, ==, n);
  }
  gate_clear (&gate);
}

/* ---- Memory and CPU ---------------------------------------------------------------------------------------- */

static void
test_jobs_are_reused (void)
{
  g_autoptr (GstClipScheduler) scheduler = tiny_scheduler (1, NULL);
  g_autoptr (GstClipStream) stream = gst_clip_stream_new (scheduler, NULL, NULL);
  GstClipJob *first = make_job (scheduler, stream, 2, 1);
  g_assert_true (gst_clip_stream_run (stream, first, NULL));
  g_autoptr (GstClipJob) second = make_job (scheduler, stream, 2, 2);
  g_assert_true (second != first); /* we have it still */
  gst_clip_job_unref (first);
  /* Not the scheduler's any more, once it has woken up. */
  GstClipJob *third = NULL;
  for (gint64 end = g_get_monotonic_time () + PATIENCE; third != first; g_usleep (100)) {
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    g_clear_pointer (&third, gst_clip_job_unref);
    g_assert_true (gst_clip_stream_run (stream, second, NULL));
    first = second;
    g_clear_pointer (&second, gst_clip_job_unref);
    third = make_job (scheduler, stream, 1, 3);
    second = gst_clip_job_ref (third);
  }
  g_assert_cmpuint (third->n, ==, 1);
  gst_clip_job_unref (third);
}

static void
test_cpu_limit (void)
{
  g_autoptr (GstClipScheduler) scheduler = tiny_scheduler (1, NULL);
  g_autoptr (GstClipStream) stream = gst_clip_stream_new (scheduler, NULL, NULL);
  g_autoptr (GstClipJob) job = make_job (scheduler, stream, 1, 1);
  g_assert_true (gst_clip_stream_run (stream, job, NULL));
  g_assert_cmpint (gst_clip_stream_get_start (stream), ==, 0); /* no limit, nothing to wait for */

  gst_clip_stream_set_max_cpu (stream, 20);
  g_assert_true (gst_clip_stream_run (stream, job, NULL));
  g_assert_cmpint (job->cpu_time, >, 0);
  gint64 start = gst_clip_stream_get_start (stream);
  gint64 cost = (gint64)(job->cpu_time / 1000.0 * 100 / 20);
  g_assert_cmpint (start, >=, job->started + cost);
  g_assert_cmpint (start, <=, job->finished + cost);
  g_assert_true (gst_clip_stream_run (stream, job, NULL));
  g_assert_cmpint (job->started, >=, start);

  gint64 before = MAX (gst_clip_stream_get_start (stream), g_get_monotonic_time ());
  gst_clip_stream_charge (stream, 10 * 1000 * 1000);
  g_assert_cmpint (gst_clip_stream_get_start (stream), >=, before + 50 * 1000);
  gst_clip_stream_set_max_cpu (stream, 0);
  g_assert_cmpint (gst_clip_stream_get_start (stream), ==, 0);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  gst_clip_scheduler_init_debug ();
  g_test_add_func ("/scheduler/sharing", test_sharing);
  g_test_add_func ("/scheduler/crowd", test_crowd);
  g_test_add_func ("/scheduler/results", test_results);
  g_test_add_func ("/scheduler/newest-wins", test_newest_wins);
  g_test_add_func ("/scheduler/fairness", test_fairness);
  g_test_add_func ("/scheduler/turns", test_turns);
  g_test_add_func ("/scheduler/giving-up", test_giving_up);
  g_test_add_func ("/scheduler/delivery-ends-first", test_delivery_ends_first);
  g_test_add_func ("/scheduler/end-from-within", test_end_from_within);
  g_test_add_func ("/scheduler/close-at-any-moment", test_close_at_any_moment);
  g_test_add_func ("/scheduler/jobs-are-reused", test_jobs_are_reused);
  g_test_add_func ("/scheduler/cpu-limit", test_cpu_limit);
  return g_test_run ();
}
