/* SPDX-License-Identifier: MIT
 *
 * cameratable.h: the cameras' state, as a table for people or as JSON lines for programs.
 */
#ifndef CAMERA_TABLE_H
#define CAMERA_TABLE_H

#include "camera.h"

typedef enum
{
  CAMERA_TABLE_LINES,    /* one table below the other */
  CAMERA_TABLE_TERMINAL, /* in place, cut to the terminal's size */
  CAMERA_TABLE_JSON      /* an object a camera, then one for the process */
} CameraTableForm;

typedef struct
{
  double time;    /* seconds since the start */
  double cpu;     /* of this process since the last table, in per cent of one core */
  double rss_mib; /* of this process */
} CameraTotals;

/* Prints all at once to standard output. FALSE when that cannot be written to. */
gboolean camera_table_print (
    CameraTableForm form, const CameraReport *reports, guint n_reports, const CameraTotals *totals);

#endif
