/* SPDX-License-Identifier: MIT
 *
 * html.c: see html.h.
 */
#include "report/html.h"

#include "clip-message.h"

static const char common_style[]
    = ":root{color-scheme:light dark;--back:#fff;--text:#1d2430;--faint:#667085;--line:#d5dae3}\n"
      "@media (prefers-color-scheme:dark){:root{--back:#14181f;--text:#e3e8ef;--faint:#98a2b3;--line:#343c49}}\n"
      "body{font:15px/1.45 system-ui,sans-serif;background:var(--back);color:var(--text);max-width:70rem;"
      "margin:2rem auto;padding:0 1rem}\n"
      "h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.2rem}h3{font-size:1rem}\n"
      "p.note,figcaption,th small{color:var(--faint);font-size:.87rem}\n"
      "table{border-collapse:collapse}td,th{padding:.22rem .6rem;border-bottom:1px solid var(--line);text-align:right;"
      "font-variant-numeric:tabular-nums}th{font-weight:600;vertical-align:bottom}\n"
      "td:first-child,th:first-child{text-align:left;overflow-wrap:anywhere}.wide{overflow-x:auto}\n";

void
html_begin (GString *html, const char *title, const char *page, const char *style)
{
  g_string_append (html, "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n<meta name=\"viewport\" "
                         "content=\"width=device-width\">\n");
  html_add_element (html, "<title>", title, " – ");
  g_string_append_printf (html, "%s</title>\n<style>\n%s%s</style></head>\n<body>\n", page, common_style, style);
  html_add_element (html, "<h1>", title, "</h1>\n");
}

void
html_end (GString *html)
{
  g_string_append (html, "</body></html>\n");
}

void
html_add_text (GString *html, const char *text)
{
  g_autofree char *shown = clip_printable (text, -1, CLIP_MESSAGE_PATH);
  g_autofree char *escaped = g_markup_escape_text (shown, -1);
  g_string_append (html, escaped);
}

void
html_add_element (GString *html, const char *start, const char *text, const char *end)
{
  g_string_append (html, start);
  html_add_text (html, text);
  g_string_append (html, end);
}

void
html_add_picture (GString *html, const char *jpeg)
{
  g_string_append_printf (html, "<img alt=\"\" src=\"data:image/jpeg;base64,%s\">", jpeg);
}
