/* SPDX-License-Identifier: MIT
 *
 * cameras.c: `cliptag cameras`: labels any number of streams in one process and prints their state every second.
 *
 * The streams share the model's weights and threads, which is cliptagger's doing. camera.c is one stream, cameratable.c
 * the table; here are the options and the clock. One thread runs it all, the main loop's.
 */
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cameratable.h"
#include "clip-message.h"
#include "command.h"

#define MAX_REPEAT 1024
#define MAX_SHOWN  1000 /* characters of what is wrong */

typedef struct
{
  CommonOptions common;
  char *transport;
  char **settings, **uris;
  gint repeat, latency;
  double seconds;
} Options;

typedef struct
{
  const Options *options;
  GMainLoop *loop;
  GPtrArray *cameras;
  CameraTableForm form;
  gint64 started, last; /* monotonic, us */
  double cpu_seconds;   /* at the last table */
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
    self->failed = TRUE; /* the reader has gone */
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
parse_options (Options *options, int *argc, char ***argv)
{
  const GOptionEntry entries[] = {
    COMMON_MODEL (&options->common),
    COMMON_PROMPTS (&options->common),
    COMMON_PROMPTS_FILE (&options->common),
    COMMON_BACKGROUND (&options->common),
    COMMON_FRAME_RATE (&options->common, "2"),
    COMMON_PRECISION (&options->common, "auto"),
    COMMON_THREADS (&options->common),
    { "set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->settings,
        "Set any other property of cliptagger, durations as 5s or 250ms; may be repeated", "PROPERTY=VALUE" },
    { "repeat", 0, 0, G_OPTION_ARG_INT, &options->repeat, "Open each URI this many times (default 1)", "N" },
    { "latency", 0, 0, G_OPTION_ARG_INT, &options->latency,
        "Milliseconds that RTSP waits for late packets (default 200)", "MS" },
    { "transport", 0, 0, G_OPTION_ARG_STRING, &options->transport, "Transport of RTSP cameras (default auto)",
        "auto|tcp|udp" },
    { "seconds", 's', 0, G_OPTION_ARG_DOUBLE, &options->seconds, "Stop after this time, 0 = on Ctrl-C (default 0)",
        "S" },
    COMMON_JSON (&options->common),
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->uris, NULL, "URI..." },
    G_OPTION_ENTRY_NULL,
  };
  return command_parse (NULL,
      "Labels every URI (rtsp://... or anything else that GStreamer plays) and prints a table every second:\n"
      "\n"
      "  frames     so far, and per second\n"
      "  sampl.     frames sampled per second\n"
      "  infer.     samples encoded per second\n"
      "  skip.      samples skipped per second because a newer frame came first\n"
      "  age        of the labels on frames, 95th percentile\n"
      "  encode     time of an encoding, median\n"
      "  queue      wait before it, 95th percentile\n"
      "  label now  the best label\n"
      "\n"
      "A lost camera is tried again after 1, 2, 4 ... 30 seconds. With --json an object is printed for each stream, "
      "and\n"
      "one for the process (\"streams\", \"cpu_percent\", \"rss_mib\").",
      entries, argc, argv);
}

/* NULL, or what is wrong. */
static const char *
check_options (Options *options)
{
  const char *wrong = common_options_check (&options->common);
  if (wrong)
    return wrong;
  if (!options->uris)
    return "expected at least one URI";
  for (char **uri = options->uris; *uri; uri++)
    if (!gst_uri_is_valid (*uri))
      return "expected URIs, such as rtsp://HOST/PATH or file:///PATH";
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

static void
add_setting (GPtrArray *settings, const char *property, const char *value)
{
  if (value)
    g_ptr_array_add (settings, g_strdup_printf ("%s=%s", property, value));
}

/* Of cliptagger, as "property=value". */
static char **
all_settings (const Options *options)
{
  const CommonOptions *common = &options->common;
  g_autoptr (GPtrArray) settings = g_ptr_array_new ();
  char rate[G_ASCII_DTOSTR_BUF_SIZE], threads[16];
  g_snprintf (threads, sizeof threads, "%d", common->threads);
  add_setting (settings, "model", common->model);
  add_setting (settings, "prompts", common->prompts);
  add_setting (settings, "prompts-file", common->prompts_file);
  add_setting (settings, "background", common->background);
  add_setting (settings, "frame-rate", g_ascii_dtostr (rate, sizeof rate, common->frame_rate));
  add_setting (settings, "precision", common->precision_name);
  add_setting (settings, "n-threads", threads);
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
        command_complain ("%s", error->message);
        return FALSE;
      }
      g_ptr_array_add (cameras, camera);
    }
  }
  return TRUE;
}

static int
run_cameras (const Options *options)
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
  self.form = options->common.json     ? CAMERA_TABLE_JSON
              : isatty (STDOUT_FILENO) ? CAMERA_TABLE_TERMINAL
                                       : CAMERA_TABLE_LINES;

  /* A bad setting is no camera's fault. This one also keeps the weights loaded while cameras come and go. */
  g_autoptr (GError) refusal = NULL;
  GstElement *tagger = camera_open_tagger (&camera_options, &refusal);
  if (!tagger) {
    g_autofree char *shown = clip_printable (refusal->message, -1, MAX_SHOWN);
    command_complain ("%s", shown);
    return refusal->domain == GST_CORE_ERROR ? EXIT_USAGE : EXIT_ERROR;
  }
  if (!add_cameras (cameras, options->uris, options->repeat, &camera_options)) {
    camera_close_tagger (tagger);
    return EXIT_USAGE;
  }
  g_unix_signal_add (SIGINT, quit, loop);
  g_unix_signal_add (SIGTERM, quit, loop);
  g_timeout_add (1000, print_table, &self);
  g_main_loop_run (loop);
  camera_close_tagger (tagger);
  return self.failed ? EXIT_ERROR : EXIT_OK;
}

static void
options_clear (Options *options)
{
  common_options_clear (&options->common);
  g_free (options->transport);
  g_strfreev (options->settings);
  g_strfreev (options->uris);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

int
command_cameras (int argc, char **argv)
{
  g_auto (Options) options = { .common.frame_rate = 2, .repeat = 1, .latency = 200 };
  g_autoptr (GError) error = NULL;

  signal (SIGPIPE, SIG_IGN); /* the end of a reader is an error of writing */
  if (!parse_options (&options, &argc, &argv))
    return EXIT_USAGE;
  const char *wrong = check_options (&options);
  if (wrong)
    return command_refuse (wrong);
  if (!gst_init_check (NULL, NULL, &error)) {
    command_complain ("%s", error->message);
    return EXIT_ERROR;
  }
  return run_cameras (&options);
}
