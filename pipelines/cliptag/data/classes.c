/* SPDX-License-Identifier: MIT
 *
 * classes.c: the prompts that a labelled set is held to, and which of their classes each of its labels is.
 *
 * A list of class names becomes a prompts file, as nothing else has labels of their own. Two lines may have one name,
 * as ImageNet's two "missile"s: they stay two classes.
 */
#include "data/classes.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "clip-json.h"
#include "clip-message.h"
#include "data/datalist.h"

#define MAX_SHOWN 8 /* classes in a message */

const ClipClass *
data_classes_get (const DataClasses *self, guint index)
{
  return clip_prompts_get_class (self->prompts, self->first_class + index);
}

/* ---- Prompts of class names ---------------------------------------------------------------------------- */

/* labels: made different from each other. A '_' in a name stands for a blank. */
static char *
write_prompts (const GPtrArray *labels, const GPtrArray *names)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  GString *json = g_string_new ("{\"prompts\":[");
  for (guint i = 0; i < labels->len; i++) {
    g_autofree char *name = g_strdelimit (g_strdup (g_ptr_array_index (names, i)), "_", ' ');
    char *label = g_strdup (g_ptr_array_index (labels, i));
    for (guint n = 2; g_hash_table_contains (seen, label); n++) {
      g_free (label);
      label = g_strdup_printf ("%s (%u)", (const char *)g_ptr_array_index (labels, i), n);
    }
    g_string_append (json, i > 0 ? ",{\"text\":" : "{\"text\":");
    clip_json_append_string (json, name);
    g_string_append (json, ",\"label\":");
    clip_json_append_string (json, label);
    g_string_append_c (json, '}');
    g_hash_table_add (seen, label);
  }
  g_string_append (json, "]}");
  return g_string_free (json, FALSE);
}

static ClipPrompts *
prompts_from_names (const GPtrArray *labels, const GPtrArray *names, GError **error)
{
  g_autofree char *path = NULL;
  g_autofree char *json = write_prompts (labels, names);
  int fd = g_file_open_tmp ("cliptag-XXXXXX.json", &path, error);
  if (fd < 0)
    return NULL;
  close (fd);
  ClipPrompts *prompts = NULL;
  if (g_file_set_contents (path, json, -1, error))
    prompts = clip_prompts_new_from_file (path, error);
  unlink (path);
  return prompts;
}

/* ---- Labels -------------------------------------------------------------------------------------------- */

static char *
normalise (const char *name)
{
  g_autofree char *spaced = g_strdelimit (g_strdup (name), "_", ' ');
  return g_utf8_casefold (g_strstrip (spaced), -1);
}

/* Adds a name for a class; of two classes with one name neither has it. */
static void
add_name (GHashTable *names, char *name, guint class)
{
  gpointer known = g_hash_table_lookup (names, name);
  gboolean clash = known && known != GUINT_TO_POINTER (class + 1);
  g_hash_table_insert (names, name, clash ? GUINT_TO_POINTER (DATA_NO_CLASS) : GUINT_TO_POINTER (class + 1));
}

/* Names of all classes to index + 1; DATA_NO_CLASS where several have it. */
static GHashTable *
collect_names (const DataClasses *self, gboolean normalised)
{
  GHashTable *names = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (guint i = 0; i < self->n_classes; i++) {
    const ClipClass *class = data_classes_get (self, i);
    const ClipGroup *group = clip_prompts_get_group (self->prompts, class->group);
    g_autofree char *qualified = g_strdup_printf ("%s/%s", group->name ? group->name : "", class->label);
    add_name (names, normalised ? normalise (class->label) : g_strdup (class->label), i);
    if (group->name)
      add_name (names, normalised ? normalise (qualified) : g_strdup (qualified), i);
  }
  return names;
}

static char *
list_classes (const DataClasses *self)
{
  GString *list = g_string_new (NULL);
  for (guint i = 0; i < self->n_classes; i++) {
    g_autofree char *label = clip_printable (data_classes_get (self, i)->label, -1, CLIP_MESSAGE_VALUE);
    if (i == MAX_SHOWN) {
      g_string_append_printf (list, " … (%u in all)", self->n_classes);
      break;
    }
    g_string_append_printf (list, "%s\"%s\"", i > 0 ? ", " : "", label);
  }
  return g_string_free (list, FALSE);
}

static gboolean
refuse_label (const DataClasses *self, const DataSet *set, guint label, gboolean ambiguous, GError **error)
{
  g_autofree char *shown = clip_printable (g_ptr_array_index (set->labels, label), -1, CLIP_MESSAGE_NAME);
  g_autofree char *expected = list_classes (self);
  if (ambiguous)
    return data_refuse (error, g_ptr_array_index (set->places, label),
        "label \"%s\" is of several classes: expected GROUP/LABEL, or other names", shown);
  return data_refuse (
      error, g_ptr_array_index (set->places, label), "label \"%s\" has no prompt: expected one of %s", shown, expected);
}

/* Which labels anything is labelled with. */
static gboolean *
find_used (const DataSet *set)
{
  gboolean *used = g_new0 (gboolean, set->labels->len + 1);
  for (guint i = 0; i < set->spans->len; i++)
    used[g_array_index (set->spans, DataSpan, i).label] = TRUE;
  return used;
}

static gboolean
match_names (DataClasses *self, const DataSet *set, GError **error)
{
  g_autoptr (GHashTable) exact = collect_names (self, FALSE);
  g_autoptr (GHashTable) similar = collect_names (self, TRUE);
  g_autofree gboolean *used = find_used (set);
  for (guint i = 0; i < set->labels->len; i++) {
    const char *label = g_ptr_array_index (set->labels, i);
    g_autofree char *normal = normalise (label);
    gpointer found = g_hash_table_lookup (exact, label);
    if (!found)
      found = g_hash_table_lookup (similar, normal);
    guint class = found && GPOINTER_TO_UINT (found) != DATA_NO_CLASS ? GPOINTER_TO_UINT (found) - 1 : DATA_NO_CLASS;
    if (class == DATA_NO_CLASS && used[i])
      return refuse_label (self, set, i, found != NULL, error);
    self->class_of_label[i] = class;
  }
  return TRUE;
}

/* Label i is class i. */
static gboolean
match_order (DataClasses *self, const DataSet *set, const char *place, GError **error)
{
  guint n = set->labels->len;
  if (set->nameless ? n > self->n_classes : n != self->n_classes)
    return data_refuse (error, place, "%u classes: expected %s%u, as the data has", self->n_classes,
        set->nameless ? "at least " : "", n);
  for (guint i = 0; i < n; i++)
    self->class_of_label[i] = i;
  return TRUE;
}

/* ---- Where prompts are from ---------------------------------------------------------------------------- */

/* The classes are the frame's; zones have pictures of their own. */
static gboolean
use_prompts (DataClasses *self, ClipPrompts *prompts, const char *origin, const DataSet *set, GError **error)
{
  const ClipZone *frame = clip_prompts_get_zone (prompts, CLIP_FRAME);
  data_classes_clear (self);
  self->prompts = prompts;
  self->origin = origin;
  self->first_class = frame->first_class;
  self->n_classes = frame->n_classes;
  self->class_of_label = g_new0 (guint, set->labels->len + 1);
  if (frame->n_classes == 0) {
    g_set_error_literal (
        error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "all prompts are for zones: expected some for the frame");
    return FALSE;
  }
  return TRUE;
}

static gboolean
use_classes_file (DataClasses *self, const DataSet *set, const DataClassesParams *params, GError **error)
{
  const char *path = params->classes_file;
  g_autoptr (GPtrArray) names = data_read_lines (path, NULL, error);
  if (!names)
    return FALSE;
  g_autoptr (GPtrArray) labels = g_ptr_array_new_with_free_func (g_free);
  for (guint i = 0; i < names->len; i++) {
    char **name = (char **)&g_ptr_array_index (names, i);
    char *tab = strchr (*name, '\t');
    g_ptr_array_add (labels, g_strchomp (tab ? g_strndup (*name, (gsize)(tab - *name)) : g_strdup (*name)));
    if (!tab)
      continue;
    char *text = g_strstrip (g_strdup (tab + 1));
    g_free (*name);
    *name = text;
  }
  ClipPrompts *prompts = prompts_from_names (labels, names, error);
  if (!prompts || !use_prompts (self, prompts, "classes", set, error))
    return FALSE;
  return params->by_order || set->numbered ? match_order (self, set, path, error) : match_names (self, set, error);
}

/* Names match, or, where the data has numbers alone, their order. */
static gboolean
use_given (DataClasses *self, ClipPrompts *prompts, const char *origin, const DataSet *set, GError **error)
{
  return prompts && use_prompts (self, prompts, origin, set, error)
         && (set->nameless ? match_order (self, set, set->path, error) : match_names (self, set, error));
}

static gboolean
use_default (DataClasses *self, const DataSet *set, const char *model, GError **error)
{
  g_autofree char *own = g_build_filename (model, "prompts.json", NULL);
  if (!set->nameless && g_file_test (own, G_FILE_TEST_EXISTS)) {
    ClipPrompts *prompts = clip_prompts_new_from_file (own, error);
    if (!prompts)
      return FALSE;
    gboolean all = use_given (self, prompts, "model", set, NULL);
    for (guint i = 0; all && i < set->labels->len; i++)
      all = self->class_of_label[i] != DATA_NO_CLASS;
    if (all)
      return TRUE;
  }
  if (set->nameless)
    return data_refuse (error, set->path, "its classes are mere numbers: expected their names by --classes");
  if (set->labels->len == 0)
    return data_refuse (error, set->path, "no label in it: expected some, or --prompts");
  ClipPrompts *prompts = prompts_from_names (set->labels, set->labels, error);
  if (!prompts || !use_prompts (self, prompts, "data", set, error))
    return FALSE;
  return match_order (self, set, set->path, error);
}

static gboolean
use_templates (DataClasses *self, const char *path, GError **error)
{
  g_autoptr (GArray) numbers = NULL;
  g_autoptr (GPtrArray) lines = data_read_lines (path, &numbers, error);
  for (guint i = 0; lines && i < lines->len; i++) {
    const char *line = g_ptr_array_index (lines, i), *first = strstr (line, "{}");
    g_autofree char *place = g_strdup_printf ("%s:%u", path, g_array_index (numbers, guint, i));
    if (!first || strstr (first + 2, "{}") || strchr (line, '|'))
      return data_refuse (error, place, "expected a template with exactly one \"{}\" and no \"|\"");
  }
  if (!lines)
    return FALSE;
  g_ptr_array_add (lines, NULL);
  g_autofree char *templates = g_strjoinv ("|", (char **)lines->pdata);
  ClipPrompts *prompts = clip_prompts_with_templates (self->prompts, templates, error);
  if (!prompts)
    return FALSE;
  clip_prompts_unref (self->prompts);
  self->prompts = prompts;
  return TRUE;
}

gboolean
data_classes_init (DataClasses *self, const DataSet *set, const DataClassesParams *params, GError **error)
{
  gboolean ok;
  *self = (DataClasses){ 0 };
  if (params->classes_file)
    ok = use_classes_file (self, set, params, error);
  else if (params->prompts_file)
    ok = use_given (self, clip_prompts_new_from_file (params->prompts_file, error), "prompts-file", set, error);
  else if (params->prompts)
    ok = use_given (self, clip_prompts_new_from_string (params->prompts, error), "prompts", set, error);
  else
    ok = use_default (self, set, params->model, error);
  if (ok && params->templates_file)
    ok = use_templates (self, params->templates_file, error);
  if (!ok)
    data_classes_clear (self);
  return ok;
}

void
data_classes_clear (DataClasses *self)
{
  g_clear_pointer (&self->prompts, clip_prompts_unref);
  g_clear_pointer (&self->class_of_label, g_free);
}
