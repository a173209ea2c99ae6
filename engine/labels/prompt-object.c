/* SPDX-License-Identifier: MIT
 *
 * prompt-object.c: see prompt-object.h. A prompt is one of "text", "image", "vector" or "sum"; a sum has terms of the
 * other three, so there is nothing that could refer to itself.
 */
#include "labels/prompt-object.h"

#include <math.h>
#include <string.h>

/* Keys of a prompt; those of a term begin in the same way. Bits of the keys that are there. */
static const char *const keys[] = { "text", "image", "vector", "sum", "tensor", "threshold", "off_threshold",
  "smoothing", "min_duration", "hold_time", "cool_down", "label", "negative", "prior", "event", NULL };

enum
{
  KIND_SUM = CLIP_TERM_VECTOR + 1, /* the first three keys are in the order of ClipTermKind */
  N_KINDS,
  HAS_TENSOR = 1 << 4,
  HAS_TIMING = 0x3f << 5,
  HAS_LABEL = 1 << 11,
  HAS_FLAGS = 7 << 12 /* negative, prior, event */
};

/* What an object has beside the strings of the document. */
typedef struct
{
  ClipTerm terms[CLIP_MAX_TERMS];
  char *paths[CLIP_MAX_TERMS]; /* that terms point to, or NULL */
  guint n;
} Terms;

static void
terms_clear (Terms *self)
{
  for (guint i = 0; i < self->n; i++)
    g_free (self->paths[i]);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Terms, terms_clear)

/* Which of the kinds the object is: exactly one. */
static gboolean
find_kind (const ClipPromptFields *self, const ClipPromptPlace *place, guint32 present, guint *ret_kind)
{
  guint found = N_KINDS;
  for (guint i = 0; i < N_KINDS; i++) {
    if (!(present & 1u << i))
      continue;
    if (found < N_KINDS)
      return clip_prompt_reader_refuse (
          self->reader, place, "expected only one of the keys '%s' and '%s', found both", keys[found], keys[i]);
    found = i;
  }
  if (found == N_KINDS)
    return clip_prompt_reader_refuse (
        self->reader, place, "the key 'text' is missing, or 'image', 'vector' or 'sum' in its place");
  if (found != CLIP_TERM_VECTOR && present & HAS_TENSOR)
    return clip_prompt_reader_refuse (self->reader, place, "the key 'tensor' needs 'vector'");
  *ret_kind = found;
  return TRUE;
}

static gboolean
check_name (
    const ClipPromptFields *self, const ClipPromptPlace *place, const char *key, const char *name, const char *what)
{
  const ClipPromptPlace field = { .up = place, .key = key };
  const char *text = name;
  gsize length = strlen (name), n = length;
  clip_prompt_trim (&text, &n);
  if (n == 0)
    return clip_prompt_reader_refuse (self->reader, &field, "the %s is empty", what);
  if (length > CLIP_MAX_NAME_BYTES)
    return clip_prompt_reader_refuse (self->reader, &field,
        "the %s has %" G_GSIZE_FORMAT " bytes, at most %d are allowed", what, length, CLIP_MAX_NAME_BYTES);
  return TRUE;
}

/* A text, image or vector becomes the next of the terms. ret_value: as it stands in the file; a text is trimmed. */
static gboolean
read_term (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place, ClipTermKind kind,
    Terms *terms, const char **ret_value, gsize *ret_length)
{
  const char *value = NULL, *tensor = NULL;
  if (!clip_prompt_fields_get_string (self, object, place, keys[kind], &value)
      || !clip_prompt_fields_get_string (self, object, place, "tensor", &tensor))
    return FALSE;
  if (tensor && !check_name (self, place, "tensor", tensor, "tensor's name"))
    return FALSE;
  guint i = terms->n;
  terms->paths[i] = NULL;
  *ret_value = value;
  *ret_length = strlen (value);
  if (kind == CLIP_TERM_TEXT)
    clip_prompt_trim (ret_value, ret_length);
  else if (check_name (self, place, keys[kind], value, "file's name"))
    terms->paths[i] = g_path_is_absolute (value) ? g_strdup (value) : g_build_filename (self->folder, value, NULL);
  else
    return FALSE;
  terms->terms[i] = (ClipTerm){ .kind = kind, .value = terms->paths[i], .tensor = tensor, .weight = 1 };
  terms->n++;
  return TRUE;
}

static gboolean
read_sum_term (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place, Terms *terms)
{
  static const char *const known[] = { "text", "image", "vector", "weight", "tensor", NULL };
  const guint32 weight = 1 << 3;
  guint32 present;
  guint kind;
  const char *value;
  gsize length;
  if (clip_json_type (object) != CLIP_JSON_OBJECT)
    return clip_prompt_reader_refuse (self->reader, place, "expected an object");
  if (clip_json_member (object, keys[KIND_SUM]))
    return clip_prompt_reader_refuse (self->reader, place, "a sum within a sum: expected 'text', 'image' or 'vector'");
  if (!clip_prompt_fields_check_keys (self, object, place, known, &present)
      || !find_kind (self, place, present & ~weight, &kind)
      || !read_term (self, object, place, kind, terms, &value, &length))
    return FALSE;

  ClipTerm *term = &terms->terms[terms->n - 1];
  if (kind == CLIP_TERM_TEXT) {
    if (length == 0)
      return clip_prompt_reader_refuse (self->reader, place, "the text is empty");
    if (length > CLIP_MAX_PROMPT_BYTES)
      return clip_prompt_reader_refuse (self->reader, place,
          "the text has %" G_GSIZE_FORMAT " bytes, at most %d are allowed", length, CLIP_MAX_PROMPT_BYTES);
    term->value = terms->paths[terms->n - 1] = clip_prompt_copy (value, length);
    if (!term->value)
      return clip_prompt_reader_fail_memory (self->reader);
  }
  return clip_prompt_fields_get_float (self, object, place, "weight", -1000, 1000, &term->weight);
}

static gboolean
read_sum (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place, Terms *terms)
{
  const ClipPromptPlace field = { .up = place, .key = "sum" };
  const ClipJsonValue *sum;
  if (!clip_prompt_fields_get_array (self, object, place, "sum", &sum))
    return FALSE;
  guint n = clip_json_length (sum);
  if (n == 0 || n > CLIP_MAX_TERMS)
    return clip_prompt_reader_refuse (self->reader, &field, "expected 1..%d terms, found %u", CLIP_MAX_TERMS, n);
  gboolean all_zero = TRUE;
  for (guint i = 0; i < n; i++) {
    const ClipPromptPlace element = { .up = &field, .number = i };
    if (!read_sum_term (self, clip_json_element (sum, i), &element, terms))
      return FALSE;
    all_zero &= terms->terms[i].weight == 0;
  }
  return !all_zero || clip_prompt_reader_refuse (self->reader, &field, "all weights are 0");
}

/* ---- Thresholds and times ------------------------------------------------------------------------------- */

/* What is beyond -1..1 is a score of one mode only: elsewhere it would never be reached. */
static gboolean
read_threshold (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place,
    const char *key, int mode, float *value)
{
  double max = mode == CLIP_SCORE_Z ? CLIP_MAX_Z_THRESHOLD : 1, number;
  if (clip_prompt_fields_get_float (self, object, place, key, -max, max, value))
    return TRUE;
  GError **error = self->reader->error;
  if (mode < 0 && error && *error && clip_json_as_double (clip_json_member (object, key), &number)
      && fabs (number) <= CLIP_MAX_Z_THRESHOLD) {
    g_autofree char *message = g_steal_pointer (&(*error)->message);
    (*error)->message = g_strdup_printf ("%s (a z-score needs a group with the score_mode \"z-score\")", message);
  }
  return FALSE;
}

static gboolean
read_timing (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place, int mode,
    ClipTiming *timing)
{
  if (!read_threshold (self, object, place, "threshold", mode, &timing->threshold)
      || !read_threshold (self, object, place, "off_threshold", mode, &timing->off_threshold))
    return FALSE;
  if (timing->off_threshold > timing->threshold) {
    const ClipPromptPlace field = { .up = place, .key = "off_threshold" };
    return clip_prompt_reader_refuse (self->reader, &field, "expected at most the threshold");
  }
  const struct
  {
    const char *key;
    gint64 *value;
  } times[] = {
    { "smoothing", &timing->smoothing },
    { "min_duration", &timing->min_duration },
    { "hold_time", &timing->hold_time },
    { "cool_down", &timing->cool_down },
  };
  for (guint i = 0; i < G_N_ELEMENTS (times); i++) {
    double seconds = NAN;
    if (!clip_prompt_fields_get_double (self, object, place, times[i].key, 0, CLIP_MAX_EVENT_TIME, &seconds))
      return FALSE;
    if (!isnan (seconds))
      *times[i].value = llround (seconds * 1e9);
  }
  return TRUE;
}

/* ---- All of it ------------------------------------------------------------------------------------------ */

static char *
get_trimmed (const char *text)
{
  gsize length = strlen (text);
  clip_prompt_trim (&text, &length);
  return g_strndup (text, length);
}

/* "van" of "examples/van.jpg". */
static char *
get_base_name (const char *path)
{
  g_autofree char *name = g_path_get_basename (path);
  char *dot = strrchr (name, '.');
  if (dot && dot > name && dot[1])
    *dot = '\0';
  return get_trimmed (name);
}

/* prompt: has what is not about its kind. */
static gboolean
add_prompt (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place, guint kind,
    ClipPrompt *prompt)
{
  g_auto (Terms) terms;
  terms.n = 0;
  const char *value = NULL;
  gsize length = 0;
  if (kind == KIND_SUM) {
    if (!prompt->label)
      return clip_prompt_reader_refuse (self->reader, place, "the key 'label' is missing: a sum has no other name");
    if (!read_sum (self, object, place, &terms))
      return FALSE;
  } else if (!read_term (self, object, place, (ClipTermKind)kind, &terms, &value, &length)) {
    return FALSE;
  }
  if (kind == CLIP_TERM_TEXT)
    return clip_prompt_reader_add (self->reader, place, value, length, prompt);

  prompt->terms = terms.terms;
  prompt->n_terms = terms.n;
  const char *tensor = terms.terms[0].tensor;
  g_autofree char *base = kind == KIND_SUM ? NULL : get_base_name (value);
  g_autofree char *label = prompt->label || kind == KIND_SUM || !tensor ? NULL : get_trimmed (tensor);
  if (label)
    prompt->label = label;
  const char *name = base ? base : prompt->label;
  return clip_prompt_reader_add (self->reader, place, name, strlen (name), prompt);
}

static gboolean
read_flags (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place, ClipPrompt *prompt)
{
  return clip_prompt_fields_get_boolean (self, object, place, "negative", &prompt->negative)
         && clip_prompt_fields_get_boolean (self, object, place, "event", &prompt->event)
         && clip_prompt_fields_get_float (self, object, place, "prior", 1e-6, 1e6, &prompt->prior);
}

static gboolean
read_object (const ClipPromptFields *self, const ClipJsonValue *object, const ClipPromptPlace *place, int mode)
{
  ClipPrompt prompt = { .timing = CLIP_TIMING_UNSET, .prior = 1, .event = TRUE };
  g_autofree char *label = NULL;
  guint32 present;
  guint kind;
  if (!clip_prompt_fields_check_keys (self, object, place, keys, &present) || !find_kind (self, place, present, &kind)
      || (present & HAS_LABEL && !clip_prompt_fields_get_label (self, object, place, "label", &label))
      || (present & HAS_TIMING && !read_timing (self, object, place, mode, &prompt.timing))
      || (present & HAS_FLAGS && !read_flags (self, object, place, &prompt)))
    return FALSE;
  prompt.label = label;
  return add_prompt (self, object, place, kind, &prompt);
}

gboolean
clip_prompt_object_read (
    const ClipPromptFields *self, const ClipJsonValue *value, const ClipPromptPlace *place, int mode)
{
  const char *text = clip_json_as_string (value);
  if (text) {
    gsize length = strlen (text);
    clip_prompt_trim (&text, &length);
    return clip_prompt_reader_add (self->reader, place, text, length, NULL);
  }
  if (clip_json_type (value) != CLIP_JSON_OBJECT)
    return clip_prompt_reader_refuse (self->reader, place, "expected a string or an object");
  return read_object (self, value, place, mode);
}
