/* SPDX-License-Identifier: MIT
 *
 * redact.h: removes passwords from camera addresses, and from text that contains them, before they are shown.
 */
#ifndef REDACT_H
#define REDACT_H

#include <glib.h>

/* `text` without the users and passwords of the URIs in it, whether before the host or in a query ("?password=…").
 * Bytes that are not UTF-8 become U+FFFD. Newly allocated. pipelines/common.sh has the same for scripts. */
char *redact (const char *text);

#endif
