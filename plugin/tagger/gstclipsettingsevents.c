/* SPDX-License-Identifier: MIT
 *
 * gstclipsettingsevents.c: those of cliptagger's properties (gstclipsettings.h) that make scores over time and events.
 * Their defaults are the engine's.
 */
#include "tagger/gstclipsettings.h"

#include <math.h>

#include "common/gstclipproperty.h"

void
gst_clip_settings_install_events (GObjectClass *klass)
{
  /**
   * GstClipTagger:smoothing:
   *
   * Time constant of the exponential smoothing of scores in stream time: after it a new score has gone 63 % of its way,
   * however often frames are sampled. Confidences and events are by smoothed scores, cosines are not smoothed.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_SMOOTHING,
      g_param_spec_uint64 ("smoothing", "Smoothing",
          "Time constant of the smoothing of scores, in nanoseconds (0 = none; a prompts file can set each label's "
          "own)",
          0, G_MAXINT64, CLIP_EVENT_SMOOTHING, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:off-threshold:
   *
   * Minimum score for an event to go on. One above the threshold counts as the threshold.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_OFF_THRESHOLD,
      g_param_spec_double ("off-threshold", "Off threshold",
          "Minimum score for an event to go on (-1 = 0.7 x threshold; a prompts file can set each label's own)",
          CLIP_OFF_THRESHOLD_AUTO, CLIP_MAX_THRESHOLD, CLIP_OFF_THRESHOLD_AUTO, GST_CLIP_PROPERTY_PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_MIN_DURATION,
      g_param_spec_uint64 ("min-duration", "Min duration",
          "Minimum duration of an event, in nanoseconds (a prompts file can set each label's own)", 0, G_MAXINT64,
          CLIP_EVENT_MIN_DURATION, GST_CLIP_PROPERTY_PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_HOLD_TIME,
      g_param_spec_uint64 ("hold-time", "Hold time",
          "Maximum time below the off-threshold that an event lasts through, in nanoseconds (a prompts file can set "
          "each "
          "label's own)",
          0, G_MAXINT64, CLIP_EVENT_HOLD_TIME, GST_CLIP_PROPERTY_PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_COOL_DOWN,
      g_param_spec_uint64 ("cool-down", "Cool-down",
          "Minimum time from the end of an event to the next one of its label, in nanoseconds (a prompts file can set "
          "each label's own)",
          0, G_MAXINT64, CLIP_EVENT_COOL_DOWN, GST_CLIP_PROPERTY_PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_UPDATE_INTERVAL,
      g_param_spec_uint64 ("update-interval", "Update interval",
          "Minimum time from one update of an event to the next, in nanoseconds (0 = every sample; max = no updates)",
          0, G_MAXUINT64, CLIP_EVENT_UPDATE_INTERVAL, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:baseline:
   *
   * Half-life of each label's running mean and deviation of cosines in this stream, which the score mode z-score goes
   * by: hours for a camera that stands still. Scores are 0 until 20 samples are in.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_BASELINE,
      g_param_spec_uint64 ("baseline", "Baseline",
          "Half-life of each label's mean and deviation, for score-mode=z-score, in nanoseconds (0 = none; an hour is "
          "3600000000000)",
          0, G_MAXINT64, 0, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:baseline-file:
   *
   * File that keeps the baselines of the frame and of zones over restarts: read with the model, written at the end of
   * the stream, when the element stops and every five minutes. Each stream needs one of its own. A file that is damaged
   * or of another model is a warning, and stays as it is.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_BASELINE_FILE,
      g_param_spec_string ("baseline-file", "Baseline file",
          "File that keeps the baselines over restarts (null = none)", NULL, GST_CLIP_PROPERTY_READY));
}

GstClipRanking
gst_clip_settings_get_ranking (const GstClipSettings *self)
{
  GstClipRanking ranking = self->ranking;
  if (ranking.params.rank.threshold <= (gfloat)CLIP_THRESHOLD_ALL)
    ranking.params.rank.threshold = -G_MAXFLOAT; /* deviations go below it */
  if (ranking.params.timing.off_threshold <= (gfloat)CLIP_OFF_THRESHOLD_AUTO)
    ranking.params.timing.off_threshold = NAN;
  return ranking;
}
