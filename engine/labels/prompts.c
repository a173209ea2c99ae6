/* SPDX-License-Identifier: MIT
 *
 * prompts.c: ClipPrompts of clip-labels.h: the user's prompts, checked. Independent of any model.
 *
 * Unicode's white space is trimmed at both ends of a text; the rest is kept, control characters included. Texts may
 * repeat. Immutable once built. Copies that differ in templates or zones share the items.
 */
#include "labels/prompts.h"

#include <math.h>
#include <string.h>

#include "base/names.h"
#include "clip-message.h"
#include "labels/prompt-reader.h"
#include "labels/zone-shape.h"

#define PLACEHOLDER "{}"
#define AHEAD       16 /* labels whose place in the table is fetched ahead of its use */

struct _ClipPrompts
{
  gatomicrefcount refs;
  ClipPromptItems *items; /* in an atomic rc box; without zones */
  char **templates;
  ClipZone *zones; /* [n_zones] */
  guint n_zones;
};

char *
clip_template_fill (const char *template, const char *text)
{
  const char *place = strstr (template, PLACEHOLDER);
  return g_strdup_printf ("%.*s%s%s", (int)(place - template), template, text, place + strlen (PLACEHOLDER));
}

/* ---- Classes ------------------------------------------------------------------------------------------- */

/* What the class does not have yet. */
static void
add_timing (ClipTiming *self, const ClipTiming *other)
{
  if (isnan (self->threshold))
    self->threshold = other->threshold;
  if (isnan (self->off_threshold))
    self->off_threshold = other->off_threshold;
  if (self->smoothing < 0)
    self->smoothing = other->smoothing;
  if (self->min_duration < 0)
    self->min_duration = other->min_duration;
  if (self->hold_time < 0)
    self->hold_time = other->hold_time;
  if (self->cool_down < 0)
    self->cool_down = other->cool_down;
}

/* FALSE when memory runs out. */
static gboolean
make_group_classes (ClipPromptItems *items, guint group_index)
{
  ClipGroup *group = &items->groups[group_index];
  ClipNameTable labels = { 0 };
  gboolean ok = clip_name_table_reserve (&labels, group->n_prompts), is_new;
  guint32 prepared[AHEAD];
  guint end = group->first_prompt + group->n_prompts;
  group->first_class = items->n_classes;
  for (guint i = group->first_prompt; ok && i < end && i < group->first_prompt + AHEAD; i++)
    prepared[i % AHEAD] = clip_name_table_prepare (&labels, items->prompts[i].label);
  for (guint i = group->first_prompt; ok && i < end; i++) {
    ClipPrompt *prompt = &items->prompts[i];
    guint32 this = prepared[i % AHEAD];
    if (end - i > AHEAD)
      prepared[i % AHEAD] = clip_name_table_prepare (&labels, items->prompts[i + AHEAD].label);
    if (prompt->negative)
      continue;
    ok = clip_name_table_add_prepared (&labels, prompt->label, this, items->n_classes, &is_new);
    if (!ok)
      break;
    guint index = is_new ? items->n_classes : clip_name_table_find (&labels, prompt->label)->value;
    ClipClass *class = &items->classes[index];
    if (is_new) {
      *class = (ClipClass){
        .label = prompt->label, .id = i, .group = group_index, .event = TRUE, .timing = CLIP_TIMING_UNSET
      };
      items->n_classes++;
    } else {
      prompt->next = items->prompts[class->id].next;
      items->prompts[class->id].next = i;
    }
    class->event &= prompt->event;
    add_timing (&class->timing, &prompt->timing);
  }
  clip_name_table_clear (&labels);
  if (ok && group->none)
    items->classes[items->n_classes++] = (ClipClass){ .label = group->none,
      .id = items->n_prompts + group_index,
      .group = group_index,
      .none = TRUE,
      .timing = CLIP_TIMING_UNSET };
  group->n_classes = items->n_classes - group->first_class;
  return ok;
}

static gboolean
make_classes (ClipPromptReader *self)
{
  ClipPromptItems *items = &self->items;
  items->classes = g_try_new (ClipClass, (gsize)items->n_prompts + items->n_groups);
  if (!items->classes)
    return clip_prompt_reader_fail_memory (self);
  for (guint i = 0; i < items->n_groups; i++)
    if (!make_group_classes (items, i))
      return clip_prompt_reader_fail_memory (self);

  for (guint i = 0; i < items->n_zones; i++) {
    ClipZone *zone = &items->zones[i];
    if (!zone->n_groups && i > 0) {
      zone->first_group = items->zones[CLIP_FRAME].first_group;
      zone->n_groups = items->zones[CLIP_FRAME].n_groups;
    }
    zone->first_class = zone->n_groups ? items->groups[zone->first_group].first_class : 0;
    zone->n_classes = 0;
    for (guint g = zone->first_group; g < zone->first_group + zone->n_groups; g++)
      zone->n_classes += items->groups[g].n_classes;
  }
  return TRUE;
}

/* ---- Sets ---------------------------------------------------------------------------------------------- */

/* Takes the templates; NULL = "{}". */
static ClipPrompts *
new_prompts (ClipPromptItems *items, char **templates)
{
  ClipPrompts *self = g_new0 (ClipPrompts, 1);
  g_atomic_ref_count_init (&self->refs);
  self->items = items;
  self->templates = templates ? templates : g_strsplit (PLACEHOLDER, "|", 1);
  return self;
}

/* Each prompt is checked on its own, but a class has its timing from several. */
static gboolean
check_classes (ClipPromptReader *self)
{
  for (guint i = 0; i < self->items.n_classes; i++) {
    const ClipClass *class = &self->items.classes[i];
    if (class->timing.off_threshold > class->timing.threshold) {
      g_autofree char *label = clip_printable (class->label, -1, CLIP_MESSAGE_NAME);
      char off[G_ASCII_DTOSTR_BUF_SIZE], on[G_ASCII_DTOSTR_BUF_SIZE];
      g_ascii_formatd (off, sizeof off, "%.7g", class->timing.off_threshold);
      g_ascii_formatd (on, sizeof on, "%.7g", class->timing.threshold);
      return clip_prompt_reader_refuse (self, NULL,
          "the prompts labelled '%s' have an off_threshold of %s, which is above their threshold of %s", label, off,
          on);
    }
  }
  return TRUE;
}

ClipPrompts *
clip_prompt_reader_finish (ClipPromptReader *self)
{
  if (self->items.n_prompts == 0) {
    clip_prompt_reader_refuse (self, NULL, "there are no prompts");
    return NULL;
  }
  if (!make_classes (self) || !check_classes (self))
    return NULL;
  ClipPromptItems *items = g_atomic_rc_box_new0 (ClipPromptItems);
  *items = self->items;
  self->items = (ClipPromptItems){ 0 };
  ClipPrompts *prompts = new_prompts (items, g_steal_pointer (&self->templates));
  prompts->zones = g_steal_pointer (&items->zones);
  prompts->n_zones = items->n_zones;
  items->n_zones = 0;
  return prompts;
}

ClipPrompts *
clip_prompts_new_from_string (const char *text, GError **error)
{
  g_auto (ClipPromptReader) reader = { 0 };
  clip_prompt_reader_init (&reader, NULL, error);
  if (!text)
    text = "";
  if (!clip_prompt_reader_check_utf8 (&reader, text, strlen (text), FALSE))
    return NULL;

  g_autofree char *segment = g_try_malloc (strlen (text) + 1);
  if (!segment) {
    clip_prompt_reader_fail_memory (&reader);
    return NULL;
  }
  gsize n = 0;
  ClipPromptPlace place = { .counted = "prompt" };
  for (const char *p = text;; p++) {
    gsize plain = strcspn (p, "\\;");
    memcpy (segment + n, p, plain);
    n += plain;
    p += plain;
    if (*p == '\\') {
      p += p[1] == ';';
      segment[n++] = *p;
      continue;
    }
    const char *prompt = segment;
    gsize length = n;
    segment[n] = '\0';
    place.number++;
    clip_prompt_trim (&prompt, &length);
    if (length && !clip_prompt_reader_add (&reader, &place, prompt, length, NULL))
      return NULL;
    n = 0;
    if (!*p)
      break;
  }
  return clip_prompt_reader_finish (&reader);
}

static void
free_zones (ClipPrompts *self)
{
  for (guint i = 0; i < self->n_zones; i++) {
    g_free ((char *)self->zones[i].name);
    g_free ((ClipPoint *)self->zones[i].points);
  }
  g_clear_pointer (&self->zones, g_free);
  self->n_zones = 0;
}

static void
copy_zones (ClipPrompts *self, const ClipPrompts *other)
{
  self->n_zones = other->n_zones;
  self->zones = g_memdup2 (other->zones, other->n_zones * sizeof *other->zones);
  for (guint i = 0; i < self->n_zones; i++) {
    ClipZone *zone = &self->zones[i];
    zone->name = g_strdup (zone->name);
    zone->points = g_memdup2 (zone->points, zone->n_points * sizeof *zone->points);
  }
}

ClipPrompts *
clip_prompts_with_templates (ClipPrompts *self, const char *templates, GError **error)
{
  g_auto (ClipPromptReader) reader = { 0 };
  clip_prompt_reader_init (&reader, NULL, error);
  const char *text = templates ? templates : "";
  gsize length = strlen (text);
  if (!clip_prompt_reader_check_utf8 (&reader, text, length, FALSE))
    return NULL;
  clip_prompt_trim (&text, &length);

  ClipPromptPlace place = { .counted = "template" };
  const char *end = text + length, *bar = NULL;
  for (gboolean more = length > 0; more; text = more ? bar + 1 : end) {
    bar = memchr (text, '|', (gsize)(end - text));
    more = bar != NULL;
    place.number++;
    if (!clip_prompt_reader_add_template (&reader, &place, text, (gsize)((bar ? bar : end) - text)))
      return NULL;
  }
  ClipPrompts *copy = new_prompts (g_atomic_rc_box_acquire (self->items), g_steal_pointer (&reader.templates));
  copy_zones (copy, self);
  return copy;
}

/* ---- Zones --------------------------------------------------------------------------------------------- */

/* Where the zone of this name is, or at the end. */
static guint
find_zone (const ClipPrompts *self, const char *name)
{
  guint i = CLIP_FRAME + 1;
  while (i < self->n_zones && !g_str_equal (self->zones[i].name, name))
    i++;
  return i;
}

/* A zone with the frame's prompts, without a shape; there is room. */
static gboolean
add_zone (ClipPromptReader *reader, ClipPrompts *self, const char *name)
{
  if (self->n_zones > CLIP_MAX_ZONES)
    return clip_prompt_reader_refuse (reader, NULL, "more than %d zones", CLIP_MAX_ZONES);
  ClipZone *zone = &self->zones[self->n_zones];
  *zone = self->zones[CLIP_FRAME];
  if (!zone->n_groups) {
    g_autofree char *shown = clip_printable (name, -1, CLIP_MESSAGE_NAME);
    return clip_prompt_reader_refuse (
        reader, NULL, "zone '%s': expected prompts of the frame, which it would have; there are none", shown);
  }
  zone->name = g_strdup (name);
  self->n_zones++;
  return TRUE;
}

/* "gate=0,0,1,0.5". given: [CLIP_MAX_ZONES + 1], which zones have been here. */
static gboolean
take_zone (ClipPromptReader *reader, ClipPrompts *self, const char *text, gsize length, gboolean *given)
{
  const char *equals = memchr (text, '=', length), *name_text = text;
  gsize name_length = equals ? (gsize)(equals - text) : length;
  clip_prompt_trim (&name_text, &name_length);
  g_autofree char *name = g_strndup (name_text, name_length);
  g_autofree char *shown = clip_printable (name, -1, CLIP_MESSAGE_NAME);
  if (!equals)
    return clip_prompt_reader_refuse (
        reader, NULL, "zone '%s': expected NAME=x,y,width,height or NAME=x1,y1,x2,y2,x3,y3", shown);
  g_autofree char *problem = clip_zone_check_name (name);
  if (problem)
    return clip_prompt_reader_refuse (reader, NULL, "zone '%s': %s", shown, problem);

  ClipPoint points[CLIP_MAX_ZONE_POINTS];
  guint n_points;
  problem = clip_zone_shape_parse (equals + 1, length - (gsize)(equals + 1 - text), points, &n_points);
  if (problem)
    return clip_prompt_reader_refuse (reader, NULL, "zone '%s': %s", shown, problem);
  guint i = find_zone (self, name);
  if (i == self->n_zones && !add_zone (reader, self, name))
    return FALSE;
  if (given[i])
    return clip_prompt_reader_refuse (reader, NULL, "zone '%s': there is another zone of this name", shown);
  given[i] = TRUE;
  ClipZone *zone = &self->zones[i];
  g_free ((ClipPoint *)zone->points);
  zone->points = g_memdup2 (points, n_points * sizeof *points);
  zone->n_points = n_points;
  return TRUE;
}

ClipPrompts *
clip_prompts_with_zones (ClipPrompts *self, const char *zones, GError **error)
{
  g_auto (ClipPromptReader) reader = { 0 };
  clip_prompt_reader_init (&reader, NULL, error);
  const char *text = zones ? zones : "";
  if (!clip_prompt_reader_check_utf8 (&reader, text, strlen (text), FALSE))
    return NULL;

  g_autoptr (ClipPrompts) copy = new_prompts (g_atomic_rc_box_acquire (self->items), g_strdupv (self->templates));
  copy_zones (copy, self);
  copy->zones = g_renew (ClipZone, copy->zones, CLIP_MAX_ZONES + 1);
  gboolean given[CLIP_MAX_ZONES + 1] = { FALSE };
  while (*text) {
    const char *zone = text;
    gsize length = strcspn (text, ";");
    text += length + (text[length] ? 1 : 0);
    clip_prompt_trim (&zone, &length);
    if (length && !take_zone (&reader, copy, zone, length, given))
      return NULL;
  }
  return g_steal_pointer (&copy);
}

/* ---- Access -------------------------------------------------------------------------------------------- */

ClipPrompts *
clip_prompts_ref (ClipPrompts *self)
{
  g_atomic_ref_count_inc (&self->refs);
  return self;
}

void
clip_prompts_unref (ClipPrompts *self)
{
  if (!self || !g_atomic_ref_count_dec (&self->refs))
    return;
  g_atomic_rc_box_release_full (self->items, (GDestroyNotify)clip_prompt_items_clear);
  free_zones (self);
  g_strfreev (self->templates);
  g_free (self);
}

guint
clip_prompts_get_size (const ClipPrompts *self)
{
  return self->items->n_prompts;
}

const ClipPrompt *
clip_prompts_get (const ClipPrompts *self, guint index)
{
  return index < self->items->n_prompts ? &self->items->prompts[index] : NULL;
}

const char *const *
clip_prompts_get_templates (const ClipPrompts *self)
{
  return (const char *const *)self->templates;
}

guint
clip_prompts_get_n_classes (const ClipPrompts *self)
{
  return self->items->n_classes;
}

const ClipClass *
clip_prompts_get_class (const ClipPrompts *self, guint index)
{
  return index < self->items->n_classes ? &self->items->classes[index] : NULL;
}

guint
clip_prompts_get_n_groups (const ClipPrompts *self)
{
  return self->items->n_groups;
}

const ClipGroup *
clip_prompts_get_group (const ClipPrompts *self, guint index)
{
  return index < self->items->n_groups ? &self->items->groups[index] : NULL;
}

guint
clip_prompts_get_n_zones (const ClipPrompts *self)
{
  return self->n_zones;
}

const ClipZone *
clip_prompts_get_zone (const ClipPrompts *self, guint index)
{
  return index < self->n_zones ? &self->zones[index] : NULL;
}
