/* SPDX-License-Identifier: MIT
 *
 * redact.h: addresses of cameras, and text that may hold such, made fit to be shown to whoever looks over a shoulder.
 */
#ifndef REDACT_H
#define REDACT_H

#include <glib.h>

/* `text` without the users and passwords of the URIs in it, whether before the host or in a query ("?password=…").
 * Bytes that are no UTF-8 become U+FFFD. Newly allocated. pipelines/common.sh has the same for scripts. */
char *redact (const char *text);

#endif
