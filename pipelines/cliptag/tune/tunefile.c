/* SPDX-License-Identifier: MIT
 *
 * tunefile.c: see tunefile.h.
 */
#include "tune/tunefile.h"

#include <math.h>
#include <string.h>

#include "clip-json.h"

#define NONE "(none)" /* the name of the vector of what is no class's */

char *
tune_file_vectors_path (const char *path)
{
  g_autofree char *stem
      = g_str_has_suffix (path, ".json") ? g_strndup (path, strlen (path) - strlen (".json")) : g_strdup (path);
  return g_strconcat (stem, ".safetensors", NULL);
}

/* ---- JSON ----------------------------------------------------------------------------------------------- */

static void
add_string (GString *json, const char *key, const char *value)
{
  g_string_append_printf (json, ", \"%s\": ", key);
  clip_json_append_string (json, value);
}

static void
add_number (GString *json, const char *key, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
  g_string_append_printf (json, ", \"%s\": %s", key, g_ascii_formatd (text, sizeof text, "%.4g", value));
}

static void
add_seconds (GString *json, const char *key, gint64 ns)
{
  if (ns >= 0)
    add_number (json, key, (double)ns / 1e9);
}

/* A term's members, without braces. */
static void
add_term (GString *json, const ClipTerm *term, const char *label)
{
  static const char *const kinds[] = { "text", "image", "vector" };
  g_autofree char *path = term->kind == CLIP_TERM_TEXT ? NULL : g_canonicalize_filename (term->value, NULL);
  g_string_append_printf (json, "\"%s\": ", kinds[term->kind]);
  clip_json_append_string (json, path ? path : term->value);
  if (term->kind == CLIP_TERM_VECTOR)
    add_string (json, "tensor", term->tensor ? term->tensor : label);
}

/* What the prompt is made of; mean: NULL, or the file with its class's examples, which count `weight`. */
static void
add_terms (GString *json, const ClipPrompt *prompt, const char *mean, double weight)
{
  if (prompt->n_terms == 1 && !mean) {
    add_term (json, &prompt->terms[0], prompt->label);
    return;
  }
  g_string_append (json, "\"sum\": [");
  for (guint i = 0; i < prompt->n_terms; i++) {
    g_string_append (json, i ? ", {" : "{");
    add_term (json, &prompt->terms[i], prompt->label);
    add_number (json, "weight", prompt->terms[i].weight);
    g_string_append_c (json, '}');
  }
  if (mean) {
    g_string_append (json, ", {\"vector\": ");
    clip_json_append_string (json, mean);
    add_string (json, "tensor", prompt->label);
    add_number (json, "weight", weight);
    g_string_append_c (json, '}');
  }
  g_string_append_c (json, ']');
}

/* What belongs to the class. */
static void
add_class (GString *json, const TuneBank *bank, const Tuned *tuned, guint class_index)
{
  const ClipClass *class = data_classes_get (bank->set->classes, class_index);
  const ClipTiming *timing = &class->timing;
  float threshold = tuned->thresholds[class_index];
  if (!class->event)
    g_string_append (json, ", \"event\": false");
  if (!isnan (threshold)) {
    add_number (json, "threshold", threshold);
    add_number (json, "off_threshold", threshold * CLIP_EVENT_OFF_SHARE);
  }
  if (tuned->smoothing >= 0)
    add_number (json, "smoothing", tuned->smoothing);
  add_seconds (json, "min_duration", timing->min_duration);
  add_seconds (json, "hold_time", timing->hold_time);
  add_seconds (json, "cool_down", timing->cool_down);
}

static guint
class_of (const TuneBank *bank, const ClipPrompt *prompt)
{
  guint k = 0;
  while (k < bank->set->n_classes && !g_str_equal (data_classes_get (bank->set->classes, k)->label, prompt->label))
    k++;
  return k;
}

static void
add_prompts (GString *json, const TuneBank *bank, const Tuned *tuned, const char *vectors)
{
  ClipPrompts *prompts = bank->set->classes->prompts;
  guint dim = bank->set->embeddings->dim;
  for (guint p = 0; p < bank->n_prompts; p++) {
    const ClipPrompt *prompt = clip_prompts_get (prompts, p);
    guint class = prompt->negative ? bank->set->n_classes : class_of (bank, prompt);
    gboolean has_mean = FALSE; /* a class without examples has none */
    for (guint d = 0; d < dim && tuned->candidate.kind == TUNE_SUM && !prompt->negative; d++)
      has_mean |= tuned->vectors[(gsize) class * dim + d] != 0;
    g_string_append (json, p ? ",\n  {" : "  {");
    add_terms (json, prompt, has_mean ? vectors : NULL, tuned->candidate.weight);
    add_string (json, "label", prompt->label);
    if (prompt->prior != 1)
      add_number (json, "prior", prompt->prior);
    if (prompt->negative)
      g_string_append (json, ", \"negative\": true");
    else
      add_class (json, bank, tuned, class);
    g_string_append_c (json, '}');
  }
}

/* A probe knows how frequent each class is: priors would count twice. */
static void
add_probe (GString *json, const TuneBank *bank, const Tuned *tuned, const char *vectors)
{
  for (guint k = 0; k < tuned->n_rows; k++) {
    gboolean is_class = k < bank->set->n_classes;
    const char *label = is_class ? data_classes_get (bank->set->classes, k)->label : NONE;
    g_string_append (json, k ? ",\n  {\"vector\": " : "  {\"vector\": ");
    clip_json_append_string (json, vectors);
    add_string (json, "tensor", label);
    add_string (json, "label", label);
    if (is_class)
      add_class (json, bank, tuned, k);
    else
      g_string_append (json, ", \"negative\": true");
    g_string_append_c (json, '}');
  }
}

static char *
make_json (const char *path, const TuneBank *bank, const Tuned *tuned)
{
  const ClipGroup *group = clip_prompts_get_group (bank->set->classes->prompts, 0);
  g_autofree char *vectors_path = tune_file_vectors_path (path), *vectors = g_path_get_basename (vectors_path);
  g_auto (GStrv) templates = g_strsplit (g_ptr_array_index (bank->names, tuned->candidate.templates), "|", -1);
  g_autoptr (GString) json = g_string_new ("{\"version\": 1");
  g_string_append (json, ",\n \"groups\": [{\"prompts\": [\n");
  if (tuned->candidate.kind == TUNE_PROBE)
    add_probe (json, bank, tuned, vectors);
  else
    add_prompts (json, bank, tuned, vectors);
  g_string_append (json, "\n ]");
  if (group->name)
    add_string (json, "name", group->name);
  add_number (json, "temperature", tuned->temperature);
  if (group->none)
    add_string (json, "none", group->none);
  g_string_append (json, "}]");
  g_string_append (json, ",\n \"templates\": [");
  for (guint t = 0; templates[t]; t++) {
    g_string_append (json, t ? ", " : "");
    clip_json_append_string (json, templates[t]);
  }
  g_string_append (json, "]}\n");
  return g_string_free (g_steal_pointer (&json), FALSE);
}

/* ---- Files ---------------------------------------------------------------------------------------------- */

static gboolean
write_vectors (const char *path, const TuneBank *bank, const Tuned *tuned, const char *fingerprint, GError **error)
{
  guint dim = bank->set->embeddings->dim;
  g_autofree char *vectors = tune_file_vectors_path (path);
  g_autofree const char **names = g_new (const char *, tuned->n_rows);
  g_autofree float *values = g_new (float, (gsize)tuned->n_rows *dim), *biases = g_new (float, tuned->n_rows);
  guint n = 0;
  for (guint k = 0; k < tuned->n_rows; k++) {
    const float *row = tuned->vectors + (gsize)k * dim;
    gboolean any = FALSE;
    for (guint d = 0; d < dim; d++)
      any |= row[d] != 0;
    if (!any)
      continue;
    names[n] = k < bank->set->n_classes ? data_classes_get (bank->set->classes, k)->label : NONE;
    memcpy (values + (gsize)n * dim, row, dim * sizeof *row);
    if (tuned->biases)
      biases[n] = tuned->biases[k];
    n++;
  }
  return clip_vectors_save (vectors, fingerprint,
      tuned->candidate.kind == TUNE_PROBE ? CLIP_VECTORS_PROBE : CLIP_VECTORS_EMBEDDING, names, n, dim, values,
      tuned->biases ? biases : NULL, error);
}

gboolean
tune_file_write (const char *path, const TuneBank *bank, const Tuned *tuned, const char *fingerprint, GError **error)
{
  if (tuned->vectors && !write_vectors (path, bank, tuned, fingerprint, error))
    return FALSE;
  g_autofree char *json = make_json (path, bank, tuned);
  return g_file_set_contents (path, json, -1, error);
}
