/* SPDX-License-Identifier: MIT
 *
 * timeline.c: `cliptag timeline`: reads cliplog's lines and prints which label was best from when to when.
 *
 * Several sources in one log are kept apart, and so are a source's regions of interest, each by its type and number.
 * A pipe is followed as a live stream: a span is printed when the next one has begun (spans.c). The spans of a file are
 * printed in order of time.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clip-json.h"
#include "clip-message.h"
#include "command.h"
#include "spans.h"

#define MAX_LINE     (16u << 20) /* bytes; a line with 100,000 labels has 10 MB */
#define MAX_SHOWN    1000        /* characters of a label or source */
#define NOTHING      "(nothing)"
#define MAX_DURATION 1e6 /* seconds */
#define MAX_TIME     (G_MAXINT64 / 4)
#define OUT_OF_SIGHT G_GINT64_CONSTANT (10000000000) /* ns without a region after which it was away */

typedef struct _Timeline Timeline;

typedef struct
{
  Timeline *timeline;
  char *name; /* "" where the log names no source */
  gboolean is_region;
  SpanTrack *track;
  GPtrArray *lines; /* of char: printed at the end */
  GArray *starts;   /* of gint64: when each of these began */
} Source;

struct _Timeline
{
  const char *name; /* the file, for messages */
  gint64 min_duration;
  guint line;
  gboolean in_order;  /* nothing is printed before the end */
  GPtrArray *sources; /* Source, in the order in which they came */
  GHashTable *by_key; /* the same */
  gboolean failed_write;
};

static void
source_free (gpointer data)
{
  Source *source = data;

  span_track_free (source->track);
  g_ptr_array_unref (source->lines);
  g_array_unref (source->starts);
  g_free (source->name);
  g_free (source);
}

/* ---- Printing -------------------------------------------------------------------------------------------- */

static void
append_time (GString *text, gint64 ns)
{
  gint64 ms = (ns + 500000) / 1000000;

  g_string_append_printf (
      text, "%d:%02d:%02d.%03d", (int)(ms / 3600000), (int)(ms / 60000 % 60), (int)(ms / 1000 % 60), (int)(ms % 1000));
}

static void
print_line (Timeline *self, const Source *source, const char *line)
{
  fputs (line, stdout);
  if (self->sources->len > 1 || source->is_region) {
    g_autofree char *name = clip_printable (source->name, -1, MAX_SHOWN);
    printf ("  [%s]", name);
  }
  printf ("\n");
  if (fflush (stdout) != 0)
    self->failed_write = TRUE;
}

/* A label may hold what a terminal acts upon. */
static void
emit_span (const Span *span, gpointer data)
{
  Source *source = data;
  g_autofree char *label = clip_printable (span->label ? span->label : span->labels, -1, MAX_SHOWN);
  g_autoptr (GString) line = g_string_new (NULL);

  append_time (line, span->from);
  g_string_append (line, " - ");
  append_time (line, span->to);
  if (!span->label)
    g_string_append_printf (line, "        -  (changing: %s)", label);
  else if (g_str_equal (span->label, NOTHING))
    g_string_append_printf (line, "        -  %s", label);
  else
    g_string_append_printf (line, "  %5.1f %%  %s", 100.0 * span->confidence, label);

  if (source->timeline->in_order) {
    g_ptr_array_add (source->lines, g_strdup (line->str));
    g_array_append_val (source->starts, span->from);
  } else {
    print_line (source->timeline, source, line->str);
  }
}

/* Each source's spans are in order already, also where a second recording starts at zero again: the earliest of their
 * heads is next. */
static void
print_in_order (Timeline *self)
{
  guint n = self->sources->len;
  g_autofree guint *heads = g_new0 (guint, n + 1);

  while (!self->failed_write) {
    Source *earliest = NULL;
    guint index = 0;
    gint64 start = G_MAXINT64;
    for (guint i = 0; i < n; i++) {
      Source *source = g_ptr_array_index (self->sources, i);
      if (heads[i] == source->lines->len || (earliest && g_array_index (source->starts, gint64, heads[i]) >= start))
        continue;
      earliest = source;
      index = i;
      start = g_array_index (source->starts, gint64, heads[i]);
    }
    if (!earliest)
      break;
    print_line (self, earliest, g_ptr_array_index (earliest->lines, heads[index]++));
  }
}

/* ---- Reading --------------------------------------------------------------------------------------------- */

/* region: its name; NULL for the frames themselves. Returns NULL where there is none and none is to be made. */
static Source *
find_source (Timeline *self, const char *name, const char *region, gboolean make)
{
  /* No source is taken for another's region: the key has what no name that cliplog wrote ends with. */
  g_autofree char *key = g_strconcat (name, region ? "\n" : "", region, NULL);
  Source *source = g_hash_table_lookup (self->by_key, key);

  if (source || !make)
    return source;
  source = g_new0 (Source, 1);
  source->timeline = self;
  source->is_region = region != NULL;
  source->name = g_strconcat (name, region && *name ? " " : "", region, NULL);
  source->track = span_track_new (self->min_duration, emit_span, source);
  source->lines = g_ptr_array_new_with_free_func (g_free);
  source->starts = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_ptr_array_add (self->sources, source);
  g_hash_table_insert (self->by_key, g_steal_pointer (&key), source);
  return source;
}

static gboolean
fail_line (Timeline *self, const char *what)
{
  g_autofree char *name = clip_printable (self->name, -1, CLIP_MESSAGE_PATH);

  command_complain ("%s:%u: %s", name, self->line, what);
  return FALSE;
}

/* The best of `labels`; ret_label is NOTHING where there is none. Prints the error. */
static gboolean
read_best (
    Timeline *self, const ClipJsonValue *labels, const char *where, const char **ret_label, double *ret_confidence)
{
  g_autofree char *what = NULL;
  const ClipJsonValue *best;

  *ret_label = NOTHING;
  *ret_confidence = 0.0;
  if (clip_json_type (labels) != CLIP_JSON_ARRAY) {
    what = g_strdup_printf ("field '%s': expected an array", where);
    return fail_line (self, what);
  }
  best = clip_json_element (labels, 0);
  if (!best)
    return TRUE;
  *ret_label = clip_json_as_string (clip_json_member (best, "label"));
  if (*ret_label == NULL) {
    what = g_strdup_printf ("field '%s[0].label': expected a string", where);
    return fail_line (self, what);
  }
  if (!clip_json_as_double (clip_json_member (best, "confidence"), ret_confidence))
    *ret_confidence = 0.0; /* cliplog writes null for what is no number */
  return TRUE;
}

/* Identifies a region among the others of its line and in the next one: a tracker's number, else its type and
 * which of these it is. Newly allocated. */
static char *
name_region (const ClipJsonValue *region, GHashTable *n_of_type)
{
  const char *type = clip_json_as_string (clip_json_member (region, "type"));
  gint64 id = 0;
  guint n;

  if (!type || !*type)
    type = "region";
  if (clip_json_as_int (clip_json_member (region, "id"), &id) && id > 0)
    return g_strdup_printf ("%s #%" G_GINT64_FORMAT, type, id);
  n = GPOINTER_TO_UINT (g_hash_table_lookup (n_of_type, type)) + 1;
  g_hash_table_insert (n_of_type, (gpointer)type, GUINT_TO_POINTER (n));
  return n == 1 ? g_strdup (type) : g_strdup_printf ("%s (%u)", type, n);
}

static gboolean
add_regions (Timeline *self, const char *name, const ClipJsonValue *regions, gint64 time)
{
  g_autoptr (GHashTable) n_of_type = g_hash_table_new (g_str_hash, g_str_equal);

  if (clip_json_type (regions) != CLIP_JSON_ARRAY)
    return fail_line (self, "field 'regions': expected an array");
  for (guint i = 0; i < clip_json_length (regions); i++) {
    const ClipJsonValue *region = clip_json_element (regions, i);
    g_autofree char *where = g_strdup_printf ("regions[%u].labels", i);
    g_autofree char *region_name = name_region (region, n_of_type);
    const char *label;
    double confidence;
    Source *source;

    if (!read_best (self, clip_json_member (region, "labels"), where, &label, &confidence))
      return FALSE;
    source = find_source (self, name, region_name, !g_str_equal (label, NOTHING));
    if (source == NULL)
      continue;
    if (span_track_get_pause (source->track, time) > MAX (OUT_OF_SIGHT, 5 * span_track_get_step (source->track)))
      span_track_finish (source->track); /* it was not there meanwhile */
    span_track_add (source->track, label, confidence, time);
  }
  return TRUE;
}

/* One line of the log. Prints the error. */
static gboolean
add_line (Timeline *self, const char *text, gsize length)
{
  g_autofree char *where = g_strdup_printf ("%s:%u", self->name, self->line);
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipJson) json = clip_json_parse_object (where, text, length, &error);
  const ClipJsonValue *root, *regions;
  const char *label, *name;
  double confidence;
  gint64 time;
  Source *source;

  if (json == NULL) {
    command_complain ("%s", error->message);
    return FALSE;
  }
  root = clip_json_root (json);
  regions = clip_json_member (root, "regions");
  if ((!clip_json_as_int (clip_json_member (root, "stream_time"), &time)
          && !clip_json_as_int (clip_json_member (root, "pts"), &time))
      || time < 0 || time > MAX_TIME)
    return fail_line (self, "field 'stream_time' or 'pts': expected a whole number of nanoseconds");
  if (!read_best (self, clip_json_member (root, "labels"), "labels", &label, &confidence))
    return FALSE;

  name = clip_json_as_string (clip_json_member (root, "source"));
  if (name == NULL)
    name = "";
  if (regions == NULL) {
    source = find_source (self, name, NULL, TRUE);
    span_track_add (source->track, label, confidence, time);
    return TRUE;
  }
  return add_regions (self, name, regions, time); /* such a line says nothing about the frame */
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
      command_complain ("cannot write the timeline: %s", g_strerror (errno));
      return FALSE;
    }
  }
  if (ferror (file)) {
    g_autofree char *name = clip_printable (self->name, -1, CLIP_MESSAGE_PATH);
    command_complain ("%s: %s", name, g_strerror (errno));
    return FALSE;
  }
  return TRUE;
}

static gboolean
parse_options (double *min_duration, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    { "min-duration", 0, 0, G_OPTION_ARG_DOUBLE, min_duration, "Leave out spans shorter than this (default 0)", "S" },
    G_OPTION_ENTRY_NULL,
  };
  return command_parse ("[FILE]",
      "Prints a line for each span of time in a log of cliplog, with its best label and mean confidence. Without "
      "FILE,\n"
      "or with \"-\", it reads standard input. A pipe is followed as it grows; a file's spans are printed in order of "
      "time.\n"
      "\n"
      "  0:00:00.000 - 0:00:04.200   91.3 %  a van\n"
      "\n"
      "Where no label lasts as long as --min-duration, \"(changing: A, B)\" takes its place. In a log of several "
      "sources\n"
      "or with regions of interest, \"[SOURCE TYPE #NUMBER]\" follows the label.",
      entries, argc, argv);
}

int
command_timeline (int argc, char **argv)
{
  Timeline self = { .name = "standard input" };
  double min_duration = 0.0;
  FILE *file = stdin;
  struct stat info;

  if (!parse_options (&min_duration, &argc, &argv))
    return EXIT_USAGE;
  if (argc > 2)
    return command_refuse ("expected one FILE at most");
  if (!(min_duration >= 0.0 && min_duration <= MAX_DURATION))
    return command_refuse ("--min-duration: expected 0 to 1000000 seconds");
  if (argc == 2 && !g_str_equal (argv[1], "-")) {
    self.name = argv[1];
    file = fopen (argv[1], "re");
    if (!file) {
      g_autofree char *name = clip_printable (argv[1], -1, CLIP_MESSAGE_PATH);
      command_complain ("%s: %s", name, g_strerror (errno));
      return EXIT_ERROR;
    }
  }

  self.min_duration = (gint64)(min_duration * 1e9);
  self.in_order = fstat (fileno (file), &info) == 0 && S_ISREG (info.st_mode);
  self.sources = g_ptr_array_new_with_free_func (source_free);
  self.by_key = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean ok = read_all (&self, file);
  for (guint i = 0; i < self.sources->len; i++)
    span_track_finish (((Source *)g_ptr_array_index (self.sources, i))->track);
  if (self.in_order)
    print_in_order (&self);
  if (ok && self.failed_write)
    command_complain ("cannot write the timeline: %s", g_strerror (errno));
  g_hash_table_unref (self.by_key);
  g_ptr_array_unref (self.sources);
  if (file != stdin)
    fclose (file);
  return ok && !self.failed_write ? EXIT_OK : EXIT_ERROR;
}
