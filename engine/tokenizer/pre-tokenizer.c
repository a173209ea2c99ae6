/* SPDX-License-Identifier: MIT
 *
 * pre-tokenizer.c: see pre-tokenizer.h.
 *
 * The reference is openai/CLIP clip/simple_tokenizer.py. It first repairs the text with ftfy; of that only the last
 * step is done here, Unicode's composition (NFC), as in Hugging Face's tokenizers. It then collapses white space, which
 * only affects added tokens with blanks in them.
 */
#include "tokenizer/pre-tokenizer.h"

#include <string.h>

#include "tokenizer/html-entities.h"

/* GLib composes in quadratic time, so it gets small pieces, cut where nothing composes across the cut, and those with
 * absurdly many marks in a row (Unicode's Stream-Safe Text Format allows 30) stay as they are. */
#define COMPOSE_BYTES 256
#define MAX_MARKS     64

#define LONG_S         0x017f
#define CAPITAL_I_DOT  0x0130
#define CAPITAL_SIGMA  0x03a3
#define SMALL_SIGMA    0x03c3
#define FINAL_SIGMA    0x03c2
#define COMBINING_DOT  0x0307
#define IOTA_BELOW     0x0345 /* its upper case is a letter: with case ignored it is in no class, and vanishes */
#define FIRST_MARK     0x0300 /* text below it is composed already */
#define FIRST_MARK_LED 0xcc   /* the first byte of its UTF-8 */

gboolean
clip_pre_tokenizer_is_space (gunichar c)
{
  return (c >= '\t' && c <= '\r') || c == 0x85 || g_unichar_isspace (c);
}

/* ---- Composition --------------------------------------------------------------------------------------- */

static gboolean
is_mark (gunichar c)
{
  return c >= FIRST_MARK && g_unichar_ismark (c);
}

/* Whether c may compose with the character before it: marks, and the vowels and final consonants of Hangul. */
static gboolean
composes_backwards (gunichar c)
{
  return is_mark (c) || (c >= 0x1160 && c < 0x1200);
}

static char *
compose_nfc (const char *text)
{
  const char *p = text;
  while (*p && (guint8)*p < FIRST_MARK_LED)
    p++;
  if (!*p)
    return g_strdup (text);

  GString *out = g_string_sized_new (strlen (text) + 1);
  for (p = text; *p;) {
    const char *piece = p;
    guint marks = 0, most_marks = 0;
    do {
      marks = is_mark (g_utf8_get_char (p)) ? marks + 1 : 0;
      most_marks = MAX (most_marks, marks);
      p = g_utf8_next_char (p);
    } while (*p && (p - piece < COMPOSE_BYTES || composes_backwards (g_utf8_get_char (p))));

    g_autofree char *composed = NULL;
    if (most_marks <= MAX_MARKS)
      composed = g_utf8_normalize (piece, p - piece, G_NORMALIZE_NFC);
    if (composed)
      g_string_append (out, composed);
    else
      g_string_append_len (out, piece, p - piece);
  }
  return g_string_free (out, FALSE);
}

/* ---- Lower case ---------------------------------------------------------------------------------------- */

/* Unicode's Case_Ignorable. */
static gboolean
is_case_ignorable (gunichar c)
{
  static const gunichar punctuation[] = { '\'', '.', ':', 0xb7, 0x387, 0x55f, 0x5f4, 0x2018, 0x2019, 0x2024, 0x2027,
    0xfe13, 0xfe52, 0xfe55, 0xff07, 0xff0e, 0xff1a };
  switch (g_unichar_type (c)) {
  case G_UNICODE_NON_SPACING_MARK:
  case G_UNICODE_ENCLOSING_MARK:
  case G_UNICODE_FORMAT:
  case G_UNICODE_MODIFIER_LETTER:
  case G_UNICODE_MODIFIER_SYMBOL:
    return TRUE;
  default:
    break;
  }
  for (guint i = 0; i < G_N_ELEMENTS (punctuation); i++)
    if (c == punctuation[i])
      return TRUE;
  return FALSE;
}

/* Unicode's Cased, of what is not Case_Ignorable: letters with case, ordinals, Roman numerals, letters in circles. */
static gboolean
is_cased (gunichar c)
{
  return g_unichar_isupper (c) || g_unichar_islower (c) || g_unichar_istitle (c) || c == 0xaa || c == 0xba
         || (c >= 0x2160 && c <= 0x217f) || (c >= 0x24b6 && c <= 0x24e9) || (c >= 0x1f130 && c <= 0x1f149)
         || (c >= 0x1f150 && c <= 0x1f169) || (c >= 0x1f170 && c <= 0x1f189);
}

/* Unicode's Final_Sigma condition for the sigma at p: a cased letter before it and none after, ignorables aside. */
static gboolean
ends_a_word (const char *text, const char *p)
{
  const char *before = p;
  do {
    before = g_utf8_find_prev_char (text, before);
    if (!before)
      return FALSE;
  } while (is_case_ignorable (g_utf8_get_char (before)));
  if (!is_cased (g_utf8_get_char (before)))
    return FALSE;

  const char *after = g_utf8_next_char (p);
  while (*after && is_case_ignorable (g_utf8_get_char (after)))
    after = g_utf8_next_char (after);
  return !*after || !is_cased (g_utf8_get_char (after));
}

/* White space is collapsed on the way. g_utf8_strdown() would follow the locale's rules for Turkish and Lithuanian;
 * tokens must not. */
static char *
lower_case (const char *text)
{
  GString *out = g_string_sized_new (strlen (text) + 1);
  for (const char *p = text; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    if (clip_pre_tokenizer_is_space (c)) {
      if (!out->len || out->str[out->len - 1] != ' ')
        g_string_append_c (out, ' ');
    } else if (c < 0x80) {
      g_string_append_c (out, g_ascii_tolower ((char)c));
    } else if (c == CAPITAL_I_DOT) {
      g_string_append_c (out, 'i');
      g_string_append_unichar (out, COMBINING_DOT);
    } else if (c == CAPITAL_SIGMA) {
      g_string_append_unichar (out, ends_a_word (text, p) ? FINAL_SIGMA : SMALL_SIGMA);
    } else if (c >= 0x2160 && c <= 0x216f) {
      g_string_append_unichar (out, c + 0x10); /* GLib lowers letters only: not Roman numerals, */
    } else if (c >= 0x24b6 && c <= 0x24cf) {
      g_string_append_unichar (out, c + 0x1a); /* nor letters in circles */
    } else {
      g_string_append_unichar (out, g_unichar_tolower (c));
    }
  }
  return g_string_free (out, FALSE);
}

char *
clip_pre_tokenizer_clean (const char *text)
{
  /* Twice, as the reference does: the pages CLIP learned from had been escaped twice. */
  g_autofree char *once = clip_html_unescape (text);
  g_autofree char *twice = clip_html_unescape (once);
  g_autofree char *composed = compose_nfc (twice);
  return lower_case (composed);
}

/* ---- Words --------------------------------------------------------------------------------------------- */

/* Returns the end of `literal` at p or NULL. The reference's pattern ignores case; in lower-cased text that leaves the
 * long s, which counts as an s. */
static const char *
match_contraction (const char *p, const char *literal)
{
  for (; *literal; literal++) {
    if (*p == *literal)
      p++;
    else if (*literal == 's' && *p && g_utf8_get_char (p) == LONG_S)
      p = g_utf8_next_char (p);
    else
      return NULL;
  }
  return p;
}

typedef enum
{
  CLASS_SPACE,
  CLASS_LETTER,
  CLASS_NUMBER,
  CLASS_OTHER
} CharClass;

static CharClass
char_class (gunichar c)
{
  if (clip_pre_tokenizer_is_space (c) || c == IOTA_BELOW)
    return CLASS_SPACE;
  if (g_unichar_isalpha (c))
    return CLASS_LETTER;
  switch (g_unichar_type (c)) {
  case G_UNICODE_DECIMAL_NUMBER:
  case G_UNICODE_LETTER_NUMBER:
  case G_UNICODE_OTHER_NUMBER:
    return CLASS_NUMBER;
  default:
    return CLASS_OTHER;
  }
}

gboolean
clip_pre_tokenizer_next (const char **cursor, const char **ret_word, gsize *ret_length)
{
  static const char *const fixed[] = { "'s", "'t", "'re", "'ve", "'m", "'ll", "'d" };
  const char *p = *cursor;
  while (*p && char_class (g_utf8_get_char (p)) == CLASS_SPACE)
    p = g_utf8_next_char (p);
  *cursor = *ret_word = p;
  *ret_length = 0;
  if (!*p)
    return FALSE;

  const char *end = NULL;
  if (*p == '\'')
    for (guint i = 0; i < G_N_ELEMENTS (fixed) && !end; i++)
      end = match_contraction (p, fixed[i]);

  if (!end) {
    CharClass first = char_class (g_utf8_get_char (p));
    end = g_utf8_next_char (p);
    if (first != CLASS_NUMBER) /* numbers stand alone */
      while (*end && char_class (g_utf8_get_char (end)) == first)
        end = g_utf8_next_char (end);
  }

  *cursor = end;
  *ret_length = (gsize)(end - p);
  return TRUE;
}
