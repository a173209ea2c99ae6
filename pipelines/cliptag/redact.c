/* SPDX-License-Identifier: MIT
 *
 * redact.c: see redact.h. Pure; any thread.
 */
#include "redact.h"

static const struct
{
  const char *what, *by;
} rules[] = {
  /* SCHEME://USER:PASSWORD@ */
  { "\\b([a-z][a-z0-9+.-]*://)[^/?#\\s\"'<>]*@", "\\1" },
  /* The same where the password has a slash that should have been %2F: what is behind the colon is no port. */
  { "\\b([a-z][a-z0-9+.-]*://)[^/?#\\s:@\\[\"'<>]*:(?![0-9]*(?:[/?#\\s\"'<>]|$))[^\\s\"'<>]*@", "\\1" },
  /* Cameras that want them in the path or the query: "?user=…&password=…", "/user=…_password=…_channel=1_stream=0.sdp"
   */
  { "([?&;/_](?:user(?:name)?|login|usr|pass(?:wor[dt]|wd)?|pwd|pw|token|secret|api_?key|auth|credentials?)=)"
    "[^&;#\\s\"'<>]*?(?=_(?:user|pass|pwd|channel|stream)|[&;#\\s\"'<>]|$)",
      "\\1***" },
};

char *
redact (const char *text)
{
  char *shown = g_utf8_make_valid (text, -1);
  for (guint i = 0; i < G_N_ELEMENTS (rules); i++) {
    g_autoptr (GRegex) regex = g_regex_new (rules[i].what, G_REGEX_CASELESS, 0, NULL);
    char *rest = g_regex_replace (regex, shown, -1, 0, rules[i].by, 0, NULL);
    if (!rest)
      rest = g_strdup ("(not shown)"); /* the matcher gave up */
    g_free (shown);
    shown = rest;
  }
  return shown;
}
