/* SPDX-License-Identifier: MIT
 *
 * many-cameras.c: any number of streams labelled in one process, and a table of how they fare each second.
 *
 * The streams share the model's weights and its threads by themselves. camera.c is what one stream takes,
 * cameratable.c the table; here are the options and the clock. One thread, the main loop's.
 */
#include <glib-unix.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cameratable.h"
#include "clip-message.h"

#define PROGRAM    "clip-many-cameras"
#define MAX_REPEAT 1024
#define MAX_SHOWN  1000 /* characters of what is wrong */

typedef struct
{
  char *model, *prompts, *frame_rate, *transport;
  char **settings, **uris;
  gint repeat, latency;
  double seconds;
  gboolean json, version;
} Options;

typedef struct
{
  const Options *options;
  GMainLoop *loop;
  GPtrArray *cameras;
  CameraTableForm form;
  gint64 started, last; /* monotonic, us */
  double cpu_seconds;   /* until the last table */
  gboolean failed;
} ManyCameras;

/* ---- Every second ---------------------------------------------------------------------------------------- */

static double
cpu_seconds (void)
{
  struct rusage usage;
  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double
rss_mib (void)
{
  unsigned long size, resident = 0;
  FILE *file = fopen ("/proc/self/statm", "re");
  if (file) {
    if (fscanf (file, "%lu %lu", &size, &resident) != 2)
      resident = 0;
    fclose (file);
  }
  return resident * (sysconf (_SC_PAGESIZE) / 1048576.0);
}

static gboolean
print_table (gpointer user_data)
{
  ManyCameras *self = user_data;
  guint n = self->cameras->len;
  g_autofree CameraReport *reports = g_new0 (CameraReport, n);
  for (guint i = 0; i < n; i++)
    camera_report (g_ptr_array_index (self->cameras, i), &reports[i]);

  gint64 now = g_get_monotonic_time ();
  double cpu = cpu_seconds ();
  CameraTotals totals = {
    .time = (now - self->started) / 1e6,
    .cpu = 100 * (cpu - self->cpu_seconds) / (MAX (now - self->last, 1) / 1e6),
    .rss_mib = rss_mib (),
  };
  self->last = now;
  self->cpu_seconds = cpu;
  if (!camera_table_print (self->form, reports, n, &totals)) {
    self->failed = TRUE; /* who read it has gone */
    g_main_loop_quit (self->loop);
  }
  for (guint i = 0; i < n; i++)
    camera_report_clear (&reports[i]);
  if (self->options->seconds > 0 && totals.time >= self->options->seconds)
    g_main_loop_quit (self->loop);
  return G_SOURCE_CONTINUE;
}

static gboolean
quit (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

/* ---- The program ----------------------------------------------------------------------------------------- */

static gboolean
parse_options (Options *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "model", 'm', 0, G_OPTION_ARG_FILENAME, &options->model, "Hugging Face CLIP folder (default: the built-in model)",
        "DIR" },
    { "prompts", 'P', 0, G_OPTION_ARG_STRING, &options->prompts, "What to look for (default: the model's own)",
        "\"A;B\"" },
    { "frame-rate", 'r', 0, G_OPTION_ARG_STRING, &options->frame_rate, "Samples per second and stream (default 2)",
        "R" },
    { "set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &options->settings,
        "Any other property of cliptagger, durations as 5s or 250ms; may be repeated", "PROPERTY=VALUE" },
    { "repeat", 0, 0, G_OPTION_ARG_INT, &options->repeat, "Take each URI so many times", "N" },
    { "latency", 0, 0, G_OPTION_ARG_INT, &options->latency, "How long RTSP waits for late packets (default 200)",
        "MS" },
    { "transport", 0, 0, G_OPTION_ARG_STRING, &options->transport, "How RTSP cameras send (default auto)",
        "auto|tcp|udp" },
    { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options->seconds, "Stop after this time (default: on Ctrl-C)", "S" },
    { "json", 'j', 0, G_OPTION_ARG_NONE, &options->json, "Print JSON lines instead of a table", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->version, "Print the version and exit", NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->uris, NULL, "URI..." },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new ("- label many cameras in one process");
  g_option_context_set_summary (context,
      "Labels every URI (rtsp://..., or whatever else GStreamer plays) and prints once a second how each stream "
      "fares:\n"
      "frames so far; a second: frames, sampled, inferred, skipped because a newer frame came first; the age of "
      "labels\n"
      "on frames, the time of an encoding and the wait before it; the best label now. A camera that goes away is "
      "tried\n"
      "again after 1, 2, 4 ... 30 seconds.\n"
      "With --json one object a stream and second, with the same figures, and one of this process (\"streams\", "
      "\"cpu_percent\", \"rss_mib\").");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  return g_option_context_parse (context, argc, argv, error);
}

/* NULL, or what is wrong. */
static const char *
check_options (Options *options)
{
  if (!options->uris)
    return "expected at least one URI (see --help)";
  for (char **uri = options->uris; *uri; uri++)
    if (!gst_uri_is_valid (*uri))
      return "expected URIs, such as rtsp://HOST/PATH or file:///PATH (see --help)";
  if (options->repeat < 1 || options->repeat > MAX_REPEAT)
    return "--repeat: expected 1 to 1024";
  if (options->latency < 0)
    return "--latency: expected 0 or more milliseconds";
  if (!(options->seconds >= 0))
    return "--seconds: expected 0 or more";
  if (!options->transport)
    options->transport = g_strdup ("auto");
  if (!g_strv_contains ((const char *const[]){ "auto", "tcp", "udp", NULL }, options->transport))
    return "--transport: expected auto, tcp or udp";
  return NULL;
}

/* Of cliptagger, as "property=value". */
static char **
all_settings (const Options *options)
{
  g_autoptr (GPtrArray) settings = g_ptr_array_new ();
  if (options->model)
    g_ptr_array_add (settings, g_strconcat ("model=", options->model, NULL));
  if (options->prompts)
    g_ptr_array_add (settings, g_strconcat ("prompts=", options->prompts, NULL));
  if (options->frame_rate)
    g_ptr_array_add (settings, g_strconcat ("frame-rate=", options->frame_rate, NULL));
  for (char **setting = options->settings; setting && *setting; setting++)
    g_ptr_array_add (settings, g_strdup (*setting));
  g_ptr_array_add (settings, NULL);
  return (char **)g_ptr_array_steal (settings, NULL);
}

static gboolean
add_cameras (GPtrArray *cameras, char **uris, gint repeat, const CameraOptions *options)
{
  for (char **uri = uris; *uri; uri++) {
    for (gint i = 0; i < repeat; i++) {
      g_autoptr (GError) error = NULL;
      Camera *camera = camera_new (*uri, options, &error);
      if (!camera) {
        fprintf (stderr, PROGRAM ": %s\n", error->message);
        return FALSE;
      }
      g_ptr_array_add (cameras, camera);
    }
  }
  return TRUE;
}

static int
run (const Options *options)
{
  g_auto (GStrv) settings = all_settings (options);
  g_autoptr (GPtrArray) cameras = g_ptr_array_new_with_free_func ((GDestroyNotify)camera_free);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  ManyCameras self = { .options = options, .loop = loop, .cameras = cameras, .started = g_get_monotonic_time () };
  CameraOptions camera_options = {
    .settings = settings,
    .latency = options->latency,
    .transport = options->transport,
  };
  self.last = self.started;
  self.form = options->json ? CAMERA_TABLE_JSON : isatty (STDOUT_FILENO) ? CAMERA_TABLE_TERMINAL : CAMERA_TABLE_LINES;

  /* What it cannot work with is no camera's fault; and weights that it keeps need not be loaded again when one is back.
   */
  g_autoptr (GError) refusal = NULL;
  GstElement *tagger = camera_open_tagger (&camera_options, &refusal);
  if (!tagger) {
    g_autofree char *shown = clip_printable (refusal->message, -1, MAX_SHOWN);
    fprintf (stderr, PROGRAM ": %s\n", shown);
    return refusal->domain == GST_CORE_ERROR ? 2 : 1;
  }
  if (!add_cameras (cameras, options->uris, options->repeat, &camera_options)) {
    camera_close_tagger (tagger);
    return 2;
  }
  g_unix_signal_add (SIGINT, quit, loop);
  g_unix_signal_add (SIGTERM, quit, loop);
  g_timeout_add (1000, print_table, &self);
  g_main_loop_run (loop);
  camera_close_tagger (tagger);
  return self.failed ? 1 : 0;
}

int
main (int argc, char **argv)
{
  Options options = { .repeat = 1, .latency = 200 };
  g_autoptr (GError) error = NULL;

  setlocale (LC_ALL, "");
  signal (SIGPIPE, SIG_IGN); /* the end of a reader is an error of writing */
  if (!parse_options (&options, &argc, &argv, &error)) {
    g_autofree char *shown = clip_printable (error->message, -1, MAX_SHOWN);
    fprintf (stderr, PROGRAM ": %s\n", shown);
    return 2;
  }
  if (options.version) {
    printf (PROGRAM " %s\n", CLIPTAG_VERSION);
    return 0;
  }
  const char *wrong = check_options (&options);
  if (wrong) {
    fprintf (stderr, PROGRAM ": %s\n", wrong);
    return 2;
  }
  int status = run (&options);
  g_free (options.model);
  g_free (options.prompts);
  g_free (options.frame_rate);
  g_free (options.transport);
  g_strfreev (options.settings);
  g_strfreev (options.uris);
  return status;
}
