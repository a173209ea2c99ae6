/* SPDX-License-Identifier: MIT
 *
 * fuzz-timeline.c: a log, as `cliptag timeline` reads it; the first byte is for the options. A bad line is complained
 * of once; what is printed is lines, each JSON where that is asked for.
 */
#include "fuzz.h"

#include <math.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "clip-json.h"
#include "command.h"
#include "logspans.h"

static guint n_complaints;

void
command_complain (const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *text = g_strdup_vprintf (format, args);
  va_end (args);
  fuzz_check_line (text);
  n_complaints++;
}

/* ---- Standard output ------------------------------------------------------------------------------------- */

static int before = -1, instead = -1;

static void
catch_output (void)
{
  if (instead < 0) {
    instead = memfd_create ("printed", MFD_CLOEXEC);
    before = dup (STDOUT_FILENO);
    g_assert_true (instead >= 0 && before >= 0);
  }
  fflush (stdout);
  g_assert_cmpint (ftruncate (instead, 0), ==, 0);
  g_assert_cmpint (lseek (instead, 0, SEEK_SET), ==, 0);
  g_assert_cmpint (dup2 (instead, STDOUT_FILENO), ==, STDOUT_FILENO);
}

static char *
take_output (void)
{
  fflush (stdout);
  g_assert_cmpint (dup2 (before, STDOUT_FILENO), ==, STDOUT_FILENO);
  off_t length = lseek (instead, 0, SEEK_END);
  char *text = g_malloc0 ((gsize)length + 1);
  g_assert_cmpint (pread (instead, text, (size_t)length, 0), ==, length);
  return text;
}

static void
check_output (const char *text, gboolean json)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] && lines[i + 1]; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (ClipJson) parsed = json ? clip_json_parse_object ("printed", lines[i], strlen (lines[i]), &error) : NULL;
    g_assert_no_error (error);
    if (!json)
      fuzz_check_line (lines[i]);
  }
}

/* ---- The log --------------------------------------------------------------------------------------------- */

static void
read_log (LogSpans *log, const char *text, size_t size)
{
  guint n = 0, n_bad = 0;
  n_complaints = 0;
  while (size > 0 && !n_bad) {
    const char *end = memchr (text, '\n', size);
    size_t length = end ? (size_t)(end - text) : size;
    if (length > 0)
      n_bad += !log_spans_add (log, ++n, text, length);
    length += end != NULL;
    text += length;
    size -= length;
  }
  g_assert_cmpuint (n_complaints, ==, n_bad);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  FuzzReader reader = { data, size };
  guint bits = fuzz_byte (&reader);
  gboolean json = bits & 1;
  const LogSpansOptions options = {
    .rules = { .threshold = bits & 4 ? 0.25f : NAN,
        .off_threshold = NAN,
        .smoothing = bits & 8 ? CLIP_EVENT_SMOOTHING : 0,
        .min_duration = bits & 16 ? 0 : CLIP_EVENT_MIN_DURATION,
        .hold_time = bits & 32 ? 0 : CLIP_EVENT_HOLD_TIME,
        .best = bits & 64 },
    .from_scores = bits & 128,
  };
  catch_output ();
  SpanPrinter *printer = span_printer_new (json, bits & 2);
  LogSpans *log = log_spans_new ("log", &options, printer);
  read_log (log, (const char *)reader.data, reader.size);
  log_spans_finish (log);
  span_printer_finish (printer);
  g_assert_cmpint (span_printer_get_error (printer), ==, 0);
  log_spans_free (log);
  span_printer_free (printer);
  g_autofree char *text = take_output ();
  check_output (text, json);
  return 0;
}

void
fuzz_seeds (void)
{
  static const char *const logs[] = {
    "{\"stream_time\":0,\"source\":\"a\",\"labels\":[{\"label\":\"x\",\"confidence\":0.75}]}\n"
    "{\"stream_time\":2000000000,\"source\":\"a\",\"labels\":[{\"label\":\"x\",\"confidence\":0.5}]}\n"
    "{\"pts\":4000000000,\"stream_time\":null,\"source\":\"b\",\"tagger\":\"t\",\"labels\":[]}\n",
    "{\"level\":\"changes\",\"stream_time\":0,\"labels\":[{\"label\":\"x\",\"group\":\"g\",\"confidence\":1}]}\n"
    "{\"level\":\"changes\",\"stream_time\":5,\"labels\":[{\"label\":\"y\",\"group\":\"g\",\"confidence\":-1}]}\n",
    "{\"stream_time\":0,\"labels\":[],\"regions\":[{\"roi_type\":\"car\",\"object_id\":3,\"labels\":[{\"label\":\"x\","
    "\"confidence\":0.9}]},{\"zone\":\"gate\",\"labels\":[{\"label\":\"open\",\"confidence\":0.9}]}]}\n",
    "{\"event\":\"start\",\"id\":1,\"label\":\"x\",\"start\":{\"stream_time\":0,\"utc\":\"2026-01-01T00:00:00Z\"},"
    "\"end\":{\"stream_time\":0}}\n"
    "{\"event\":\"end\",\"id\":1,\"label\":\"x\",\"start\":{\"stream_time\":0},\"end\":{\"stream_time\":9},\"peak\":{"
    "\"stream_time\":4},\"confidence\":0.8,\"mean\":0.7,\"samples\":3,\"reason\":\"over\"}\n"
    "{\"event\":\"update\",\"id\":2,\"label\":\"y\",\"zone\":\"gate\",\"object_id\":7,\"roi_type\":\"car\",\"start\":{"
    "\"pts\":5},\"end\":{\"pts\":9}}\n",
  };
  for (guint i = 0; i < G_N_ELEMENTS (logs); i++)
    for (guint bits = 0; bits < 256; bits += 51) {
      g_autofree char *seed = g_strdup_printf ("%c%s", bits ? (int)bits : 1, logs[i]);
      fuzz_seed (seed, strlen (seed));
    }
}
