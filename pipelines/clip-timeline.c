/* SPDX-License-Identifier: MIT
 *
 * clip-timeline.c: reads cliplog's lines and prints from when to when which label was the best.
 *
 * Lines are read as they come, so that it follows a live stream: a span is printed when the next one has begun. Spans
 * shorter than --min-duration are not told from the span before them. Several sources in one log are kept apart. Lines
 * of regions of interest say nothing about the frame and are passed over.
 * Exit status: 0 done, 1 unreadable input, 2 wrong usage.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"

#define MAX_LINE (16u << 20) /* bytes; a line with 100,000 labels has 10 MB */
#define NOTHING  "(nothing)"

/* A stretch of samples whose best label is the same. */
typedef struct
{
  char *label;
  gint64 from, to; /* ns; `to` is the last sample's time */
  double confidence;
  guint n_samples;
} Span;

typedef struct
{
  char *name;   /* "" where the log names no source */
  Span current; /* label NULL: none yet */
  Span next;    /* what may follow it, once it has lasted long enough; label NULL: none */
  gint64 step;  /* between the last two samples: how long the last one stands for */
  gint64 last;
} Source;

typedef struct
{
  const char *name; /* the file, for messages */
  gint64 min_duration;
  guint line;
  GPtrArray *sources; /* Source, in the order in which they came */
  gboolean failed_write;
} Timeline;

static void
source_free (gpointer data)
{
  Source *source = data;

  g_free (source->name);
  g_free (source->current.label);
  g_free (source->next.label);
  g_free (source);
}

static void
print_time (gint64 ns)
{
  gint64 ms = (ns + 500000) / 1000000;

  printf ("%d:%02d:%02d.%03d", (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
}

static void
print_span (Timeline *self, const Source *source, const Span *span, gint64 end)
{
  /* A label may hold what a terminal acts upon. */
  g_autofree char *label = g_strdup (span->label);

  for (char *c = label; *c; c++)
    if ((guchar)*c < 0x20 || *c == 0x7f)
      *c = ' ';
  print_time (span->from);
  printf (" - ");
  print_time (end);
  if (g_str_equal (span->label, NOTHING))
    printf ("        -  %s", label);
  else
    printf ("  %5.1f %%  %s", 100.0 * span->confidence / span->n_samples, label);
  if (self->sources->len > 1)
    printf ("  [%s]", source->name);
  printf ("\n");
  if (fflush (stdout) != 0)
    self->failed_write = TRUE;
}

static void
span_start (Span *span, const char *label, double confidence, gint64 time)
{
  g_free (span->label);
  span->label = g_strdup (label);
  span->from = span->to = time;
  span->confidence = confidence;
  span->n_samples = 1;
}

static void
span_extend (Span *span, double confidence, gint64 time)
{
  span->to = time;
  span->confidence += confidence;
  span->n_samples++;
}

/* The current span ends where the next one starts. */
static void
source_promote (Timeline *self, Source *source)
{
  print_span (self, source, &source->current, source->next.from);
  g_free (source->current.label);
  source->current = source->next;
  source->next.label = NULL;
}

static void
source_finish (Timeline *self, Source *source)
{
  gint64 end;

  if (source->current.label == NULL)
    return;
  end = source->last + source->step;
  if (source->next.label && end - source->next.from >= self->min_duration)
    source_promote (self, source);
  print_span (self, source, &source->current, end);
  g_clear_pointer (&source->current.label, g_free);
  g_clear_pointer (&source->next.label, g_free);
}

static void
source_add (Timeline *self, Source *source, const char *label, double confidence, gint64 time)
{
  /* A seek back, or the next of several recordings logged to one file. */
  if (source->current.label && time < source->last)
    source_finish (self, source);

  if (source->current.label == NULL) {
    span_start (&source->current, label, confidence, time);
    source->last = time;
    return;
  }
  if (time > source->last)
    source->step = time - source->last;
  source->last = time;

  if (g_str_equal (label, source->current.label)) {
    span_extend (&source->current, confidence, time);
    g_clear_pointer (&source->next.label, g_free);
    return;
  }
  if (source->next.label && g_str_equal (label, source->next.label))
    span_extend (&source->next, confidence, time);
  else
    span_start (&source->next, label, confidence, time);
  if (time + source->step - source->next.from >= self->min_duration)
    source_promote (self, source);
}

static Source *
find_source (Timeline *self, const char *name)
{
  Source *source;

  for (guint i = 0; i < self->sources->len; i++) {
    source = g_ptr_array_index (self->sources, i);
    if (g_str_equal (source->name, name))
      return source;
  }
  source = g_new0 (Source, 1);
  source->name = g_strdup (name);
  g_ptr_array_add (self->sources, source);
  return source;
}

static gboolean
fail_line (Timeline *self, const char *what)
{
  fprintf (stderr, "clip-timeline: %s:%u: %s\n", self->name, self->line, what);
  return FALSE;
}

/* One line of the log. Prints the error. */
static gboolean
add_line (Timeline *self, const char *text, gsize length)
{
  g_autofree char *where = g_strdup_printf ("%s:%u", self->name, self->line);
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipJson) json = clip_json_parse_object (where, text, length, &error);
  const ClipJsonValue *root, *labels, *best;
  const char *label = NOTHING, *source;
  double confidence = 0.0;
  gint64 time;

  if (json == NULL) {
    fprintf (stderr, "clip-timeline: %s\n", error->message);
    return FALSE;
  }
  root = clip_json_root (json);
  if (clip_json_member (root, "regions"))
    return TRUE;
  if (!clip_json_as_int (clip_json_member (root, "stream_time"), &time)
      && !clip_json_as_int (clip_json_member (root, "pts"), &time))
    return fail_line (self, "neither 'stream_time' nor 'pts' is a whole number: when was this?");
  labels = clip_json_member (root, "labels");
  if (clip_json_type (labels) != CLIP_JSON_ARRAY)
    return fail_line (self, "field 'labels': expected an array");

  best = clip_json_element (labels, 0);
  if (best) {
    label = clip_json_as_string (clip_json_member (best, "label"));
    if (label == NULL)
      return fail_line (self, "field 'labels[0].label': expected a string");
    if (!clip_json_as_double (clip_json_member (best, "confidence"), &confidence))
      confidence = 0.0; /* cliplog writes null for what is no number */
  }
  source = clip_json_as_string (clip_json_member (root, "source"));
  source_add (self, find_source (self, source ? source : ""), label, confidence, time);
  return TRUE;
}

static gboolean
read_all (Timeline *self, FILE *file)
{
  g_autofree char *line = NULL;
  size_t room = 0;
  ssize_t length;

  errno = 0;
  while ((length = getline (&line, &room, file)) >= 0) {
    self->line++;
    if (length > (ssize_t)MAX_LINE)
      return fail_line (self, "this line is too long");
    while (length > 0 && strchr (" \t\r\n", line[length - 1]) && line[length - 1] != '\0')
      length--;
    if (length > 0 && !add_line (self, line, length))
      return FALSE;
    if (self->failed_write) {
      fprintf (stderr, "clip-timeline: cannot write the timeline: %s\n", g_strerror (errno));
      return FALSE;
    }
  }
  if (ferror (file)) {
    fprintf (stderr, "clip-timeline: %s: %s\n", self->name, g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

static gboolean
parse_arguments (int *argc, char ***argv, double *min_duration, gboolean *version)
{
  GOptionEntry entries[] = {
    { "min-duration", 'm', 0, G_OPTION_ARG_DOUBLE, min_duration, "Do not tell spans shorter than this (default: 0)",
        "SECONDS" },
    { "version", 0, 0, G_OPTION_ARG_NONE, version, "Print the version and exit", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("[FILE]");
  g_autoptr (GError) error = NULL;

  g_option_context_set_summary (context,
      "Prints the timeline of what cliplog wrote: from - to, mean confidence, label.\n"
      "Reads standard input where FILE is \"-\" or left out, and follows it as it grows.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, &error)) {
    fprintf (stderr, "clip-timeline: %s\n", error->message);
    return FALSE;
  }
  if (*argc > 2) {
    fprintf (stderr, "clip-timeline: expected one FILE at most (see --help)\n");
    return FALSE;
  }
  if (!(*min_duration >= 0.0 && *min_duration <= 1e6)) {
    fprintf (stderr, "clip-timeline: --min-duration: expected 0 to 1000000 seconds\n");
    return FALSE;
  }
  return TRUE;
}

int
main (int argc, char **argv)
{
  Timeline self = { .name = "standard input" };
  double min_duration = 0.0;
  gboolean version = FALSE, ok;
  FILE *file = stdin;

  if (!parse_arguments (&argc, &argv, &min_duration, &version))
    return 2;
  if (version) {
    printf ("clip-timeline %s\n", CLIPTAG_VERSION);
    return 0;
  }
  if (argc == 2 && !g_str_equal (argv[1], "-")) {
    self.name = argv[1];
    file = fopen (argv[1], "re");
    if (file == NULL) {
      fprintf (stderr, "clip-timeline: %s: %s\n", argv[1], g_strerror (errno));
      return 2;
    }
  }

  self.min_duration = (gint64)(min_duration * 1e9);
  self.sources = g_ptr_array_new_with_free_func (source_free);
  ok = read_all (&self, file);
  for (guint i = 0; i < self.sources->len; i++)
    source_finish (&self, g_ptr_array_index (self.sources, i));
  g_ptr_array_unref (self.sources);
  if (file != stdin)
    fclose (file);
  return ok && !self.failed_write ? 0 : 1;
}
