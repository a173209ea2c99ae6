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

#define PLACEHOLDER "{}"

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
  gboolean ok = TRUE, is_new;
  group->first_class = items->n_classes;
  for (guint i = group->first_prompt; ok && i < group->first_prompt + group->n_prompts; i++) {
    ClipPrompt *prompt = &items->prompts[i];
    if (prompt->negative)
      continue;
    ok = clip_name_table_add (&labels, prompt->label, items->n_classes, &is_new);
    if (!ok)
      break;
    ClipClass *class = &items->classes[clip_name_table_find (&labels, prompt->label)->value];
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

/* Takes the templates; none = "{}". */
static ClipPrompts *
new_prompts (ClipPromptItems *items, GPtrArray *templates)
{
  if (templates->len == 0)
    g_ptr_array_add (templates, g_strdup (PLACEHOLDER));
  g_ptr_array_add (templates, NULL);
  ClipPrompts *self = g_new0 (ClipPrompts, 1);
  g_atomic_ref_count_init (&self->refs);
  self->items = items;
  self->templates = (char **)g_ptr_array_steal (templates, NULL);
  return self;
}

static gboolean
check_negatives (ClipPromptReader *self)
{
  const ClipPromptItems *items = &self->items;
  if (items->n_prompts == 0)
    return clip_prompt_reader_refuse (self, NULL, "there are no prompts");
  for (guint i = 0; i < items->n_groups; i++) {
    const ClipGroup *group = &items->groups[i];
    gboolean all = TRUE;
    for (guint p = group->first_prompt; all && p < group->first_prompt + group->n_prompts; p++)
      all = items->prompts[p].negative;
    if (all && items->n_groups == 1)
      return clip_prompt_reader_refuse (self, NULL, "all prompts are negative, so none could be reported");
    if (all) {
      g_autofree char *name = clip_printable (group->name ? group->name : "", -1, CLIP_MESSAGE_NAME);
      return clip_prompt_reader_refuse (
          self, NULL, "all prompts of the group '%s' are negative, so none could be reported", name);
    }
  }
  return TRUE;
}

ClipPrompts *
clip_prompt_reader_finish (ClipPromptReader *self)
{
  if (!check_negatives (self) || !make_classes (self))
    return NULL;
  ClipPromptItems *items = g_atomic_rc_box_new0 (ClipPromptItems);
  *items = self->items;
  self->items = (ClipPromptItems){ 0 };
  ClipPrompts *prompts = new_prompts (items, self->templates);
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

  g_autoptr (GString) segment = g_string_new (NULL);
  ClipPromptPlace place = { "prompt ", 0, "" };
  for (const char *p = text;; p++) {
    if (p[0] == '\\' && p[1] == ';') {
      g_string_append_c (segment, *++p);
    } else if (*p && *p != ';') {
      g_string_append_c (segment, *p);
    } else {
      const char *prompt = segment->str;
      gsize length = segment->len;
      place.number++;
      clip_prompt_trim (&prompt, &length);
      if (length && !clip_prompt_reader_add (&reader, &place, prompt, length, NULL))
        return NULL;
      g_string_truncate (segment, 0);
      if (!*p)
        break;
    }
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

  ClipPromptPlace place = { "template ", 0, "" };
  const char *end = text + length, *bar = NULL;
  for (gboolean more = length > 0; more; text = more ? bar + 1 : end) {
    bar = memchr (text, '|', (gsize)(end - text));
    more = bar != NULL;
    place.number++;
    if (!clip_prompt_reader_add_template (&reader, &place, text, (gsize)((bar ? bar : end) - text)))
      return NULL;
  }
  ClipPrompts *copy = new_prompts (g_atomic_rc_box_acquire (self->items), reader.templates);
  copy_zones (copy, self);
  return copy;
}

/* Provisional. */
ClipPrompts *
clip_prompts_with_zones (ClipPrompts *self, const char *zones, GError **error)
{
  ClipPrompts *copy = g_new0 (ClipPrompts, 1);
  g_atomic_ref_count_init (&copy->refs);
  copy->items = g_atomic_rc_box_acquire (self->items);
  copy->templates = g_strdupv (self->templates);
  copy_zones (copy, self);
  g_auto (GStrv) parts = g_strsplit (zones ? zones : "", ";", -1);
  for (guint i = 0; parts[i]; i++) {
    char *numbers = strchr (parts[i], '=');
    if (!*g_strstrip (parts[i]))
      continue;
    g_auto (GStrv) values = g_strsplit (numbers ? numbers + 1 : "", ",", -1);
    guint n = g_strv_length (values);
    if (!numbers || n < 4 || n % 2 || n == 4 + 2 * CLIP_MAX_ZONE_POINTS) {
      g_set_error (error, CLIP_ERROR, CLIP_ERROR_PROMPTS, "zone %u: expected NAME=x,y,w,h", i + 1);
      clip_prompts_unref (copy);
      return NULL;
    }
    ClipPoint *points = g_new0 (ClipPoint, MAX (n / 2, 4));
    for (guint k = 0; k < n; k++)
      ((float *)points)[k] = (float)g_ascii_strtod (values[k], NULL);
    if (n == 4) {
      float x = points[0].x, y = points[0].y, w = points[1].x, h = points[1].y;
      points[0] = (ClipPoint){ x, y }, points[1] = (ClipPoint){ x + w, y };
      points[2] = (ClipPoint){ x + w, y + h }, points[3] = (ClipPoint){ x, y + h };
    }
    g_autofree char *name = g_strndup (parts[i], numbers - parts[i]);
    ClipZone *zone = NULL;
    for (guint k = 1; k < copy->n_zones && !zone; k++)
      if (g_str_equal (copy->zones[k].name, name))
        zone = &copy->zones[k];
    if (!zone) {
      copy->zones = g_renew (ClipZone, copy->zones, copy->n_zones + 1);
      zone = &copy->zones[copy->n_zones++];
      *zone = copy->zones[0];
      zone->name = g_strdup (name);
      zone->points = NULL;
    }
    g_free ((ClipPoint *)zone->points);
    zone->points = points;
    zone->n_points = MAX (n / 2, n == 4 ? 4 : 3);
  }
  return copy;
}

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
