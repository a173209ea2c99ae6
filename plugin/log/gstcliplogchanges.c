/* SPDX-License-Identifier: MIT
 *
 * gstcliplogchanges.c: see gstcliplogchanges.h.
 */
#include "log/gstcliplogchanges.h"

#include <string.h>

#include "clip-json.h"

typedef struct
{
  gchar *name; /* also the key */
  gchar *best; /* its groups' best labels */
  GList link;
} Subject;

static void
subject_free (gpointer data)
{
  Subject *subject = data;
  g_free (subject->name);
  g_free (subject->best);
  g_free (subject);
}

void
gst_clip_log_changes_init (GstClipLogChanges *self)
{
  self->by_name = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, subject_free);
  g_queue_init (&self->order);
}

void
gst_clip_log_changes_clear (GstClipLogChanges *self)
{
  g_clear_pointer (&self->by_name, g_hash_table_unref);
  g_queue_init (&self->order); /* whose links are the subjects' */
}

void
gst_clip_log_changes_reset (GstClipLogChanges *self)
{
  g_hash_table_remove_all (self->by_name);
  g_queue_init (&self->order);
}

static gint
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar *const *)a, *(const gchar *const *)b);
}

/* Each group with its best label, in an order that does not depend on scores. Labels come best first, so that the
 * first of a group is its best. */
static gchar *
describe_best (const GstClipTags *tags)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) groups = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean has_unnamed = FALSE;
  guint n = gst_clip_tags_get_n_labels (tags);

  for (guint i = 0; i < n; i++) {
    const GstClipTagLabel *label = gst_clip_tags_get_label (tags, i);
    if (label->group ? !g_hash_table_add (groups, label->group) : has_unnamed)
      continue;
    has_unnamed |= !label->group;
    GString *text = g_string_new (NULL);
    clip_json_append_string (text, label->group);
    clip_json_append_string (text, label->label);
    g_ptr_array_add (texts, g_string_free (text, FALSE));
  }
  g_ptr_array_sort (texts, compare_strings);
  g_ptr_array_add (texts, NULL);
  return g_strjoinv (NULL, (gchar **)texts->pdata);
}

gboolean
gst_clip_log_changes_take (GstClipLogChanges *self, const gchar *name, const GstClipTags *tags)
{
  g_autofree gchar *best = describe_best (tags);
  Subject *subject = g_hash_table_lookup (self->by_name, name);

  if (subject) {
    g_queue_unlink (&self->order, &subject->link);
  } else {
    if (self->order.length == GST_CLIP_LOG_CHANGES_SUBJECTS) {
      Subject *oldest = g_queue_pop_head_link (&self->order)->data;
      g_hash_table_remove (self->by_name, oldest->name);
    }
    subject = g_new0 (Subject, 1);
    subject->name = g_strdup (name);
    subject->link.data = subject;
    g_hash_table_insert (self->by_name, subject->name, subject);
  }
  g_queue_push_tail_link (&self->order, &subject->link);
  if (g_strcmp0 (subject->best, best) == 0)
    return FALSE;
  g_free (subject->best);
  subject->best = g_steal_pointer (&best);
  return TRUE;
}
