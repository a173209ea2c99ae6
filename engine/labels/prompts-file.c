/* SPDX-License-Identifier: MIT
 *
 * prompts-file.c: reads a prompts file, text or JSON; of the latter the groups, zones and the whole.
 */
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/names.h"
#include "clip-message.h"
#include "labels/prompt-object.h"
#include "labels/zone-shape.h"

#define VERSION 1
#define BOM     "\xef\xbb\xbf" /* UTF-8's byte order mark */

/* Refuses what begins as a key of a JSON file that has lost its '{', or of another format. */
static gboolean
check_line (ClipPromptReader *self, const ClipPromptPlace *place, const char *line, gsize length)
{
  static const char *const keys[]
      = { "version", "\"version\"", "\"prompts\"", "\"groups\"", "\"zones\"", "\"templates\"" };
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++) {
    gsize n = strlen (keys[i]);
    if (length < n || memcmp (line, keys[i], n) != 0)
      continue;
    while (n < length && (line[n] == ' ' || line[n] == '\t'))
      n++;
    if (n < length && (line[n] == ':' || line[n] == '='))
      return clip_prompt_reader_refuse (
          self, place, "expected a prompt, found a key: a file with keys is JSON, which begins with '{'");
  }
  return TRUE;
}

static gboolean
read_lines (ClipPromptReader *self, const char *text, gsize length)
{
  const char *end = text + length;
  ClipPromptPlace place = { .counted = "line" };
  while (text < end) {
    const char *newline = memchr (text, '\n', (gsize)(end - text));
    const char *line = text;
    gsize n = (gsize)((newline ? newline : end) - text);
    place.number++;
    clip_prompt_trim (&line, &n);
    if (n && *line != '#'
        && (!check_line (self, &place, line, n) || !clip_prompt_reader_add (self, &place, line, n, NULL)))
      return FALSE;
    text = newline ? newline + 1 : end;
  }
  return TRUE;
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

/* The prompts of the reader's last group. */
static gboolean
read_prompts (const ClipPromptFields *self, const ClipJsonValue *prompts, const ClipPromptPlace *place, int mode)
{
  guint first = self->reader->items.n_prompts, n = clip_json_length (prompts);
  if (n == 0)
    return clip_prompt_reader_refuse (self->reader, place, "there are no prompts");
  gboolean all_negative = TRUE;
  for (guint i = 0; i < n; i++) {
    const ClipPromptPlace element = { .up = place, .number = i };
    if (!clip_prompt_object_read (self, clip_json_element (prompts, i), &element, mode))
      return FALSE;
    all_negative &= self->reader->items.prompts[first + i].negative;
  }
  return !all_negative
         || clip_prompt_reader_refuse (self->reader, place, "all prompts are negative, so none could be reported");
}

/* *ret_name: trimmed and newly allocated; NULL if there is none. */
static gboolean
read_name (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place, char **ret_name)
{
  const ClipPromptPlace field = { .up = place, .key = "name" };
  if (!clip_prompt_fields_get_label (self, object, place, "name", ret_name))
    return FALSE;
  glong n = *ret_name ? g_utf8_strlen (*ret_name, -1) : 0;
  return n <= CLIP_ZONE_NAME_CHARS
         || clip_prompt_reader_refuse (
             self->reader, &field, "the name has %ld characters, at most %d are allowed", n, CLIP_ZONE_NAME_CHARS);
}

/* ---- Groups -------------------------------------------------------------------------------------------- */

static gboolean
read_score_mode (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place, int *mode)
{
  const char *name = NULL;
  ClipScoreMode found;
  if (!clip_prompt_fields_get_string (self, object, place, "score_mode", &name))
    return FALSE;
  if (!name)
    return TRUE;
  if (!clip_score_mode_from_name (name, &found)) {
    const ClipPromptPlace field = { .up = place, .key = "score_mode" };
    g_autofree char *shown = clip_printable (name, -1, CLIP_MESSAGE_VALUE);
    return clip_prompt_reader_refuse (self->reader, &field, "expected one of '%s', '%s', '%s', '%s', found \"%s\"",
        clip_score_mode_name (CLIP_SCORE_SOFTMAX), clip_score_mode_name (CLIP_SCORE_SIGMOID),
        clip_score_mode_name (CLIP_SCORE_COSINE), clip_score_mode_name (CLIP_SCORE_Z), shown);
  }
  *mode = (int)found;
  return TRUE;
}

/* What "none" needs: a mode in which classes have shares, and a label of its own. */
static gboolean
check_none (const ClipPromptFields *self, const ClipPromptPlace *place, const ClipGroup *group)
{
  const ClipPromptPlace field = { .up = place, .key = "none" };
  const ClipPrompt *prompts = self->reader->items.prompts;
  if (!group->none)
    return TRUE;
  if (group->mode == CLIP_SCORE_COSINE || group->mode == CLIP_SCORE_Z)
    return clip_prompt_reader_refuse (self->reader, &field,
        "expected the score_mode 'softmax' or 'sigmoid', found '%s'",
        clip_score_mode_name ((ClipScoreMode)group->mode));
  for (guint i = group->first_prompt; i < group->first_prompt + group->n_prompts; i++) {
    if (!prompts[i].negative && g_str_equal (prompts[i].label, group->none)) {
      g_autofree char *shown = clip_printable (group->none, -1, CLIP_MESSAGE_NAME);
      return clip_prompt_reader_refuse (
          self->reader, &field, "expected another label than the group's prompts have, found \"%s\"", shown);
    }
  }
  return TRUE;
}

/* names: of the zone's groups so far, "" for the unnamed one. */
static gboolean
read_group (
    const ClipPromptFields *self, const ClipJsonValue *value, const ClipPromptPlace *place, ClipNameTable *names)
{
  static const char *const known[] = { "name", "prompts", "none", "score_mode", "temperature", NULL };
  const ClipPromptPlace prompts_place = { .up = place, .key = "prompts" };
  const ClipJsonValue *prompts = NULL;
  g_autofree char *name = NULL, *none = NULL;
  ClipGroup rest = { .mode = -1, .temperature = NAN };
  gboolean is_new;
  if (clip_json_type (value) != CLIP_JSON_OBJECT)
    return clip_prompt_reader_refuse (self->reader, place, "expected an object");
  if (!clip_prompt_fields_check_keys (self, value, place, known, NULL) || !read_name (self, value, place, &name)
      || !clip_prompt_fields_get_label (self, value, place, "none", &none)
      || !read_score_mode (self, value, place, &rest.mode)
      || !clip_prompt_fields_get_float (
          self, value, place, "temperature", CLIP_MIN_TEMPERATURE, CLIP_MAX_TEMPERATURE, &rest.temperature)
      || !clip_prompt_fields_get_array (self, value, place, "prompts", &prompts))
    return FALSE;
  if (!prompts)
    return clip_prompt_reader_refuse (self->reader, place, "the key 'prompts' is missing");
  if (!clip_prompt_reader_begin_group (self->reader, name))
    return FALSE;

  /* No pointer into the groups is kept: they may move. */
  guint index = self->reader->items.n_groups - 1;
  self->reader->items.groups[index].mode = rest.mode;
  self->reader->items.groups[index].temperature = rest.temperature;
  self->reader->items.groups[index].none = g_steal_pointer (&none);
  /* No other name is empty. */
  if (!clip_name_table_add (names, name ? self->reader->items.groups[index].name : "", index, &is_new))
    return clip_prompt_reader_fail_memory (self->reader);
  if (!is_new && !name)
    return clip_prompt_reader_refuse (
        self->reader, place, "the key 'name' is missing: there is an unnamed group before it");
  if (!is_new) {
    const ClipPromptPlace field = { .up = place, .key = "name" };
    g_autofree char *shown = clip_printable (name, -1, CLIP_MESSAGE_NAME);
    return clip_prompt_reader_refuse (self->reader, &field, "there is another group '%s' before it", shown);
  }
  return read_prompts (self, prompts, &prompts_place, rest.mode)
         && check_none (self, place, &self->reader->items.groups[index]);
}

/* "prompts", which are the unnamed group, and "groups" of the file (place NULL) or of a zone. */
static gboolean
read_questions (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place)
{
  const ClipPromptPlace prompts_place = { .up = place, .key = "prompts" };
  const ClipPromptPlace groups_place = { .up = place, .key = "groups" };
  const ClipJsonValue *prompts, *groups;
  if (!clip_prompt_fields_get_array (self, object, place, "prompts", &prompts)
      || !clip_prompt_fields_get_array (self, object, place, "groups", &groups))
    return FALSE;
  if (prompts
      && (!clip_prompt_reader_begin_group (self->reader, NULL) || !read_prompts (self, prompts, &prompts_place, -1)))
    return FALSE;
  ClipNameTable names = { 0 };
  gboolean is_new,
      ok = !prompts || clip_name_table_add (&names, "", 0, &is_new) || clip_prompt_reader_fail_memory (self->reader);
  for (guint i = 0; ok && i < clip_json_length (groups); i++) {
    const ClipPromptPlace element = { .up = &groups_place, .number = i };
    ok = read_group (self, clip_json_element (groups, i), &element, &names);
  }
  clip_name_table_clear (&names);
  return ok;
}

/* ---- Zones --------------------------------------------------------------------------------------------- */

static gboolean
read_numbers (const ClipPromptFields *self, const ClipJsonValue *array, const ClipPromptPlace *place, guint n,
    const char *expected, double *ret_numbers)
{
  gboolean ok = clip_json_type (array) == CLIP_JSON_ARRAY && clip_json_length (array) == n;
  for (guint i = 0; ok && i < n; i++)
    ok = clip_json_as_double (clip_json_element (array, i), &ret_numbers[i]);
  return ok || clip_prompt_reader_refuse (self->reader, place, "expected %s", expected);
}

static gboolean
read_polygon (const ClipPromptFields *self, const ClipJsonValue *polygon, const ClipPromptPlace *place,
    ClipPoint *ret_points, guint *ret_n)
{
  double numbers[2 * CLIP_MAX_ZONE_POINTS];
  if (clip_json_type (polygon) != CLIP_JSON_ARRAY)
    return clip_prompt_reader_refuse (self->reader, place, "expected an array of points [x, y]");
  guint n = clip_json_length (polygon);
  for (guint i = 0; i < MIN (n, CLIP_MAX_ZONE_POINTS); i++) {
    const ClipPromptPlace element = { .up = place, .number = i };
    if (!read_numbers (self, clip_json_element (polygon, i), &element, 2, "a point [x, y]", &numbers[2 * i]))
      return FALSE;
  }
  g_autofree char *problem = clip_zone_shape_from_polygon (numbers, n, ret_points);
  *ret_n = n;
  return !problem || clip_prompt_reader_refuse (self->reader, place, "%s", problem);
}

static gboolean
read_shape (const ClipPromptFields *self, const ClipJsonValue *zone, const ClipPromptPlace *place,
    ClipPoint *ret_points, guint *ret_n)
{
  const ClipPromptPlace box_place = { .up = place, .key = "box" }, polygon_place = { .up = place, .key = "polygon" };
  const ClipJsonValue *box = clip_json_member (zone, "box"), *polygon = clip_json_member (zone, "polygon");
  double numbers[4];
  if (box && polygon)
    return clip_prompt_reader_refuse (
        self->reader, place, "expected only one of the keys 'box' and 'polygon', found both");
  if (polygon)
    return read_polygon (self, polygon, &polygon_place, ret_points, ret_n);
  if (!box)
    return clip_prompt_reader_refuse (self->reader, place, "the key 'box' is missing, or 'polygon' in its place");
  if (!read_numbers (self, box, &box_place, 4, "4 numbers [x, y, width, height]", numbers))
    return FALSE;
  g_autofree char *problem = clip_zone_shape_from_box (numbers, ret_points);
  *ret_n = 4;
  return !problem || clip_prompt_reader_refuse (self->reader, &box_place, "%s", problem);
}

static gboolean
read_zone_name (const ClipPromptFields *self, const ClipJsonValue *zone, const ClipPromptPlace *place, char **ret_name)
{
  const ClipPromptItems *items = &self->reader->items;
  const ClipPromptPlace field = { .up = place, .key = "name" };
  if (!read_name (self, zone, place, ret_name))
    return FALSE;
  if (!*ret_name)
    return clip_prompt_reader_refuse (self->reader, place, "the key 'name' is missing");
  g_autofree char *problem = clip_zone_check_name (*ret_name);
  if (problem)
    return clip_prompt_reader_refuse (self->reader, &field, "%s", problem);
  for (guint i = CLIP_FRAME + 1; i < items->n_zones; i++) {
    if (g_str_equal (items->zones[i].name, *ret_name)) {
      g_autofree char *shown = clip_printable (*ret_name, -1, CLIP_MESSAGE_NAME);
      return clip_prompt_reader_refuse (self->reader, &field, "there is another zone '%s' before it", shown);
    }
  }
  return TRUE;
}

static gboolean
read_zone (const ClipPromptFields *self, const ClipJsonValue *value, const ClipPromptPlace *place)
{
  static const char *const known[] = { "name", "box", "polygon", "prompts", "groups", NULL };
  g_autofree char *name = NULL;
  ClipPoint points[CLIP_MAX_ZONE_POINTS];
  guint n_points = 0;
  if (clip_json_type (value) != CLIP_JSON_OBJECT)
    return clip_prompt_reader_refuse (self->reader, place, "expected an object");
  if (!clip_prompt_fields_check_keys (self, value, place, known, NULL) || !read_zone_name (self, value, place, &name)
      || !read_shape (self, value, place, points, &n_points)
      || !clip_prompt_reader_begin_zone (self->reader, name, points, n_points) || !read_questions (self, value, place))
    return FALSE;
  const ClipZone *zones = self->reader->items.zones;
  if (zones[self->reader->items.n_zones - 1].n_groups == 0 && zones[CLIP_FRAME].n_groups == 0)
    return clip_prompt_reader_refuse (
        self->reader, place, "expected prompts of its own or of the frame, which it would have; there are none");
  return TRUE;
}

static gboolean
read_zones (const ClipPromptFields *self, const ClipJsonValue *root)
{
  const ClipPromptPlace place = { .key = "zones" };
  const ClipJsonValue *zones;
  if (!clip_prompt_fields_get_array (self, root, NULL, "zones", &zones))
    return FALSE;
  guint n = clip_json_length (zones);
  if (n > CLIP_MAX_ZONES)
    return clip_prompt_reader_refuse (self->reader, &place, "expected at most %d zones, found %u", CLIP_MAX_ZONES, n);
  for (guint i = 0; i < n; i++) {
    const ClipPromptPlace element = { .up = &place, .number = i };
    if (!read_zone (self, clip_json_element (zones, i), &element))
      return FALSE;
  }
  return TRUE;
}

/* ---- The whole file ------------------------------------------------------------------------------------ */

static gboolean
read_templates (const ClipPromptFields *self, const ClipJsonValue *templates)
{
  const ClipPromptPlace place = { .key = "templates" };
  if (!templates)
    return TRUE;
  guint n = clip_json_length (templates);
  if (clip_json_type (templates) != CLIP_JSON_ARRAY || n == 0)
    return clip_prompt_reader_refuse (self->reader, &place, "expected an array of at least one string");
  for (guint i = 0; i < n; i++) {
    const char *text = clip_json_as_string (clip_json_element (templates, i));
    const ClipPromptPlace element = { .up = &place, .number = i };
    if (!text)
      return clip_prompt_reader_refuse (self->reader, &element, "expected a string");
    if (!clip_prompt_reader_add_template (self->reader, &element, text, strlen (text)))
      return FALSE;
  }
  return TRUE;
}

/* First of all: of another version nothing else can be trusted. */
static gboolean
check_version (const ClipPromptFields *self, const ClipJsonValue *root)
{
  const ClipJsonValue *version = clip_json_member (root, "version");
  double number;
  if (!version || (clip_json_as_double (version, &number) && number == VERSION))
    return TRUE;
  const ClipPromptPlace place = { .key = "version" };
  return clip_prompt_reader_refuse (self->reader, &place,
      clip_json_type (version) == CLIP_JSON_NUMBER ? "expected %d: other versions cannot be read" : "expected %d",
      VERSION);
}

/* The order is that of the prompts' numbers, whatever the file's is. */
static gboolean
read_root (const ClipPromptFields *self, const ClipJsonValue *root)
{
  static const char *const known[] = { "version", "prompts", "groups", "zones", "templates", "$schema", NULL };
  const char *schema = NULL; /* for editors */
  if (!check_version (self, root) || !clip_prompt_fields_check_keys (self, root, NULL, known, NULL)
      || !clip_prompt_fields_get_string (self, root, NULL, "$schema", &schema)
      || !read_templates (self, clip_json_member (root, "templates")) || !read_questions (self, root, NULL)
      || !read_zones (self, root))
    return FALSE;
  if (self->reader->items.n_prompts == 0)
    return clip_prompt_reader_refuse (
        self->reader, NULL, "the key 'prompts' is missing, or 'groups' or 'zones' with prompts");
  return TRUE;
}

static gboolean
read_json (ClipPromptReader *self, const char *path, const char *text, gsize length)
{
  g_autoptr (ClipJson) doc = clip_json_parse_strict (path, text, length, self->error);
  if (!doc)
    return FALSE;
  g_autofree char *folder = g_path_get_dirname (path);
  const ClipPromptFields fields = { self, doc, folder };
  const ClipJsonValue *root = clip_json_root (doc);
  return clip_json_type (root) == CLIP_JSON_ARRAY ? read_prompts (&fields, root, NULL, -1) : read_root (&fields, root);
}

ClipPrompts *
clip_prompts_new_from_file (const char *path, GError **error)
{
  gsize length;
  g_autofree char *content = clip_file_read (path, CLIP_JSON_MAX_PROMPTS, &length, error);
  if (!content)
    return NULL;

  g_auto (ClipPromptReader) reader = { 0 };
  g_autofree char *source = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  clip_prompt_reader_init (&reader, source, error);
  if (!clip_prompt_reader_check_utf8 (&reader, content, length, TRUE))
    return NULL;

  const char *text = content;
  if (g_str_has_prefix (text, BOM)) {
    text += strlen (BOM);
    length -= strlen (BOM);
  }
  const char *first = text;
  gsize rest = length;
  clip_prompt_trim (&first, &rest);
  /* Text hardly ever begins like this, and reading JSON as a prompt would be a silent mistake. */
  gboolean is_json = rest > 0 && (*first == '{' || *first == '[');
  gboolean ok = is_json ? read_json (&reader, path, text, length) : read_lines (&reader, text, length);
  return ok ? clip_prompt_reader_finish (&reader) : NULL;
}
