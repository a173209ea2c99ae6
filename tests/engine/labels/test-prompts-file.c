/* SPDX-License-Identifier: MIT
 *
 * test-prompts-file.c: JSON prompts files: each key's good, bad and boundary values (prompts-files.tsv), what groups,
 * zones and classes come of them, the examples of the docs, and zones from a property.
 */
#include <locale.h>
#include <math.h>

#include "clip-json.h"
#include "clip.h"
#include "labels/prompt-object.h"
#include "tempfolder.h"
#include "testdata.h"

#define TABLE       "tests/engine/labels/prompts-files.tsv"
#define LEAST_CASES 300

typedef struct
{
  char *folder, *path;
} File;

static void
file_set_up (File *self, gconstpointer data)
{
  self->folder = test_temporary_folder ();
  self->path = g_build_filename (self->folder, "prompts", NULL);
}

static void
file_tear_down (File *self, gconstpointer data)
{
  test_remove_folder (self->folder);
  g_free (self->folder);
  g_free (self->path);
}

static ClipPrompts *
load (File *self, const char *content, GError **error)
{
  test_write (self->folder, "prompts", content, -1);
  return clip_prompts_new_from_file (self->path, error);
}

static ClipPrompts *
load_good (File *self, const char *content)
{
  g_autoptr (GError) error = NULL;
  ClipPrompts *prompts = load (self, content, &error);
  g_assert_no_error (error);
  return prompts;
}

/* All words ('|' between) are in the message, which has one line. */
static void
check_error (GError *error, const char *words)
{
  g_assert_nonnull (error);
  g_assert_true (error->domain == CLIP_ERROR);
  if (error->code != CLIP_ERROR_PROMPTS)
    g_assert_cmpint (error->code, ==, CLIP_ERROR_FORMAT);
  g_assert_null (strchr (error->message, '\n'));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_auto (GStrv) each = g_strsplit (words, "|", -1);
  for (guint i = 0; each[i]; i++)
    if (!strstr (error->message, each[i]))
      g_error ("expected '%s' in: %s", each[i], error->message);
}

/* ---- Rendering ----------------------------------------------------------------------------------------- */

static void
add_number (GString *out, const char *before, double number)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  g_string_append_printf (out, "%s%s", before, g_ascii_formatd (digits, sizeof digits, "%g", number));
}

/* "<1*text:a -0.5*image:./b.png>"; of a single term without its weight. */
static void
render_terms (GString *out, const ClipPrompt *prompt, const char *folder)
{
  static const char *const kinds[] = { "text", "image", "vector" };
  gboolean is_sum = prompt->n_terms > 1 || prompt->terms->kind == CLIP_TERM_TEXT;
  if (prompt->n_terms == 1 && is_sum && g_str_equal (prompt->terms->value, prompt->text))
    return;
  for (guint i = 0; i < prompt->n_terms; i++) {
    const ClipTerm *term = &prompt->terms[i];
    g_string_append (out, i ? " " : "<");
    if (is_sum)
      add_number (out, "", term->weight);
    else
      g_assert_cmpfloat (term->weight, ==, 1);
    gboolean inside = term->kind != CLIP_TERM_TEXT && g_str_has_prefix (term->value, folder);
    const char *value = inside ? term->value + strlen (folder) : term->value;
    g_string_append_printf (out, "%s%s:%s%s", is_sum ? "*" : "", kinds[term->kind], inside ? "." : "", value);
    if (term->tensor)
      g_string_append_printf (out, "#%s", term->tensor);
  }
  g_string_append_c (out, '>');
}

static void
render_seconds (GString *out, const char *before, gint64 time)
{
  if (time >= 0)
    add_number (out, before, (double)time / 1e9);
  else
    g_assert_cmpint (time, ==, -1);
}

/* "text=label(t0.5,o0.4,n,e,p2,s1,d1,h1,c1)<terms>" */
static void
render_prompt (GString *out, const ClipPrompt *prompt, const char *folder)
{
  g_string_append (out, prompt->text);
  if (strcmp (prompt->text, prompt->label))
    g_string_append_printf (out, "=%s", prompt->label);
  g_autoptr (GString) more = g_string_new (NULL);
  if (!isnan (prompt->timing.threshold))
    add_number (more, ",t", prompt->timing.threshold);
  if (!isnan (prompt->timing.off_threshold))
    add_number (more, ",o", prompt->timing.off_threshold);
  g_string_append_printf (more, "%s%s", prompt->negative ? ",n" : "", prompt->event ? "" : ",e");
  if (prompt->prior != 1)
    add_number (more, ",p", prompt->prior);
  render_seconds (more, ",s", prompt->timing.smoothing);
  render_seconds (more, ",d", prompt->timing.min_duration);
  render_seconds (more, ",h", prompt->timing.hold_time);
  render_seconds (more, ",c", prompt->timing.cool_down);
  if (more->len)
    g_string_append_printf (out, "(%s)", more->str + 1);
  render_terms (out, prompt, folder);
}

/* "name{mode,temperature,none}[prompts]" */
static void
render_group (GString *out, ClipPrompts *prompts, const ClipGroup *group, const char *folder)
{
  g_autoptr (GString) more = g_string_new (NULL);
  if (group->mode >= 0)
    g_string_append_printf (more, ",%s", clip_score_mode_name ((ClipScoreMode)group->mode));
  if (!isnan (group->temperature))
    add_number (more, ",", group->temperature);
  if (group->none)
    g_string_append_printf (more, ",%s", group->none);
  g_string_append (out, group->name ? group->name : "");
  if (more->len)
    g_string_append_printf (out, "{%s}", more->str + 1);
  for (guint i = 0; i < group->n_prompts; i++) {
    g_string_append_c (out, i ? '|' : '[');
    render_prompt (out, clip_prompts_get (prompts, group->first_prompt + i), folder);
  }
  g_string_append_c (out, ']');
}

/* The frame's groups, then each zone as "@name(x,y x,y …):" and its groups, "frame" if they are the frame's. */
static char *
render (ClipPrompts *prompts, const char *folder)
{
  GString *out = g_string_new (NULL);
  const ClipZone *frame = clip_prompts_get_zone (prompts, CLIP_FRAME);
  for (guint z = 0; z < clip_prompts_get_n_zones (prompts); z++) {
    const ClipZone *zone = clip_prompts_get_zone (prompts, z);
    if (z)
      g_string_append_printf (out, "%s@%s(", out->len ? " " : "", zone->name);
    for (guint i = 0; i < zone->n_points; i++) {
      add_number (out, i ? " " : "", zone->points[i].x);
      add_number (out, ",", zone->points[i].y);
    }
    if (z)
      g_string_append (out, "):");
    if (z && frame->n_groups && zone->first_group == frame->first_group) {
      g_string_append (out, "frame");
      continue;
    }
    for (guint g = 0; g < zone->n_groups; g++) {
      g_string_append (out, g ? " " : "");
      render_group (out, prompts, clip_prompts_get_group (prompts, zone->first_group + g), folder);
    }
  }
  return g_string_free (out, FALSE);
}

/* ---- The table ----------------------------------------------------------------------------------------- */

static char *
read_source (const char *name)
{
  const char *root = g_getenv ("CLIPTAG_SOURCE_ROOT");
  g_assert_nonnull (root);
  g_autofree char *path = g_build_filename (root, name, NULL);
  char *content = NULL;
  g_autoptr (GError) error = NULL;
  g_file_get_contents (path, &content, NULL, &error);
  g_assert_no_error (error);
  return content;
}

static void
check_case (File *self, const char *verdict, const char *expected, const char *content)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipPrompts) prompts = load (self, content, &error);
  if (g_str_equal (verdict, "good")) {
    if (error)
      g_error ("%.200s: %s", content, error->message);
    g_autofree char *got = render (prompts, self->folder);
    g_assert_cmpstr (got, ==, expected);
    return;
  }
  if (prompts)
    g_error ("accepted: %.200s", content);
  g_assert_true (g_str_has_prefix (error->message, self->path));
  check_error (error, expected);
}

static void
test_table (File *self, gconstpointer data)
{
  g_autofree char *table = read_source (TABLE);
  g_auto (GStrv) lines = g_strsplit (table, "\n", -1);
  guint n = 0;
  for (guint i = 0; lines[i]; i++) {
    if (!*lines[i] || *lines[i] == '#')
      continue;
    g_auto (GStrv) fields = g_strsplit (lines[i], "\t", -1);
    g_assert_cmpuint (g_strv_length (fields), ==, 3);
    check_case (self, fields[0], fields[1], fields[2]);
    n++;
  }
  g_assert_cmpuint (n, >=, LEAST_CASES);
}

/* A language with decimal commas, made for this test. */
static gboolean
set_german (const char *folder)
{
  g_autofree char *place = g_build_filename (folder, "de_DE.UTF-8", NULL);
  const char *const command[] = { "localedef", "-i", "de_DE", "-f", "UTF-8", place, NULL };
  if (!g_spawn_sync (NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL,
          NULL, NULL, NULL))
    return FALSE;
  g_setenv ("LOCPATH", folder, TRUE);
  return setlocale (LC_NUMERIC, "de_DE.UTF-8") != NULL;
}

static void
test_locale (File *self, gconstpointer data)
{
  if (!set_german (self->folder)) {
    g_test_skip ("no sources of locales (package locales)");
    return;
  }
  g_assert_cmpstr (localeconv ()->decimal_point, ==, ",");
  test_table (self, NULL);
  g_autoptr (ClipPrompts) plain = clip_prompts_new_from_string ("a", NULL);
  g_autoptr (ClipPrompts) prompts = clip_prompts_with_zones (plain, "gate=0.25,0.5,0.5,0.25", NULL);
  g_assert_cmpfloat (clip_prompts_get_zone (prompts, 1)->points[0].x, ==, 0.25f);
  g_autoptr (GError) error = NULL;
  g_assert_null (clip_prompts_with_zones (plain, "gate=0.75,0,0.5,1", &error));
  check_error (error, "found 0.75 + 0.5");
  setlocale (LC_NUMERIC, "C");
}

/* ---- Beyond the table ---------------------------------------------------------------------------------- */

static const char *const label_fields[] = { "{\"prompts\":[{\"text\":\"a\",\"label\":\"%s\"}]}",
  "{\"prompts\":[{\"text\":\"%s\"}]}", "{\"groups\":[{\"name\":\"g\",\"prompts\":[\"a\"],\"none\":\"%s\"}]}",
  "{\"prompts\":[{\"label\":\"x\",\"sum\":[{\"text\":\"%s\"}]}]}" };

/* A prompt's most bytes, and one more. */
static void
test_long (File *self, gconstpointer data)
{
  g_autofree char *text = g_strnfill (CLIP_MAX_PROMPT_BYTES + 1, 'x');
  for (guint i = 0; i < G_N_ELEMENTS (label_fields); i++) {
    g_auto (GStrv) around = g_strsplit (label_fields[i], "%s", 2);
    g_autofree char *bad = g_strconcat (around[0], text, around[1], NULL);
    g_autofree char *good = g_strconcat (around[0], text + 1, around[1], NULL);
    g_autoptr (GError) error = NULL;
    g_assert_null (load (self, bad, &error));
    check_error (error, "1048577 bytes, at most 1048576 are allowed");
    g_autoptr (ClipPrompts) prompts = load_good (self, good);
  }
}

static void
test_most_prompts (File *self, gconstpointer data)
{
  /* Groups and zones count together. */
  g_autoptr (GString) half = g_string_new ("\"a\"");
  for (guint i = 1; i < CLIP_MAX_PROMPTS / 2; i++)
    g_string_append (half, ",\"a\"");
  g_autofree char *good
      = g_strdup_printf ("{\"prompts\":[%s],\"groups\":[{\"name\":\"g\",\"prompts\":[%s]}]}", half->str, half->str);
  g_autofree char *bad = g_strdup_printf (
      "{\"prompts\":[%s],\"groups\":[{\"name\":\"g\",\"prompts\":[%s,\"a\"]}]}", half->str, half->str);
  g_autoptr (ClipPrompts) prompts = load_good (self, good);
  g_assert_cmpuint (clip_prompts_get_size (prompts), ==, CLIP_MAX_PROMPTS);
  g_assert_cmpuint (clip_prompts_get_n_classes (prompts), ==, 2);
  g_autoptr (GError) error = NULL;
  g_assert_null (load (self, bad, &error));
  check_error (error, "field 'groups[0].prompts[50000]': more than 100000 prompts");
}

/* Prompts of one label: their class has what the first of them gives; a single normal state makes it one. */
static void
test_classes (File *self, gconstpointer data)
{
  g_autoptr (ClipPrompts) prompts = load_good (self,
      "{\"prompts\":[{\"text\":\"a\",\"label\":\"x\",\"smoothing\":1},\"b\",{\"text\":\"n\",\"label\":\"x\","
      "\"negative\":true},"
      "{\"text\":\"c\",\"label\":\"x\",\"smoothing\":2,\"threshold\":0.5},"
      "{\"text\":\"d\",\"label\":\"x\",\"threshold\":0.6,\"off_threshold\":0.5,\"event\":false}],"
      "\"zones\":[{\"name\":\"z\",\"box\":[0,0,1,1]},"
      "{\"name\":\"y\",\"box\":[0,0,1,1],\"groups\":[{\"name\":\"g\",\"none\":\"nothing\",\"prompts\":[\"b\"]}]}]}");
  const ClipClass *x = clip_prompts_get_class (prompts, 0), *b = clip_prompts_get_class (prompts, 1);
  const ClipClass *other = clip_prompts_get_class (prompts, 2), *none = clip_prompts_get_class (prompts, 3);
  g_assert_cmpuint (clip_prompts_get_n_classes (prompts), ==, 4);
  g_assert_null (clip_prompts_get_class (prompts, 4));
  g_assert_cmpstr (x->label, ==, "x");
  g_assert_cmpuint (x->id, ==, 0);
  g_assert_false (x->event);
  g_assert_cmpint (x->timing.smoothing, ==, 1000000000);
  g_assert_cmpint (x->timing.hold_time, ==, -1);
  g_assert_cmpfloat (x->timing.threshold, ==, 0.5f);
  g_assert_cmpfloat (x->timing.off_threshold, ==, 0.5f);
  g_assert_true (b->event && b->id == 1 && isnan (b->timing.threshold));
  g_assert_true (other->id == 5 && other->group == 1 && !other->none);
  g_assert_cmpstr (none->label, ==, "nothing");
  g_assert_true (none->none && none->id == 6 + 1 && none->group == 1 && !none->event);

  /* Its prompts: all but the negative one, each once. */
  gboolean seen[6] = { FALSE };
  for (guint i = 0, n = 0; n < 3; n++, i = clip_prompts_get (prompts, i)->next) {
    g_assert_false (seen[i]);
    seen[i] = TRUE;
    g_assert_true (n < 2 || clip_prompts_get (prompts, i)->next == 0);
  }
  g_assert_true (seen[0] && seen[3] && seen[4]);

  const ClipZone *frame = clip_prompts_get_zone (prompts, CLIP_FRAME), *z = clip_prompts_get_zone (prompts, 1);
  const ClipZone *y = clip_prompts_get_zone (prompts, 2);
  g_assert_null (frame->name);
  g_assert_true (frame->n_points == 0 && frame->first_class == 0 && frame->n_classes == 2);
  g_assert_true (z->first_group == 0 && z->n_groups == 1 && z->first_class == 0 && z->n_classes == 2);
  g_assert_true (y->first_group == 1 && y->n_groups == 1 && y->first_class == 2 && y->n_classes == 2);
  g_assert_true (clip_prompts_get_group (prompts, 0)->has_negatives);
  g_assert_null (clip_prompts_get_group (prompts, 2));
  g_assert_null (clip_prompts_get_zone (prompts, 3));
}

/* Copies with other templates keep groups and zones; their shapes are their own. */
static void
test_copies (File *self, gconstpointer data)
{
  ClipPrompts *first = load_good (self, "{\"templates\":[\"a {}\"],\"prompts\":[\"a\"],"
                                        "\"zones\":[{\"name\":\"z\",\"box\":[0,0,1,0.5],\"prompts\":[\"b\"]}]}");
  g_autoptr (ClipPrompts) zoned = clip_prompts_with_zones (first, "z=0,0,1,1;y=0,0,1,1", NULL);
  g_autoptr (ClipPrompts) copy = clip_prompts_with_templates (zoned, "the {}", NULL);
  g_autofree char *was = render (first, "");
  g_assert_cmpstr (was, ==, "[a] @z(0,0 1,0 1,0.5 0,0.5):[b]");
  clip_prompts_unref (first);
  g_autofree char *got = render (copy, "");
  g_assert_cmpstr (got, ==, "[a] @z(0,0 1,0 1,1 0,1):[b] @y(0,0 1,0 1,1 0,1):frame");
  g_assert_cmpstr (clip_prompts_get_templates (zoned)[0], ==, "a {}");
  g_assert_cmpstr (clip_prompts_get_templates (copy)[0], ==, "the {}");
  g_assert_true (clip_prompts_get (copy, 0) == clip_prompts_get (zoned, 0));
}

/* Text files that are JSON without its beginning, or another format. */
static void
test_text_with_keys (File *self, gconstpointer data)
{
  static const char *const bad[] = { "version: 1\na cat\n", "version = 1\n", "a cat\n  \"prompts\" : [\"a\"]\n",
    "\"zones\": []", "\"version\": 1,\n" };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    g_assert_null (load (self, bad[i], &error));
    check_error (error, i == 2 ? "line 2: |JSON" : "line 1: |JSON|'{'");
  }
  g_autoptr (ClipPrompts) prompts
      = load_good (self, "version two of a sign\n\"zones\" on a sign\nprompts: a cat\na version: 1\n");
  g_assert_cmpuint (clip_prompts_get_size (prompts), ==, 4);
}

/* A relative path of the prompts file stays relative to the working folder. */
static void
test_folder (File *self, gconstpointer data)
{
  test_write (self->folder, "prompts", "[{\"image\":\"b/c.png\"}]", -1);
  g_autofree char *before = g_get_current_dir ();
  g_assert_cmpint (g_chdir (self->folder), ==, 0);
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_file ("prompts", NULL);
  g_assert_cmpint (g_chdir (before), ==, 0);
  g_assert_nonnull (prompts);
  g_assert_cmpstr (clip_prompts_get (prompts, 0)->terms->value, ==, "./b/c.png");
}

/* Each JSON block of the page on prompts, and the built-in model's prompts. */
static void
test_examples (File *self, gconstpointer data)
{
  g_autofree char *page = read_source ("docs/prompts.md");
  char *at = page;
  guint n = 0;
  while ((at = strstr (at, "```json\n"))) {
    at += strlen ("```json\n");
    char *close = strstr (at, "```");
    g_assert_nonnull (close);
    g_autofree char *block = g_strndup (at, (gsize)(close - at));
    g_autoptr (ClipPrompts) prompts = load_good (self, block);
    at = close + 3;
    n++;
  }
  g_assert_cmpuint (n, >=, 3);

  g_autofree char *built_in = read_source ("engine/camera-health/prompts.json");
  g_autoptr (ClipPrompts) prompts = load_good (self, built_in);
  for (guint i = 0; i < clip_prompts_get_n_classes (prompts); i++) {
    const ClipClass *class = clip_prompts_get_class (prompts, i);
    g_assert_true (class->event == !g_str_equal (class->label, "clear"));
  }
}

/* ---- The property -------------------------------------------------------------------------------------- */

static void
test_zones (void)
{
  g_autoptr (ClipPrompts) plain = clip_prompts_new_from_string ("a;b", NULL);
  static const struct
  {
    const char *zones, *expected;
  } good[] = {
    { NULL, "[a|b]" },
    { "", "[a|b]" },
    { " ; ;", "[a|b]" },
    { "gate=0,0.5,1,.5", "[a|b] @gate(0,0.5 1,0.5 1,1 0,1):frame" },
    { " gate = 0 , 5e-1,1, 0.5 ; ", "[a|b] @gate(0,0.5 1,0.5 1,1 0,1):frame" },
    { "yard=0,0,1,0,0,1", "[a|b] @yard(0,0 1,0 0,1):frame" },
    { "yard=0,0,1,0,1,1,0,1;gate=0,0,0.5,0.5",
        "[a|b] @yard(0,0 1,0 1,1 0,1):frame @gate(0,0 0.5,0 0.5,0.5 0,0.5):frame" },
    { "a gate\\=0,0,1,1", "[a|b] @a gate\\(0,0 1,0 1,1 0,1):frame" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (ClipPrompts) prompts = clip_prompts_with_zones (plain, good[i].zones, &error);
    test_seed ("prompts", good[i].zones, good[i].zones ? strlen (good[i].zones) : 0);
    g_assert_no_error (error);
    g_autofree char *got = render (prompts, "");
    g_assert_cmpstr (got, ==, good[i].expected);
  }

  static const struct
  {
    const char *zones, *words;
  } bad[] = {
    { "gate", "zone 'gate': expected NAME=x,y,width,height" },
    { "0,0,1,1", "zone '0,0,1,1': expected NAME=" },
    { "=0,0,1,1", "zone '': the name is empty" },
    { "a,b=0,0,1,1", "zone 'a,b': the name has a ','" },
    { "gate=", "zone 'gate': expected numbers|found \"\"" },
    { "gate=0,0,1,", "zone 'gate': expected numbers|found \"\"" },
    { "gate=0,0,1,x", "zone 'gate': expected numbers|found \"x\"" },
    { "gate=0,0,1,1=2", "zone 'gate': expected numbers|found \"1=2\"" },
    { "gate=0 0 1 1", "zone 'gate': expected numbers|found \"0 0 1 1\"" },
    { "gate=0,0,0x1,1", "zone 'gate': expected numbers|found \"0x1\"" },
    { "gate=0,0,nan,1", "zone 'gate': expected numbers|found \"nan\"" },
    { "gate=0,0,inf,1", "zone 'gate': expected numbers|found \"inf\"" },
    { "gate=0,0,1e999,1", "zone 'gate': expected x + width of at most 1" },
    { "gate=0", "zone 'gate': expected 4 numbers|found 1 number" },
    { "gate=0,0,1", "zone 'gate': expected 4 numbers|found 3 numbers" },
    { "gate=0,0,1,1,1", "zone 'gate': expected 4 numbers|found 5 numbers" },
    { "gate=0,0,1,1.1", "zone 'gate': expected y + height of at most 1, found 0 + 1.1" },
    { "gate=0,0,0,1", "zone 'gate': expected a width above 0, found 0" },
    { "gate=-0.1,0,1,1", "zone 'gate': expected x within 0..1, found -0.1" },
    { "gate=0,0,1,1,1,0,0,1", "zone 'gate': the polygon crosses itself" },
    { "gate=0,0,1,0,1,1.1", "zone 'gate': expected points within 0..1, found 1,1.1 as point 3" },
    { "gate=0,0,1,1;gate=0,0,1,1", "zone 'gate': there is another zone" },
    { "gate=0,0,1,1;x\xff=0,0,1,1", "not valid UTF-8 at byte 14" },
    { "ga\nte=1", "zone 'ga\\nte': " },
  };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autoptr (GError) error = NULL;
    test_seed ("prompts", bad[i].zones, strlen (bad[i].zones));
    if (clip_prompts_with_zones (plain, bad[i].zones, &error))
      g_error ("accepted: %s", bad[i].zones);
    check_error (error, bad[i].words);
  }
}

static void
test_most_zones (File *self, gconstpointer data)
{
  g_autoptr (ClipPrompts) prompts
      = load_good (self, "{\"prompts\":[\"a\"],\"zones\":[{\"name\":\"z0\",\"box\":[0,0,1,1]}]}");
  g_autoptr (GString) zones = g_string_new (NULL), points = g_string_new ("z0=0,0,1,0");
  for (guint i = 0; i < CLIP_MAX_ZONES; i++)
    g_string_append_printf (zones, "z%u=0,0,1,1;", i);
  g_autoptr (GError) error = NULL;
  g_autoptr (ClipPrompts) most = clip_prompts_with_zones (prompts, zones->str, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (clip_prompts_get_n_zones (most), ==, CLIP_MAX_ZONES + 1);
  g_assert_null (clip_prompts_with_zones (most, "one more=0,0,1,1", &error));
  check_error (error, "more than 64 zones");
  g_clear_error (&error);

  for (guint i = 0; i < CLIP_MAX_ZONE_POINTS - 1; i++)
    g_string_append_printf (points, ",0,1");
  g_assert_null (clip_prompts_with_zones (prompts, points->str, &error));
  check_error (error, "zone 'z0': expected at most 64 points");
  g_clear_error (&error);
  g_autoptr (ClipPrompts) only
      = load_good (self, "{\"zones\":[{\"name\":\"z0\",\"box\":[0,0,1,1],\"prompts\":[\"a\"]}]}");
  g_autoptr (ClipPrompts) moved = clip_prompts_with_zones (only, "z0=0,0,0.5,1", NULL);
  g_assert_nonnull (moved);
  g_assert_null (clip_prompts_with_zones (only, "z1=0,0,1,1", &error));
  check_error (error, "zone 'z1': |prompts of the frame|there are none");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(name, function) g_test_add (name, File, NULL, file_set_up, function, file_tear_down)
  ADD ("/prompts-file/table", test_table);
  ADD ("/prompts-file/locale", test_locale);
  ADD ("/prompts-file/long", test_long);
  ADD ("/prompts-file/most-prompts", test_most_prompts);
  ADD ("/prompts-file/classes", test_classes);
  ADD ("/prompts-file/copies", test_copies);
  ADD ("/prompts-file/text-with-keys", test_text_with_keys);
  ADD ("/prompts-file/folder", test_folder);
  ADD ("/prompts-file/examples", test_examples);
  g_test_add_func ("/prompts-file/zones", test_zones);
  ADD ("/prompts-file/most-zones", test_most_zones);
  return g_test_run ();
}
