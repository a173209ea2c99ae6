/* SPDX-License-Identifier: MIT
 *
 * background.c: see background.h.
 *
 * CLIP's scores are relative: a picture of a white wall is more like "a giraffe" than like nothing at all. Held against
 * some dozens of captions, one of which fits nearly any picture, a prompt scores high only where it fits better.
 */
#include "labels/background.h"

#include <string.h>

#include "context.h"
#include "labels/background-captions.h"
#include "model/model.h"

#define FILE_NAME "background.txt"

/* Captions whose vector is this close to a prompt's are another wording of it: the built-in model has those at 0.98 and
 * more, and different things below 0.9. */
#define SAME_COSINE 0.97f

/* Prompts x captions that are compared by their vectors, 10,000 prompts with the default: a fifth of a second with 512
 * values each. */
#define MAX_COMPARED 1000000

/* ---- Loading ------------------------------------------------------------------------------------------- */

/* Without the captions whose words the model never learned. NULL = none is left. */
static char *
join_known_captions (const ClipModel *model)
{
  GString *text = g_string_new (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (background_captions); i++) {
    g_autofree char *unknown = clip_known_words_find_unknown (&model->text->known_words, background_captions[i]);
    if (!unknown)
      g_string_append_printf (text, "%s%s", text->len ? ";" : "", background_captions[i]);
  }
  return g_string_free (text, text->len == 0);
}

gboolean
clip_background_load (const ClipModel *model, const char *background, ClipPrompts **ret_prompts, GError **error)
{
  *ret_prompts = NULL;
  if (!background)
    return TRUE;
  if (!g_str_equal (background, "default")) {
    *ret_prompts = clip_prompts_new_from_file (background, error);
    if (!*ret_prompts) /* "on", say, was not meant as a file's name */
      g_prefix_error_literal (error, "background: ");
    return *ret_prompts != NULL;
  }

  g_autofree char *own = model->folder ? g_build_filename (model->folder, FILE_NAME, NULL) : NULL;
  if (own && g_file_test (own, G_FILE_TEST_EXISTS))
    return (*ret_prompts = clip_prompts_new_from_file (own, error)) != NULL;
  g_autofree char *captions = model->text ? join_known_captions (model) : NULL;
  return !captions || (*ret_prompts = clip_prompts_new_from_string (captions, error)) != NULL;
}

/* ---- What says the same -------------------------------------------------------------------------------- */

/* The words that say what is to be seen, sorted out from those that every caption has; singular as far as an "s" makes
 * the difference. */
static GPtrArray *
split_words (const char *text)
{
  static const char *const common[] = { "a", "an", "the", "of", "in", "on", "at", "by", "with", "and", "is", "are",
    "photo", "picture", "image", NULL };
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *lower = g_utf8_strdown (text, -1);
  for (const char *p = lower; *p;) {
    const char *start = p;
    while (*p && g_unichar_isalnum (g_utf8_get_char (p)))
      p = g_utf8_next_char (p);
    gsize length = (gsize)(p - start);
    if (*p)
      p = g_utf8_next_char (p);
    if (length > 3 && start[length - 1] == 's')
      length--;
    g_autofree char *word = g_strndup (start, length);
    if (length && !g_strv_contains (common, word))
      g_ptr_array_add (words, g_steal_pointer (&word));
  }
  return words;
}

/* Whoever sees what the caption says sees what the words say: it has them all. */
static gboolean
has_words (const GPtrArray *caption, const GPtrArray *words)
{
  for (guint i = 0; i < words->len; i++)
    if (!g_ptr_array_find_with_equal_func ((GPtrArray *)caption, words->pdata[i], g_str_equal, NULL))
      return FALSE;
  return words->len > 0;
}

/* What is compared. */
typedef struct
{
  const ClipLabels *labels;
  GPtrArray *captions;   /* of words, of each caption */
  gboolean with_vectors; /* not too many for that */
} Comparison;

static gboolean
says_the_same (const Comparison *self, guint prompt, const GPtrArray *words, guint caption)
{
  const ClipLabels *labels = self->labels;
  if (words && has_words (self->captions->pdata[caption], words))
    return TRUE;
  /* A probe's weights are no embedding. */
  if (!self->with_vectors || (labels->scales && labels->scales[prompt] == labels->scales[prompt]))
    return FALSE;
  return clip_dot (clip_labels_row (labels, prompt),
             clip_labels_row (labels, clip_labels_background_row (labels, caption)), labels->dim)
         >= SAME_COSINE;
}

/* marks: [n_background]. */
static void
mark_class (const Comparison *self, const ClipClass *class, guint8 *marks)
{
  const ClipLabels *labels = self->labels;
  for (guint i = class->id, first = TRUE; first || i; i = clip_prompts_get (labels->prompts, i)->next, first = FALSE) {
    const ClipPrompt *prompt = clip_prompts_get (labels->prompts, i);
    gboolean is_text = prompt->n_terms == 1 && prompt->terms[0].kind == CLIP_TERM_TEXT;
    g_autoptr (GPtrArray) words = is_text ? split_words (prompt->terms[0].value) : NULL;
    for (guint b = 0; b < labels->n_background; b++)
      marks[b] |= says_the_same (self, i, words, b);
  }
}

/* Appends what is marked as the next set, and clears the marks. */
static void
add_set (ClipLabels *self, guint set, guint8 *marks, GArray *same)
{
  for (guint b = 0; b < self->n_background; b++)
    if (marks[b])
      g_array_append_val (same, b);
  memset (marks, 0, self->n_background);
  self->same_first[set + 1] = same->len;
}

/* Whatever any of its classes has. */
static void
mark_group (const ClipLabels *self, const ClipGroup *group, const GArray *same, guint8 *marks)
{
  guint end = self->same_first[group->first_class + group->n_classes];
  for (guint i = self->same_first[group->first_class]; i < end; i++)
    marks[g_array_index (same, guint, i)] = TRUE;
}

gboolean
clip_background_find_same (ClipLabels *self, ClipContext *context, ClipPrompts *background, GError **error)
{
  guint n_classes = clip_prompts_get_n_classes (self->prompts), n_groups = clip_prompts_get_n_groups (self->prompts);
  g_autoptr (GArray) same = g_array_new (FALSE, FALSE, sizeof (guint));
  g_autoptr (GPtrArray) captions = g_ptr_array_new_with_free_func ((GDestroyNotify)g_ptr_array_unref);
  g_autofree guint8 *marks = g_try_new0 (guint8, self->n_background);
  self->same_first = g_try_new (guint, (gsize)n_classes + n_groups + 1);
  if (!marks || !self->same_first) {
    g_set_error (error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for a background of %u", self->n_background);
    return FALSE;
  }
  for (guint b = 0; b < self->n_background; b++)
    g_ptr_array_add (captions, split_words (clip_prompts_get (background, b)->text));

  const Comparison comparison = { self, captions, (guint64)self->n * self->n_background <= MAX_COMPARED };
  self->same_first[0] = 0;
  for (guint c = 0; c < n_classes; c++) {
    const ClipClass *class = clip_prompts_get_class (self->prompts, c);
    if (!clip_context_check_cancelled (context, error))
      return FALSE;
    if (!class->none)
      mark_class (&comparison, class, marks);
    add_set (self, c, marks, same);
  }
  for (guint g = 0; g < n_groups; g++) {
    mark_group (self, clip_prompts_get_group (self->prompts, g), same, marks);
    add_set (self, n_classes + g, marks, same);
  }
  self->same = (guint *)g_array_free (g_steal_pointer (&same), FALSE);
  return TRUE;
}
