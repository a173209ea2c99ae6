/* SPDX-License-Identifier: MIT
 *
 * command.c: what the subcommands share: checks of common options, one-line messages, the form of --help.
 *
 * Messages begin with GLib's program name, which main.c sets to "cliptag COMMAND".
 */
#include "command.h"

#include <stdio.h>

#include "clip-message.h"

#define MAX_FRAME_RATE 1e6 /* cliptagger's own limits */
#define MAX_THREADS    1024

const char *
common_options_check (CommonOptions *self)
{
  if (!(self->frame_rate >= 0 && self->frame_rate <= MAX_FRAME_RATE))
    return "--frame-rate: expected 0 to 1000000";
  if (self->threads < 0 || self->threads > MAX_THREADS)
    return "--threads: expected 0 to 1024";
  if (self->precision_name && !clip_precision_from_name (self->precision_name, &self->precision))
    return "--precision: expected auto, f32, bf16 or int8";
  return NULL;
}

const char *
common_options_get_background (const CommonOptions *self)
{
  if (!self->background)
    return "default";
  return g_str_equal (self->background, "off") ? NULL : self->background;
}

void
common_options_clear (CommonOptions *self)
{
  g_clear_pointer (&self->model, g_free);
  g_clear_pointer (&self->prompts, g_free);
  g_clear_pointer (&self->prompts_file, g_free);
  g_clear_pointer (&self->background, g_free);
  g_clear_pointer (&self->precision_name, g_free);
}

void
command_complain (const char *format, ...)
{
  va_list values;
  va_start (values, format);
  g_autofree char *message = g_strdup_vprintf (format, values);
  va_end (values);
  g_autofree char *shown = clip_printable (g_strdelimit (g_strchomp (message), "\r\n", ' '), -1, 2 * CLIP_MESSAGE_PATH);
  fprintf (stderr, "%s: %s\n", g_get_prgname (), shown);
}

int
command_refuse (const char *what)
{
  command_complain ("%s (see %s --help)", what, g_get_prgname ());
  return EXIT_USAGE;
}

gboolean
command_parse_duration (const char *text, guint64 *ret_ns)
{
  static const struct
  {
    const char *name;
    double ns;
  } units[] = { { "ns", 1 }, { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "min", 60e9 }, { "h", 3600e9 } };
  char *unit;
  double number = g_ascii_strtod (text, &unit);
  if (unit == text || !g_ascii_isdigit (*text))
    return FALSE;
  while (*unit == ' ')
    unit++;
  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    if (g_str_equal (unit, units[i].name) && number * units[i].ns < 1e18) {
      *ret_ns = (guint64)(number * units[i].ns + 0.5);
      return TRUE;
    }
  }
  return *unit == '\0' && g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, ret_ns, NULL);
}

gboolean
command_parse (const char *arguments, const char *description, const GOptionEntry *entries, int *argc, char ***argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (arguments);
  g_autoptr (GError) error = NULL;
  g_option_context_set_summary (context, description);
  g_option_context_add_main_entries (context, entries, NULL);
  if (g_option_context_parse (context, argc, argv, &error))
    return TRUE;
  command_refuse (error->message);
  return FALSE;
}
