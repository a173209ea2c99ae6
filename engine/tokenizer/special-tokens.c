/* SPDX-License-Identifier: MIT
 *
 * special-tokens.c: see special-tokens.h.
 *
 * Without any in the folder, start and end are OpenAI's and are found in lower-cased text, as in OpenAI's tokenizer;
 * transformers 5 would find them in the original text.
 */
#include "tokenizer/special-tokens.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <glib/gstdio.h>

#include "clip.h"
#include "clip-message.h"
#include "base/names.h"
#include "tokenizer/pre-tokenizer.h"

/* In the library's order. Others that end in "_token" come after them. */
static const char *const names[]
    = { "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token" };

typedef struct
{
  ClipSpecialTokens *to;
  ClipNameTable seen;     /* content -> its index in `tokens` */
  ClipNames special;      /* contents for is_special(), sorted */
  guint n_listed;         /* tokens from lists, which names do not change */
  ClipJson *config, *map; /* tokenizer_config.json, special_tokens_map.json where it counts; or NULL */
  GError **error;
} Gatherer;

static void
gatherer_clear (Gatherer *self)
{
  clip_name_table_clear (&self->seen);
  clip_names_clear (&self->special);
  clip_json_free (self->config);
  clip_json_free (self->map);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Gatherer, gatherer_clear)

void
clip_special_tokens_clear (ClipSpecialTokens *self)
{
  g_clear_pointer (&self->tokens, g_array_unref);
  g_clear_pointer (&self->places, g_ptr_array_unref);
  g_clear_pointer (&self->start, g_free);
  g_clear_pointer (&self->end, g_free);
}

/* The document of a file that need not be there: NULL without an error then. */
static gboolean
load_optional_json (const char *folder, const char *name, ClipJson **ret_doc, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  *ret_doc = NULL;
  if (g_access (path, F_OK) != 0 && errno == ENOENT)
    return TRUE;
  return (*ret_doc = clip_json_load (path, CLIP_JSON_MAX_TOKENIZER, error)) != NULL;
}

static gboolean
refuse_field (Gatherer *self, const ClipJson *doc, const char *field, const char *what)
{
  g_autofree char *shown = clip_printable (field, -1, CLIP_MESSAGE_NAME);
  g_set_error (self->error, CLIP_ERROR, CLIP_ERROR_FORMAT, "%s: field '%s': %s", clip_json_name (doc), shown, what);
  return FALSE;
}

/* Always FALSE. */
static gboolean
fail_token_memory (Gatherer *self)
{
  g_set_error (
      self->error, CLIP_ERROR, CLIP_ERROR_MEMORY, "not enough memory for %u added tokens", self->to->tokens->len + 1);
  return FALSE;
}

#define TOO_MANY "more than " G_STRINGIFY (CLIP_ADDED_TOKENS_MAX) " tokens"

/* ---- One token ----------------------------------------------------------------------------------------- */

/* Takes `token` with its content; it replaces an earlier one with the same content. */
static gboolean
add_token (Gatherer *self, const ClipJson *doc, const char *field, ClipAddedToken *token)
{
  GArray *tokens = self->to->tokens;
  const ClipName *found = clip_name_table_find (&self->seen, token->content);
  if (found) {
    ClipAddedToken *old = &g_array_index (tokens, ClipAddedToken, found->value);
    g_free (token->content);
    token->content = old->content; /* the table's name */
    if (found->value >= self->n_listed)
      *old = *token;
    return TRUE;
  }

  if (tokens->len == CLIP_ADDED_TOKENS_MAX || strlen (token->content) > CLIP_ADDED_TOKEN_MAX_BYTES) {
    g_free (token->content);
    return refuse_field (self, doc, field,
        tokens->len == CLIP_ADDED_TOKENS_MAX
            ? TOO_MANY
            : "a token longer than " G_STRINGIFY (CLIP_ADDED_TOKEN_MAX_BYTES) " bytes");
  }
  gboolean is_new;
  if (!clip_name_table_add (&self->seen, token->content, tokens->len, &is_new)) {
    g_free (token->content);
    return fail_token_memory (self);
  }
  g_array_append_val (tokens, *token);
  g_autofree char *shown = clip_printable (field, -1, CLIP_MESSAGE_NAME);
  g_ptr_array_add (self->to->places, g_strdup_printf ("%s: field '%s', token", clip_json_name (doc), shown));
  return TRUE;
}

/* A string, or an object with "content" and flags. Special ones are found in the text as it is unless they say
 * otherwise. ret_content: NULL where `value` is neither. */
static gboolean
read_token (Gatherer *self, const ClipJson *doc, const char *field, const ClipJsonValue *value, gboolean special,
    ClipAddedToken *ret_token)
{
  const char *content = clip_json_as_string (value);
  *ret_token = (ClipAddedToken){ .id = CLIP_NO_ID, .normalized = !special };
  if (!content && clip_json_type (value) == CLIP_JSON_OBJECT) {
    content = clip_json_as_string (clip_json_member (value, "content"));
    g_autofree char *name = g_strconcat (field, ".content", NULL);
    if (!content)
      return refuse_field (self, doc, name, "expected a string");
    gboolean is_special = special;
    if (!clip_json_get_boolean (doc, value, field, "special", &is_special, self->error))
      return FALSE;
    ret_token->normalized = !is_special;
    if (!clip_json_get_boolean (doc, value, field, "normalized", &ret_token->normalized, self->error)
        || !clip_json_get_boolean (doc, value, field, "single_word", &ret_token->single_word, self->error))
      return FALSE;
  }
  if (!content)
    return refuse_field (self, doc, field, "expected a string or an object");
  ret_token->content = g_strdup (content);
  return TRUE;
}

static gboolean
read_token_id (
    Gatherer *self, const ClipJson *doc, const char *field, gboolean is_number, gint64 id, ClipAddedToken *token)
{
  if (is_number && id >= 0 && id < CLIP_NO_ID) {
    token->id = (guint32)id;
    return TRUE;
  }
  g_autofree char *name = g_strconcat (field, ".id", NULL);
  g_free (token->content);
  return refuse_field (self, doc, name, "expected a whole number");
}

/* ---- Lists --------------------------------------------------------------------------------------------- */

static gint
compare_ids (gconstpointer a, gconstpointer b)
{
  const ClipAddedToken *left = a, *right = b;
  return left->id < right->id ? -1 : left->id > right->id;
}

/* Adds those of a file in the order of their ids. */
static gboolean
add_sorted (Gatherer *self, const ClipJson *doc, const char *field, GArray *list)
{
  g_array_sort (list, compare_ids);
  gboolean ok = TRUE;
  for (guint i = 0; i < list->len; i++) {
    ClipAddedToken *token = &g_array_index (list, ClipAddedToken, i);
    if (ok)
      ok = add_token (self, doc, field, token);
    else
      clip_added_token_clear (token);
  }
  return ok;
}

typedef struct
{
  Gatherer *gatherer;
  const ClipJson *doc;
  GArray *list;
} ListVisit;

/* Puts `token` at the end of `list`, which is bounded here because it is sorted before add_token() sees it. */
static gboolean
append_to_list (Gatherer *self, const ClipJson *doc, const char *field, GArray *list, ClipAddedToken *token)
{
  if (list->len == CLIP_ADDED_TOKENS_MAX) {
    g_free (token->content);
    return refuse_field (self, doc, field, TOO_MANY);
  }
  g_array_append_val (list, *token);
  return TRUE;
}

/* A member of tokenizer_config.json's "added_tokens_decoder": id -> token. */
static gboolean
visit_decoder (const char *key, const ClipJsonValue *value, gpointer data)
{
  ListVisit *visit = data;
  g_autofree char *field = g_strconcat ("added_tokens_decoder.", key, NULL);
  guint64 id = 0;
  gboolean is_number = g_ascii_string_to_unsigned (key, 10, 0, CLIP_NO_ID - 1, &id, NULL);
  ClipAddedToken token;
  if (!read_token (visit->gatherer, visit->doc, field, value, FALSE, &token)
      || !read_token_id (visit->gatherer, visit->doc, field, is_number, (gint64)id, &token))
    return FALSE;
  return append_to_list (visit->gatherer, visit->doc, "added_tokens_decoder", visit->list, &token);
}

/* Remembers the named and extra special tokens of tokenizer_config.json and special_tokens_map.json. */
static gboolean
find_special_contents (Gatherer *self)
{
  const ClipJson *docs[] = { self->map, self->config };
  gboolean ok
      = clip_names_add (&self->special, CLIP_START_TOKEN, 0) && clip_names_add (&self->special, CLIP_END_TOKEN, 0);
  for (guint d = 0; d < G_N_ELEMENTS (docs); d++) {
    const ClipJsonValue *root = docs[d] ? clip_json_root (docs[d]) : NULL;
    for (guint i = 0; ok && i < G_N_ELEMENTS (names); i++) {
      const ClipJsonValue *value = clip_json_member (root, names[i]);
      const ClipJsonValue *inner = clip_json_member (value, "content");
      const char *content = clip_json_as_string (inner ? inner : value);
      ok = !content || clip_names_add (&self->special, content, 0);
    }
    const ClipJsonValue *extra = clip_json_member (root, "extra_special_tokens");
    if (!extra)
      extra = clip_json_member (root, "additional_special_tokens");
    for (guint i = 0; ok && i < clip_json_length (extra) && clip_json_type (extra) == CLIP_JSON_ARRAY; i++) {
      const char *content = clip_json_as_string (clip_json_element (extra, i));
      ok = !content || clip_names_add (&self->special, content, 0);
    }
  }
  clip_names_sort (&self->special);
  return ok || fail_token_memory (self);
}

static gboolean
is_special (const Gatherer *self, const char *content)
{
  return clip_names_find (&self->special, content) != NULL;
}

/* A member of added_tokens.json: content -> id. */
static gboolean
visit_added (const char *content, const ClipJsonValue *value, gpointer data)
{
  ListVisit *visit = data;
  gint64 id = 0;
  gboolean is_number = clip_json_as_int (value, &id);
  ClipAddedToken token = { .content = g_strdup (content), .normalized = !is_special (visit->gatherer, content) };
  return read_token_id (visit->gatherer, visit->doc, content, is_number, id, &token)
         && append_to_list (visit->gatherer, visit->doc, "added_tokens", visit->list, &token);
}

/* tokenizer.json's "added_tokens". */
static gboolean
collect_tokenizer_json (Gatherer *self, const ClipJson *doc, GArray *list)
{
  const ClipJsonValue *tokens = clip_json_member (clip_json_root (doc), "added_tokens");
  if (clip_json_type (tokens) == CLIP_JSON_NULL)
    return TRUE;
  if (clip_json_type (tokens) != CLIP_JSON_ARRAY)
    return refuse_field (self, doc, "added_tokens", "expected an array");
  for (guint i = 0; i < clip_json_length (tokens); i++) {
    const ClipJsonValue *value = clip_json_element (tokens, i);
    g_autofree char *field = g_strdup_printf ("added_tokens[%u]", i);
    ClipAddedToken token;
    gint64 id = 0;
    if (clip_json_type (value) != CLIP_JSON_OBJECT)
      return refuse_field (self, doc, field, "expected an object");
    if (!read_token (self, doc, field, value, FALSE, &token))
      return FALSE;
    gboolean is_number = clip_json_as_int (clip_json_member (value, "id"), &id);
    if (!read_token_id (self, doc, field, is_number, id, &token)
        || !append_to_list (self, doc, "added_tokens", list, &token))
      return FALSE;
  }
  return TRUE;
}

static GArray *
new_token_list (void)
{
  return g_array_new (FALSE, FALSE, sizeof (ClipAddedToken));
}

typedef gboolean (*Collector) (Gatherer *self, const ClipJson *doc, GArray *list);

static gboolean
collect_decoder (Gatherer *self, const ClipJson *doc, GArray *list)
{
  const ClipJsonValue *decoder = NULL;
  ListVisit visit = { self, doc, list };
  return clip_json_get_object (doc, clip_json_root (doc), "", "added_tokens_decoder", &decoder, self->error)
         && (!decoder || clip_json_foreach (decoder, visit_decoder, &visit));
}

static gboolean
collect_added (Gatherer *self, const ClipJson *doc, GArray *list)
{
  ListVisit visit = { self, doc, list };
  return clip_json_foreach (clip_json_root (doc), visit_added, &visit);
}

static gboolean
take_list (Gatherer *self, const ClipJson *doc, const char *field, Collector collector)
{
  g_autoptr (GArray) list = new_token_list ();
  if (collector (self, doc, list))
    return add_sorted (self, doc, field, list);
  g_array_set_clear_func (list, clip_added_token_clear);
  return FALSE;
}

/* ---- Named tokens -------------------------------------------------------------------------------------- */

/* The value of a name: special_tokens_map.json takes precedence over tokenizer_config.json. */
static const ClipJsonValue *
find_named (const Gatherer *self, const char *name, const ClipJson **ret_doc)
{
  const ClipJson *docs[] = { self->map, self->config };
  for (guint i = 0; i < G_N_ELEMENTS (docs); i++) {
    const ClipJsonValue *value = docs[i] ? clip_json_member (clip_json_root (docs[i]), name) : NULL;
    *ret_doc = docs[i];
    if (clip_json_type (value) != CLIP_JSON_NULL)
      return value;
  }
  return NULL;
}

/* ret_content: the token of this name; unchanged if the folder gives none. */
static gboolean
add_named_token (Gatherer *self, const char *name, char **ret_content)
{
  const ClipJson *doc;
  const ClipJsonValue *value = find_named (self, name, &doc);
  ClipAddedToken token;
  if (!value)
    return TRUE;
  if (!read_token (self, doc, name, value, TRUE, &token))
    return FALSE;
  if (!*token.content) {
    g_free (token.content);
    return TRUE;
  }
  if (ret_content) {
    g_free (*ret_content);
    *ret_content = g_strdup (token.content);
  }
  return add_token (self, doc, name, &token);
}

/* A name of the folder's own, e.g. "image_token". */
static gboolean
visit_other_name (const char *key, const ClipJsonValue *value, gpointer data)
{
  Gatherer *self = data;
  if (!g_str_has_suffix (key, "_token") || !clip_json_as_string (value))
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_str_equal (key, names[i]))
      return TRUE;
  return add_named_token (self, key, NULL);
}

/* "extra_special_tokens", or "additional_special_tokens" as it was called before: a list, or an object of names. */
typedef struct
{
  Gatherer *gatherer;
  const ClipJson *doc;
  const char *name;
} ExtraVisit;

static gboolean
visit_extra (const char *key, const ClipJsonValue *value, gpointer data)
{
  const ExtraVisit *extra = data;
  ClipAddedToken token;
  if (!read_token (extra->gatherer, extra->doc, extra->name, value, TRUE, &token))
    return FALSE;
  if (*token.content)
    return add_token (extra->gatherer, extra->doc, extra->name, &token);
  g_free (token.content);
  return TRUE;
}

static gboolean
add_extra_tokens (Gatherer *self)
{
  const ClipJson *doc;
  const char *name = "extra_special_tokens";
  const ClipJsonValue *list = find_named (self, name, &doc);
  if (!clip_json_length (list))
    list = find_named (self, name = "additional_special_tokens", &doc);
  ExtraVisit extra = { self, doc, name };
  if (clip_json_type (list) == CLIP_JSON_OBJECT)
    return clip_json_foreach (list, visit_extra, &extra);
  gboolean ok = TRUE;
  for (guint i = 0; ok && i < clip_json_length (list); i++)
    ok = visit_extra (NULL, clip_json_element (list, i), &extra);
  return ok;
}

/* ---- All of it ----------------------------------------------------------------------------------------- */

/* CLIP's own class makes everything but vocabulary and merges itself, whatever tokenizer.json says. */
static gboolean
read_class (Gatherer *self)
{
  const char *class = "CLIPTokenizer";
  if (!self->config)
    return TRUE;
  if (!clip_json_get_string (self->config, clip_json_root (self->config), "", "tokenizer_class", &class, self->error))
    return FALSE;
  self->to->generic = !g_str_equal (class, "CLIPTokenizer") && !g_str_equal (class, "CLIPTokenizerFast");
  return TRUE;
}

static gboolean
gather_tokens (Gatherer *self, const char *folder, const ClipJson *json)
{
  GError **error = self->error;
  if (!load_optional_json (folder, "tokenizer_config.json", &self->config, error) || !read_class (self))
    return FALSE;

  if (self->config && clip_json_member (clip_json_root (self->config), "added_tokens_decoder") && !self->to->generic) {
    if (!take_list (self, self->config, "added_tokens_decoder", collect_decoder))
      return FALSE;
  } else {
    g_autoptr (ClipJson) added = NULL;
    if (!load_optional_json (folder, "special_tokens_map.json", &self->map, error)
        || !load_optional_json (folder, "added_tokens.json", &added, error)
        || (added && (!find_special_contents (self) || !take_list (self, added, "added_tokens", collect_added)))
        || (json && !take_list (self, json, "added_tokens", collect_tokenizer_json)))
      return FALSE;
  }

  self->n_listed = self->to->tokens->len;
  char **contents[G_N_ELEMENTS (names)] = { &self->to->start, &self->to->end };
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (!add_named_token (self, names[i], contents[i]))
      return FALSE;
  return (!self->config || clip_json_foreach (clip_json_root (self->config), visit_other_name, self))
         && add_extra_tokens (self);
}

/* Start and end are tokens even where no file lists them. */
static gboolean
add_default_token (Gatherer *self, const char *content)
{
  if (clip_name_table_find (&self->seen, content))
    return TRUE;
  ClipAddedToken token = { .content = g_strdup (content), .id = CLIP_NO_ID, .normalized = TRUE };
  gboolean is_new;
  if (!clip_name_table_add (&self->seen, token.content, self->to->tokens->len, &is_new)) {
    g_free (token.content);
    return fail_token_memory (self);
  }
  g_array_append_val (self->to->tokens, token);
  g_ptr_array_add (self->to->places, g_strdup ("the vocabulary: token"));
  return TRUE;
}

gboolean
clip_special_tokens_load (ClipSpecialTokens *self, const char *folder, const ClipJson *json, GError **error)
{
  self->tokens = new_token_list ();
  g_array_set_clear_func (self->tokens, clip_added_token_clear);
  self->places = g_ptr_array_new_with_free_func (g_free);
  self->start = g_strdup (CLIP_START_TOKEN);
  self->end = g_strdup (CLIP_END_TOKEN);
  g_auto (Gatherer) gatherer = { .to = self, .error = error };
  return gather_tokens (&gatherer, folder, json) && add_default_token (&gatherer, self->start)
         && add_default_token (&gatherer, self->end);
}
