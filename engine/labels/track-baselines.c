/* SPDX-License-Identifier: MIT
 *
 * track-baselines.c: keeps the baselines of tracks (clip-track.h) over restarts and changes of prompts.
 *
 * {"version": 1, "model": FINGERPRINT, "subjects": [{"zone": NAME, "labels": [{"group": NAME, "label": LABEL, "vector":
 * [a, b, c, d], "mean": m, "deviation": d, "samples": n}, …]}, …]}, without the names of the frame and of an unnamed
 * group. "vector" tells whether the label still means the same: sums over its embeddings, which differ by rounding
 * between CPUs, and by a hundred times more between precisions of the weights.
 */
#include <math.h>
#include <string.h>

#include "base/names.h"
#include "clip-json.h"
#include "clip-message.h"
#include "labels/labels.h"
#include "labels/track.h"

#define N_SUMS    4
#define TOLERANCE 2e-4

/* As many as a file can hold: CLIP_JSON_MAX_VALUES of some ten values each. */
#define MAX_LABELS 80000

/* One label's. */
typedef struct
{
  float sums[N_SUMS];
  float mean, deviation;
  guint n;
  char *key;
} Entry;

static void
clear_entry (gpointer entry)
{
  g_free (((Entry *)entry)->key);
}

static GArray *
new_entries (void)
{
  GArray *entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (entries, clear_entry);
  return entries;
}

/* Names have no control characters that could be taken for these, or at worst the sums differ. */
static char *
make_key (const char *zone, const char *group, const char *label)
{
  return g_strdup_printf ("%s\001%s\001%s", zone ? zone : "", group ? group : "", label);
}

/* Every fourth value of the class's embeddings, summed; of the mean embedding if it has several. */
static void
sum_rows (const ClipLabels *labels, const ClipClass *class, float ret[N_SUMS])
{
  double sums[N_SUMS] = { 0 };
  guint n = 0, i = class->id;
  do {
    for (guint d = 0; d < labels->dim; d++)
      sums[d % N_SUMS] += clip_labels_row (labels, i)[d];
    n++;
    i = clip_prompts_get (labels->prompts, i)->next;
  } while (i);
  for (guint k = 0; k < N_SUMS; k++)
    ret[k] = (float)(sums[k] / n);
}

/* FALSE for what has no cosine: a "none", and embeddings that are not finite. */
static gboolean
describe_class (const ClipTrack *track, guint c, Entry *ret)
{
  const ClipLabels *labels = clip_track_get_labels (track);
  const ClipZone *zone = clip_prompts_get_zone (labels->prompts, clip_track_get_zone (track));
  const ClipClass *class = clip_prompts_get_class (labels->prompts, zone->first_class + c);
  if (class->none)
    return FALSE;
  *ret = (Entry){ 0 };
  sum_rows (labels, class, ret->sums);
  for (guint k = 0; k < N_SUMS; k++)
    if (!isfinite (ret->sums[k]))
      return FALSE;
  ret->key = make_key (zone->name, clip_prompts_get_group (labels->prompts, class->group)->name, class->label);
  return TRUE;
}

static guint
count_classes (const ClipTrack *track)
{
  return clip_prompts_get_zone (clip_track_get_labels (track)->prompts, clip_track_get_zone (track))->n_classes;
}

/* ---- To tracks ------------------------------------------------------------------------------------------ */

static gboolean
is_same (const Entry *a, const Entry *b)
{
  for (guint k = 0; k < N_SUMS; k++)
    if (!(fabsf (a->sums[k] - b->sums[k]) <= (float)TOLERANCE))
      return FALSE;
  return TRUE;
}

static guint
give_track (ClipTrack *track, const GArray *entries, const ClipNameTable *keys)
{
  guint n_given = 0;
  for (guint c = 0; c < count_classes (track); c++) {
    Entry class;
    if (!describe_class (track, c, &class))
      continue;
    const ClipName *found = clip_name_table_find (keys, class.key);
    const Entry *entry = found ? &g_array_index (entries, Entry, found->value) : NULL;
    ClipBaseline *baseline = entry && is_same (entry, &class) ? clip_track_make_baseline (track) : NULL;
    if (baseline && clip_baseline_set (baseline, c, entry->mean, entry->deviation, entry->n))
      n_given++;
    clear_entry (&class);
  }
  return n_given;
}

/* Returns for how many labels. Of entries with the same names the first counts; where memory runs out, those so far. */
static guint
give_tracks (ClipTrack *const *tracks, guint n, const GArray *entries)
{
  ClipNameTable keys = { 0 };
  guint n_given = 0;
  gboolean is_new, ok = TRUE;
  for (guint i = 0; ok && i < entries->len; i++)
    ok = clip_name_table_add (&keys, g_array_index (entries, Entry, i).key, i, &is_new);
  for (guint i = 0; i < n; i++)
    n_given += give_track (tracks[i], entries, &keys);
  clip_name_table_clear (&keys);
  return n_given;
}

guint
clip_track_inherit_baseline (ClipTrack *self, const ClipTrack *other)
{
  const ClipBaseline *baseline = clip_track_get_baseline (other);
  g_autoptr (GArray) entries = new_entries ();
  for (guint c = 0; baseline && c < count_classes (other); c++) {
    Entry entry;
    if (!describe_class (other, c, &entry))
      continue;
    clip_baseline_get (baseline, c, &entry.mean, &entry.deviation, &entry.n);
    g_array_append_val (entries, entry);
  }
  return give_tracks (&self, 1, entries);
}

/* ---- Writing -------------------------------------------------------------------------------------------- */

static void
append_number (GString *json, const char *before, double value)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];
  g_string_append (json, before);
  g_string_append (json, g_ascii_formatd (digits, sizeof digits, "%.9g", value));
}

static void
append_class (GString *json, const char *group, const char *label, const Entry *entry)
{
  g_string_append (json, "{");
  if (group) {
    g_string_append (json, "\"group\": ");
    clip_json_append_string (json, group);
    g_string_append (json, ", ");
  }
  g_string_append (json, "\"label\": ");
  clip_json_append_string (json, label);
  for (guint k = 0; k < N_SUMS; k++)
    append_number (json, k ? ", " : ", \"vector\": [", entry->sums[k]);
  append_number (json, "], \"mean\": ", entry->mean);
  append_number (json, ", \"deviation\": ", entry->deviation);
  g_string_append_printf (json, ", \"samples\": %u}", entry->n);
}

/* Returns how many labels it has. */
static guint
append_track (GString *json, const ClipTrack *track)
{
  const ClipLabels *labels = clip_track_get_labels (track);
  const ClipZone *zone = clip_prompts_get_zone (labels->prompts, clip_track_get_zone (track));
  const ClipBaseline *baseline = clip_track_get_baseline (track);
  guint n = 0;
  g_string_append (json, "  {");
  if (zone->name) {
    g_string_append (json, "\"zone\": ");
    clip_json_append_string (json, zone->name);
    g_string_append (json, ", ");
  }
  g_string_append (json, "\"labels\": [");
  for (guint c = 0; c < zone->n_classes; c++) {
    const ClipClass *class = clip_prompts_get_class (labels->prompts, zone->first_class + c);
    Entry entry;
    if (!describe_class (track, c, &entry))
      continue;
    clip_baseline_get (baseline, c, &entry.mean, &entry.deviation, &entry.n);
    g_string_append (json, n++ ? ",\n    " : "\n    ");
    append_class (json, clip_prompts_get_group (labels->prompts, class->group)->name, class->label, &entry);
    clear_entry (&entry);
  }
  g_string_append (json, "]}");
  return n;
}

gboolean
clip_track_save_baselines (const char *path, const char *fingerprint, ClipTrack *const *tracks, guint n, GError **error)
{
  g_autofree char *shown = clip_printable (path, -1, CLIP_MESSAGE_PATH);
  g_autoptr (GString) json = g_string_new ("{\"version\": 1, \"model\": ");
  clip_json_append_string (json, fingerprint);
  g_string_append (json, ", \"subjects\": [");
  guint n_subjects = 0, n_labels = 0;
  for (guint i = 0; i < n; i++) {
    if (!clip_track_get_baseline (tracks[i]))
      continue;
    g_string_append (json, n_subjects++ ? ",\n" : "\n");
    n_labels += append_track (json, tracks[i]);
    if (n_labels > MAX_LABELS || json->len > CLIP_JSON_MAX_PROMPTS) {
      g_set_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED,
          "%s: too many labels for a file of baselines: at most %d in all zones and %" G_GSIZE_FORMAT " MiB", shown,
          MAX_LABELS, CLIP_JSON_MAX_PROMPTS >> 20);
      return FALSE;
    }
  }
  g_string_append (json, "]}\n");

  g_autoptr (GError) cause = NULL;
  if (g_file_set_contents_full (path, json->str, (gssize)json->len, G_FILE_SET_CONTENTS_CONSISTENT, 0666, &cause))
    return TRUE;
  g_autofree char *why = clip_printable (cause->message, -1, CLIP_MESSAGE_PATH);
  g_set_error (error, CLIP_ERROR, CLIP_ERROR_FILE, "%s: the baselines cannot be written: %s", shown, why);
  return FALSE;
}

/* ---- Reading -------------------------------------------------------------------------------------------- */

typedef struct
{
  const ClipJson *doc;
  GArray *entries;
  GError **error;
} Reader;

/* Always FALSE. */
static gboolean
refuse (const Reader *self, const char *where, const char *name, const char *what)
{
  g_set_error (self->error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: field '%s%s%s': %s", clip_json_name (self->doc), where,
      *where ? "." : "", name, what);
  return FALSE;
}

static gboolean
read_number (
    const Reader *self, const ClipJsonValue *object, const char *where, const char *name, double min, float *ret)
{
  *ret = NAN;
  if (!clip_json_get_float (self->doc, object, where, name, min, 1e6, ret, self->error))
    return FALSE;
  return !isnan (*ret) || refuse (self, where, name, "is missing");
}

static gboolean
read_label (const Reader *self, const char *zone, const ClipJsonValue *object, const char *where)
{
  const char *group = NULL, *label = NULL;
  Entry entry = { .n = G_MAXUINT };
  if (!clip_json_get_string (self->doc, object, where, "group", &group, self->error)
      || !clip_json_get_string (self->doc, object, where, "label", &label, self->error)
      || !read_number (self, object, where, "mean", -1e6, &entry.mean)
      || !read_number (self, object, where, "deviation", 0, &entry.deviation)
      || !clip_json_get_uint (self->doc, object, where, "samples", 0, G_MAXUINT - 1, &entry.n, self->error))
    return FALSE;
  if (!label)
    return refuse (self, where, "label", "is missing");
  if (entry.n == G_MAXUINT)
    return refuse (self, where, "samples", "is missing");

  const ClipJsonValue *sums = clip_json_member (object, "vector");
  gboolean ok = clip_json_type (sums) == CLIP_JSON_ARRAY && clip_json_length (sums) == N_SUMS;
  for (guint k = 0; ok && k < N_SUMS; k++) {
    double value;
    ok = clip_json_as_double (clip_json_element (sums, k), &value);
    entry.sums[k] = ok ? (float)value : 0;
  }
  if (!ok)
    return refuse (self, where, "vector", "expected an array of 4 numbers");
  entry.key = make_key (zone, group, label);
  g_array_append_val (self->entries, entry);
  return TRUE;
}

static gboolean
read_subject (const Reader *self, const ClipJsonValue *object, const char *where)
{
  const char *zone = NULL;
  if (clip_json_type (object) != CLIP_JSON_OBJECT)
    return refuse (self, "", where, "expected an object");
  if (!clip_json_get_string (self->doc, object, where, "zone", &zone, self->error))
    return FALSE;
  const ClipJsonValue *labels = clip_json_member (object, "labels");
  if (clip_json_type (labels) != CLIP_JSON_ARRAY)
    return refuse (self, where, "labels", "expected an array");
  for (guint i = 0; i < clip_json_length (labels); i++) {
    g_autofree char *inside = g_strdup_printf ("%s.labels[%u]", where, i);
    const ClipJsonValue *label = clip_json_element (labels, i);
    if (clip_json_type (label) != CLIP_JSON_OBJECT)
      return refuse (self, "", inside, "expected an object");
    if (!read_label (self, zone, label, inside))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_file (const Reader *self, const char *fingerprint)
{
  const ClipJsonValue *root = clip_json_root (self->doc), *subjects = clip_json_member (root, "subjects");
  guint version = 0;
  const char *model = NULL;
  if (!clip_json_get_uint (self->doc, root, "", "version", 1, 1, &version, self->error)
      || !clip_json_get_string (self->doc, root, "", "model", &model, self->error))
    return FALSE;
  if (version != 1)
    return refuse (self, "", "version", "is missing: expected 1");
  if (!model)
    return refuse (self, "", "model", "is missing");
  if (!g_str_equal (model, fingerprint)) {
    g_autofree char *shown = clip_printable (model, -1, CLIP_MESSAGE_NAME);
    g_set_error (self->error, CLIP_ERROR, CLIP_ERROR_MODEL,
        "%s: field 'model': the baselines are another model's: expected the fingerprint %s, found %s",
        clip_json_name (self->doc), fingerprint, shown);
    return FALSE;
  }
  if (clip_json_type (subjects) != CLIP_JSON_ARRAY)
    return refuse (self, "", "subjects", "expected an array");
  for (guint i = 0; i < clip_json_length (subjects); i++) {
    g_autofree char *where = g_strdup_printf ("subjects[%u]", i);
    if (!read_subject (self, clip_json_element (subjects, i), where))
      return FALSE;
  }
  return TRUE;
}

gboolean
clip_track_load_baselines (
    const char *path, const char *fingerprint, ClipTrack *const *tracks, guint n, guint *ret_n, GError **error)
{
  g_autoptr (ClipJson) doc = clip_json_load (path, CLIP_JSON_MAX_PROMPTS, error);
  if (!doc)
    return FALSE;
  g_autoptr (GArray) entries = new_entries ();
  const Reader reader = { doc, entries, error };
  if (!read_file (&reader, fingerprint))
    return FALSE;
  guint n_given = give_tracks (tracks, n, entries);
  if (ret_n)
    *ret_n = n_given;
  return TRUE;
}
