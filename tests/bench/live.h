/* SPDX-License-Identifier: MIT
 *
 * live.h: what bench-live's files share: options, models, and the rows that are printed. See bench-live.c.
 */
#ifndef LIVE_H
#define LIVE_H

#include <gst/gst.h>

typedef struct _LiveReport LiveReport;

typedef struct
{
  double seconds; /* of overload; half of it is measured with the cameras */
  guint cycles;   /* of starts, caps changes and prompt reloads; ten times as many seeks and state changes */
  guint shutdowns;
  guint streams;
  LiveReport *report;
} LiveOptions;

typedef enum
{
  LIVE_NOT_JUDGED,
  LIVE_REACHED,
  LIVE_MISSED
} LiveVerdict;

/* A row of the table: what, what issue 4 asks for ("" = nothing), what was measured. */
void live_row (LiveReport *report, const char *figure, const char *asked, LiveVerdict verdict, const char *format, ...)
    G_GNUC_PRINTF (5, 6);

static inline LiveVerdict
live_verdict (gboolean reached)
{
  return reached ? LIVE_REACHED : LIVE_MISSED;
}

/* A folder with random weights of this shape, made once; see tests/util/randommodel.h. */
const char *live_model (LiveReport *report, const char *shape);

/* Of doubles; sorts them. 0 where there are none. */
double live_percentile (GArray *values, double fraction);

/* gst_parse_launch() that ends the program where it fails. Names are of gst_bin_get_by_name(). */
GstElement *live_pipeline (const char *format, ...) G_GNUC_PRINTF (1, 2);

/* Borrowed. */
GstElement *live_child (GstElement *pipeline, const char *name);

/* Ends the program where the state is not reached. */
void live_set_state (GstElement *element, GstState state);

guint64 live_count (GstElement *tagger, const char *field);
double live_stat (GstElement *tagger, const char *field);

void live_overload (const LiveOptions *options);
void live_cost (const LiveOptions *options);
void live_streams (const LiveOptions *options);
void live_shutdown (const LiveOptions *options);
void live_stress (const LiveOptions *options);

#endif
