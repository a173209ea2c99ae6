/* SPDX-License-Identifier: MIT
 *
 * test-pre-tokenizer.c: HTML entities, cleaning of texts, and splitting into words.
 */
#include <glib.h>
#include <locale.h>
#include <string.h>

#include "tokenizer/html-entities.h"
#include "tokenizer/pre-tokenizer.h"

typedef struct
{
  const char *text, *expected;
} Pair;

static void
test_html (void)
{
  static const Pair cases[] = {
    { "no references", "no references" }, { "fish &amp; chips", "fish & chips" },
    { "&lt;b&gt; &quot;x&quot; &apos;", "<b> \"x\" '" }, { "caf&eacute; &Eacute;", "café É" },
    { "&copy &reg; 20&deg;C&nbsp;", "© ® 20°C\u00a0" }, /* some need no semicolon */
    { "&notit; &notin; &not", "¬it; ∉ ¬" },             /* the longest that needs none */
    { "&apos &alpha &bogus; & &; &&amp;", "&apos &alpha &bogus; & &; &&" },
    { "&CounterClockwiseContourIntegral;&zwnj;&AElig;", "∳\u200cÆ" },
    { "&NotEqualTilde;", "≂\u0338" }, /* two characters */
    { "&#65;&#x42;&#X43&#68 &#233;", "ABCD é" }, { "&#; &#x; &#xg; &#", "&#; &#x; &#xg; &#" },
    { "&#128;&#x99;&#133;", "€™…" }, /* as Windows-1252 */
    { "&#0;&#xd800;&#x110000;&#99999999999999999999;", "\ufffd\ufffd\ufffd\ufffd" },
    { "a&#1;&#11;&#127;&#xfffe;&#x1ffff;&#xfdd0;b", "ab" }, { "a&#9;&#10;&#13;b", "a\t\n\rb" },
    { "&amp;lt;", "&lt;" }, /* one pass */
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *got = clip_html_unescape (cases[i].text);
    g_assert_cmpstr (got, ==, cases[i].expected);
  }
}

static void
test_clean (void)
{
  static const Pair cases[] = {
    { "&amp;lt; &amp;amp;lt;", "< &lt;" },                    /* two passes */
    { "cafe\u0301 A\u030a \u1112\u1161\u11ab", "café å 한" }, /* composed */
    { "e\u0327\u0301", "\u0229\u0301" },                      /* reordered and composed as far as it goes */
    { " a \t\n b\u00a0\u3000c  ", " a b c " },                /* white space is one blank */
    { "ÀÉÎÕÜ ŁÓDŹ МОСКВА", "àéîõü łódź москва" }, { "I İ ı ẞ Ǆ ǅ K Å", "i i\u0307 ı ß ǆ ǆ k å" },
    { "ΟΔΟΣ ΣΟΦΟΣ. ΑΣ'Α ΑΣ' Σ Α.Σ", "οδος σοφος. ασ'α ας' σ α.ς" }, { "Ⅷ Ⓐ", "ⅷ ⓐ" },
    { "\u2019 \ufb01 \uff21", "\u2019 \ufb01 \uff41" }, /* what ftfy would have replaced stays */
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *got = clip_pre_tokenizer_clean (cases[i].text);
    g_assert_cmpstr (got, ==, cases[i].expected);
  }
}

/* Words with '|' between. */
static char *
split (const char *text)
{
  g_autofree char *cleaned = clip_pre_tokenizer_clean (text);
  GString *out = g_string_new (NULL);
  const char *cursor = cleaned, *word;
  gsize length;
  while (clip_pre_tokenizer_next (&cursor, &word, &length)) {
    if (out->len)
      g_string_append_c (out, '|');
    g_string_append_len (out, word, (gssize)length);
  }
  return g_string_free (out, FALSE);
}

static void
test_words (void)
{
  static const Pair cases[] = {
    { "", "" },
    { " \t\n", "" },
    { "A photo of a cat.", "a|photo|of|a|cat|." },
    { "it's I'm we'll don't they've she'd you're", "it|'s|i|'m|we|'ll|don|'t|they|'ve|she|'d|you|'re" },
    { "IT'S 'SUN' O'Neill", "it|'s|'s|un|'|o|'|neill" },
    { "''d !!'s 'l", "''|d|!!'|s|'|l" },
    { "'\u017f", "'\u017f" }, /* a long s is an s when case is ignored */
    { "2016 1½ Ⅷ² x9y", "2|0|1|6|1|½|ⅷ|²|x|9|y" },
    { "生活的真谛是。日本語", "生活的真谛是|。|日本語" },
    { "red中blue", "red中blue" },
    { "😂👍 ❤️ cat🎨", "😂👍|❤️|cat|🎨" },
    { "a\u0323\u20dd ปี", "ạ|\u20dd|ป|ี" }, /* a mark is no letter */
    { "a\u00a0b\u3000c\xc2\x85"
      "d\u2003e\u2028f\u1680g\vh",
        "a|b|c|d|e|f|g|h" },
    { "a\u200bb\ufeffc\u180ed", "a|\u200b|b|\ufeff|c|\u180e|d" }, /* of no width, but no white space */
    { "a\001b\034c", "a|\001|b|\034|c" },
    { "!\u0345!", "!|!" },                        /* in no class of the reference's pattern */
    { "x<|endoftext|>y", "x|<||endoftext||>|y" }, /* special tokens have been taken out before */
    { "\u0378\U0010ffff\ue000", "\u0378\U0010ffff\ue000" },
  };
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *got = split (cases[i].text);
    g_assert_cmpstr (got, ==, cases[i].expected);
  }
}

/* Where the Turkish locale is installed, GLib's own g_utf8_strdown() makes "ı" of "I". */
static void
test_locale (void)
{
  g_autofree char *before = g_strdup (setlocale (LC_ALL, NULL));
  static const char *const names[] = { "C", "tr_TR.UTF-8", "tr_TR.utf8", "lt_LT.UTF-8" };
  guint tried = 0;
  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (!setlocale (LC_ALL, names[i]))
      continue;
    tried++;
    g_autofree char *got = clip_pre_tokenizer_clean ("TITLE I\u0307 İ");
    g_assert_cmpstr (got, ==, "title i\u0307 i\u0307");
  }
  setlocale (LC_ALL, before);
  g_assert_cmpuint (tried, >, 0);
  if (tried == 1)
    g_test_message ("neither Turkish nor Lithuanian is installed here");
}

/* GLib's composition is quadratic in the first two of these: it would take hours. */
static void
test_clean_is_linear (void)
{
  static const char *const units[] = { "e\u0301", "\u0301\u0327", "\u1161", "Σ.", "&a", "&#", "&notinv" };
  for (guint i = 0; i < G_N_ELEMENTS (units); i++) {
    g_autoptr (GString) text = g_string_new (NULL);
    while (text->len < 1 << 20)
      g_string_append (text, units[i]);
    g_autofree char *cleaned = clip_pre_tokenizer_clean (text->str);
    g_assert_true (g_utf8_validate (cleaned, -1, NULL));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/words/html", test_html);
  g_test_add_func ("/words/clean", test_clean);
  g_test_add_func ("/words/split", test_words);
  g_test_add_func ("/words/locale", test_locale);
  g_test_add_func ("/words/linear", test_clean_is_linear);
  return g_test_run ();
}
