/* SPDX-License-Identifier: MIT
 *
 * gstclipsettings.c: cliptagger's properties: names, ranges, defaults, descriptions. What a change does while frames
 * flow is the element's business. Not locked.
 */
#include "tagger/gstclipsettings.h"

#include "common/gstclipproperty.h"

#define DEFAULT_TOP_K              5
#define DEFAULT_THRESHOLD          0.0
#define DEFAULT_SCORE_MODE         CLIP_SCORE_SOFTMAX
#define DEFAULT_TEMPERATURE        1.0
#define DEFAULT_FIT                CLIP_FIT_CROP
#define DEFAULT_FRAME_RATE         2.0
#define DEFAULT_INFERENCE_INTERVAL 1
#define DEFAULT_N_THREADS          0
#define DEFAULT_PRECISION          CLIP_PRECISION_AUTO
#define DEFAULT_ATTACH_EMBEDDING   FALSE
#define DEFAULT_POST_MESSAGES      TRUE
#define DEFAULT_CACHE              TRUE
#define DEFAULT_BACKGROUND         "default"
#define DEFAULT_INFERENCE_MODE     GST_CLIP_INFERENCE_AUTO
#define DEFAULT_MAX_AGE            GST_CLOCK_TIME_NONE
#define DEFAULT_BATCH_SIZE         1
#define DEFAULT_MAX_CPU            0.0
#define DEFAULT_MIN_CHANGE         0.0
#define DEFAULT_ON_CHANGE          0.0
#define DEFAULT_QOS                TRUE
#define DEFAULT_WATCH_PROMPTS      FALSE
#define DEFAULT_STATS_INTERVAL     0
#define DEFAULT_INFERENCE_REGION   GST_CLIP_INFERENCE_FULL_FRAME
#define DEFAULT_MIN_CROP_SIZE      16
#define DEFAULT_RECLASSIFY         1

#define MAX_THREADS    1024
#define MAX_BATCH_SIZE 256

static void
install_sources (GObjectClass *klass)
{
  /**
   * GstClipTagger:model:
   *
   * A Hugging Face CLIP folder. %NULL: the small model that comes with the plugin.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_MODEL,
      g_param_spec_string ("model", "Model", "Folder of a Hugging Face CLIP model (null = the built-in one)", NULL,
          GST_CLIP_PROPERTY_READY));
  /**
   * GstClipTagger:prompts:
   *
   * Texts to compare pictures with, separated by `;` (`\;` is a semicolon). Prompts that are set while frames flow are
   * encoded beside them; then the latest picture is scored by them without being encoded again. Bad ones leave the
   * prompts in use as they are, and a warning is posted.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_PROMPTS,
      g_param_spec_string ("prompts", "Prompts",
          "Texts to compare pictures with, separated by ';', e.g. \"a cat;a dog\" (null = the model's prompts.json)",
          NULL, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:prompts-file:
   *
   * One prompt a line (`#` starts a comment), or JSON with labels, thresholds, negatives and templates. At the start it
   * overrides #GstClipTagger:prompts; setting those later unsets it.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_PROMPTS_FILE,
      g_param_spec_string ("prompts-file", "Prompts file", "File with one prompt a line, or JSON; overrides prompts",
          NULL, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:prompt-template:
   *
   * Sentences that each prompt is put into, separated by `|`, each with one `{}`; their embeddings are averaged.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_PROMPT_TEMPLATE,
      g_param_spec_string ("prompt-template", "Prompt template",
          "Sentences around each prompt, separated by '|', e.g. \"a photo of {}.|a drawing of {}.\" (null = the "
          "prompts file's, or \"{}\")",
          NULL, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:background:
   *
   * Captions of what everyday pictures show, which compete with each prompt under `score-mode=sigmoid` and with a
   * single one under softmax, beside negative prompts: a score is high where a prompt fits better than they do.
   * `default`: the model folder's background.txt, else those that come with the plugin. A file is read as
   * #GstClipTagger:prompts-file is. A caption that says the same as a prompt does not compete with it.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_BACKGROUND,
      g_param_spec_string ("background", "Background",
          "Everyday captions that sigmoid and single prompts compete with: default, off, or a file of prompts",
          DEFAULT_BACKGROUND, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:zones:
   *
   * Parts of the picture that have labels of their own, separated by `;`: `gate=0.1,0.2,0.3,0.4` is a box with its left
   * upper corner, width and height, `yard=x1,y1,x2,y2,x3,y3` a polygon; 0 to 1 of the upright picture in its display
   * shape, x to the right, y down. They are scored by the frame's prompts; one with the name of a zone in the prompts
   * file gives that one another shape.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_ZONES,
      g_param_spec_string ("zones", "Zones",
          "Parts of the picture to label by themselves, separated by ';', e.g. \"gate=0.1,0.2,0.3,0.4\" (x, y, width, "
          "height) or a polygon \"yard=x1,y1,x2,y2,x3,y3\", 0 to 1 of the upright picture (null = the prompts file's)",
          NULL, GST_CLIP_PROPERTY_PLAYING));
}

static void
install_files (GObjectClass *klass)
{
  /**
   * GstClipTagger:cache:
   *
   * Whether the embeddings of many prompts (64 texts, prompts times templates, or more) are kept in the user's cache,
   * `$XDG_CACHE_HOME/cliptag/labels`, and read from there when the same prompts come again for the same model. At most
   * 64 files and 256 MiB are kept. Affects prompts that are set later.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_CACHE,
      g_param_spec_boolean ("cache", "Cache",
          "Whether embeddings of many prompts are kept on disk, for the next start with the same prompts",
          DEFAULT_CACHE, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:watch-prompts:
   *
   * Whether the file that the prompts come from is read again when it has changed, within about half a second. A broken
   * one leaves the prompts in use as they are, and a warning is posted.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_WATCH_PROMPTS,
      g_param_spec_boolean ("watch-prompts", "Watch prompts",
          "Whether the prompts' file is read again when it has changed", DEFAULT_WATCH_PROMPTS,
          GST_CLIP_PROPERTY_PLAYING));
}

static void
install_scores (GObjectClass *klass)
{
  g_object_class_install_property (klass, GST_CLIP_PROP_TOP_K,
      g_param_spec_uint ("top-k", "Top k", "Maximum number of labels to report, best first (0 = all)", 0,
          CLIP_MAX_PROMPTS, DEFAULT_TOP_K, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:threshold:
   *
   * At 0 and below, what starts an event is 0.5 with #GstClipTagger:score-mode softmax and sigmoid, 3 with z-score, and
   * nothing with cosine.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_THRESHOLD,
      g_param_spec_double ("threshold", "Threshold",
          "Minimum score for a label to be reported and, above 0, for its event to start, in the units of score-mode "
          "(-1 = all; a prompts file can set each label's own)",
          CLIP_THRESHOLD_ALL, CLIP_MAX_THRESHOLD, DEFAULT_THRESHOLD, GST_CLIP_PROPERTY_PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_SCORE_MODE,
      g_param_spec_enum ("score-mode", "Score mode", "Way from similarities to scores", gst_clip_score_mode_get_type (),
          DEFAULT_SCORE_MODE, GST_CLIP_PROPERTY_PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_TEMPERATURE,
      g_param_spec_double ("temperature", "Temperature",
          "Divisor of the logits of softmax and sigmoid (1 = as the model was trained, larger = flatter)",
          CLIP_MIN_TEMPERATURE, CLIP_MAX_TEMPERATURE, DEFAULT_TEMPERATURE, GST_CLIP_PROPERTY_PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_ATTACH_EMBEDDING,
      g_param_spec_boolean ("attach-embedding", "Attach embedding",
          "Whether labels come with the picture's embedding (unit length, as many floats as the model has)",
          DEFAULT_ATTACH_EMBEDDING, GST_CLIP_PROPERTY_PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages",
          "Whether results and events are posted on the bus, as 'clip-tags' and 'clip-event' messages",
          DEFAULT_POST_MESSAGES, GST_CLIP_PROPERTY_PLAYING));
}

static void
install_work (GObjectClass *klass)
{
  g_object_class_install_property (klass, GST_CLIP_PROP_FIT,
      g_param_spec_enum ("fit", "Fit", "Way of a picture into the model's square input", gst_clip_fit_get_type (),
          DEFAULT_FIT, GST_CLIP_PROPERTY_READY));
  /**
   * GstClipTagger:orientation:
   *
   * The transform that brings pictures upright before they are encoded; the frames themselves stay as they are. auto:
   * by the stream's image-orientation tag, as demuxers and parsers make it from MP4's display
   * matrix and EXIF, unless a videoflip upstream has done it. `custom` is refused with a warning.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_ORIENTATION,
      g_param_spec_enum ("orientation", "Orientation", "Transform that brings pictures upright before they are encoded",
          GST_TYPE_VIDEO_ORIENTATION_METHOD, GST_CLIP_ORIENTATION_DEFAULT, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:frame-rate:
   *
   * How many frames to sample in a second of stream time; the others carry the latest labels. 0: every frame, which
   * only files can wait for.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_FRAME_RATE,
      g_param_spec_double ("frame-rate", "Frame rate", "Frames to sample per second of stream time (0 = every frame)",
          0.0, 1000000.0, DEFAULT_FRAME_RATE, GST_CLIP_PROPERTY_PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_INFERENCE_INTERVAL,
      g_param_spec_uint ("inference-interval", "Inference interval",
          "Frames from one candidate for sampling to the next (1 = every frame); frame-rate chooses among these", 1,
          G_MAXUINT, DEFAULT_INFERENCE_INTERVAL, GST_CLIP_PROPERTY_PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_N_THREADS,
      g_param_spec_uint ("n-threads", "Threads",
          "Number of threads for encoding, which results do not depend on (0 = number of CPUs for this process)", 0,
          MAX_THREADS, DEFAULT_N_THREADS, GST_CLIP_PROPERTY_READY));
  g_object_class_install_property (klass, GST_CLIP_PROP_PRECISION,
      g_param_spec_enum ("precision", "Precision", "Arithmetic of the model's blocks", gst_clip_precision_get_type (),
          DEFAULT_PRECISION, GST_CLIP_PROPERTY_READY));
}

static void
install_change (GObjectClass *klass)
{
  /**
   * GstClipTagger:min-change:
   *
   * A sampled frame that differs less than this from the last encoded one is not encoded: its labels hold on, marked as
   * reused, and their age starts again. The measure is the root mean square of the differences between the mean colours
   * of 32 x 18 cells, in per cent of full scale; 1.5 lies above noise and flicker and below somebody who walks in.
   * Slow changes add up: the comparison is with the frame that was encoded, not with the one before. Blur and noise
   * change little in it, so that labels hold on for ten seconds at most.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_MIN_CHANGE,
      g_param_spec_double ("min-change", "Min change",
          "Minimum difference from the last encoded frame for a sampled frame to be encoded, in per cent (0 = encode "
          "every sampled frame; 1.5 saves a lot)",
          0.0, 100.0, DEFAULT_MIN_CHANGE, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:on-change:
   *
   * Sample a frame between two sampling times, too, if it differs this much from the last encoded one, as after a cut.
   * The measure is that of #GstClipTagger:min-change; 15 lies above most of what moves in front of a camera that stands
   * still. Every frame is measured, which takes some hundredths of a millisecond.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_ON_CHANGE,
      g_param_spec_double ("on-change", "On change",
          "Difference from the last encoded frame at which a frame is sampled at once, in per cent (0 = never; 15 "
          "finds "
          "cuts)",
          0.0, 100.0, DEFAULT_ON_CHANGE, GST_CLIP_PROPERTY_PLAYING));
}

static void
install_live (GObjectClass *klass)
{
  /**
   * GstClipTagger:inference-mode:
   *
   * sync: a sampled frame waits in the streaming thread until it is encoded; each has its own labels, and the same file
   * gives the same ones every time. async: no frame ever waits. The newest sampled frame, scaled down, waits for the
   * encoder; frames carry the last result with its age. auto: async where upstream is live by the LATENCY query.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_INFERENCE_MODE,
      g_param_spec_enum ("inference-mode", "Inference mode", "Whether frames wait for their labels",
          gst_clip_inference_mode_get_type (), DEFAULT_INFERENCE_MODE, GST_CLIP_PROPERTY_PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_MAX_AGE,
      g_param_spec_uint64 ("max-age", "Max age",
          "Maximum age of labels on frames, in nanoseconds (5 s are 5000000000; max = no limit)", 0, G_MAXUINT64,
          DEFAULT_MAX_AGE, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:batch-size:
   *
   * In sync mode, hold frames back until this many of them are sampled, and encode those together: more throughput
   * where there are several threads. The order of frames and events stays; events push out what is held. In a live
   * pipeline the LATENCY query accounts for it.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_BATCH_SIZE,
      g_param_spec_uint ("batch-size", "Batch size", "Number of sampled frames to encode together in sync mode", 1,
          MAX_BATCH_SIZE, DEFAULT_BATCH_SIZE, GST_CLIP_PROPERTY_READY));
  /**
   * GstClipTagger:model-instance-id:
   *
   * Elements of one process with the same model files and precision share the weights, and with the same number of
   * threads an encoder, if this is the same, too.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_MODEL_INSTANCE_ID,
      g_param_spec_string ("model-instance-id", "Model instance id",
          "Name of a copy of the model that elements share; other names load a copy of their own", NULL,
          GST_CLIP_PROPERTY_READY));
  /**
   * GstClipTagger:max-cpu:
   *
   * CPU time that this stream's pictures may take on average, in per cent of one core. Inferences are spaced
   * accordingly: in async mode fewer frames are encoded, in sync mode the stream goes slower.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_MAX_CPU,
      g_param_spec_double ("max-cpu", "Max CPU", "Maximum CPU time to spend, in per cent of one core (0 = no limit)",
          0.0, 100000.0, DEFAULT_MAX_CPU, GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:qos:
   *
   * Whether frames pass without being encoded while a sink reports them late, until it has caught up. No frame is
   * dropped. Only sinks that show frames at their time report it; set this to %FALSE where every sampled frame must
   * have its own labels even then.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_QOS,
      g_param_spec_boolean ("qos", "QoS", "Whether frames pass without being encoded while the sink is behind",
          DEFAULT_QOS, GST_CLIP_PROPERTY_PLAYING));
}

static void
install_regions (GObjectClass *klass)
{
  /**
   * GstClipTagger:inference-region:
   *
   * full-frame: labels are the frame's. roi-list: each region that upstream detectors attached to the frame
   * (#GstVideoRegionOfInterestMeta) is cut out and has labels of its own, which it carries on. A frame's regions are
   * encoded together; #GstClipTagger:batch-size, #GstClipTagger:min-change and #GstClipTagger:on-change are for frames
   * as a whole and do nothing then.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_INFERENCE_REGION,
      g_param_spec_enum ("inference-region", "Inference region",
          "Part of a frame to label: all of it, or its regions of interest", gst_clip_inference_region_get_type (),
          DEFAULT_INFERENCE_REGION, GST_CLIP_PROPERTY_READY));
  /**
   * GstClipTagger:object-class:
   *
   * The types of region to label, separated by `;`.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_OBJECT_CLASS,
      g_param_spec_string ("object-class", "Object class",
          "Types of region to label, separated by ';', e.g. \"car;person\" (null = all)", NULL,
          GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:min-crop-size:
   *
   * Regions with fewer pixels along the shorter side of the part inside of the frame are not labelled.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_MIN_CROP_SIZE,
      g_param_spec_uint ("min-crop-size", "Min crop size",
          "Minimum length of a region's shorter side to be labelled, in pixels", 1, G_MAXINT, DEFAULT_MIN_CROP_SIZE,
          GST_CLIP_PROPERTY_PLAYING));
  /**
   * GstClipTagger:reclassify-interval:
   *
   * Encode a tracked object again when this many frames have been sampled since it was encoded; in between it keeps its
   * labels, with their age. 0: never again. New prompts are tried on what was encoded. Regions without a number are
   * encoded with each sampled frame.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_RECLASSIFY_INTERVAL,
      g_param_spec_uint ("reclassify-interval", "Reclassify interval",
          "Sampled frames from one encoding of a tracked object to the next (0 = encode it once)", 0, G_MAXUINT,
          DEFAULT_RECLASSIFY, GST_CLIP_PROPERTY_PLAYING));
}

static void
install_stats (GObjectClass *klass)
{
  /**
   * GstClipTagger:stats:
   *
   * A #GstStructure `application/x-cliptag-stats`, counted from the last start:
   *
   * * #guint64 `frames` that came, `sampled` of them, `inferred` (encoded), `reused` (like the last encoded one),
   * `failed` unreadable
   * * #guint64 `skipped-newer`: a newer frame took the place of the one that waited, `skipped-qos`: the sink was
   * behind, `skipped-cpu`: #GstClipTagger:max-cpu was spent
   * * #guint64 `skipped-regions` of interest that were too many in their frame; of regions, `inferred` counts each
   * * #guint64 `rescored`: results from new prompts or settings alone, `events`: events that started
   * * #gdouble `encode-ms-p50`, `encode-ms-p95`: how long the last 256 encodings took, in milliseconds; `queue-ms-p50`,
   * `queue-ms-p95`: how long they waited before; `age-ms-p50`, `age-ms-p95`: age of the labels on the last 256 frames
   * * #gdouble `duty-cycle`: share of the time in which a picture of this stream was being encoded, 0 to 1; `cpu-ms`:
   * CPU time spent on its pictures, `cpu-percent`: the same in per cent of one core since the start
   * * #gboolean `ready`: the model is loaded, and the last prompts that were set are in use or were refused
   * * #gchararray `mode`: `sync` or `async`; #guint `streams`: how many elements share the model
   * * #guint `prompts`, `n-threads`; #gchararray `model`, `fingerprint`, `last-error`
   * * #gchararray `precision`: what the model runs in, e.g. `int8 (96 of 96 layers)`, `kernels`: by which instructions
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "Counters, encoding times and the model in use", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (klass, GST_CLIP_PROP_STATS_INTERVAL,
      g_param_spec_uint64 ("stats-interval", "Statistics interval",
          "Time from one element message with the statistics to the next, in nanoseconds (0 = none)", 0, G_MAXUINT64,
          DEFAULT_STATS_INTERVAL, GST_CLIP_PROPERTY_PLAYING));
}

void
gst_clip_settings_install_properties (GObjectClass *klass)
{
  install_sources (klass);
  install_files (klass);
  install_scores (klass);
  gst_clip_settings_install_events (klass);
  install_work (klass);
  install_change (klass);
  install_live (klass);
  install_regions (klass);
  install_stats (klass);
}

void
gst_clip_settings_init (GstClipSettings *self)
{
  *self = (GstClipSettings) {
    .ranking = {
      .top_k = DEFAULT_TOP_K,
      .attach_embedding = DEFAULT_ATTACH_EMBEDDING,
    },
    .source.background = g_strdup (DEFAULT_BACKGROUND),
    .fit = DEFAULT_FIT,
    .orientation = GST_CLIP_ORIENTATION_DEFAULT,
    .frame_rate = DEFAULT_FRAME_RATE,
    .interval = DEFAULT_INFERENCE_INTERVAL,
    .n_threads = DEFAULT_N_THREADS,
    .precision = DEFAULT_PRECISION,
    .post_messages = DEFAULT_POST_MESSAGES,
    .cache = DEFAULT_CACHE,
    .mode = DEFAULT_INFERENCE_MODE,
    .max_age = DEFAULT_MAX_AGE,
    .batch_size = DEFAULT_BATCH_SIZE,
    .max_cpu = DEFAULT_MAX_CPU,
    .min_change = DEFAULT_MIN_CHANGE,
    .on_change = DEFAULT_ON_CHANGE,
    .qos = DEFAULT_QOS,
    .watch_prompts = DEFAULT_WATCH_PROMPTS,
    .stats_interval = DEFAULT_STATS_INTERVAL,
    .region = DEFAULT_INFERENCE_REGION,
    .min_crop_size = DEFAULT_MIN_CROP_SIZE,
    .reclassify_interval = DEFAULT_RECLASSIFY,
  };
  ClipTrackParams *params = &self->ranking.params;
  clip_track_params_init (params);
  params->rank.mode = DEFAULT_SCORE_MODE;
  params->rank.temperature = DEFAULT_TEMPERATURE;
  params->rank.threshold = DEFAULT_THRESHOLD;
  params->rank.background = TRUE; /* where the labels have one */
  params->timing.off_threshold = CLIP_OFF_THRESHOLD_AUTO;
}

void
gst_clip_settings_clear (GstClipSettings *self)
{
  g_clear_pointer (&self->model, g_free);
  g_clear_pointer (&self->instance, g_free);
  g_clear_pointer (&self->baseline_file, g_free);
  g_clear_pointer (&self->object_class, g_free);
  gst_clip_prompt_source_clear (&self->source);
}

gchar **
gst_clip_prompt_source_field (GstClipPromptSource *source, GstClipProperty property)
{
  switch (property) {
  case GST_CLIP_PROP_PROMPTS:
    return &source->text;
  case GST_CLIP_PROP_PROMPTS_FILE:
    return &source->file;
  case GST_CLIP_PROP_BACKGROUND:
    return &source->background;
  case GST_CLIP_PROP_ZONES:
    return &source->zones;
  default:
    return &source->templates;
  }
}

/* Where each setting is kept, and as what. */
static const struct
{
  enum
  {
    NOTHING,
    STRING,
    BOOLEAN,
    ENUM,
    UINT,
    UINT64, /* also of signed times, where what is beyond them means none */
    FLOAT,  /* a property of doubles */
    DOUBLE
  } type;
  gsize offset;
} fields[] = {
  [GST_CLIP_PROP_MODEL] = { STRING, G_STRUCT_OFFSET (GstClipSettings, model) },
  [GST_CLIP_PROP_PROMPTS] = { STRING, G_STRUCT_OFFSET (GstClipSettings, source.text) },
  [GST_CLIP_PROP_PROMPTS_FILE] = { STRING, G_STRUCT_OFFSET (GstClipSettings, source.file) },
  [GST_CLIP_PROP_PROMPT_TEMPLATE] = { STRING, G_STRUCT_OFFSET (GstClipSettings, source.templates) },
  [GST_CLIP_PROP_BACKGROUND] = { STRING, G_STRUCT_OFFSET (GstClipSettings, source.background) },
  [GST_CLIP_PROP_ZONES] = { STRING, G_STRUCT_OFFSET (GstClipSettings, source.zones) },
  [GST_CLIP_PROP_TOP_K] = { UINT, G_STRUCT_OFFSET (GstClipSettings, ranking.top_k) },
  [GST_CLIP_PROP_THRESHOLD] = { FLOAT, G_STRUCT_OFFSET (GstClipSettings, ranking.params.rank.threshold) },
  [GST_CLIP_PROP_SCORE_MODE] = { ENUM, G_STRUCT_OFFSET (GstClipSettings, ranking.params.rank.mode) },
  [GST_CLIP_PROP_TEMPERATURE] = { FLOAT, G_STRUCT_OFFSET (GstClipSettings, ranking.params.rank.temperature) },
  [GST_CLIP_PROP_SMOOTHING] = { UINT64, G_STRUCT_OFFSET (GstClipSettings, ranking.params.timing.smoothing) },
  [GST_CLIP_PROP_OFF_THRESHOLD] = { FLOAT, G_STRUCT_OFFSET (GstClipSettings, ranking.params.timing.off_threshold) },
  [GST_CLIP_PROP_MIN_DURATION] = { UINT64, G_STRUCT_OFFSET (GstClipSettings, ranking.params.timing.min_duration) },
  [GST_CLIP_PROP_HOLD_TIME] = { UINT64, G_STRUCT_OFFSET (GstClipSettings, ranking.params.timing.hold_time) },
  [GST_CLIP_PROP_COOL_DOWN] = { UINT64, G_STRUCT_OFFSET (GstClipSettings, ranking.params.timing.cool_down) },
  [GST_CLIP_PROP_UPDATE_INTERVAL] = { UINT64, G_STRUCT_OFFSET (GstClipSettings, ranking.params.update_interval) },
  [GST_CLIP_PROP_BASELINE] = { UINT64, G_STRUCT_OFFSET (GstClipSettings, ranking.params.baseline) },
  [GST_CLIP_PROP_BASELINE_FILE] = { STRING, G_STRUCT_OFFSET (GstClipSettings, baseline_file) },
  [GST_CLIP_PROP_FIT] = { ENUM, G_STRUCT_OFFSET (GstClipSettings, fit) },
  [GST_CLIP_PROP_FRAME_RATE] = { DOUBLE, G_STRUCT_OFFSET (GstClipSettings, frame_rate) },
  [GST_CLIP_PROP_INFERENCE_INTERVAL] = { UINT, G_STRUCT_OFFSET (GstClipSettings, interval) },
  [GST_CLIP_PROP_N_THREADS] = { UINT, G_STRUCT_OFFSET (GstClipSettings, n_threads) },
  [GST_CLIP_PROP_PRECISION] = { ENUM, G_STRUCT_OFFSET (GstClipSettings, precision) },
  [GST_CLIP_PROP_ATTACH_EMBEDDING] = { BOOLEAN, G_STRUCT_OFFSET (GstClipSettings, ranking.attach_embedding) },
  [GST_CLIP_PROP_POST_MESSAGES] = { BOOLEAN, G_STRUCT_OFFSET (GstClipSettings, post_messages) },
  [GST_CLIP_PROP_CACHE] = { BOOLEAN, G_STRUCT_OFFSET (GstClipSettings, cache) },
  [GST_CLIP_PROP_INFERENCE_MODE] = { ENUM, G_STRUCT_OFFSET (GstClipSettings, mode) },
  [GST_CLIP_PROP_MAX_AGE] = { UINT64, G_STRUCT_OFFSET (GstClipSettings, max_age) },
  [GST_CLIP_PROP_BATCH_SIZE] = { UINT, G_STRUCT_OFFSET (GstClipSettings, batch_size) },
  [GST_CLIP_PROP_MODEL_INSTANCE_ID] = { STRING, G_STRUCT_OFFSET (GstClipSettings, instance) },
  [GST_CLIP_PROP_MAX_CPU] = { DOUBLE, G_STRUCT_OFFSET (GstClipSettings, max_cpu) },
  [GST_CLIP_PROP_MIN_CHANGE] = { DOUBLE, G_STRUCT_OFFSET (GstClipSettings, min_change) },
  [GST_CLIP_PROP_ON_CHANGE] = { DOUBLE, G_STRUCT_OFFSET (GstClipSettings, on_change) },
  [GST_CLIP_PROP_INFERENCE_REGION] = { ENUM, G_STRUCT_OFFSET (GstClipSettings, region) },
  [GST_CLIP_PROP_OBJECT_CLASS] = { STRING, G_STRUCT_OFFSET (GstClipSettings, object_class) },
  [GST_CLIP_PROP_MIN_CROP_SIZE] = { UINT, G_STRUCT_OFFSET (GstClipSettings, min_crop_size) },
  [GST_CLIP_PROP_RECLASSIFY_INTERVAL] = { UINT, G_STRUCT_OFFSET (GstClipSettings, reclassify_interval) },
  [GST_CLIP_PROP_ORIENTATION] = { ENUM, G_STRUCT_OFFSET (GstClipSettings, orientation) },
  [GST_CLIP_PROP_QOS] = { BOOLEAN, G_STRUCT_OFFSET (GstClipSettings, qos) },
  [GST_CLIP_PROP_WATCH_PROMPTS] = { BOOLEAN, G_STRUCT_OFFSET (GstClipSettings, watch_prompts) },
  [GST_CLIP_PROP_STATS_INTERVAL] = { UINT64, G_STRUCT_OFFSET (GstClipSettings, stats_interval) },
};

void
gst_clip_settings_set (GstClipSettings *self, GstClipProperty property, const GValue *value)
{
  g_return_if_fail (property < G_N_ELEMENTS (fields));
  gpointer field = G_STRUCT_MEMBER_P (self, fields[property].offset);
  switch (fields[property].type) {
  case NOTHING:
    break;
  case STRING:
    g_free (*(gchar **)field);
    *(gchar **)field = g_value_dup_string (value);
    break;
  case BOOLEAN:
    *(gboolean *)field = g_value_get_boolean (value);
    break;
  case ENUM:
    *(gint *)field = g_value_get_enum (value);
    break;
  case UINT:
    *(guint *)field = g_value_get_uint (value);
    break;
  case UINT64:
    *(guint64 *)field = g_value_get_uint64 (value);
    break;
  case FLOAT:
    *(gfloat *)field = g_value_get_double (value);
    break;
  case DOUBLE:
    *(gdouble *)field = g_value_get_double (value);
    break;
  }
}

void
gst_clip_settings_get (const GstClipSettings *self, GstClipProperty property, GValue *value)
{
  g_return_if_fail (property < G_N_ELEMENTS (fields));
  gconstpointer field = G_STRUCT_MEMBER_P (self, fields[property].offset);
  switch (fields[property].type) {
  case NOTHING:
    break;
  case STRING:
    g_value_set_string (value, *(gchar *const *)field);
    break;
  case BOOLEAN:
    g_value_set_boolean (value, *(const gboolean *)field);
    break;
  case ENUM:
    g_value_set_enum (value, *(const gint *)field);
    break;
  case UINT:
    g_value_set_uint (value, *(const guint *)field);
    break;
  case UINT64:
    g_value_set_uint64 (value, *(const guint64 *)field);
    break;
  case FLOAT:
    g_value_set_double (value, *(const gfloat *)field);
    break;
  case DOUBLE:
    g_value_set_double (value, *(const gdouble *)field);
    break;
  }
}
