/* SPDX-License-Identifier: MIT
 *
 * bench-live.c: what cliptagger promises for live streams, measured: a table with what was asked beside it.
 *
 * bench-live [--only overload,cost,streams,shutdown,stress] [--seconds S] [--cycles N] [--json]. Models have random
 * weights of real shapes: how long they take does not depend on what they have learnt. Exit status 1 where a figure was
 * not reached. Machines are noisy: use a quiet one.
 */
#include "live.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clip.h"
#include "randommodel.h"

struct _LiveReport
{
  gboolean json, missed;
  const char *section;
  GHashTable *models; /* shape: folder */
};

static const struct
{
  const char *name;
  void (*run) (const LiveOptions *options);
} sections[] = {
  { "overload", live_overload },
  { "cost", live_cost },
  { "streams", live_streams },
  { "shutdown", live_shutdown },
  { "stress", live_stress },
};

void
live_row (LiveReport *report, const char *figure, const char *asked, LiveVerdict verdict, const char *format, ...)
{
  static const char *const words[] = { "", "yes", "no" }, *const values[] = { "null", "true", "false" };
  va_list args;
  va_start (args, format);
  g_autofree char *measured = g_strdup_vprintf (format, args);
  va_end (args);
  report->missed |= verdict == LIVE_MISSED;
  if (report->json)
    printf ("{\"section\":\"%s\",\"figure\":\"%s\",\"asked\":\"%s\",\"measured\":\"%s\",\"reached\":%s}\n",
        report->section, figure, asked, measured, values[verdict]);
  else
    printf ("| %s | %s | %s | %s |\n", figure, asked, measured, words[verdict]);
  fflush (stdout);
}

const char *
live_model (LiveReport *report, const char *shape)
{
  const char *known = g_hash_table_lookup (report->models, shape);
  if (known)
    return known;
  char *folder = random_model (shape);
  if (!folder) {
    fprintf (stderr, "bench-live: a model cannot be written to %s\n", g_get_tmp_dir ());
    exit (EXIT_FAILURE);
  }
  g_hash_table_insert (report->models, g_strdup (shape), folder);
  return folder;
}

static int
compare_doubles (const void *a, const void *b)
{
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

double
live_percentile (GArray *values, double fraction)
{
  if (!values->len)
    return 0;
  g_array_sort (values, compare_doubles);
  return g_array_index (values, double, (guint)(fraction * (values->len - 1) + 0.5));
}

GstElement *
live_pipeline (const char *format, ...)
{
  va_list args;
  va_start (args, format);
  g_autofree char *description = g_strdup_vprintf (format, args);
  va_end (args);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch_full (description, NULL, GST_PARSE_FLAG_FATAL_ERRORS, &error);
  if (!pipeline) {
    fprintf (stderr, "bench-live: %s: %s\n", description, error->message);
    exit (EXIT_FAILURE);
  }
  return gst_object_ref_sink (pipeline);
}

GstElement *
live_child (GstElement *pipeline, const char *name)
{
  GstElement *child = gst_bin_get_by_name (GST_BIN (pipeline), name);
  g_assert_nonnull (child);
  gst_object_unref (child);
  return child;
}

void
live_set_state (GstElement *element, GstState state)
{
  if (gst_element_set_state (element, state) != GST_STATE_CHANGE_FAILURE
      && gst_element_get_state (element, NULL, NULL, GST_CLOCK_TIME_NONE) != GST_STATE_CHANGE_FAILURE)
    return;
  fprintf (stderr, "bench-live: %s does not reach %s\n", GST_OBJECT_NAME (element), gst_element_state_get_name (state));
  exit (EXIT_FAILURE);
}

guint64
live_count (GstElement *tagger, const char *field)
{
  g_autoptr (GstStructure) stats = NULL;
  guint64 count = 0;
  g_object_get (tagger, "stats", &stats, NULL);
  if (!gst_structure_get_uint64 (stats, field, &count))
    g_error ("stats have no %s", field);
  return count;
}

double
live_stat (GstElement *tagger, const char *field)
{
  g_autoptr (GstStructure) stats = NULL;
  double value = 0;
  g_object_get (tagger, "stats", &stats, NULL);
  if (!gst_structure_get_double (stats, field, &value))
    g_error ("stats have no %s", field);
  return value;
}

/* All temporary files from here on go into one folder, which a child takes away when this process has come to its end,
 * whatever that is: then the pipe that it reads has no writer left. */
static gboolean
have_files_removed (void)
{
  g_autofree char *folder = g_build_filename (g_getenv ("TMPDIR") ?: "/tmp", "bench-live-XXXXXX", NULL);
  int ends[2];
  if (!g_mkdtemp (folder) || pipe2 (ends, O_CLOEXEC) != 0)
    return FALSE;
  pid_t child = fork ();
  if (child == 0) {
    char nothing;
    setsid (); /* what interrupts a terminal's or a script's jobs is not for it */
    close (ends[1]);
    while (read (ends[0], &nothing, 1) != 0)
      continue;
    execlp ("rm", "rm", "-rf", folder, NULL);
    _exit (EXIT_FAILURE);
  }
  close (ends[0]);
  return child > 0 && g_setenv ("TMPDIR", folder, TRUE);
}

/* Returns FALSE for a word that names no section. */
static gboolean
known_sections (char **wanted)
{
  for (; wanted && *wanted; wanted++) {
    gboolean known = FALSE;
    for (guint i = 0; i < G_N_ELEMENTS (sections); i++)
      known |= g_str_equal (sections[i].name, *wanted);
    if (!known)
      return FALSE;
  }
  return TRUE;
}

static void
run_sections (const LiveOptions *options, char **wanted)
{
  for (guint i = 0; i < G_N_ELEMENTS (sections); i++) {
    if (wanted && !g_strv_contains ((const char *const *)wanted, sections[i].name))
      continue;
    options->report->section = sections[i].name;
    sections[i].run (options);
  }
}

int
main (int argc, char **argv)
{
  LiveReport report = { FALSE };
  LiveOptions options = { .seconds = 60, .cycles = 1000, .shutdowns = 20, .streams = 32, .report = &report };
  g_autofree char *only = NULL;
  gint cycles = (gint)options.cycles, streams = (gint)options.streams;
  const GOptionEntry entries[] = {
    { "only", 0, 0, G_OPTION_ARG_STRING, &only, "overload, cost, streams, shutdown, stress; several with commas",
        "LIST" },
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options.seconds, "Of overload; of streams half as many (60)", "S" },
    { "cycles", 0, 0, G_OPTION_ARG_INT, &cycles,
        "Of stress; seeks and state changes ten times as many (1000); of shutdown at most 20", "N" },
    { "streams", 0, 0, G_OPTION_ARG_INT, &streams, "Cameras in one process (32)", "N" },
    { "json", 0, 0, G_OPTION_ARG_NONE, &report.json, "An object a line instead of a table", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("- measures cliptagger on live streams");
  g_autoptr (GError) error = NULL;
  g_option_context_add_main_entries (context, entries, NULL);
  gboolean parsed = g_option_context_parse (context, &argc, &argv, &error);
  g_auto (GStrv) wanted = only ? g_strsplit (only, ",", -1) : NULL;
  if (!parsed || argc > 1 || cycles < 1 || streams < 1 || options.seconds < 1 || !known_sections (wanted)) {
    fprintf (stderr, "bench-live: %s\n", error ? error->message : "wrong usage, see --help");
    return 2;
  }
  options.cycles = (guint)cycles;
  options.shutdowns = MIN (options.shutdowns, options.cycles);
  options.streams = (guint)streams;

  if (!have_files_removed ()) { /* before there are threads, and before GLib looks for TMPDIR */
    fprintf (stderr, "bench-live: no temporary folder can be made: %s\n", g_strerror (errno));
    return EXIT_FAILURE;
  }
  gst_init (NULL, NULL);
  gst_registry_scan_path (gst_registry_get (), g_getenv ("CLIPTAG_PLUGIN") ? g_getenv ("CLIPTAG_PLUGIN") : PLUGIN_DIR);
  report.models = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  if (!report.json)
    printf ("%s, %u processors\n\n| | asked | measured | reached |\n|---|---|---|---|\n", clip_kernels_description (),
        g_get_num_processors ());
  run_sections (&options, wanted);
  g_hash_table_unref (report.models);
  return report.missed ? EXIT_FAILURE : EXIT_SUCCESS;
}
