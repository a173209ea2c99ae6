/* SPDX-License-Identifier: MIT
 *
 * cameratable.c: the cameras' state, as a table for people or as JSON lines for programs.
 */
#include "cameratable.h"

#include <json-glib/json-glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "clip-message.h"

#define HOME        "\033[H"
#define CLEAR_LINE  "\033[K"
#define CLEAR_BELOW "\033[J"

#define HEADING                                                                                                        \
  "                                             ------- per second -------  ------- ms -------\n"                      \
  "  # camera                           frames  frames sampl. infer. skip.  age   encode queue  label now\n"           \
  "                                                                         p95   p50    p95\n"
#define NAME_WIDTH 28
#define MAX_SHOWN  1000 /* characters of a label or problem */

/* ---- A table --------------------------------------------------------------------------------------------- */

/* Long names differ at the end rather than the beginning. */
static void
append_name (GString *table, const char *uri)
{
  const char *authority = strstr (uri, "://");
  g_autofree char *name = clip_printable (authority ? authority + 3 : uri, -1, MAX_SHOWN);
  glong length = g_utf8_strlen (name, -1), cut = MAX (length - NAME_WIDTH, 0);
  g_string_append (table, g_utf8_offset_to_pointer (name, cut));
  for (glong i = length - cut; i < NAME_WIDTH; i++)
    g_string_append_c (table, ' ');
}

/* `width` characters and a blank. */
static void
append_ms (GString *table, int width, double ms)
{
  if (ms < 0)
    g_string_append_printf (table, "%*s ", width, "-");
  else
    g_string_append_printf (table, "%*.*f ", width, ms < 99.95 ? 1 : 0, ms);
}

static void
append_row (GString *table, guint index, const CameraReport *report)
{
  g_string_append_printf (table, "%3u ", index);
  append_name (table, report->uri);
  if (report->problem) {
    g_autofree char *problem = clip_printable (report->problem, -1, MAX_SHOWN);
    g_string_append_printf (table, "       -  %s", problem);
    if (report->retry_seconds)
      g_string_append_printf (table, "; tried again in %u s", report->retry_seconds);
    g_string_append_c (table, '\n');
    return;
  }
  g_string_append_printf (table, "%9" G_GUINT64_FORMAT " %7.1f %6.1f %6.1f %5.1f ", report->frames, report->fps,
      report->sampled, report->inferred, report->skipped);
  append_ms (table, 5, report->age_p95);
  append_ms (table, 6, report->encode_p50);
  append_ms (table, 6, report->queue_p95);
  if (report->label) {
    g_autofree char *label = clip_printable (report->label, -1, MAX_SHOWN);
    g_string_append_printf (table, " %3.0f %% %s", 100 * report->confidence, label);
  }
  g_string_append_c (table, '\n');
}

static void
append_total (GString *table, const CameraReport *reports, guint n, const CameraTotals *totals)
{
  double fps = 0, sampled = 0, inferred = 0, skipped = 0;
  guint64 frames = 0;
  guint n_playing = 0;
  for (guint i = 0; i < n; i++) {
    frames += reports[i].frames;
    fps += reports[i].fps;
    sampled += reports[i].sampled;
    inferred += reports[i].inferred;
    skipped += reports[i].skipped;
    n_playing += !reports[i].problem;
  }
  g_autofree char *name = g_strdup_printf ("%u of %u cameras, %.0f s", n_playing, n, totals->time);
  g_string_append_printf (table,
      "    %-*s%9" G_GUINT64_FORMAT " %7.1f %6.1f %6.1f %5.1f  CPU %.0f %% of one core, %.0f MiB\n", NAME_WIDTH, name,
      frames, fps, sampled, inferred, skipped, totals->cpu, totals->rss_mib);
}

/* Over what stands there: rows that do not fit are left out above the total, columns cut off. */
static void
put_on_terminal (GString *table)
{
  struct winsize size = { 0 };
  if (ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row < 2 || size.ws_col < 2)
    size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
  g_auto (GStrv) lines = g_strsplit (table->str, "\n", -1);
  guint n = g_strv_length (lines) - 1; /* behind the last line's end is nothing */
  guint room = size.ws_row - 1;        /* the cursor's own */

  g_string_assign (table, HOME);
  for (guint i = 0; i < n; i++) {
    if (n > room && i >= room - 1 && i < n - 1)
      continue;
    glong length = MIN (g_utf8_strlen (lines[i], -1), size.ws_col - 1);
    g_string_append_len (table, lines[i], g_utf8_offset_to_pointer (lines[i], length) - lines[i]);
    g_string_append (table, CLEAR_LINE "\n");
  }
  g_string_append (table, CLEAR_BELOW);
}

/* ---- JSON lines ------------------------------------------------------------------------------------------ */

static void
add_number (JsonBuilder *builder, const char *name, double value)
{
  json_builder_set_member_name (builder, name);
  if (value < 0)
    json_builder_add_null_value (builder); /* not known */
  else
    json_builder_add_double_value (builder, value);
}

static void
add_string (JsonBuilder *builder, const char *name, const char *value)
{
  g_autofree char *valid = value ? g_utf8_make_valid (value, -1) : NULL;
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, valid);
}

static void
append_object (GString *lines, JsonBuilder *builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree char *text = json_to_string (root, FALSE);
  g_string_append (lines, text);
  g_string_append_c (lines, '\n');
}

static void
append_json (GString *lines, guint index, const CameraReport *report, double time)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  json_builder_begin_object (builder);
  add_number (builder, "time", time);
  json_builder_set_member_name (builder, "stream");
  json_builder_add_int_value (builder, index);
  add_string (builder, "uri", report->uri);
  add_string (builder, "problem", report->problem);
  json_builder_set_member_name (builder, "frames");
  json_builder_add_int_value (builder, (gint64)report->frames);
  add_number (builder, "fps", report->fps);
  add_number (builder, "sampled", report->sampled);
  add_number (builder, "inferred", report->inferred);
  add_number (builder, "skipped", report->skipped);
  add_number (builder, "age_ms_p95", report->age_p95);
  add_number (builder, "encode_ms_p50", report->encode_p50);
  add_number (builder, "queue_ms_p95", report->queue_p95);
  add_string (builder, "label", report->label);
  add_number (builder, "confidence", report->label ? report->confidence : -1);
  json_builder_end_object (builder);
  append_object (lines, builder);
}

static void
append_json_total (GString *lines, guint n_streams, const CameraTotals *totals)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  json_builder_begin_object (builder);
  add_number (builder, "time", totals->time);
  json_builder_set_member_name (builder, "streams");
  json_builder_add_int_value (builder, n_streams);
  add_number (builder, "cpu_percent", totals->cpu);
  add_number (builder, "rss_mib", totals->rss_mib);
  json_builder_end_object (builder);
  append_object (lines, builder);
}

/* ---------------------------------------------------------------------------------------------------------- */

gboolean
camera_table_print (CameraTableForm form, const CameraReport *reports, guint n_reports, const CameraTotals *totals)
{
  g_autoptr (GString) text = g_string_new (NULL);
  if (form == CAMERA_TABLE_JSON) {
    for (guint i = 0; i < n_reports; i++)
      append_json (text, i, &reports[i], totals->time);
    append_json_total (text, n_reports, totals);
  } else {
    g_string_append (text, HEADING);
    for (guint i = 0; i < n_reports; i++)
      append_row (text, i, &reports[i]);
    append_total (text, reports, n_reports, totals);
    if (form == CAMERA_TABLE_TERMINAL)
      put_on_terminal (text);
    else
      g_string_append_c (text, '\n');
  }
  return fputs (text->str, stdout) >= 0 && fflush (stdout) == 0;
}
