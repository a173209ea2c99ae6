/* SPDX-License-Identifier: MIT
 *
 * clip-labels.h: the user's prompts, encoded as a classifier, and scores by it. Included by clip.h.
 *
 * Prompts make classes: those of one group that share a label are one class, which is what is scored and reported. A
 * group is one question; its classes compete among themselves only. A zone is a part of the picture with questions of
 * its own. Classes of a group, and groups of a zone, are contiguous.
 * Threads: ClipPrompts and ClipLabels are immutable and atomically reference-counted; ClipBaseline takes one caller at
 * a time.
 */
#ifndef CLIP_LABELS_H
#define CLIP_LABELS_H

#include <glib.h>

G_BEGIN_DECLS

typedef struct _ClipContext ClipContext;

/* ---- Prompts ------------------------------------------------------------------------------------------- */

#define CLIP_MAX_PROMPTS      100000    /* of one set */
#define CLIP_MAX_PROMPT_BYTES (1 << 20) /* of one prompt; far more than the text tower reads */
#define CLIP_MAX_ZONES        64        /* beside the frame */
#define CLIP_MAX_ZONE_POINTS  64        /* of one polygon */
#define CLIP_FRAME            0         /* the zone that is the whole picture */
#define CLIP_MAX_VECTORS      1000000   /* of one tensor */

/* The user's prompts with their templates: immutable and reference-counted. */
typedef struct _ClipPrompts ClipPrompts;

typedef enum
{
  CLIP_SCORE_SOFTMAX, /* softmax over a group of logit_scale x cosine / temperature: they sum to 1 */
  CLIP_SCORE_SIGMOID, /* each class against the negatives and the background: 0..1 each */
  CLIP_SCORE_COSINE,  /* the raw cosine, -1..1 */
  CLIP_SCORE_Z,       /* how many deviations the cosine is above what is usual for this subject */
  CLIP_N_SCORE_MODES
} ClipScoreMode;

/* "softmax", "sigmoid", "cosine", "z-score", and back; FALSE for any other name. */
const char *clip_score_mode_name (ClipScoreMode mode);
gboolean clip_score_mode_from_name (const char *name, ClipScoreMode *ret_mode);

/* When a label's score makes an event (clip-track.h). Times in nanoseconds. NaN or -1 = not given. */
typedef struct
{
  float threshold;     /* minimum score to be reported, and for an event to start */
  float off_threshold; /* minimum score for an event to go on */
  gint64 smoothing, min_duration, hold_time, cool_down;
} ClipTiming;

/* What a prompt's vector is made of: a plain prompt is one term, a text of weight 1. */
typedef enum
{
  CLIP_TERM_TEXT,  /* for the text tower, put into each template at "{}" */
  CLIP_TERM_IMAGE, /* a picture file */
  CLIP_TERM_VECTOR /* a tensor of a safetensors file */
} ClipTermKind;

typedef struct
{
  ClipTermKind kind;
  const char *value;  /* the text, or the file's path: absolute, or relative to the prompts file's folder already */
  const char *tensor; /* of a vector: its name; NULL = the only one, else the label's */
  float weight;
} ClipTerm;

typedef struct
{
  const char *text;  /* what people may call it: the text, the file's name without its ending, or the label of a sum */
  const char *label; /* for people: the file's, else the name of a vector's tensor, else the text */
  const ClipTerm *terms;
  guint n_terms;
  ClipTiming timing;
  gboolean negative; /* takes part in the scores but is never reported: "none of these" */
  gboolean event;    /* FALSE: a normal state, which makes no events */
  float prior;       /* > 0, 1 = neutral: how many times as likely it is before a picture is seen. Multiplies its share
                      * in softmax and sigmoid; cosines do not change */
  guint group;       /* index of its group */
  guint next;        /* index of another prompt of its class, 0 = no more */
} ClipPrompt;

/* Prompts that share a label within a group; or a group's "none", which has no prompts. */
typedef struct
{
  const char *label;
  guint id; /* of the label: index of the first of its prompts; of a "none": number of prompts + the group's index */
  guint group;
  gboolean none;
  gboolean event;
  ClipTiming timing; /* of its prompts, the first that gives each */
} ClipClass;

typedef struct
{
  const char *name; /* NULL = the unnamed one */
  guint zone;
  guint first_prompt, n_prompts;
  guint first_class, n_classes; /* the "none", if there is one, is the last */
  const char *none;             /* its label, or NULL */
  gboolean has_negatives;
  int mode;          /* a ClipScoreMode, -1 = the caller's */
  float temperature; /* NaN = the caller's */
} ClipGroup;

typedef struct
{
  float x, y; /* 0..1 of the upright picture in its display shape, y down */
} ClipPoint;

typedef struct
{
  const char *name; /* NULL = the frame */
  const ClipPoint *points;
  guint n_points; /* of a polygon; a box has its 4 corners; the frame none */
  /* The frame's where the zone has no prompts of its own. */
  guint first_group, n_groups;
  guint first_class, n_classes;
} ClipZone;

/* "a cat;a dog": separated by semicolons (prompts contain commas), "\;" is a semicolon, surrounding white space is
 * dropped. */
ClipPrompts *clip_prompts_new_from_string (const char *text, GError **error);

/* A text file with one prompt a line ('#' starts a comment line, blank lines are skipped), or, if the first character
 * that is not white space is '{' or '[', JSON as docs/prompts.md and docs/prompts.schema.json have it. Unknown and
 * duplicate keys are errors that name them. */
ClipPrompts *clip_prompts_new_from_file (const char *path, GError **error);

/* A copy of `self` with other templates: separated by `|`, each with exactly one "{}"; NULL or "" = "{}". */
ClipPrompts *clip_prompts_with_templates (ClipPrompts *self, const char *templates, GError **error);

/* A copy of `self` with more zones: "gate=x,y,w,h;yard=x1,y1,x2,y2,x3,y3", with the frame's prompts; one that has the
 * name of a zone in `self` gives that one another shape. NULL or "" = none. */
ClipPrompts *clip_prompts_with_zones (ClipPrompts *self, const char *zones, GError **error);

ClipPrompts *clip_prompts_ref (ClipPrompts *self);
void clip_prompts_unref (ClipPrompts *self);
const char *const *clip_prompts_get_templates (const ClipPrompts *self); /* NULL-terminated, at least one */

/* NULL beyond the last. There is always a zone CLIP_FRAME, with 0 classes if all prompts are for other zones. */
guint clip_prompts_get_size (const ClipPrompts *self);
const ClipPrompt *clip_prompts_get (const ClipPrompts *self, guint index);
guint clip_prompts_get_n_classes (const ClipPrompts *self);
const ClipClass *clip_prompts_get_class (const ClipPrompts *self, guint index);
guint clip_prompts_get_n_groups (const ClipPrompts *self);
const ClipGroup *clip_prompts_get_group (const ClipPrompts *self, guint index);
guint clip_prompts_get_n_zones (const ClipPrompts *self); /* the frame included */
const ClipZone *clip_prompts_get_zone (const ClipPrompts *self, guint index);

/* ---- Vectors in files ---------------------------------------------------------------------------------- */

/* A safetensors file of embeddings or probes, which prompts refer to (docs/prompts.md has the form). */
typedef enum
{
  CLIP_VECTORS_EMBEDDING, /* NAME [dim], or NAME [n][dim], whose mean is meant: unit vectors */
  CLIP_VECTORS_PROBE      /* NAME [dim] and NAME.bias [1]: a linear classifier's logit of a unit vector */
} ClipVectorsKind;

/* fingerprint: the model's. names: [n], UTF-8; neighbours of the same name become one tensor. values: [n][dim]; biases:
 * [n], only of probes. Other files and an old one of that name stay as they are until the new one is complete. */
gboolean clip_vectors_save (const char *path, const char *fingerprint, ClipVectorsKind kind, const char *const *names,
    guint n, guint dim, const float *values, const float *biases, GError **error);

/* ---- Encoded ------------------------------------------------------------------------------------------- */

typedef struct _ClipLabels ClipLabels;

/* Progress of a long encoding, in texts and pictures; `total` is constant and `done` never decreases. */
typedef void (*ClipProgress) (guint64 done, guint64 total, gpointer user_data);

/* Decodes a picture file and passes it to clip_context_encode_images(). ret_embedding: [embedding_dim] */
typedef gboolean (*ClipImageEncoder) (
    ClipContext *context, const char *path, float *ret_embedding, gpointer user_data, GError **error);

typedef struct
{
  /* NULL, or called during the call: with 0 before the first batch, after each batch, and at the end with done ==
   * total; only the last if nothing has to be encoded. */
  ClipProgress progress;
  ClipImageEncoder encode_image; /* NULL: prompts with pictures are CLIP_ERROR_UNSUPPORTED */
  gpointer user_data;            /* of both */

  /* NULL, or a folder (in the file system's encoding; created if missing) that keeps the texts' embeddings for the next
   * time the same prompts are used with the same model: the same bits, without encoding. Files there that are damaged
   * or that others may have written are never trusted; a folder that cannot be used is no error, only a debug message;
   * the least recently used files make room for new ones. Any number of processes may share it. */
  const char *cache_dir;

  /* What everyday pictures show, for sigmoid and groups of a single class to compete with: NULL = none, "default" = the
   * model folder's background.txt, else the texts that come with the engine, without those that have words the model
   * never learned (none for a model without a text tower); or a file as clip_prompts_new_from_file() reads, of which
   * priors and templates count. A caption that says the same as a class does not compete with it. */
  const char *background;
} ClipLabelsParams;

/* Encodes every prompt in every template, averages over templates and normalises again, as in CLIP's zero-shot recipe.
 * Holds a reference to the prompts. Takes as long as encoding prompts x templates texts (a repeated text is encoded
 * once). Texts are made and encoded a batch at a time, so memory is needed only for the result. clip_context_cancel()
 * ends it. params: NULL = all of it 0. */
ClipLabels *clip_labels_new (
    ClipContext *context, ClipPrompts *prompts, const ClipLabelsParams *params, GError **error);

/* The user's cache folder: $XDG_CACHE_HOME/cliptag/labels. Newly allocated. */
char *clip_labels_cache_dir (void);

ClipLabels *clip_labels_ref (ClipLabels *self);
void clip_labels_unref (ClipLabels *self);
ClipPrompts *clip_labels_get_prompts (const ClipLabels *self); /* borrowed */
gboolean clip_labels_has_background (const ClipLabels *self);

/* What is likely to be a mistake: prompts that are longer than the text tower reads, so that their ends are ignored;
 * repeated ones in a group; a single one of a group with commas; one that begins with '#'; words that a small model
 * never learned (its folder's words.txt has those it knows). Of each kind one line for each of the first few prompts,
 * and one for how many more there are. NULL-terminated, usually empty; valid as long as the labels. */
const char *const *clip_labels_get_warnings (const ClipLabels *self);

/* ---- Scores -------------------------------------------------------------------------------------------- */

/* The running mean and deviation of cosines of one subject (a camera's frame, a zone), for CLIP_SCORE_Z. */
typedef struct _ClipBaseline ClipBaseline;

/* It says nothing until it stands for so many samples. A little more have to come where a half-life has less than 270,
 * because the first lose weight meanwhile; a half-life of less than 13 never says anything, nor does a longer one for
 * a while after a pause of several. */
#define CLIP_BASELINE_SAMPLES 20

/* n: values of a sample. half_life: ns, > 0: samples of this age count half. */
ClipBaseline *clip_baseline_new (guint n, gint64 half_life);
void clip_baseline_free (ClipBaseline *self);

/* values: [n], of a sample `elapsed` ns after the one before. Those that are not finite are left out. */
void clip_baseline_add (ClipBaseline *self, const float *values, gint64 elapsed);

/* (value - mean) / max (deviation, 0.002) of the i-th; 0 while there are too few samples, or for NaN. */
float clip_baseline_get_z (const ClipBaseline *self, guint i, float value);

/* For a file: mean and deviation of the i-th, and for how many samples they stand: those of the last half-lives; and
 * back. FALSE, untouched, for values that are not finite, or a negative deviation. */
void clip_baseline_get (const ClipBaseline *self, guint i, float *ret_mean, float *ret_deviation, guint *ret_n);
gboolean clip_baseline_set (ClipBaseline *self, guint i, float mean, float deviation, guint n);

#define CLIP_MIN_TEMPERATURE 0.001
#define CLIP_MAX_TEMPERATURE 1000.0

typedef struct
{
  ClipScoreMode mode;
  float temperature;   /* > 0; 1 = the model's own scale, larger = flatter */
  float threshold;     /* for classes without their own */
  gboolean background; /* the background takes part, if the labels have one */
} ClipRankParams;

/* Scores of all classes of a zone. With L = log (sum (exp (logits of a class's prompts))), logit = logit_scale x cosine
 * / temperature + log (prior), and N the same of the group's negatives, with the background in sigmoid and in groups
 * that have a single class or a "none":
 *   softmax: exp (L) / (sum of all exp (L) of the group + exp (N)); a "none" has exp (N) / the same
 *   sigmoid: exp (L) / (exp (L) + exp (N)), without negatives and background against the empty text; "none" is 1 - the
 *            best
 *   cosine: the largest of the class; z-score: that one's, by the baseline (NULL: 0); "none" is 0
 * embedding: [embedding_dim], unit length. ret_scores, ret_cosines: [zone's n_classes]; 0 where the
 * embedding or a prompt's is not finite; a "none" has cosine 0. Allocates nothing. */
void clip_labels_score (const ClipLabels *self, guint zone, const float *embedding, const ClipRankParams *params,
    const ClipBaseline *baseline, float *ret_scores, float *ret_cosines);

typedef struct
{
  guint index;  /* the label's id */
  guint class;  /* index into the prompts' classes */
  float score;  /* by the mode; 0 instead of NaN */
  float cosine; /* -1..1, of the class's best prompt; 0 instead of NaN */
} ClipMatch;

/* Writes at most `max` classes whose scores reach their threshold, best first; equal scores keep the classes' order.
 * scores, cosines: [zone's n_classes]. Returns their number. Allocates nothing. */
guint clip_labels_choose (const ClipLabels *self, guint zone, const float *scores, const float *cosines,
    float threshold, ClipMatch *ret_matches, guint max);

/* Both for the frame, with scores of a single picture. Allocates room for them. */
guint clip_labels_rank (
    const ClipLabels *self, const float *embedding, const ClipRankParams *params, ClipMatch *ret_matches, guint max);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipPrompts, clip_prompts_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipLabels, clip_labels_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipBaseline, clip_baseline_free)

G_END_DECLS

#endif /* CLIP_LABELS_H */
