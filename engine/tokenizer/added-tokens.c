/* SPDX-License-Identifier: MIT
 *
 * added-tokens.c: see added-tokens.h.
 *
 * The library searches with an automaton; here a sorted list is narrowed byte by byte from each place in the text: at
 * most as many steps as a token has bytes, each a binary search, and a table of first bytes skips most places.
 */
#include "tokenizer/added-tokens.h"

#include <string.h>

typedef struct
{
  ClipAddedToken *tokens; /* sorted by content */
  guint n;
  gboolean first[256]; /* whether one begins with this byte */
} TokenSet;

struct _ClipAddedTokens
{
  TokenSet sets[2]; /* [normalized] */
};

void
clip_added_token_clear (gpointer token)
{
  g_free (((ClipAddedToken *)token)->content);
}

static gint
compare_tokens (gconstpointer a, gconstpointer b)
{
  return strcmp (((const ClipAddedToken *)a)->content, ((const ClipAddedToken *)b)->content);
}

static void
token_set_init (TokenSet *self, const ClipAddedToken *tokens, guint n, gboolean normalized)
{
  g_autoptr (GArray) sorted = g_array_new (FALSE, FALSE, sizeof (ClipAddedToken));
  for (guint i = 0; i < n; i++)
    if (!tokens[i].normalized == !normalized && *tokens[i].content)
      g_array_append_val (sorted, tokens[i]);
  g_array_sort (sorted, compare_tokens); /* stable */

  self->tokens = g_new (ClipAddedToken, sorted->len);
  for (guint i = 0; i < sorted->len; i++) {
    const ClipAddedToken *token = &g_array_index (sorted, ClipAddedToken, i);
    if (i + 1 < sorted->len && compare_tokens (token, token + 1) == 0)
      continue;
    self->tokens[self->n] = *token;
    self->tokens[self->n++].content = g_strdup (token->content);
    self->first[(guint8)*token->content] = TRUE;
  }
}

ClipAddedTokens *
clip_added_tokens_new (const ClipAddedToken *tokens, guint n)
{
  ClipAddedTokens *self = g_new0 (ClipAddedTokens, 1);
  for (guint i = 0; i < G_N_ELEMENTS (self->sets); i++)
    token_set_init (&self->sets[i], tokens, n, i == TRUE);
  return self;
}

void
clip_added_tokens_free (ClipAddedTokens *self)
{
  if (!self)
    return;
  for (guint s = 0; s < G_N_ELEMENTS (self->sets); s++) {
    for (guint i = 0; i < self->sets[s].n; i++)
      clip_added_token_clear (&self->sets[s].tokens[i]);
    g_free (self->sets[s].tokens);
  }
  g_free (self);
}

/* The first of tokens low..high - 1, which agree in `depth` bytes, whose next byte is not below `byte`. */
static guint
lower_bound (const TokenSet *self, guint low, guint high, gsize depth, guint byte)
{
  while (low < high) {
    guint middle = low + (high - low) / 2;
    if ((guint8)self->tokens[middle].content[depth] < byte)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* The longest token that text begins with, or NULL. */
static const ClipAddedToken *
match_longest (const TokenSet *self, const char *text, gsize length)
{
  const ClipAddedToken *found = NULL;
  guint low = 0, high = self->n;
  for (gsize depth = 0; depth < length && low < high; depth++) {
    guint byte = (guint8)text[depth];
    guint next = lower_bound (self, low, high, depth, byte);
    high = lower_bound (self, next, high, depth, byte + 1);
    low = next;
    if (low < high && !self->tokens[low].content[depth + 1]) /* it sorts before all that go on */
      found = &self->tokens[low++];
  }
  return found;
}

/* \w of the library's regular expressions. */
static gboolean
is_word (gunichar c)
{
  switch (g_unichar_type (c)) {
  case G_UNICODE_DECIMAL_NUMBER:
  case G_UNICODE_LETTER_NUMBER:
  case G_UNICODE_CONNECT_PUNCTUATION:
  case G_UNICODE_SPACING_MARK:
  case G_UNICODE_ENCLOSING_MARK:
  case G_UNICODE_NON_SPACING_MARK:
    return TRUE;
  default:
    break;
  }
  return g_unichar_isalpha (c) || c == 0x200c || c == 0x200d || (c >= 0x24b6 && c <= 0x24e9)
         || (c >= 0x1f130 && c <= 0x1f149) || (c >= 0x1f150 && c <= 0x1f169) || (c >= 0x1f170 && c <= 0x1f189);
}

static gboolean
stands_alone (const char *text, gsize length, gsize start, gsize end)
{
  const char *before = start ? g_utf8_find_prev_char (text, text + start) : NULL;
  return (!before || !is_word (g_utf8_get_char (before))) && (end == length || !is_word (g_utf8_get_char (text + end)));
}

gboolean
clip_added_tokens_find (const ClipAddedTokens *self, gboolean normalized, const char *text, gsize length, gsize from,
    gsize *ret_start, gsize *ret_end, guint32 *ret_id)
{
  const TokenSet *set = &self->sets[normalized != FALSE];
  for (gsize at = from; set->n && at < length;) {
    const ClipAddedToken *token = set->first[(guint8)text[at]] ? match_longest (set, text + at, length - at) : NULL;
    if (!token) {
      at++;
      continue;
    }
    gsize end = at + strlen (token->content);
    if (!token->single_word || stands_alone (text, length, at, end)) {
      *ret_start = at;
      *ret_end = end;
      *ret_id = token->id;
      return TRUE;
    }
    at = end; /* not a shorter one instead, nor one that begins inside */
  }
  return FALSE;
}
