/* SPDX-License-Identifier: MIT
 *
 * html.h: pages that hold everything they show and ask nothing of the network, light or dark as the reader's system is.
 */
#ifndef REPORT_HTML_H
#define REPORT_HTML_H

#include <glib.h>

G_BEGIN_DECLS

/* With the title as a heading. page: what made it; style: the page's own, after what all have. */
void html_begin (GString *html, const char *title, const char *page, const char *style);
void html_end (GString *html);

void html_add_text (GString *html, const char *text); /* that is nobody's markup */
void html_add_element (GString *html, const char *start, const char *text, const char *end);
void html_add_picture (GString *html, const char *jpeg); /* in base64 */

G_END_DECLS

#endif
