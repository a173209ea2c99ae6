/* SPDX-License-Identifier: MIT
 *
 * camera.h: one stream with cliptagger in it, which reconnects by itself when it was lost. One thread, the one that
 * runs the default main context, calls all of these.
 */
#ifndef CAMERA_H
#define CAMERA_H

#include <gst/gst.h>

typedef struct _Camera Camera;

typedef struct
{
  char **settings;       /* "property=value" of cliptagger; NULL-terminated */
  guint latency;         /* ms that an RTSP camera's pictures wait for late packets */
  const char *transport; /* "auto", "tcp" or "udp", of RTSP */
} CameraOptions;

typedef struct
{
  const char *uri;                        /* fit to be shown: without passwords */
  const char *problem;                    /* NULL while pictures come; good until the next call */
  guint retry_seconds;                    /* with a problem: until the next attempt, 0 = under way */
  guint64 frames;                         /* since it was connected */
  double fps, sampled, inferred, skipped; /* per second since the last report; skipped: a newer frame came first */
  char *label;                            /* of the last frame; NULL = none */
  double confidence;
  double age_p95, encode_p50, queue_p95; /* ms; negative = not known */
} CameraReport;

/* A cliptagger that has opened its model and its prompts with these settings, which may take minutes; what it warns of
 * is printed. NULL with `error` set where a setting is wrong (GST_CORE_ERROR) or the model or the prompts cannot be
 * used. As long as it is there, cameras that come back find the weights loaded. */
GstElement *camera_open_tagger (const CameraOptions *options, GError **error);
void camera_close_tagger (GstElement *tagger);

/* `options` must stay as long as the camera. NULL with `error` set where a setting is wrong. It starts at once; what
 * goes wrong from then on stands in its reports. */
Camera *camera_new (const char *uri, const CameraOptions *options, GError **error);
void camera_free (Camera *self);

/* To be called about once a second: it is also when a camera that is silent is found to be lost. */
void camera_report (Camera *self, CameraReport *ret_report);
void camera_report_clear (CameraReport *report);

#endif
