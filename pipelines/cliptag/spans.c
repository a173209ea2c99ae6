/* SPDX-License-Identifier: MIT
 *
 * spans.c: see spans.h.
 *
 * There is a current label and, behind the last of its runs that was long enough, a list of short runs, of it and of
 * others. Three things end the current span: a run of another label that lasts; others that alternate for the minimum
 * duration without a break; others that come and go between it for twice that time. In the last two cases nothing
 * lasts: the current label is NULL from then on, until a run does.
 */
#include "spans.h"

#define MAX_NAMED 3

/* Samples in a row with the same label. */
typedef struct
{
  char *label;
  gint64 from;
  double confidence; /* sum */
  guint n_samples;
} Run;

struct _SpanTrack
{
  gint64 min_duration;
  SpanFunc emit;
  gpointer user_data;

  gboolean is_open;  /* there were samples */
  Run current;       /* label NULL: none lasts */
  gboolean lasted;   /* a run of the current label was long enough */
  GHashTable *tally; /* where none lasts: label -> samples */
  GArray *runs;      /* of Run, behind the current label's last long one; the last of them goes on */
  gint64 last, step; /* the last sample's time, and how long after the one before it */
};

static void
run_clear (gpointer run)
{
  g_clear_pointer (&((Run *)run)->label, g_free);
}

SpanTrack *
span_track_new (gint64 min_duration, SpanFunc emit, gpointer user_data)
{
  SpanTrack *self = g_new0 (SpanTrack, 1);
  self->min_duration = min_duration;
  self->emit = emit;
  self->user_data = user_data;
  self->tally = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->runs = g_array_new (FALSE, FALSE, sizeof (Run));
  g_array_set_clear_func (self->runs, run_clear);
  return self;
}

void
span_track_free (SpanTrack *self)
{
  run_clear (&self->current);
  g_hash_table_unref (self->tally);
  g_array_unref (self->runs);
  g_free (self);
}

static Run *
get_run (SpanTrack *self, guint index)
{
  return &g_array_index (self->runs, Run, index);
}

static gboolean
is_current (SpanTrack *self, const char *label)
{
  return self->current.label && g_str_equal (label, self->current.label);
}

/* ---- Telling --------------------------------------------------------------------------------------------- */

static void
count (SpanTrack *self, const Run *run)
{
  gpointer before = g_hash_table_lookup (self->tally, run->label);
  g_hash_table_insert (
      self->tally, g_strdup (run->label), GUINT_TO_POINTER (GPOINTER_TO_UINT (before) + run->n_samples));
}

static int
compare_counts (gconstpointer a, gconstpointer b, gpointer tally)
{
  guint x = GPOINTER_TO_UINT (g_hash_table_lookup (tally, a)), y = GPOINTER_TO_UINT (g_hash_table_lookup (tally, b));
  return x != y ? (x < y ? 1 : -1) : g_strcmp0 (a, b);
}

static char *
name_labels (SpanTrack *self)
{
  GString *names = g_string_new (NULL);
  g_autoptr (GList) labels = g_list_sort_with_data (g_hash_table_get_keys (self->tally), compare_counts, self->tally);
  guint n = 0;
  for (GList *label = labels; label && n <= MAX_NAMED; label = label->next, n++)
    g_string_append_printf (names, "%s%s", n ? ", " : "", n < MAX_NAMED ? (const char *)label->data : "…");
  return g_string_free (names, FALSE);
}

/* The current span goes up to `end`, its label's short runs before that included. */
static void
tell (SpanTrack *self, gint64 end)
{
  Run sum = self->current;
  for (guint i = 0; i < self->runs->len && get_run (self, i)->from < end; i++) {
    if (is_current (self, get_run (self, i)->label)) {
      sum.confidence += get_run (self, i)->confidence;
      sum.n_samples += get_run (self, i)->n_samples;
    }
  }
  g_autofree char *labels = self->current.label ? NULL : name_labels (self);
  const Span span = {
    .label = self->current.label,
    .labels = labels,
    .from = self->current.from,
    .to = end,
    .confidence = self->current.label ? sum.confidence / sum.n_samples : 0.0,
  };
  self->emit (&span, self->user_data);
}

/* ---- Judging --------------------------------------------------------------------------------------------- */

/* From here on none lasts. All runs but those from `n_ended` on are counted in. */
static void
begin_changing (SpanTrack *self, gint64 from, guint n_ended)
{
  g_hash_table_remove_all (self->tally);
  if (from <= self->current.from)
    count (self, &self->current); /* it never lasted, either */
  else
    tell (self, from);
  for (guint i = 0; i < n_ended; i++)
    if (get_run (self, i)->from >= from)
      count (self, get_run (self, i));
  run_clear (&self->current);
  self->current = (Run){ .from = MAX (from, self->current.from) };
  g_array_remove_range (self->runs, 0, n_ended);
}

/* Of the first n_ended runs, which end at `end`: whether others than the current label have gone on for so long that
 * it is over. ret_from: since when. */
static gboolean
is_over (SpanTrack *self, guint n_ended, gint64 end, gint64 *ret_from)
{
  gint64 others = 0, unbroken = 0, unbroken_from = end, since = end;
  for (guint i = n_ended; i-- > 0;) {
    Run *run = get_run (self, i);
    gint64 until = i + 1 < n_ended ? get_run (self, i + 1)->from : end;
    if (is_current (self, run->label)) {
      unbroken = 0;
      continue;
    }
    others += until - run->from;
    unbroken += until - run->from;
    since = run->from;
    if (unbroken >= self->min_duration)
      unbroken_from = run->from;
  }
  gint64 from = others >= 2 * self->min_duration ? since : unbroken_from;
  if (from == end)
    return FALSE;
  *ret_from = self->lasted || from - self->current.from >= self->min_duration ? from : self->current.from;
  return TRUE;
}

/* After a sample that belongs to the last run. */
static void
judge (SpanTrack *self)
{
  guint n_ended = self->runs->len - 1;
  Run *run = get_run (self, n_ended);
  gboolean lasts = self->last + self->step - run->from >= self->min_duration;
  gint64 from;

  if (lasts && is_current (self, run->label)) {
    for (guint i = 0; i <= n_ended; i++) {
      if (is_current (self, get_run (self, i)->label)) {
        self->current.confidence += get_run (self, i)->confidence;
        self->current.n_samples += get_run (self, i)->n_samples;
      }
    }
    self->lasted = TRUE;
    g_array_set_size (self->runs, 0);
    return;
  }
  if (!self->current.label) {
    for (guint i = 0; i < n_ended; i++)
      count (self, get_run (self, i));
    g_array_remove_range (self->runs, 0, n_ended);
  } else if (is_over (self, n_ended, run->from, &from)) {
    begin_changing (self, from, n_ended);
  }
  if (!lasts)
    return;

  Run *next = get_run (self, self->runs->len - 1);
  tell (self, next->from);
  run_clear (&self->current);
  self->current = *next;
  next->label = NULL;
  self->lasted = TRUE;
  g_array_set_size (self->runs, 0);
}

void
span_track_finish (SpanTrack *self)
{
  gint64 end = self->last + self->step, from;
  if (!self->is_open)
    return;
  if (self->current.label && is_over (self, self->runs->len, end, &from))
    begin_changing (self, from, self->runs->len);
  for (guint i = 0; i < self->runs->len && !self->current.label; i++)
    count (self, get_run (self, i));
  tell (self, end);
  run_clear (&self->current);
  g_array_set_size (self->runs, 0);
  self->is_open = FALSE;
}

void
span_track_add (SpanTrack *self, const char *label, double confidence, gint64 time)
{
  if (self->is_open && time < self->last)
    span_track_finish (self);
  if (self->is_open && time > self->last)
    self->step = time - self->last;
  self->last = time;

  Run *run = &self->current;
  if (self->is_open && (self->runs->len > 0 || !is_current (self, label))) {
    run = self->runs->len > 0 ? get_run (self, self->runs->len - 1) : NULL;
    if (!run || !g_str_equal (run->label, label)) {
      g_array_append_val (self->runs, ((Run){ .label = g_strdup (label), .from = time }));
      run = get_run (self, self->runs->len - 1);
    }
  } else if (!self->is_open) {
    *run = (Run){ .label = g_strdup (label), .from = time };
    self->is_open = TRUE;
    self->lasted = FALSE;
  }
  run->confidence += confidence;
  run->n_samples++;
  if (run == &self->current)
    self->lasted |= time + self->step - run->from >= self->min_duration;
  else
    judge (self);
}

gint64
span_track_get_pause (const SpanTrack *self, gint64 time)
{
  return self->is_open ? MAX (time - self->last, 0) : 0;
}

gint64
span_track_get_step (const SpanTrack *self)
{
  return self->step;
}
