/* SPDX-License-Identifier: MIT
 *
 * logspans.c: see logspans.h. Results go to a ScoreSpans for each subject: a source's frames by a tagger, its zones,
 * its regions of interest. The news of an event is kept until its end.
 */
#include "logspans.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "clip-json.h"
#include "clip-message.h"
#include "command.h"

#define MAX_TIME (G_MAXINT64 / 4)
#define SECOND   G_GINT64_CONSTANT (1000000000)

/* Encoders put frames into another order, by less than this. */
#define REORDERED SECOND

/* Of the news of one tagger. */
typedef struct
{
  gint64 first, last;
  guint recording;
} Clock;

typedef struct
{
  LogSpans *log;
  char *name; /* "" where the log names none */
  gboolean has_time;
  gint64 first;         /* of the recording at work */
  ClipTime last;        /* the latest of it */
  gint64 swept;         /* when it was last seen who is gone */
  guint recording;      /* how many times it has begun again */
  GHashTable *subjects; /* key -> Subject */
  GHashTable *clocks;   /* tagger -> Clock */
  GHashTable *open;     /* key of an event -> Span, the latest news */
} Source;

typedef struct
{
  ScoreSpans *spans;
  Source *source;
  gboolean is_region;
  char *tagger;
  guint line; /* where it was last */
} Subject;

struct _LogSpans
{
  const char *name; /* the file, for messages */
  const LogSpansOptions *options;
  SpanPrinter *printer;
  guint line;
  GHashTable *sources; /* name -> Source */
  GPtrArray *in_turn;  /* the same, as they came */
  gboolean has_events, has_samples;
};

static void
subject_free (gpointer data)
{
  Subject *subject = data;
  score_spans_free (subject->spans);
  g_free (subject->tagger);
  g_free (subject);
}

static void
source_free (gpointer data)
{
  Source *source = data;
  g_hash_table_unref (source->subjects);
  g_hash_table_unref (source->clocks);
  g_hash_table_unref (source->open);
  g_free (source->name);
  g_free (source);
}

static gboolean fail_line (LogSpans *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
fail_line (LogSpans *self, const char *format, ...)
{
  g_autofree char *name = clip_printable (self->name, -1, CLIP_MESSAGE_PATH);
  va_list values;
  va_start (values, format);
  g_autofree char *what = g_strdup_vprintf (format, values);
  va_end (values);
  command_complain ("%s:%u: %s", name, self->line, what);
  return FALSE;
}

static void
add_span (Span *span, gpointer data)
{
  Source *source = data;
  span_printer_add (source->log->printer, span, source->recording);
}

/* ---- Sources --------------------------------------------------------------------------------------------- */

static Source *
find_source (LogSpans *self, const ClipJsonValue *root, const char **ret_tagger)
{
  const char *name = clip_json_as_string (clip_json_member (root, "source"));
  *ret_tagger = clip_json_as_string (clip_json_member (root, "tagger"));
  if (!name)
    name = "";
  span_printer_note (self->printer, name, *ret_tagger);
  Source *source = g_hash_table_lookup (self->sources, name);
  if (source)
    return source;
  source = g_new0 (Source, 1);
  source->log = self;
  source->name = g_strdup (name);
  source->subjects = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, subject_free);
  source->clocks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  source->open = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify)span_free);
  g_hash_table_insert (self->sources, source->name, source);
  g_ptr_array_add (self->in_turn, source);
  return source;
}

static void
close_subjects (Source *self, ClipEventEnd reason)
{
  GHashTableIter iter;
  gpointer subject;
  g_hash_table_iter_init (&iter, self->subjects);
  while (g_hash_table_iter_next (&iter, NULL, &subject)) {
    score_spans_close (((Subject *)subject)->spans, reason, &self->last);
    g_hash_table_iter_remove (&iter);
  }
}

/* Regions that have not been there for long. */
static void
sweep (Source *self)
{
  if (self->last.time - self->swept < SECOND)
    return;
  self->swept = self->last.time;
  GHashTableIter iter;
  gpointer data;
  g_hash_table_iter_init (&iter, self->subjects);
  while (g_hash_table_iter_next (&iter, NULL, &data)) {
    Subject *subject = data;
    if (!subject->is_region || !score_spans_is_lost (subject->spans, self->last.time))
      continue;
    score_spans_close (subject->spans, CLIP_END_LOST, &self->last);
    g_hash_table_iter_remove (&iter);
  }
}

/* Whether `time` is of another recording than first and last are, and not only of a frame that comes late. */
static gboolean
begins_again (gint64 time, gint64 first, gint64 last)
{
  return time < last && (time <= first || last - time >= REORDERED);
}

/* The time of a line of results. FALSE: it comes too late to be of use. */
static gboolean
advance (Source *self, const ClipTime *time)
{
  if (self->has_time && time->time < self->last.time) {
    if (!begins_again (time->time, self->first, self->last.time))
      return FALSE;
    close_subjects (self, CLIP_END_SEGMENT);
    self->recording++;
    self->has_time = FALSE;
  }
  if (!self->has_time)
    self->first = self->swept = time->time;
  self->has_time = TRUE;
  self->last = *time;
  sweep (self);
  return TRUE;
}

/* ---- Members --------------------------------------------------------------------------------------------- */

/* Microseconds since 1970, of "2026-01-31T12:00:00.123456Z". */
static gint64
parse_utc (const char *text)
{
  int year, month, day, hour, minute, second, us, end = 0;
  if (!text
      || sscanf (text, "%4d-%2d-%2dT%2d:%2d:%2d.%6dZ%n", &year, &month, &day, &hour, &minute, &second, &us, &end) < 7
      || !end || text[end] || us < 0)
    return SPAN_NO_UTC;
  g_autoptr (GDateTime) date = g_date_time_new_utc (year, month, day, hour, minute, second);
  return date ? g_date_time_to_unix (date) * G_USEC_PER_SEC + us : SPAN_NO_UTC;
}

static guint64
read_ns (const ClipJsonValue *object, const char *name)
{
  gint64 ns;
  return clip_json_as_int (clip_json_member (object, name), &ns) && ns >= 0 && ns <= MAX_TIME ? (guint64)ns
                                                                                              : G_MAXUINT64;
}

static gboolean
is_null (const ClipJsonValue *object, const char *name)
{
  const ClipJsonValue *value = clip_json_member (object, name);
  return value && clip_json_type (value) == CLIP_JSON_NULL;
}

/* where: "start.", or "" for the line itself. Prints the error. */
static gboolean
read_time (LogSpans *self, const ClipJsonValue *object, const char *where, ClipTime *ret)
{
  ret->stream_time = read_ns (object, "stream_time");
  ret->running_time = read_ns (object, "running_time");
  ret->pts = read_ns (object, "pts");
  ret->utc = parse_utc (clip_json_as_string (clip_json_member (object, "utc")));
  guint64 time = ret->stream_time != G_MAXUINT64 ? ret->stream_time : ret->pts;
  if (time == G_MAXUINT64)
    return is_null (object, "stream_time") && is_null (object, "pts")
               ? fail_line (self,
                   "fields '%sstream_time' and '%spts' are null: frames without timestamps have no place in a timeline",
                   where, where)
               : fail_line (
                   self, "field '%sstream_time' or '%spts': expected a whole number of nanoseconds", where, where);
  ret->time = (gint64)time;
  return TRUE;
}

static double
read_number (const ClipJsonValue *object, const char *name)
{
  double value;
  return clip_json_as_double (clip_json_member (object, name), &value) ? value : NAN; /* cliplog writes null */
}

/* ---- Results --------------------------------------------------------------------------------------------- */

/* The frame that was sampled is older than the one that carried its labels. */
static ClipTime
sampled_time (const ClipTime *time, guint64 age)
{
  ClipTime sampled = *time;
  if (age == G_MAXUINT64 || (gint64)age > time->time)
    return sampled;
  sampled.time -= (gint64)age;
  for (guint64 *each[] = { &sampled.stream_time, &sampled.running_time, &sampled.pts, NULL }, **t = each; *t; t++)
    if (**t != G_MAXUINT64)
      **t = **t >= age ? **t - age : G_MAXUINT64;
  if (sampled.utc != SPAN_NO_UTC)
    sampled.utc -= (gint64)(age / 1000);
  return sampled;
}

/* Checks them all; spans may be NULL. where: "labels", "regions[0].labels". Prints the error. */
static gboolean
read_labels (LogSpans *self, const ClipJsonValue *labels, const char *where, ScoreSpans *spans)
{
  if (clip_json_type (labels) != CLIP_JSON_ARRAY)
    return fail_line (self, "field '%s': expected an array", where);
  for (guint i = 0; i < clip_json_length (labels); i++) {
    const ClipJsonValue *label = clip_json_element (labels, i);
    const char *name = clip_json_as_string (clip_json_member (label, "label"));
    gint64 id = -1;
    if (!name)
      return fail_line (self, "field '%s[%u].label': expected a string", where, i);
    clip_json_as_int (clip_json_member (label, "label_id"), &id);
    if (spans)
      score_spans_add (
          spans, clip_json_as_string (clip_json_member (label, "group")), name, id, read_number (label, "confidence"));
  }
  return TRUE;
}

static Subject *
find_subject (Source *source, const Span *about, gboolean is_region)
{
  g_autoptr (GString) key = g_string_new (is_region ? "region" : "frame");
  clip_json_append_string (key, about->tagger);
  clip_json_append_string (key, about->zone);
  clip_json_append_string (key, about->roi_type);
  g_string_append_printf (key, "%" G_GINT64_FORMAT " %u", about->object_id, about->nth);
  Subject *subject = g_hash_table_lookup (source->subjects, key->str);
  if (!subject) {
    subject = g_new0 (Subject, 1);
    subject->spans = score_spans_new (&source->log->options->rules, about, add_span, source);
    subject->source = source;
    subject->is_region = is_region;
    subject->tagger = g_strdup (about->tagger);
    g_hash_table_insert (source->subjects, g_strdup (key->str), subject);
  }
  return subject;
}

/* One subject's part of a line: the line itself, or one of its regions. */
static gboolean
add_sample (LogSpans *self, Source *source, const Span *about, const ClipJsonValue *object, const char *where,
    const ClipTime *time, gboolean holds)
{
  const ClipJsonValue *labels = clip_json_member (object, "labels");
  gboolean is_new = TRUE, is_region = !g_str_equal (where, "labels");
  clip_json_as_boolean (clip_json_member (object, "sampled"), &is_new);
  Subject *subject = find_subject (source, about, is_region);
  subject->line = self->line;
  const ClipTime sampled = sampled_time (time, read_ns (object, "age"));
  if (!is_new || !score_spans_begin (subject->spans, &sampled, holds))
    return read_labels (self, labels, where, NULL);
  if (!read_labels (self, labels, where, subject->spans))
    return FALSE;
  score_spans_end (subject->spans);
  return TRUE;
}

/* Of several regions of a type without numbers: which one it is. */
static guint
number_region (GHashTable *n_of_type, const char *type)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (n_of_type, type)) + 1;
  g_hash_table_insert (n_of_type, (gpointer)type, GUINT_TO_POINTER (n));
  return n;
}

/* A log of changes has nothing more of a region that is gone, unless others change. */
static void
close_missing (Source *source, const char *tagger)
{
  GHashTableIter iter;
  gpointer data;
  g_hash_table_iter_init (&iter, source->subjects);
  while (g_hash_table_iter_next (&iter, NULL, &data)) {
    Subject *subject = data;
    if (!subject->is_region || subject->line == source->log->line || !score_spans_holds (subject->spans)
        || g_strcmp0 (subject->tagger, tagger) != 0)
      continue;
    score_spans_close (subject->spans, CLIP_END_LOST, &source->last);
    g_hash_table_iter_remove (&iter);
  }
}

static gboolean
add_regions (LogSpans *self, Source *source, const char *tagger, const ClipJsonValue *regions, const ClipTime *time,
    gboolean holds)
{
  g_autoptr (GHashTable) n_of_type = g_hash_table_new (g_str_hash, g_str_equal);
  if (clip_json_type (regions) != CLIP_JSON_ARRAY)
    return fail_line (self, "field 'regions': expected an array");
  for (guint i = 0; i < clip_json_length (regions); i++) {
    const ClipJsonValue *region = clip_json_element (regions, i);
    const char *type = clip_json_as_string (clip_json_member (region, "type"));
    const char *zone = clip_json_as_string (clip_json_member (region, "zone"));
    g_autofree char *where = g_strdup_printf ("regions[%u].labels", i);
    Span about = { .source = source->name, .tagger = (char *)tagger, .zone = (char *)zone };
    if (!zone) {
      about.roi_type = (char *)(type && *type ? type : "region");
      clip_json_as_int (clip_json_member (region, "id"), &about.object_id);
      about.object_id = MAX (about.object_id, 0);
      about.nth = about.object_id ? 1 : number_region (n_of_type, about.roi_type);
    }
    if (!add_sample (self, source, &about, region, where, time, holds))
      return FALSE;
  }
  if (holds)
    close_missing (source, tagger);
  return TRUE;
}

/* With level=both the events say it all. */
static gboolean
add_result (LogSpans *self, const ClipJsonValue *root)
{
  const ClipJsonValue *regions = clip_json_member (root, "regions");
  const char *level = clip_json_as_string (clip_json_member (root, "level")), *tagger;
  ClipTime time;
  self->has_samples = TRUE;
  if (!read_time (self, root, "", &time))
    return FALSE;
  Source *source = find_source (self, root, &tagger);
  gboolean use = advance (source, &time) && (self->options->from_scores || g_strcmp0 (level, "both") != 0);
  gboolean holds = g_strcmp0 (level, "changes") == 0;
  if (!use || regions) {
    if (!read_labels (self, clip_json_member (root, "labels"), "labels", NULL))
      return FALSE;
    return !use || add_regions (self, source, tagger, regions, &time, holds); /* it says nothing about the frame */
  }
  const Span about = { .source = source->name, .tagger = (char *)tagger };
  return add_sample (self, source, &about, root, "labels", &time, holds);
}

/* ---- Events ---------------------------------------------------------------------------------------------- */

static Clock *
find_clock (Source *source, const char *tagger)
{
  Clock *clock = g_hash_table_lookup (source->clocks, tagger ? tagger : "");
  if (!clock) {
    clock = g_new0 (Clock, 1);
    clock->first = clock->last = -1;
    g_hash_table_insert (source->clocks, g_strdup (tagger ? tagger : ""), clock);
  }
  return clock;
}

/* A start and an update are told of with the sample that they end at; an end is told of later. */
static void
advance_clock (Clock *self, const Span *news)
{
  gint64 time = news->end.time;
  gboolean again = self->first >= 0 && begins_again (time, self->first, self->last);
  if (again)
    self->recording++;
  if (again || self->first < 0)
    self->first = self->last = time;
  self->last = MAX (self->last, time);
}

/* Takes it. Those that are too short for --min-duration are left out. */
static void
add_event_span (Source *source, Span *span)
{
  const LogSpans *log = source->log;
  if (log->options->from_scores || span->end.time - span->start.time < log->options->min_duration)
    span_free (span);
  else
    span_printer_add (log->printer, span, find_clock (source, span->tagger)->recording);
}

static Span *
read_event (LogSpans *self, const ClipJsonValue *root, Source *source, const char *tagger)
{
  g_autofree char *roi_type = g_strdup (clip_json_as_string (clip_json_member (root, "roi_type")));
  const Span about = { .source = source->name,
    .tagger = (char *)tagger,
    .zone = (char *)clip_json_as_string (clip_json_member (root, "zone")),
    .roi_type = roi_type };
  g_autoptr (Span) span = span_new_about (&about);
  gint64 id = -1;
  if (!clip_json_as_int (clip_json_member (root, "id"), &id) || id < 0) {
    fail_line (self, "field 'id': expected a whole number from 0 on");
    return NULL;
  }
  span->id = (guint64)id;
  span->label = g_strdup (clip_json_as_string (clip_json_member (root, "label")));
  if (!span->label) {
    fail_line (self, "field 'label': expected a string");
    return NULL;
  }
  if (!read_time (self, clip_json_member (root, "start"), "start.", &span->start)
      || !read_time (self, clip_json_member (root, "end"), "end.", &span->end))
    return NULL;
  const ClipJsonValue *peak = clip_json_member (root, "peak");
  span->peak = span->start;
  if (peak && !read_time (self, peak, "peak.", &span->peak))
    return NULL;
  span->group = g_strdup (clip_json_as_string (clip_json_member (root, "group")));
  clip_json_as_int (clip_json_member (root, "label_id"), &span->label_id);
  clip_json_as_int (clip_json_member (root, "object_id"), &span->object_id);
  clip_json_as_int (clip_json_member (root, "samples"), &span->n_samples);
  span->confidence = read_number (root, "confidence");
  span->mean = read_number (root, "mean");
  return g_steal_pointer (&span);
}

static gboolean
add_event (LogSpans *self, const ClipJsonValue *root)
{
  const char *state = clip_json_as_string (clip_json_member (root, "event")), *tagger;
  static const char *const states[] = { "start", "update", "end", NULL };
  self->has_events = TRUE;
  if (!state || !g_strv_contains (states, state))
    return fail_line (self, "field 'event': expected \"start\", \"update\" or \"end\"");
  Source *source = find_source (self, root, &tagger);
  g_autoptr (Span) span = read_event (self, root, source, tagger);
  if (!span)
    return FALSE;
  gboolean is_end = g_str_equal (state, "end");
  if (!is_end)
    advance_clock (find_clock (source, tagger), span);

  g_autoptr (GString) key = g_string_new (NULL);
  g_string_append_printf (key, "%" G_GUINT64_FORMAT, span->id);
  clip_json_append_string (key, tagger);
  Span *known = g_hash_table_lookup (source->open, key->str);
  if (known && known->start.time != span->start.time) { /* of another process, which never told of its end */
    g_autofree char *its_key = NULL;
    g_hash_table_steal_extended (source->open, key->str, (gpointer *)&its_key, NULL);
    add_event_span (source, known);
  }
  if (is_end) {
    const char *reason = clip_json_as_string (clip_json_member (root, "reason"));
    span->reason = g_strdup (reason ? reason : "over");
    g_hash_table_remove (source->open, key->str);
    add_event_span (source, g_steal_pointer (&span));
  } else {
    g_hash_table_replace (source->open, g_strdup (key->str), g_steal_pointer (&span));
  }
  return TRUE;
}

static int
compare_starts (gconstpointer a, gconstpointer b)
{
  const Span *x = *(Span *const *)a, *y = *(Span *const *)b;
  return x->start.time != y->start.time ? (x->start.time < y->start.time ? -1 : 1) : (x->id > y->id) - (x->id < y->id);
}

static void
finish_source (Source *self)
{
  GHashTableIter iter;
  gpointer key, data;
  g_autoptr (GPtrArray) open = g_ptr_array_new ();
  g_hash_table_iter_init (&iter, self->subjects);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    score_spans_finish (((Subject *)data)->spans, &self->last);
  g_hash_table_iter_init (&iter, self->open);
  while (g_hash_table_iter_next (&iter, &key, &data)) {
    g_hash_table_iter_steal (&iter);
    g_free (key);
    g_ptr_array_add (open, data);
  }
  g_ptr_array_sort (open, compare_starts);
  for (guint i = 0; i < open->len; i++)
    add_event_span (self, open->pdata[i]);
}

/* ---- The log --------------------------------------------------------------------------------------------- */

LogSpans *
log_spans_new (const char *name, const LogSpansOptions *options, SpanPrinter *printer)
{
  LogSpans *self = g_new0 (LogSpans, 1);
  self->name = name;
  self->options = options;
  self->printer = printer;
  self->sources = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, source_free);
  self->in_turn = g_ptr_array_new ();
  return self;
}

void
log_spans_free (LogSpans *self)
{
  g_ptr_array_unref (self->in_turn);
  g_hash_table_unref (self->sources);
  g_free (self);
}

gboolean
log_spans_add (LogSpans *self, guint line, const char *text, gsize length)
{
  self->line = line;
  g_autofree char *where = g_strdup_printf ("%s:%u", self->name, line);
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipJson) json = clip_json_parse_object (where, text, length, &error);
  if (!json) {
    command_complain ("%s", error->message);
    return FALSE;
  }
  const ClipJsonValue *root = clip_json_root (json);
  return clip_json_member (root, "event") ? add_event (self, root) : add_result (self, root);
}

void
log_spans_finish (LogSpans *self)
{
  for (guint i = 0; i < self->in_turn->len; i++)
    finish_source (self->in_turn->pdata[i]);
}

gboolean
log_spans_lacks_scores (const LogSpans *self)
{
  return self->has_events && !self->has_samples;
}
