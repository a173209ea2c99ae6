/* SPDX-License-Identifier: MIT
 *
 * slowly.h: tests run under tools that make them 20 to 100 times slower (tests/sanitize.sh). What repeats itself there
 * for minutes does so less often: the same code on fewer cases.
 */
#ifndef SLOWLY_H
#define SLOWLY_H

#include <glib.h>

/* CLIPTAG_SLOWLY is in the environment. */
static inline gboolean
test_slowly (void)
{
  return g_getenv ("CLIPTAG_SLOWLY") != NULL;
}

#endif
