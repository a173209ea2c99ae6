/* SPDX-License-Identifier: MIT
 *
 * test-prompts-oom.c: running out of memory while prompts are read: each larger allocation fails once, for a
 * string, a text file and JSON with groups, zones and sums. Each ends with CLIP_ERROR_MEMORY.
 */
#include "failalloc.h"

#include "clip.h"
#include "tempfolder.h"

enum
{
  WRONG_ERROR = FAIL_FAULTS,
  WRONG_RESULT
};

static char *folder;

static ClipPrompts *
read_all (const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  return clip_prompts_new_from_file (path, error);
}

static char *string;

static ClipPrompts *
read_string (const char *name, GError **error)
{
  return clip_prompts_new_from_string (string, error);
}

typedef struct
{
  const char *name;
  ClipPrompts *(*read) (const char *name, GError **error);
  guint n_prompts, n_groups, n_zones;
} Case;

static int
child (gconstpointer data, guint n)
{
  const Case *test = data;
  GError *error = NULL;
  fail_state->n = 0;
  fail_state->kind = "none";
  fail_state->fail_at = (gint)n;
  ClipPrompts *prompts = test->read (test->name, &error);
  fail_state->fail_at = 0;
  if (!prompts && !g_error_matches (error, CLIP_ERROR, CLIP_ERROR_MEMORY)) {
    g_printerr ("%s\n", error ? error->message : "neither result nor error");
    return WRONG_ERROR;
  }
  gboolean ok = prompts != NULL;
  if (ok
      && (error || clip_prompts_get_size (prompts) != test->n_prompts
          || clip_prompts_get_n_groups (prompts) != test->n_groups
          || clip_prompts_get_n_zones (prompts) != test->n_zones))
    return WRONG_RESULT;
  clip_prompts_unref (prompts);
  return !ok ? FAIL_REFUSED : (guint)fail_state->n >= n ? FAIL_SURVIVED : FAIL_DONE;
}

static void
test_sweep (gconstpointer data)
{
  static const char *const faults[] = { "another error", "another result" };
  test_fail_sweep (child, data, 1, faults, G_N_ELEMENTS (faults));
}

/* 40 prompts in the frame's groups of 10, 40 zones with one each of its own; long ones; sums; many templates. */
static void
write_files (void)
{
  string = g_strnfill (20000, ';');
  for (guint i = 0; i < 20000; i += 10)
    memcpy (string + i, "a cat", 5);
  g_autoptr (GString) json = g_string_new ("{\"templates\":[\"{}\"");
  g_autofree char *longer = g_strnfill (5000, 'x');
  for (guint i = 0; i < 800; i++)
    g_string_append (json, ",\"a {}\"");
  g_string_append_printf (json, ",\"{} %s\"],\"groups\":[", longer);
  for (guint g = 0; g < 4; g++) {
    g_string_append_printf (json, "%s{\"name\":\"g%u\",\"none\":\"%s\",\"prompts\":[", g ? "," : "", g, longer);
    for (guint i = 0; i < 9; i++)
      g_string_append_printf (json, "{\"text\":\"%s%u\",\"label\":\"%s\"},", longer, i, longer + i + 1);
    g_string_append_printf (
        json, "{\"label\":\"s\",\"sum\":[{\"text\":\"%s\"},{\"image\":\"b\",\"weight\":-1}]}]}", longer);
  }
  g_string_append (json, "],\"zones\":[");
  for (guint z = 0; z < 40; z++)
    g_string_append_printf (
        json, "%s{\"name\":\"z%u\",\"box\":[0,0,1,1],\"prompts\":[{\"vector\":\"v\"}]}", z ? "," : "", z);
  g_string_append (json, "]}");
  test_write (folder, "all.json", json->str, -1);
  g_string_truncate (json, 0);
  for (guint i = 0; i < 300; i++)
    g_string_append_printf (json, "thing %u\n", i);
  test_write (folder, "lines.txt", json->str, -1);
}

int
main (int argc, char **argv)
{
  static const Case cases[] = {
    { "string", read_string, 2000, 1, 1 },
    { "lines.txt", read_all, 300, 1, 1 },
    { "all.json", read_all, 80, 44, 41 },
  };
  g_setenv ("G_SLICE", "always-malloc", TRUE); /* whose pages would be GLib's own allocations of 4 KB */
  g_test_init (&argc, &argv, NULL);
  fail_from = 512;
  test_fail_share ();
  folder = test_temporary_folder ();
  write_files ();
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = g_strconcat ("/prompts-oom/", cases[i].name, NULL);
    g_test_add_data_func (name, &cases[i], test_sweep);
  }
  int result = g_test_run ();
  test_remove_folder (folder);
  g_free (folder);
  g_free (string);
  return result;
}
