/* SPDX-License-Identifier: MIT
 *
 * main.c: `cliptag COMMAND …` finds the subcommand in command.h's table and runs it.
 *
 * Exit status of them all: 0 done, 1 something failed, 2 wrong usage. An error is one line on standard error. Numbers
 * are printed with a decimal point in every locale, because scripts read them.
 */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "command.h"

#define PROGRAM "cliptag"

static const struct
{
  const char *name, *summary;
  CommandFunction run;
} commands[] = {
#define COMMAND_ROW(name, summary) { #name, summary, command_##name },
  COMMANDS (COMMAND_ROW)
#undef COMMAND_ROW
};

static int
show_commands (void)
{
  printf ("Usage:\n"
          "  " PROGRAM " COMMAND [OPTION...] [ARGUMENT...]\n"
          "  " PROGRAM " help COMMAND\n\n"
          "Says what is in pictures and videos, with CLIP models on the CPU.\n\n"
          "Commands:\n");
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    printf ("  %-10s  %s\n", commands[i].name, commands[i].summary);
  printf ("\n"
          "Options:\n"
          "  -h, --help  Show this help, or that of a command behind its name\n"
          "  --version   Print the version and exit\n");
  return EXIT_OK;
}

/* Insertions, deletions, replacements and swaps of neighbours that make one of the other. */
static guint
distance (const char *a, const char *b)
{
  guint n = (guint)strlen (b);
  g_autofree guint *rows = g_new0 (guint, 3 * (gsize)(n + 1));
  guint *two_above = rows, *above = rows + n + 1, *row = rows + 2 * (n + 1);
  for (guint j = 0; j <= n; j++)
    above[j] = j;
  for (guint i = 0; a[i]; i++) {
    row[0] = i + 1;
    for (guint j = 0; j < n; j++) {
      row[j + 1] = MIN (MIN (row[j], above[j + 1]) + 1, above[j] + (a[i] != b[j]));
      if (i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j])
        row[j + 1] = MIN (row[j + 1], two_above[j - 1] + 1);
    }
    guint *oldest = two_above;
    two_above = above;
    above = row;
    row = oldest;
  }
  return above[n];
}

/* NULL where none is near: a beginning of its name, or a slip or two. */
static const char *
find_nearest (const char *word)
{
  const char *nearest = NULL;
  guint least = 3;
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    const char *name = commands[i].name;
    guint slips = *word && g_str_has_prefix (name, word) ? 0 : distance (word, name);
    if (slips < MIN (least, strlen (name) / 2 + 1)) {
      least = slips;
      nearest = name;
    }
  }
  return nearest;
}

static int
refuse_command (const char *word)
{
  const char *nearest = find_nearest (word);
  if (nearest)
    command_complain ("unknown command \"%s\", did you mean \"%s\"? (see " PROGRAM " --help)", word, nearest);
  else
    command_complain ("unknown command \"%s\" (see " PROGRAM " --help)", word);
  return EXIT_USAGE;
}

static int
show_version (void)
{
  printf (PROGRAM " %s\n", clip_version ());
  return EXIT_OK;
}

static int
run_command (int argc, char **argv)
{
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (g_str_equal (argv[0], commands[i].name)) {
      if (argc == 2 && g_str_equal (argv[1], "--version"))
        return show_version ();
      g_autofree char *name = g_strdup_printf (PROGRAM " %s", argv[0]);
      g_set_prgname (name);
      return commands[i].run (argc, argv);
    }
  }
  return refuse_command (argv[0]);
}

/* `help COMMAND` is `COMMAND --help`. */
static int
run_help (int argc, char **argv)
{
  if (argc == 1 || (argc == 2 && (g_str_equal (argv[1], "-h") || g_str_equal (argv[1], "--help"))))
    return show_commands ();
  if (argc > 2)
    return command_refuse ("help: expected one command at most");
  char *words[] = { argv[1], (char *)"--help", NULL };
  return run_command (2, words);
}

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C");
  g_set_prgname (PROGRAM);
  if (argc < 2)
    return command_refuse ("expected a command");

  const char *word = argv[1];
  if (g_str_equal (word, "-h") || g_str_equal (word, "--help"))
    return show_commands ();
  if (g_str_equal (word, "--version"))
    return show_version ();
  if (*word == '-') {
    command_complain ("unknown option %s (see " PROGRAM " --help)", word);
    return EXIT_USAGE;
  }
  return g_str_equal (word, "help") ? run_help (argc - 1, argv + 1) : run_command (argc - 1, argv + 1);
}
