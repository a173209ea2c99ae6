/* SPDX-License-Identifier: MIT
 *
 * test-golden.c: whole models against Hugging Face transformers: tokens, image and text embeddings, logits, for every
 * folder of tests/golden (its README says what each is for and which mistakes it would reveal).
 */
#include <locale.h>
#include <math.h>
#include <string.h>

#include "clip.h"
#include "countalloc.h"
#include "runtime/cpu-features.h"
#include "cpumask.h"
#include "clip-json.h"
#include "lcg-image.h"
#include "model/safetensors.h"
#include "testdata.h"

/* transformers' own f32 results lie up to 5.3e-7 (embeddings) and 1.9e-5 (logits) from f64 arithmetic; ten times that
 * is wide for another order of summation and narrow for any mistake. The project promises 1e-4 and 1e-3. */
#define EMBEDDING_TOLERANCE 5e-6
#define LOGIT_TOLERANCE     2e-4

typedef struct
{
  ClipModel *model;
  ClipContext *context;
  ClipJson *json;
  ClipSafetensors *expected;
  guint dim;
} Case;

static void
open_case (Case *self, const char *name, const ClipContextParams *params)
{
  GError *error = NULL;
  g_autofree char *folder = test_golden (name);
  g_autofree char *json = g_build_filename (folder, "expected.json", NULL);
  g_autofree char *tensors = g_build_filename (folder, "expected.safetensors", NULL);
  self->model = clip_model_load (folder, &error);
  g_assert_no_error (error);
  self->context = clip_context_new (self->model, params, &error);
  g_assert_no_error (error);
  self->json = clip_json_load (json, CLIP_JSON_MAX_CONFIG, &error);
  g_assert_no_error (error);
  self->expected = clip_safetensors_open (tensors, &error);
  g_assert_no_error (error);
  self->dim = clip_model_get_info (self->model)->embedding_dim;
}

static void
close_case (Case *self)
{
  clip_safetensors_free (self->expected);
  clip_json_free (self->json);
  clip_context_free (self->context);
  clip_model_unref (self->model);
}

static float *
expected_tensor (const Case *self, const char *name, gsize n)
{
  const ClipTensor *tensor = clip_safetensors_find (self->expected, name);
  g_assert_nonnull (tensor);
  g_assert_cmpuint (tensor->n_elements, ==, n);
  float *values = g_new (float, n);
  gboolean non_finite = FALSE;
  g_assert_true (clip_tensor_to_f32 (tensor, values, &non_finite, NULL));
  g_assert_false (non_finite);
  return values;
}

static void
assert_close (const char *what, const float *found, const float *expected, gsize n, double tolerance)
{
  double worst = 0;
  for (gsize i = 0; i < n; i++) {
    g_assert_true (isfinite (found[i]));
    worst = MAX (worst, fabs ((double)found[i] - expected[i]));
  }
  g_test_message ("%s: max difference %.2g", what, worst);
  g_assert_cmpfloat (worst, <=, tolerance);
}

static void
assert_unit (const float *embedding, guint dim)
{
  double sum = 0;
  for (guint i = 0; i < dim; i++)
    sum += (double)embedding[i] * embedding[i];
  g_assert_cmpfloat (fabs (sum - 1), <, 1e-6);
}

static guint
member_length (const Case *self, const char *name)
{
  return clip_json_length (clip_json_member (clip_json_root (self->json), name));
}

static float *
check_texts (const Case *self, guint *ret_n)
{
  const ClipJsonValue *texts = clip_json_member (clip_json_root (self->json), "texts");
  const ClipJsonValue *all_ids = clip_json_member (clip_json_root (self->json), "input_ids");
  guint n = *ret_n = clip_json_length (texts);
  g_assert_cmpuint (n, >, 0);
  g_autofree const char **strings = g_new (const char *, n);
  for (guint i = 0; i < n; i++) {
    guint32 ids[77];
    strings[i] = clip_json_as_string (clip_json_element (texts, i));
    guint count = clip_model_tokenize (self->model, strings[i], ids, NULL);
    const ClipJsonValue *expected = clip_json_element (all_ids, i);
    g_assert_cmpuint (count, ==, clip_json_length (expected));
    for (guint j = 0; j < count; j++) {
      gint64 id = -1;
      g_assert_true (clip_json_as_int (clip_json_element (expected, j), &id));
      g_assert_cmpint (ids[j], ==, id);
    }
  }
  GError *error = NULL;
  float *found = g_new0 (float, n * self->dim);
  clip_context_encode_texts (self->context, strings, n, found, &error);
  g_assert_no_error (error);
  g_autofree float *expected = expected_tensor (self, "text_embeds", n * self->dim);
  assert_close ("text embeddings", found, expected, n * self->dim, EMBEDDING_TOLERANCE);
  for (guint i = 0; i < n; i++)
    assert_unit (found + i * self->dim, self->dim);
  return found;
}

static float *
check_images (const Case *self, guint *ret_n)
{
  const ClipJsonValue *list = clip_json_member (clip_json_root (self->json), "images");
  guint n = *ret_n = clip_json_length (list);
  g_assert_cmpuint (n, >, 0);
  ClipImage *images = g_new0 (ClipImage, n);
  for (guint i = 0; i < n; i++) {
    guint width = 0, height = 0, seed = 0;
    const ClipJsonValue *entry = clip_json_element (list, i);
    g_assert_true (clip_json_get_uint (self->json, entry, "", "width", 1, 4096, &width, NULL));
    g_assert_true (clip_json_get_uint (self->json, entry, "", "height", 1, 4096, &height, NULL));
    g_assert_true (clip_json_get_uint (self->json, entry, "", "seed", 1, G_MAXUINT, &seed, NULL));
    images[i] = (ClipImage){ CLIP_FORMAT_RGB, width, height, { lcg_image (width, height, seed) }, { (gint)width * 3 } };
  }

  GError *error = NULL;
  gsize side = clip_model_get_info (self->model)->image_size;
  if (clip_safetensors_find (self->expected, "pixel_values")) {
    g_autoptr (ClipPreprocessor) preprocessor
        = clip_preprocessor_new (self->model, CLIP_FIT_CROP, CLIP_CROP_FLOOR, &error);
    g_assert_no_error (error);
    g_autofree float *expected = expected_tensor (self, "pixel_values", n * 3 * side * side);
    g_autofree float *found = g_new (float, 3 * side * side);
    for (guint i = 0; i < n; i++) {
      clip_preprocessor_run (preprocessor, &images[i], found, &error);
      g_assert_no_error (error);
      assert_close ("pixels", found, expected + i * 3 * side * side, 3 * side * side, 1e-6);
    }
  }

  float *found = g_new0 (float, n * self->dim);
  clip_context_encode_images (self->context, images, n, found, &error);
  g_assert_no_error (error);
  g_autofree float *expected = expected_tensor (self, "image_embeds", n * self->dim);
  assert_close ("image embeddings", found, expected, n * self->dim, EMBEDDING_TOLERANCE);
  for (guint i = 0; i < n; i++) {
    assert_unit (found + i * self->dim, self->dim);
    g_free ((void *)images[i].planes[0]);
  }
  g_free (images);
  return found;
}

/* Towers without a projection say so; nothing else is odd about these folders. */
static void
check_warnings (const Case *self, const char *name)
{
  const char *const *warnings = clip_model_get_warnings (self->model);
  if (g_str_equal (name, "v5-vision") || g_str_equal (name, "v5-text")) {
    g_assert_nonnull (warnings[0]);
    g_assert_nonnull (strstr (warnings[0], "_projection.weight'"));
    warnings++;
  }
  g_assert_null (warnings[0]);
}

static void
test_case (gconstpointer name)
{
  Case golden;
  open_case (&golden, name, NULL);
  check_warnings (&golden, name);
  const ClipModelInfo *info = clip_model_get_info (golden.model);
  guint n_texts = 0, n_images = 0;
  g_autofree float *texts = NULL, *images = NULL;
  g_assert_true (info->has_vision || info->has_text);
  if (info->has_text)
    texts = check_texts (&golden, &n_texts);
  else
    g_assert_cmpuint (member_length (&golden, "texts"), ==, 0);
  if (info->has_vision)
    images = check_images (&golden, &n_images);
  else
    g_assert_cmpuint (member_length (&golden, "images"), ==, 0);

  if (texts && images) {
    g_autofree float *expected = expected_tensor (&golden, "logits_per_image", n_images * n_texts);
    g_autofree float *found = g_new (float, n_images *n_texts);
    for (guint i = 0; i < n_images; i++)
      for (guint t = 0; t < n_texts; t++) {
        double dot = 0;
        for (guint d = 0; d < golden.dim; d++)
          dot += (double)images[i * golden.dim + d] * texts[t * golden.dim + d];
        found[i * n_texts + t] = (float)(dot * info->logit_scale);
      }
    assert_close ("logits", found, expected, n_images * n_texts, LOGIT_TOLERANCE);
  }
  close_case (&golden);
}

/* The same bits for any thread count, and from one call to the next. */
static void
test_threads (void)
{
  g_autofree float *reference = NULL;
  guint reference_n = 0;
  for (guint threads = 1; threads <= 5; threads++) {
    ClipContextParams params;
    clip_context_params_init (&params);
    params.n_threads = threads;
    Case golden;
    open_case (&golden, "patch14-336", &params);
    g_assert_cmpuint (clip_context_get_n_threads (golden.context), ==, threads);
    for (guint round = 0; round < 3; round++) {
      guint n;
      g_autofree float *images = check_images (&golden, &n);
      if (!reference) {
        reference = g_steal_pointer (&images);
        reference_n = n * golden.dim;
        continue;
      }
      g_assert_cmpmem (images, reference_n * sizeof (float), reference, reference_n * sizeof (float));
    }
    close_case (&golden);
  }
}

static void
test_one_tower (void)
{
  Case golden;
  float embedding[512];
  GError *error = NULL;
  const char *text = "a cat";
  open_case (&golden, "vision-only", NULL);
  g_assert_false (clip_context_encode_texts (golden.context, &text, 1, embedding, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_NO_TOWER);
  g_assert_nonnull (strstr (error->message, "vision-only is an image-only model"));
  g_clear_error (&error);
  close_case (&golden);

  open_case (&golden, "text-only", NULL);
  g_autofree guint8 *rgb = lcg_image (4, 4, 1);
  ClipImage image = { CLIP_FORMAT_RGB, 4, 4, { rgb }, { 12 } };
  g_assert_false (clip_context_encode_images (golden.context, &image, 1, embedding, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_NO_TOWER);
  g_assert_nonnull (strstr (error->message, "text-only is a text-only model"));
  g_clear_error (&error);
  close_case (&golden);
}

/* Seen by whatever comes next, texts or pictures, split among threads or a picture a thread, and by that alone. */
static void
test_cancel (void)
{
  enum
  {
    N = 4
  };
  for (guint n_threads = 1; n_threads <= 3; n_threads++) {
    ClipContextParams params;
    clip_context_params_init (&params);
    params.n_threads = n_threads;
    params.max_batch = N;
    Case golden;
    open_case (&golden, "patch32-quick", &params);
    gsize side = clip_model_get_info (golden.model)->image_size;
    g_autofree float *pixels = g_new0 (float, N * 3 * side * side), *embeddings = g_new (float, N *golden.dim);
    const char *text = "a van";
    for (guint n = 0; n <= N; n++)
      for (guint cancelled = 0; cancelled < 2; cancelled++) {
        GError *error = NULL;
        if (cancelled)
          clip_context_cancel (golden.context);
        embeddings[0] = -7;
        if (n == 0)
          clip_context_encode_texts (golden.context, &text, 1, embeddings, &error);
        else
          clip_context_encode_pixels (golden.context, pixels, n, embeddings, &error);
        if (cancelled)
          g_assert_error (error, CLIP_ERROR, CLIP_ERROR_CANCELLED);
        else
          g_assert_no_error (error);
        g_assert_true ((embeddings[0] == -7) == cancelled);
        g_clear_error (&error);
      }
    close_case (&golden);
  }
}

/* Batches and turns: 7 pictures through a context of 3 at once are those of a context of 1. */
static void
test_batches (void)
{
  enum
  {
    N = 7
  };
  float embeddings[2][N * 512];
  for (guint round = 0; round < 2; round++) {
    ClipContextParams params;
    clip_context_params_init (&params);
    params.max_batch = round ? 3 : 1;
    Case golden;
    GError *error = NULL;
    open_case (&golden, "f16", &params);
    ClipImage images[N];
    for (guint i = 0; i < N; i++)
      images[i] = (ClipImage){ CLIP_FORMAT_RGB, 90 + i, 70, { lcg_image (90 + i, 70, i + 1) }, { 3 * (90 + (gint)i) } };
    clip_context_encode_images (golden.context, images, N, embeddings[round], &error);
    g_assert_no_error (error);
    for (guint i = 0; i < N; i++)
      g_free ((void *)images[i].planes[0]);
    if (round && clip_cpu_features () & CLIP_CPU_AVX2)
      g_assert_cmpmem (embeddings[1], N * golden.dim * sizeof (float), embeddings[0], N * golden.dim * sizeof (float));
    if (round)
      assert_close ("batch of 3 against 1", embeddings[1], embeddings[0], N * golden.dim, EMBEDDING_TOLERANCE);
    close_case (&golden);
  }
}

/* From the second frame of a size on, encoding, scoring and events allocate nothing, in any thread. */
static void
test_no_allocation (void)
{
  if (n_allocations == 0) { /* everywhere else GLib has allocated before main() */
    g_test_skip ("malloc is a sanitizer's or valgrind's");
    return;
  }
  Case golden;
  GError *error = NULL;
  float embedding[64];
  ClipMatch matches[3];
  ClipTrackParams params;
  clip_track_params_init (&params);
  params.rank.mode = CLIP_SCORE_SIGMOID;
  ClipContextParams threads;
  clip_context_params_init (&threads);
  threads.n_threads = 3;
  open_case (&golden, "patch32-quick", &threads);
  g_autoptr (ClipPrompts) prompts = clip_prompts_new_from_string ("a van;a yard;a ladder", &error);
  g_autoptr (ClipLabels) labels = clip_labels_new (golden.context, prompts, NULL, &error);
  g_assert_no_error (error);
  g_autoptr (ClipTrack) track = clip_track_new (labels, CLIP_FRAME, &error);
  g_assert_no_error (error);
  g_autofree guint8 *rgb = lcg_image (90, 70, 5);
  ClipImage image = { CLIP_FORMAT_RGB, 90, 70, { rgb }, { 3 * 90 } };

  gint before = n_allocations;
  g_assert_true (clip_context_encode_images (golden.context, &image, 1, embedding, &error));
  g_assert_cmpint (n_allocations, >, before); /* tables for this size; and the counter does count */
  before = n_allocations;
  for (guint frame = 0; frame < 5; frame++) {
    clip_context_encode_images (golden.context, &image, 1, embedding, &error);
    clip_track_take (
        track, embedding, &(ClipTime){ .time = frame * G_GINT64_CONSTANT (400000000) }, &params, NULL, NULL);
    g_assert_cmpuint (clip_track_choose (track, 0, matches, 3), ==, 3);
  }
  g_assert_cmpint (n_allocations, ==, before);
  close_case (&golden);
}

int
main (int argc, char **argv)
{
  static const char *const cases[] = { "patch32-quick", "patch16-oddheads", "patch14-336", "f16", "bf16-sharded",
    "vision-only", "text-only", "old-eos", "defaults", "v5-processor", "v5-vision", "v5-text", "v5-dicts" };
  test_need_cpu ();
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *path = g_strconcat ("/golden/", cases[i], NULL);
    g_test_add_data_func (path, cases[i], test_case);
  }
  g_test_add_func ("/golden/threads", test_threads);
  g_test_add_func ("/golden/one-tower", test_one_tower);
  g_test_add_func ("/golden/cancel", test_cancel);
  g_test_add_func ("/golden/batches", test_batches);
  g_test_add_func ("/golden/no-allocation", test_no_allocation);
  return g_test_run ();
}
