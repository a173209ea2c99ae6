/* SPDX-License-Identifier: MIT
 *
 * test-scores.c: scores of all modes, groups and zones against the formulas of clip-labels.h, computed here in long
 * double without any of the engine's precautions, for random sets; hostile embeddings and temperatures; and the choice
 * of the best against a sort. No model: labels by hand.
 */
#include <stdlib.h>

#include "handlabels.h"
#include "model/model.h"

#define DIM      16
#define MAX_ROWS 128

/* ---- Random sets ---------------------------------------------------------------------------------------- */

/* What a set was made of: a record of its own, so that classes are told from labels here once more. */
typedef struct
{
  const char *label;
  gboolean negative;
  float prior, scale, bias; /* scale: NaN = no probe */
} Made;

typedef struct
{
  guint zone, first, n;
  gboolean none;
  int mode;
  float temperature;
} MadeGroup;

typedef struct
{
  ClipLabels *labels;
  Made prompts[MAX_ROWS];
  MadeGroup groups[16];
  guint n_prompts, n_groups;
  guint n_zones;
  gboolean own[4]; /* the zone has groups of its own */
} Set;

static const char *const names[] = { "van", "yard", "dog", "cat" };

static float
random_prior (GRand *random)
{
  return g_rand_boolean (random) ? 1 : (float)exp (g_rand_double_range (random, -5, 5));
}

static void
make_group (Set *set, ClipPromptReader *reader, GRand *random, guint zone)
{
  g_autofree char *name = g_strdup_printf ("group %u", set->n_groups);
  ClipGroup *group = hand_group (reader, set->n_groups % 3 ? name : NULL);
  MadeGroup *made = &set->groups[set->n_groups++];
  *made = (MadeGroup){ zone, set->n_prompts, (guint)g_rand_int_range (random, 1, 7),
    g_rand_int_range (random, 0, 3) == 0, g_rand_int_range (random, -1, CLIP_N_SCORE_MODES), NAN };
  if (g_rand_boolean (random))
    made->temperature = (float)exp (g_rand_double_range (random, -1, 4));
  group->mode = made->mode;
  group->temperature = made->temperature;
  group->none = made->none ? g_strdup ("nothing") : NULL;
  for (guint i = 0; i < made->n; i++) {
    Made *prompt = &set->prompts[set->n_prompts++];
    *prompt = (Made){ names[g_rand_int_range (random, 0, G_N_ELEMENTS (names))],
      i > 0 && g_rand_int_range (random, 0, 4) == 0, random_prior (random), NAN, 0 };
    if (g_rand_int_range (random, 0, 4) == 0) {
      prompt->scale = (float)g_rand_double_range (random, -40, 40);
      prompt->bias = (float)g_rand_double_range (random, -5, 5);
    }
    ClipPrompt *added = prompt->negative ? hand_negative (reader, prompt->label) : hand_prompt (reader, prompt->label);
    added->prior = prompt->prior;
  }
}

static void
make_set (Set *set, GRand *random)
{
  ClipPromptReader reader;
  GError *error = NULL;
  *set = (Set){ .n_zones = (guint)g_rand_int_range (random, 1, 4) };
  clip_prompt_reader_init (&reader, NULL, &error);
  for (guint z = 0; z < set->n_zones; z++) {
    g_autofree char *name = g_strdup_printf ("zone %u", z);
    if (z)
      hand_zone (&reader, name);
    guint n_groups = (guint)g_rand_int_range (random, z ? 0 : 1, 5);
    set->own[z] = n_groups > 0;
    while (n_groups--)
      make_group (set, &reader, random, z);
  }
  set->labels = hand_labels (&reader, DIM, (guint)g_rand_int_range (random, 0, 4));
  g_assert_no_error (error);
  hand_random_rows (random, set->labels);
  for (guint i = 0; i < set->labels->n_background; i++)
    set->labels->background_priors[i] = random_prior (random);
  if (g_rand_boolean (random)) {
    set->labels->scales = g_new (float, set->n_prompts);
    set->labels->biases = g_new (float, set->n_prompts);
    for (guint i = 0; i < set->n_prompts; i++) {
      set->labels->scales[i] = set->prompts[i].scale;
      set->labels->biases[i] = set->prompts[i].bias;
    }
  } else {
    for (guint i = 0; i < set->n_prompts; i++)
      set->prompts[i].scale = NAN;
  }
}

/* ---- The formulas --------------------------------------------------------------------------------------- */

/* One group's sums: small temperatures are beyond doubles' exponents, but not long doubles'. */
typedef struct
{
  const Set *set;
  const MadeGroup *group;
  const float *embedding;
  ClipScoreMode mode;
  double temperature;
  long double contrast, all;
} Formula;

static float
exact_cosine (const Formula *self, guint row)
{
  const float *vector = clip_labels_row (self->set->labels, row);
  double sum = 0, size = 0;
  for (guint d = 0; d < DIM; d++) {
    sum += (double)vector[d] * self->embedding[d];
    size += fabs ((double)vector[d] * self->embedding[d]);
  }
  float cosine = clip_dot (self->embedding, vector, DIM);
  g_assert_cmpfloat (fabs (cosine - sum), <=, DIM * 0x1p-24 * size); /* a float sum's error, which is not scores' own */
  return cosine;
}

static long double
share_of (const Formula *self, guint prompt)
{
  const Made *made = &self->set->prompts[prompt];
  long double cosine = exact_cosine (self, prompt);
  long double logit = isnan (made->scale) ? HAND_SCALE / (long double)self->temperature * cosine
                                          : (made->scale * cosine + made->bias) / (long double)self->temperature;
  return made->prior * expl (logit);
}

static long double
row_share (const Formula *self, guint row, float prior)
{
  return prior * expl (HAND_SCALE / (long double)self->temperature * exact_cosine (self, row));
}

/* The class that begins with prompt `first`; 0 if an earlier one has its label. */
static long double
class_share (const Formula *self, guint first, float *ret_cosine)
{
  const Made *made = self->set->prompts;
  long double sum = 0;
  *ret_cosine = -2;
  for (guint i = self->group->first; i < self->group->first + self->group->n; i++) {
    if (made[i].negative || !g_str_equal (made[i].label, made[first].label))
      continue;
    if (i < first)
      return 0;
    sum += share_of (self, i);
    *ret_cosine = MAX (*ret_cosine, exact_cosine (self, i));
  }
  return sum;
}

static guint
count_classes (const Formula *self)
{
  guint n = 0;
  float cosine;
  for (guint i = self->group->first; i < self->group->first + self->group->n; i++)
    n += !self->set->prompts[i].negative && class_share (self, i, &cosine) > 0;
  return n;
}

static void
sum_group (Formula *self, gboolean background)
{
  const ClipLabels *labels = self->set->labels;
  gboolean alone = count_classes (self) == 1 || self->group->none || self->mode == CLIP_SCORE_SIGMOID;
  float cosine;
  self->contrast = self->all = 0;
  for (guint i = self->group->first; i < self->group->first + self->group->n; i++) {
    if (self->set->prompts[i].negative)
      self->contrast += share_of (self, i);
    else
      self->all += class_share (self, i, &cosine);
  }
  for (guint i = 0; background && alone && i < labels->n_background; i++)
    self->contrast += row_share (self, clip_labels_background_row (labels, i), labels->background_priors[i]);
  if (self->mode == CLIP_SCORE_SIGMOID && self->contrast == 0)
    self->contrast = row_share (self, clip_labels_empty_row (labels), 1);
  self->all += self->contrast;
}

static void
assert_score (float score, long double expected)
{
  /* The float's rounding, and that of double logits: of at most 100 or so / temperature, here at least 1/e. */
  g_assert_cmpfloat (fabsl (score - expected), <=, 0x1p-24L * fabsl (expected) + 1e-12L);
}

/* Returns the number of classes. baseline: NULL, or of which the i-th has the mean i / 100 and the deviation 0.03. */
static guint
check_group (Formula *self, const ClipRankParams *params, gboolean baseline, guint index, const float *scores,
    const float *cosines)
{
  const MadeGroup *group = self->group;
  guint first = index;
  long double best = 0;
  self->mode = group->mode < 0 ? params->mode : (ClipScoreMode)group->mode;
  self->temperature = isnan (group->temperature) ? params->temperature : group->temperature;
  sum_group (self, params->background);
  for (guint i = group->first; i < group->first + group->n; i++) {
    float cosine;
    long double share = self->set->prompts[i].negative ? 0 : class_share (self, i, &cosine);
    if (share == 0)
      continue;
    long double expected = self->mode == CLIP_SCORE_SOFTMAX   ? share / self->all
                           : self->mode == CLIP_SCORE_SIGMOID ? share / (share + self->contrast)
                           : self->mode == CLIP_SCORE_COSINE  ? cosine
                           : baseline                         ? (cosine - (float)index / 100) / (long double)0.03f
                                                              : 0;
    g_assert_cmpfloat (cosines[index], ==, cosine);
    if (self->mode == CLIP_SCORE_Z)
      g_assert_cmpfloat (fabsl (scores[index] - expected), <=, 1e-5L * fabsl (expected));
    else
      assert_score (scores[index], expected);
    best = MAX (best, expected);
    index++;
  }
  if (group->none) {
    long double expected = self->mode == CLIP_SCORE_SOFTMAX   ? self->contrast / self->all
                           : self->mode == CLIP_SCORE_SIGMOID ? 1 - best
                                                              : 0;
    g_assert_cmpfloat (cosines[index], ==, 0);
    g_assert_cmpfloat (fabsl (scores[index] - expected), <=, 0x1p-23L);
    index++;
  }
  return index - first;
}

static void
check_zone (const Set *set, guint z, const float *embedding, const ClipRankParams *params)
{
  const ClipZone *zone = clip_prompts_get_zone (set->labels->prompts, z);
  float scores[MAX_ROWS], cosines[MAX_ROWS];
  g_autoptr (ClipBaseline) baseline = zone->n_classes % 2 ? clip_baseline_new (zone->n_classes, 1) : NULL;
  for (guint c = 0; baseline && c < zone->n_classes; c++)
    g_assert_true (clip_baseline_set (baseline, c, (float)c / 100, 0.03f, CLIP_BASELINE_SAMPLES));
  scores[zone->n_classes] = cosines[zone->n_classes] = 77;
  clip_labels_score (set->labels, z, embedding, params, baseline, scores, cosines);
  g_assert_cmpfloat (scores[zone->n_classes], ==, 77);
  g_assert_cmpfloat (cosines[zone->n_classes], ==, 77);

  guint n = 0;
  for (guint g = 0; g < set->n_groups; g++) {
    if (set->groups[g].zone != (set->own[z] ? z : 0))
      continue;
    Formula formula = { .set = set, .group = &set->groups[g], .embedding = embedding };
    n += check_group (&formula, params, baseline != NULL, n, scores, cosines);
  }
  g_assert_cmpuint (n, ==, zone->n_classes);
}

static void
test_formulas (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (12);
  for (guint round = 0; round < 400; round++) {
    Set set;
    make_set (&set, random);
    for (guint i = 0; i < 8; i++) {
      float embedding[DIM];
      hand_random_unit (random, embedding, DIM);
      const ClipRankParams params = { .mode = (ClipScoreMode)(i % CLIP_N_SCORE_MODES),
        .temperature = (float)exp (g_rand_double_range (random, -1, 4)),
        .background = i < 4 };
      for (guint z = 0; z < set.n_zones; z++)
        check_zone (&set, z, embedding, &params);
    }
    hand_labels_free (set.labels);
  }
}

/* ---- Hostile values ------------------------------------------------------------------------------------- */

static void
score_frame (const ClipLabels *labels, const float *embedding, ClipScoreMode mode, float temperature, float *ret_scores,
    float *ret_cosines)
{
  const ClipRankParams params = { .mode = mode, .temperature = temperature, .background = TRUE };
  clip_labels_score (labels, CLIP_FRAME, embedding, &params, NULL, ret_scores, ret_cosines);
}

/* Shares stay shares, and those of a softmax sum to 1, from one class having all to all having the same. */
static void
test_temperatures (void)
{
  static const float temperatures[] = { 1e-45f, 1e-30f, 1e-5f, 1e5f, 1e30f, 3e38f };
  g_autoptr (GRand) random = g_rand_new_with_seed (3);
  for (guint round = 0; round < 100; round++) {
    Set set;
    float embedding[DIM], scores[MAX_ROWS], cosines[MAX_ROWS];
    make_set (&set, random);
    hand_random_unit (random, embedding, DIM);
    for (guint g = 0; g < set.n_groups; g++) {
      ClipGroup *group = (ClipGroup *)clip_prompts_get_group (set.labels->prompts, g);
      group->mode = -1;
      group->temperature = NAN;
    }
    for (guint t = 0; t < G_N_ELEMENTS (temperatures); t++) {
      for (guint mode = 0; mode < 2; mode++) {
        const ClipZone *zone = clip_prompts_get_zone (set.labels->prompts, CLIP_FRAME);
        score_frame (set.labels, embedding, (ClipScoreMode)mode, temperatures[t], scores, cosines);
        for (guint g = zone->first_group; g < zone->first_group + zone->n_groups; g++) {
          const ClipGroup *group = clip_prompts_get_group (set.labels->prompts, g);
          double sum = 0;
          for (guint c = group->first_class; c < group->first_class + group->n_classes; c++) {
            g_assert_true (scores[c] >= 0 && scores[c] <= 1);
            sum += scores[c];
          }
          if (mode == CLIP_SCORE_SOFTMAX && (group->none || (!group->has_negatives && group->n_classes > 1)))
            g_assert_cmpfloat (fabs (sum - 1), <, 1e-6);
        }
      }
    }
    hand_labels_free (set.labels);
  }
}

static ClipLabels *
make_pair (guint n_background)
{
  ClipPromptReader reader;
  clip_prompt_reader_init (&reader, NULL, NULL);
  hand_group (&reader, NULL)->none = g_strdup ("nothing");
  hand_prompt (&reader, "van");
  hand_prompt (&reader, "yard");
  hand_negative (&reader, "noise");
  ClipLabels *labels = hand_labels (&reader, DIM, n_background);
  for (guint i = 0; i < 3; i++)
    clip_labels_row (labels, i)[i] = 1;
  return labels;
}

/* Of an embedding that is not finite nothing is said, not even "none". */
static void
test_not_finite (void)
{
  static const float bad[] = { NAN, INFINITY, -INFINITY };
  ClipLabels *labels = make_pair (2);
  for (guint mode = 0; mode < CLIP_N_SCORE_MODES; mode++)
    for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
      float embedding[DIM], scores[3] = { 7, 7, 7 }, cosines[3] = { 7, 7, 7 };
      for (guint d = 0; d < DIM; d++)
        embedding[d] = bad[i];
      score_frame (labels, embedding, (ClipScoreMode)mode, 1, scores, cosines);
      for (guint c = 0; c < 3; c++) {
        g_assert_cmpfloat (scores[c], ==, 0);
        g_assert_cmpfloat (cosines[c], ==, 0);
      }
    }
  hand_labels_free (labels);
}

/* A prompt whose own embedding is not finite has nothing, and takes nothing if it is negative: the others share. */
static void
test_bad_prompt (void)
{
  static const float bad[] = { NAN, INFINITY, -INFINITY };
  for (guint i = 0; i < 2 * G_N_ELEMENTS (bad); i++) {
    guint row = i % 2 ? 2 : 1; /* the negative one, or "yard" */
    ClipLabels *labels = make_pair (0);
    float embedding[DIM] = { 0.6f, 0.8f }, scores[3], cosines[3];
    clip_labels_row (labels, row)[0] = bad[i / 2];
    double van = exp (0.6), yard = row == 1 ? 0 : exp (0.8), noise = row == 2 ? 0 : 1, all = van + yard + noise;
    score_frame (labels, embedding, CLIP_SCORE_SOFTMAX, 100, scores, cosines);
    g_assert_true (isfinite (cosines[1]));
    g_assert_cmpfloat (fabs (scores[0] - van / all), <, 1e-6);
    g_assert_cmpfloat (fabs (scores[1] - yard / all), <, 1e-6);
    g_assert_cmpfloat (fabs (scores[2] - noise / all), <, 1e-6);
    score_frame (labels, embedding, CLIP_SCORE_SIGMOID, 100, scores, cosines);
    double other = row == 2 ? 1 : noise; /* without it, the empty text: zeros */
    g_assert_cmpfloat (fabs (scores[0] - van / (van + other)), <, 1e-6);
    g_assert_cmpfloat (fabs (scores[1] - (row == 1 ? 0 : yard / (yard + other))), <, 1e-6);
    hand_labels_free (labels);
  }
}

/* One of a class's prompts is not finite: the class is what the others make of it. */
static void
test_bad_wording (void)
{
  static const float bad[] = { NAN, INFINITY, -INFINITY };
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    for (guint mode = 0; mode < 3; mode++) {
      ClipPromptReader reader;
      clip_prompt_reader_init (&reader, NULL, NULL);
      hand_prompt (&reader, "van");
      hand_prompt (&reader, "van");
      hand_prompt (&reader, "yard");
      ClipLabels *labels = hand_labels (&reader, DIM, 0);
      clip_labels_row (labels, 0)[0] = clip_labels_row (labels, 2)[1] = 1;
      clip_labels_row (labels, 1)[0] = bad[i];
      float embedding[DIM] = { 0.6f, 0.8f }, scores[2], cosines[2];
      score_frame (labels, embedding, (ClipScoreMode)mode, 100, scores, cosines);
      double expected
          = mode == CLIP_SCORE_COSINE ? 0.6 : exp (0.6) / (exp (0.6) + (mode == CLIP_SCORE_SOFTMAX ? exp (0.8) : 1));
      g_assert_cmpfloat (fabs (scores[0] - expected), <, 1e-6);
      g_assert_cmpfloat (cosines[0], ==, 0.6f);
      hand_labels_free (labels);
    }
}

/* With a background a single prompt is not 100 % by construction; without, it is. */
static void
test_single (void)
{
  for (guint n_background = 0; n_background < 2; n_background++) {
    ClipPromptReader reader;
    clip_prompt_reader_init (&reader, NULL, NULL);
    hand_prompt (&reader, "a giraffe");
    ClipLabels *labels = hand_labels (&reader, DIM, n_background);
    clip_labels_row (labels, 0)[0] = 1;
    clip_labels_row (labels, clip_labels_background_row (labels, 0))[1] = 1;
    float embedding[DIM] = { 0.20f, 0.25f }, score, cosine;
    score_frame (labels, embedding, CLIP_SCORE_SOFTMAX, 1, &score, &cosine);
    double expected = n_background ? 1 / (1 + exp (100 * (0.25f - 0.20f))) : 1;
    g_assert_cmpfloat (fabs (score - expected), <, 1e-6);
    hand_labels_free (labels);
  }
}

static void
test_names (void)
{
  for (guint mode = 0; mode < CLIP_N_SCORE_MODES; mode++) {
    ClipScoreMode back = CLIP_N_SCORE_MODES;
    g_assert_true (clip_score_mode_from_name (clip_score_mode_name ((ClipScoreMode)mode), &back));
    g_assert_cmpuint (back, ==, mode);
  }
  ClipScoreMode kept = CLIP_SCORE_Z;
  g_assert_false (clip_score_mode_from_name ("Softmax", &kept));
  g_assert_false (clip_score_mode_from_name ("", &kept));
  g_assert_cmpuint (kept, ==, CLIP_SCORE_Z);
  g_assert_cmpstr (clip_score_mode_name (CLIP_N_SCORE_MODES), ==, "?");
}

/* ---- The best of them ----------------------------------------------------------------------------------- */

static int
compare_matches (gconstpointer a, gconstpointer b)
{
  const ClipMatch *x = a, *y = b;
  if (x->score != y->score)
    return x->score > y->score ? -1 : 1;
  return x->class < y->class ? -1 : 1;
}

#define MANY 60

static void
test_choose (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (5);
  ClipPromptReader reader;
  clip_prompt_reader_init (&reader, NULL, NULL);
  for (guint i = 0; i < MANY; i++) {
    g_autofree char *label = g_strdup_printf ("%u", i);
    ClipPrompt *prompt = hand_prompt (&reader, label);
    if (i % 7 == 0)
      prompt->timing.threshold = 0.8f;
  }
  ClipLabels *labels = hand_labels (&reader, 1, 0);
  for (guint round = 0; round < 3000; round++) {
    float scores[MANY], cosines[MANY];
    ClipMatch expected[MANY], matches[MANY + 1];
    guint max = (guint)g_rand_int_range (random, 0, MANY + 1), n = 0;
    float threshold = (float)g_rand_int_range (random, 0, 11) / 10;
    for (guint i = 0; i < MANY; i++) {
      scores[i] = (float)g_rand_int_range (random, 0, 11) / 10; /* many are equal */
      cosines[i] = (float)i;
      if (scores[i] >= (i % 7 == 0 ? 0.8f : threshold))
        expected[n++] = (ClipMatch){ i, i, scores[i], cosines[i] };
    }
    qsort (expected, n, sizeof *expected, compare_matches);
    n = MIN (n, max);
    memset (matches, 0x55, sizeof matches);
    g_assert_cmpuint (
        clip_labels_choose (labels, CLIP_FRAME, scores, cosines, threshold, max ? matches : NULL, max), ==, n);
    g_assert_cmpmem (matches, n * sizeof *matches, expected, n * sizeof *expected);
    g_assert_cmphex (matches[max].index, ==, 0x55555555); /* nothing beyond */
  }
  hand_labels_free (labels);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/scores/formulas", test_formulas);
  g_test_add_func ("/scores/temperatures", test_temperatures);
  g_test_add_func ("/scores/not-finite", test_not_finite);
  g_test_add_func ("/scores/bad-prompt", test_bad_prompt);
  g_test_add_func ("/scores/bad-wording", test_bad_wording);
  g_test_add_func ("/scores/single", test_single);
  g_test_add_func ("/scores/names", test_names);
  g_test_add_func ("/scores/choose", test_choose);
  return g_test_run ();
}
