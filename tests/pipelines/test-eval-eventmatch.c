/* SPDX-License-Identifier: MIT
 *
 * test-eval-eventmatch.c: which events `cliptag eval` takes for the ones that were labelled.
 */
#include "eval/eventmatch.h"

typedef struct
{
  const char *name;
  EvalSpan spans[4], events[4]; /* start and end in seconds; 0, 0 behind the last */
  guint n_spans, n_events, n_matched;
  gint64 start_error, end_error, max_start_error, max_end_error;
} Case;

static const Case cases[] = {
  { "nothing", { { 0 } }, { { 0 } }, 0, 0, 0, 0, 0, 0, 0 },
  { "exact", { { 0, 5, 9 } }, { { 0, 5, 9 } }, 1, 1, 1, 0, 0, 0, 0 },
  { "late and early", { { 0, 5, 9 } }, { { 0, 6, 12 } }, 1, 1, 1, 1, 3, 1, 3 },
  { "missed", { { 0, 5, 9 } }, { { 0 } }, 1, 0, 0, 0, 0, 0, 0 },
  { "false alarm", { { 0 } }, { { 0, 5, 9 } }, 0, 1, 0, 0, 0, 0, 0 },
  { "apart", { { 0, 5, 9 } }, { { 0, 10, 12 } }, 1, 1, 0, 0, 0, 0, 0 },
  { "touching", { { 0, 5, 9 } }, { { 0, 9, 12 } }, 1, 1, 1, 4, 3, 4, 3 },
  { "an instant", { { 0, 5, 9 } }, { { 0, 7, 7 } }, 1, 1, 1, 2, 2, 2, 2 },
  { "one event for two spans", { { 0, 1, 3 }, { 0, 4, 9 } }, { { 0, 2, 9 } }, 2, 1, 1, 2, 0, 2, 0 },
  { "two events in one span", { { 0, 1, 9 } }, { { 0, 1, 2 }, { 0, 4, 9 } }, 1, 2, 1, 3, 0, 3, 0 },
  { "each its own", { { 0, 1, 3 }, { 0, 5, 9 } }, { { 0, 5, 8 }, { 0, 2, 3 } }, 2, 2, 2, 1, 1, 1, 1 },
  /* The longest overlap takes the event from the span that it overlaps less, which finds another. */
  { "longest first", { { 0, 1, 4 }, { 0, 4, 20 } }, { { 0, 3, 20 }, { 0, 1, 2 } }, 2, 2, 2, 1, 2, 1, 2 },
};

static void
test_case (gconstpointer data)
{
  const Case *self = data;
  EvalEventCount count = { 0 };
  eval_events_match (self->spans, self->n_spans, self->events, self->n_events, &count);
  g_assert_cmpuint (count.n_spans, ==, self->n_spans);
  g_assert_cmpuint (count.n_events, ==, self->n_events);
  g_assert_cmpuint (count.n_matched, ==, self->n_matched);
  g_assert_cmpint (count.start_error, ==, self->start_error);
  g_assert_cmpint (count.end_error, ==, self->end_error);
  g_assert_cmpint (count.max_start_error, ==, self->max_start_error);
  g_assert_cmpint (count.max_end_error, ==, self->max_end_error);
}

/* Recordings add up. */
static void
test_sum (void)
{
  EvalEventCount count = { 0 };
  for (guint i = 0; i < 2; i++)
    eval_events_match (cases[2].spans, 1, cases[2].events, 1, &count);
  g_assert_cmpuint (count.n_matched, ==, 2);
  g_assert_cmpint (count.end_error, ==, 6);
  g_assert_cmpint (count.max_end_error, ==, 3);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = g_strdup_printf ("/eval/eventmatch/%s", cases[i].name);
    g_test_add_data_func (name, &cases[i], test_case);
  }
  g_test_add_func ("/eval/eventmatch/sum", test_sum);
  return g_test_run ();
}
