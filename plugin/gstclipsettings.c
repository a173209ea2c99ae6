/* SPDX-License-Identifier: MIT
 *
 * gstclipsettings.c: cliptagger's properties: names, ranges, defaults, descriptions. What a change does while frames
 * flow is the element's business. Not locked.
 */
#include "gstclipsettings.h"

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

#define MAX_THREADS 1024

#define PLAYING (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING)
#define READY   (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

static GType
fit_get_type (void)
{
  static const GEnumValue values[] = {
    { CLIP_FIT_CROP, "The centre, as in the reference code: 44 % of a 16:9 picture is not seen", "crop" },
    { CLIP_FIT_STRETCH, "The whole picture, its aspect ratio lost", "stretch" },
    { CLIP_FIT_PAD, "The whole picture, with bars", "pad" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;
  if (g_once_init_enter (&type)) {
    GType fresh = g_enum_register_static ("GstClipTaggerFit", values);
    gst_type_mark_as_plugin_api (fresh, 0);
    g_once_init_leave (&type, fresh);
  }
  return type;
}

static GType
score_mode_get_type (void)
{
  static const GEnumValue values[] = {
    { CLIP_SCORE_SOFTMAX, "Which one is it? The prompts share 1", "softmax" },
    { CLIP_SCORE_SIGMOID, "Is it there? 0 to 1 for each prompt by itself", "sigmoid" },
    { CLIP_SCORE_COSINE, "The raw cosine similarity, -1 to 1", "cosine" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;
  if (g_once_init_enter (&type)) {
    GType fresh = g_enum_register_static ("GstClipTaggerScoreMode", values);
    gst_type_mark_as_plugin_api (fresh, 0);
    g_once_init_leave (&type, fresh);
  }
  return type;
}

static GType
precision_get_type (void)
{
  static const GEnumValue values[] = {
    { CLIP_PRECISION_F32, "32-bit floats", "f32" },
    { CLIP_PRECISION_BF16, "16-bit weights and activations (bfloat16)", "bf16" },
    { CLIP_PRECISION_INT8, "8-bit weights and activations, outliers exact", "int8" },
    { CLIP_PRECISION_AUTO, "int8, else bf16, where this CPU is fast at it and a check at the start finds it good",
        "auto" },
    { 0, NULL, NULL },
  };
  static gsize type = 0;
  if (g_once_init_enter (&type)) {
    GType fresh = g_enum_register_static ("GstClipTaggerPrecision", values);
    gst_type_mark_as_plugin_api (fresh, 0);
    g_once_init_leave (&type, fresh);
  }
  return type;
}

static void
install_sources (GObjectClass *klass)
{
  /**
   * GstClipTagger:model:
   *
   * A Hugging Face CLIP folder. %NULL: the small model that comes with the plugin.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_MODEL,
      g_param_spec_string (
          "model", "Model", "Folder of a Hugging Face CLIP model (null = the built-in one)", NULL, READY));
  /**
   * GstClipTagger:prompts:
   *
   * What to look for, separated by `;` (`\;` is a semicolon). While frames flow, new prompts are encoded in the thread
   * that sets them; then the latest picture is scored by them without being encoded again. Bad ones leave everything as
   * it was and post a warning.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_PROMPTS,
      g_param_spec_string ("prompts", "Prompts",
          "What to look for, separated by ';', e.g. \"a cat;a dog\" (null = the model's prompts.json)", NULL, PLAYING));
  /**
   * GstClipTagger:prompts-file:
   *
   * One prompt a line (`#` starts a comment), or JSON with labels, thresholds, negatives and templates. At the start it
   * goes before #GstClipTagger:prompts; setting those later unsets it.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_PROMPTS_FILE,
      g_param_spec_string (
          "prompts-file", "Prompts file", "File with one prompt a line, or JSON; goes before prompts", NULL, PLAYING));
  /**
   * GstClipTagger:prompt-template:
   *
   * Sentences that each prompt is put into, separated by `|`, each with one `{}`; their embeddings are averaged.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_PROMPT_TEMPLATE,
      g_param_spec_string ("prompt-template", "Prompt template",
          "Sentences to put each prompt into, separated by '|', e.g. \"a photo of {}.|a drawing of {}.\" (null = the "
          "prompts file's, or \"{}\")",
          NULL, PLAYING));
  /**
   * GstClipTagger:cache:
   *
   * Keep the embeddings of many prompts (64 texts, prompts times templates, or more) in the user's cache,
   * `$XDG_CACHE_HOME/cliptag/labels`, and take them from there when the same prompts come again for the same model. At
   * most 64 files and 256 MiB are kept. Affects prompts that are set later.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_CACHE,
      g_param_spec_boolean ("cache", "Cache",
          "Keep the embeddings of many prompts on disk, for the next start with the same prompts", DEFAULT_CACHE,
          PLAYING));
}

static void
install_scores (GObjectClass *klass)
{
  g_object_class_install_property (klass, GST_CLIP_PROP_TOP_K,
      g_param_spec_uint ("top-k", "Top k", "Report at most this many labels, the best ones (0 = all)", 0,
          CLIP_MAX_PROMPTS, DEFAULT_TOP_K, PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_THRESHOLD,
      g_param_spec_double ("threshold", "Threshold",
          "Report labels from this score on, in the units of score-mode (-1 = all; a prompts file can set each label's "
          "own)",
          -1.0, 1.0, DEFAULT_THRESHOLD, PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_SCORE_MODE,
      g_param_spec_enum ("score-mode", "Score mode", "How similarities become scores", score_mode_get_type (),
          DEFAULT_SCORE_MODE, PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_TEMPERATURE,
      g_param_spec_double ("temperature", "Temperature",
          "Divides the logits of softmax and sigmoid: 1 = as the model was trained, larger = flatter", 0.001, 1000.0,
          DEFAULT_TEMPERATURE, PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_ATTACH_EMBEDDING,
      g_param_spec_boolean ("attach-embedding", "Attach embedding",
          "Attach the picture's embedding too (unit length, as many floats as the model has)", DEFAULT_ATTACH_EMBEDDING,
          PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_POST_MESSAGES,
      g_param_spec_boolean ("post-messages", "Post messages", "Post a 'clip-tags' message on the bus for each result",
          DEFAULT_POST_MESSAGES, PLAYING));
}

static void
install_work (GObjectClass *klass)
{
  g_object_class_install_property (klass, GST_CLIP_PROP_FIT,
      g_param_spec_enum ("fit", "Fit", "How a picture that is not square meets the model's square input",
          fit_get_type (), DEFAULT_FIT, READY));
  /**
   * GstClipTagger:frame-rate:
   *
   * How many frames to look at in a second of stream time; the rest carry the latest labels. 0: every frame, which only
   * files can wait for.
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_FRAME_RATE,
      g_param_spec_double ("frame-rate", "Frame rate", "Frames to look at per second of stream time (0 = every frame)",
          0.0, 1000000.0, DEFAULT_FRAME_RATE, PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_INFERENCE_INTERVAL,
      g_param_spec_uint ("inference-interval", "Inference interval",
          "Look at every n-th frame only (1 = every frame); frame-rate chooses among these", 1, G_MAXUINT,
          DEFAULT_INFERENCE_INTERVAL, PLAYING));
  g_object_class_install_property (klass, GST_CLIP_PROP_N_THREADS,
      g_param_spec_uint ("n-threads", "Threads",
          "Threads to encode with; results do not depend on it (0 = as many as this process may use CPUs)", 0,
          MAX_THREADS, DEFAULT_N_THREADS, READY));
  g_object_class_install_property (klass, GST_CLIP_PROP_PRECISION,
      g_param_spec_enum ("precision", "Precision", "Arithmetic of the model's blocks", precision_get_type (),
          DEFAULT_PRECISION, READY));
  /**
   * GstClipTagger:stats:
   *
   * A #GstStructure `application/x-cliptag-stats`, counted from the last start:
   *
   * * #guint64 `frames` that came, `sampled` of them to be looked at, `inferred` encoded, `failed` unreadable
   * * #guint64 `rescored`: results from new prompts or settings alone
   * * #gdouble `encode-ms-p50`, `encode-ms-p95`: how long the last 256 encodings took, in milliseconds
   * * #guint `prompts`, `n-threads`; #gchararray `model`, `fingerprint`, `last-error`
   * * #gchararray `precision`: what the model runs in, e.g. `int8 (96 of 96 layers)`, `kernels`: by which instructions
   */
  g_object_class_install_property (klass, GST_CLIP_PROP_STATS,
      g_param_spec_boxed ("stats", "Statistics", "Counters, encoding times, model", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

void
gst_clip_settings_install_properties (GObjectClass *klass)
{
  install_sources (klass);
  install_scores (klass);
  install_work (klass);
}

void
gst_clip_settings_init (GstClipSettings *self)
{
  *self = (GstClipSettings) {
    .ranking = {
      .params = {
        .mode = DEFAULT_SCORE_MODE,
        .temperature = DEFAULT_TEMPERATURE,
        .threshold = DEFAULT_THRESHOLD,
      },
      .top_k = DEFAULT_TOP_K,
      .attach_embedding = DEFAULT_ATTACH_EMBEDDING,
    },
    .fit = DEFAULT_FIT,
    .frame_rate = DEFAULT_FRAME_RATE,
    .interval = DEFAULT_INFERENCE_INTERVAL,
    .n_threads = DEFAULT_N_THREADS,
    .precision = DEFAULT_PRECISION,
    .post_messages = DEFAULT_POST_MESSAGES,
    .cache = DEFAULT_CACHE,
  };
}

void
gst_clip_settings_clear (GstClipSettings *self)
{
  g_clear_pointer (&self->model, g_free);
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
  default:
    return &source->templates;
  }
}

void
gst_clip_settings_set (GstClipSettings *self, GstClipProperty property, const GValue *value)
{
  switch (property) {
  case GST_CLIP_PROP_MODEL:
    g_free (self->model);
    self->model = g_value_dup_string (value);
    break;
  case GST_CLIP_PROP_PROMPTS:
  case GST_CLIP_PROP_PROMPTS_FILE:
  case GST_CLIP_PROP_PROMPT_TEMPLATE: {
    gchar **field = gst_clip_prompt_source_field (&self->source, property);
    g_free (*field);
    *field = g_value_dup_string (value);
    break;
  }
  case GST_CLIP_PROP_TOP_K:
    self->ranking.top_k = g_value_get_uint (value);
    break;
  case GST_CLIP_PROP_THRESHOLD:
    self->ranking.params.threshold = g_value_get_double (value);
    break;
  case GST_CLIP_PROP_SCORE_MODE:
    self->ranking.params.mode = g_value_get_enum (value);
    break;
  case GST_CLIP_PROP_TEMPERATURE:
    self->ranking.params.temperature = g_value_get_double (value);
    break;
  case GST_CLIP_PROP_FIT:
    self->fit = g_value_get_enum (value);
    break;
  case GST_CLIP_PROP_FRAME_RATE:
    self->frame_rate = g_value_get_double (value);
    break;
  case GST_CLIP_PROP_INFERENCE_INTERVAL:
    self->interval = g_value_get_uint (value);
    break;
  case GST_CLIP_PROP_N_THREADS:
    self->n_threads = g_value_get_uint (value);
    break;
  case GST_CLIP_PROP_PRECISION:
    self->precision = g_value_get_enum (value);
    break;
  case GST_CLIP_PROP_ATTACH_EMBEDDING:
    self->ranking.attach_embedding = g_value_get_boolean (value);
    break;
  case GST_CLIP_PROP_POST_MESSAGES:
    self->post_messages = g_value_get_boolean (value);
    break;
  case GST_CLIP_PROP_CACHE:
    self->cache = g_value_get_boolean (value);
    break;
  case GST_CLIP_PROP_STATS:
    break;
  }
}

void
gst_clip_settings_get (const GstClipSettings *self, GstClipProperty property, GValue *value)
{
  switch (property) {
  case GST_CLIP_PROP_MODEL:
    g_value_set_string (value, self->model);
    break;
  case GST_CLIP_PROP_PROMPTS:
    g_value_set_string (value, self->source.text);
    break;
  case GST_CLIP_PROP_PROMPTS_FILE:
    g_value_set_string (value, self->source.file);
    break;
  case GST_CLIP_PROP_PROMPT_TEMPLATE:
    g_value_set_string (value, self->source.templates);
    break;
  case GST_CLIP_PROP_TOP_K:
    g_value_set_uint (value, self->ranking.top_k);
    break;
  case GST_CLIP_PROP_THRESHOLD:
    g_value_set_double (value, self->ranking.params.threshold);
    break;
  case GST_CLIP_PROP_SCORE_MODE:
    g_value_set_enum (value, self->ranking.params.mode);
    break;
  case GST_CLIP_PROP_TEMPERATURE:
    g_value_set_double (value, self->ranking.params.temperature);
    break;
  case GST_CLIP_PROP_FIT:
    g_value_set_enum (value, self->fit);
    break;
  case GST_CLIP_PROP_FRAME_RATE:
    g_value_set_double (value, self->frame_rate);
    break;
  case GST_CLIP_PROP_INFERENCE_INTERVAL:
    g_value_set_uint (value, self->interval);
    break;
  case GST_CLIP_PROP_N_THREADS:
    g_value_set_uint (value, self->n_threads);
    break;
  case GST_CLIP_PROP_PRECISION:
    g_value_set_enum (value, self->precision);
    break;
  case GST_CLIP_PROP_ATTACH_EMBEDDING:
    g_value_set_boolean (value, self->ranking.attach_embedding);
    break;
  case GST_CLIP_PROP_POST_MESSAGES:
    g_value_set_boolean (value, self->post_messages);
    break;
  case GST_CLIP_PROP_CACHE:
    g_value_set_boolean (value, self->cache);
    break;
  case GST_CLIP_PROP_STATS:
    break;
  }
}
