/* SPDX-License-Identifier: MIT
 *
 * html-entities.h: HTML character references, as Python's html.unescape() (the HTML 5 rules) resolves them.
 */
#ifndef CLIP_HTML_ENTITIES_H
#define CLIP_HTML_ENTITIES_H

#include <glib.h>

/* "caf&eacute; &#38;amp; bar" -> "café &amp; bar": one pass, like one call of html.unescape(). text: valid UTF-8; so is
 * the result, newly allocated. Any thread. */
char *clip_html_unescape (const char *text);

#endif
