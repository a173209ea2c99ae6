/* SPDX-License-Identifier: MIT
 *
 * test-track-baselines.c: baselines of several subjects through a file and back; what changed in between gets nothing;
 * bad files are refused in one line and change nothing.
 */
#include <unistd.h>

#include "handlabels.h"
#include "tempfolder.h"

#define DIM         8
#define SECOND      G_GINT64_CONSTANT (1000000000)
#define FINGERPRINT "0123456789abcdef"

/* The frame with two labels in the unnamed group and one in "door", whose name is that of another; a zone with its own,
 * and one with the frame's. wording: other embeddings for "van" alone. */
static ClipLabels *
make_labels (guint wording)
{
  static const char *const labels[] = { "van", "a \"yard\"\n", "van", "open" };
  ClipPromptReader reader;
  clip_prompt_reader_init (&reader, NULL, NULL);
  hand_group (&reader, NULL)->none = g_strdup ("nothing");
  hand_prompt (&reader, labels[0]);
  hand_prompt (&reader, labels[1]);
  hand_group (&reader, "door");
  hand_prompt (&reader, labels[2]);
  hand_zone (&reader, "gate");
  hand_group (&reader, NULL);
  hand_prompt (&reader, labels[3]);
  hand_prompt (&reader, labels[3]); /* two prompts, one class */
  hand_zone (&reader, "yard");
  ClipLabels *self = hand_labels (&reader, DIM, 0);
  g_autoptr (GRand) random = g_rand_new_with_seed (4);
  hand_random_rows (random, self);
  g_autoptr (GRand) other = g_rand_new_with_seed (100 + wording);
  if (wording)
    hand_random_unit (other, clip_labels_row (self, 0), DIM);
  return self;
}

typedef struct
{
  ClipLabels *labels;
  ClipTrack *tracks[3];
} Camera;

static void
camera_open (Camera *self, ClipLabels *labels)
{
  self->labels = labels;
  for (guint z = 0; z < G_N_ELEMENTS (self->tracks); z++) {
    self->tracks[z] = clip_track_new (self->labels, z, NULL);
    g_assert_nonnull (self->tracks[z]);
  }
}

static void
camera_close (Camera *self)
{
  for (guint z = 0; z < G_N_ELEMENTS (self->tracks); z++)
    clip_track_free (self->tracks[z]);
  hand_labels_free (self->labels);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Camera, camera_close)

static ClipTrackParams
z_params (void)
{
  ClipTrackParams params;
  clip_track_params_init (&params);
  params.rank.mode = CLIP_SCORE_Z;
  params.baseline = 600 * SECOND;
  params.timing.smoothing = 0;
  return params;
}

static void
sample_camera (Camera *self, guint seed, guint n)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  ClipTrackParams params = z_params ();
  for (guint i = 0; i < n; i++)
    for (guint z = 0; z < G_N_ELEMENTS (self->tracks); z++) {
      float embedding[DIM];
      ClipTime time = { .time = i * (SECOND / 5) };
      hand_random_unit (random, embedding, DIM);
      clip_track_take (self->tracks[z], embedding, &time, &params, NULL, NULL);
    }
}

static guint
load_camera (Camera *self, const char *path)
{
  GError *error = NULL;
  guint n = 77;
  clip_track_load_baselines (path, FINGERPRINT, self->tracks, G_N_ELEMENTS (self->tracks), &n, &error);
  g_assert_no_error (error);
  return n;
}

static void
save_camera (const Camera *self, const char *path)
{
  GError *error = NULL;
  clip_track_save_baselines (path, FINGERPRINT, self->tracks, G_N_ELEMENTS (self->tracks), &error);
  g_assert_no_error (error);
}

/* The numbers in the file are floats' own: nothing is lost. */
static void
assert_same (const Camera *a, guint z, const Camera *b, guint c)
{
  float mean, deviation, other_mean, other_deviation;
  guint n, other_n;
  clip_baseline_get (clip_track_get_baseline (a->tracks[z]), c, &mean, &deviation, &n);
  clip_baseline_get (clip_track_get_baseline (b->tracks[z]), c, &other_mean, &other_deviation, &other_n);
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpfloat (mean, ==, other_mean);
  g_assert_cmpfloat (deviation, ==, other_deviation);
  g_assert_cmpuint (n, ==, other_n);
}

static void
test_round_trip (void)
{
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, "baseline.json", NULL);
  g_auto (Camera) old = { 0 }, new = { 0 };
  camera_open (&old, make_labels (0));
  camera_open (&new, make_labels (0));
  sample_camera (&old, 1, 100);
  save_camera (&old, path);
  g_assert_cmpuint (test_count_files (folder), ==, 1);
  g_assert_cmpuint (load_camera (&new, path), ==, 3 + 1 + 3);
  for (guint c = 0; c < 4; c++)
    if (c != 2) { /* "none" */
      assert_same (&old, 0, &new, c);
      assert_same (&old, 2, &new, c);
    }
  assert_same (&old, 1, &new, 0);

  /* The first sample has z-scores by it. */
  ClipTrackParams params = z_params ();
  ClipTime time = { 0 };
  float embedding[DIM] = { 1 };
  clip_track_take (new.tracks[0], embedding, &time, &params, NULL, NULL);
  clip_track_close (old.tracks[0], CLIP_END_STOP, NULL, NULL);
  clip_track_take (old.tracks[0], embedding, &time, &params, NULL, NULL);
  for (guint c = 0; c < 4; c++) {
    float z = clip_track_get_scores (new.tracks[0])[c];
    g_assert_true (c == 2 ? z == 0 : z != 0);
    g_assert_cmpfloat (fabsf (z - clip_track_get_scores (old.tracks[0])[c]), <=, 1e-5f * fabsf (z));
  }
  test_remove_folder (folder);
}

/* Another wording of one label loses that one alone, everywhere; rounding as on another CPU loses none. */
static void
test_changed (void)
{
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, "baseline.json", NULL);
  g_auto (Camera) old = { 0 }, reworded = { 0 }, rounded = { 0 }, precise = { 0 };
  camera_open (&old, make_labels (0));
  camera_open (&reworded, make_labels (1));
  camera_open (&rounded, make_labels (0));
  camera_open (&precise, make_labels (0));
  sample_camera (&old, 1, 100);
  save_camera (&old, path);
  g_assert_cmpuint (load_camera (&reworded, path), ==, 2 + 1 + 2);
  assert_same (&old, 0, &reworded, 1);
  float mean, deviation;
  guint n;
  clip_baseline_get (clip_track_get_baseline (reworded.tracks[0]), 0, &mean, &deviation, &n);
  g_assert_cmpuint (n, ==, 0);

  for (guint i = 0; i < rounded.labels->n * DIM; i++) {
    rounded.labels->embeddings[i] += i % 2 ? 2e-6f : -2e-6f;
    precise.labels->embeddings[i] += i % 3 ? 2e-3f : -2e-3f; /* weights of another precision */
  }
  g_assert_cmpuint (load_camera (&rounded, path), ==, 7);
  g_assert_cmpuint (load_camera (&precise, path), ==, 0);
  test_remove_folder (folder);
}

static void
test_inherit (void)
{
  g_auto (Camera) old = { 0 }, reworded = { 0 };
  camera_open (&old, make_labels (0));
  camera_open (&reworded, make_labels (1));
  g_assert_cmpuint (clip_track_inherit_baseline (reworded.tracks[0], old.tracks[0]), ==, 0); /* there is none */
  sample_camera (&old, 2, 50);
  g_assert_cmpuint (clip_track_inherit_baseline (reworded.tracks[0], old.tracks[0]), ==, 2);
  g_assert_cmpuint (clip_track_inherit_baseline (reworded.tracks[1], old.tracks[1]), ==, 1);
  g_assert_cmpuint (clip_track_inherit_baseline (reworded.tracks[2], old.tracks[0]), ==, 0); /* another zone's */
  assert_same (&old, 0, &reworded, 1);
}

/* Tracks without a baseline have nothing in the file; embeddings that are not finite neither. */
static void
test_empty (void)
{
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, "baseline.json", NULL);
  g_auto (Camera) camera = { 0 };
  camera_open (&camera, make_labels (0));
  save_camera (&camera, path);
  g_assert_cmpuint (load_camera (&camera, path), ==, 0);
  g_assert_null (clip_track_get_baseline (camera.tracks[0]));
  sample_camera (&camera, 1, 30);
  clip_labels_row (camera.labels, 0)[0] = NAN;
  save_camera (&camera, path);
  clip_labels_row (camera.labels, 0)[0] = 0;
  g_assert_cmpuint (load_camera (&camera, path), ==, 5);
  test_remove_folder (folder);
}

/* ---- Bad files ------------------------------------------------------------------------------------------ */

#define HEAD          "{\"version\":1,\"model\":\"" FINGERPRINT "\",\"subjects\":"
#define CLASS(fields) HEAD "[{\"labels\":[{" fields "}]}]}"

static const struct
{
  const char *content;
  int code;
  const char *part; /* of the message */
} bad_files[] = {
  { "", CLIP_ERROR_FORMAT, "" },
  { "[]", CLIP_ERROR_FORMAT, "" },
  { "{}", CLIP_ERROR_FORMAT, "'version': is missing" },
  { "{\"version\":2}", CLIP_ERROR_FORMAT, "'version'" },
  { "{\"version\":1}", CLIP_ERROR_FORMAT, "'model': is missing" },
  { "{\"version\":1,\"model\":5}", CLIP_ERROR_FORMAT, "'model'" },
  { "{\"version\":1,\"model\":\"a\\nb\"}", CLIP_ERROR_MODEL, "expected the fingerprint " FINGERPRINT ", found a\\nb" },
  { HEAD "5}", CLIP_ERROR_FORMAT, "'subjects': expected an array" },
  { HEAD "[5]}", CLIP_ERROR_FORMAT, "'subjects[0]': expected an object" },
  { HEAD "[{\"zone\":1,\"labels\":[]}]}", CLIP_ERROR_FORMAT, "'subjects[0].zone'" },
  { HEAD "[{\"zone\":\"a\"}]}", CLIP_ERROR_FORMAT, "'subjects[0].labels': expected an array" },
  { HEAD "[{\"labels\":[[]]}]}", CLIP_ERROR_FORMAT, "'subjects[0].labels[0]': expected an object" },
  { CLASS (""), CLIP_ERROR_FORMAT, "'subjects[0].labels[0].mean': is missing" },
  { CLASS ("\"mean\":0"), CLIP_ERROR_FORMAT, "deviation': is missing" },
  { CLASS ("\"mean\":1e7"), CLIP_ERROR_FORMAT, "mean'" },
  { CLASS ("\"mean\":\"0\""), CLIP_ERROR_FORMAT, "mean'" },
  { CLASS ("\"mean\":0,\"deviation\":-1"), CLIP_ERROR_FORMAT, "deviation'" },
  { CLASS ("\"mean\":0,\"deviation\":1"), CLIP_ERROR_FORMAT, "label': is missing" },
  { CLASS ("\"label\":\"van\",\"mean\":0,\"deviation\":1"), CLIP_ERROR_FORMAT, "samples': is missing" },
  { CLASS ("\"label\":\"van\",\"mean\":0,\"deviation\":1,\"samples\":-1"), CLIP_ERROR_FORMAT, "samples'" },
  { CLASS ("\"label\":\"van\",\"mean\":0,\"deviation\":1,\"samples\":1.5"), CLIP_ERROR_FORMAT, "samples'" },
  { CLASS ("\"label\":\"van\",\"mean\":0,\"deviation\":1,\"samples\":4"), CLIP_ERROR_FORMAT, "vector': expected" },
  { CLASS ("\"label\":\"van\",\"mean\":0,\"deviation\":1,\"samples\":4,\"vector\":[1,2,3]"), CLIP_ERROR_FORMAT,
      "vector': expected an array of 4 numbers" },
  { CLASS ("\"label\":\"van\",\"mean\":0,\"deviation\":1,\"samples\":4,\"vector\":[1,2,3,\"4\"]"), CLIP_ERROR_FORMAT,
      "vector': expected an array of 4 numbers" },
  { CLASS ("\"label\":1,\"mean\":0,\"deviation\":1"), CLIP_ERROR_FORMAT, "label'" },
  { CLASS ("\"group\":1"), CLIP_ERROR_FORMAT, "group'" },
};

static void
assert_refused (Camera *camera, const char *path, int code, const char *part)
{
  g_autoptr (GError) error = NULL;
  guint n = 77;
  g_assert_false (clip_track_load_baselines (path, FINGERPRINT, camera->tracks, 3, &n, &error));
  g_assert_error (error, CLIP_ERROR, code);
  g_assert_nonnull (strstr (error->message, part));
  g_assert_nonnull (strstr (error->message, "baseline.json"));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_cmpuint (n, ==, 77);
  for (guint z = 0; z < 3; z++)
    g_assert_null (clip_track_get_baseline (camera->tracks[z]));
}

static void
test_bad_files (void)
{
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, "baseline.json", NULL);
  g_auto (Camera) camera = { 0 }, full = { 0 };
  camera_open (&camera, make_labels (0));
  assert_refused (&camera, path, CLIP_ERROR_NOT_FOUND, "");
  assert_refused (&camera, "/dev/null/baseline.json", CLIP_ERROR_NOT_FOUND, "");
  for (guint i = 0; i < G_N_ELEMENTS (bad_files); i++) {
    test_write (folder, "baseline.json", bad_files[i].content, -1);
    assert_refused (&camera, path, bad_files[i].code, bad_files[i].part);
  }

  /* Each end that a good file could be cut off at: nothing of it is taken. */
  camera_open (&full, make_labels (0));
  sample_camera (&full, 1, 30);
  save_camera (&full, path);
  gsize length;
  g_autofree char *good = test_read (folder, "baseline.json", &length);
  for (gsize i = 0; i < length - 2; i += 7) {
    test_write (folder, "baseline.json", good, (gssize)i);
    assert_refused (&camera, path, CLIP_ERROR_FORMAT, "");
  }
  test_remove_folder (folder);
}

/* Who reads the old file meanwhile has all of it: the new one takes its place as a whole. */
static void
test_replaced (void)
{
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, "baseline.json", NULL),
                  *kept = g_build_filename (folder, "kept.json", NULL);
  g_auto (Camera) camera = { 0 };
  camera_open (&camera, make_labels (0));
  test_write (folder, "baseline.json", "the old one", -1);
  g_assert_cmpint (link (path, kept), ==, 0);
  save_camera (&camera, path);
  gsize length;
  g_autofree char *old = test_read (folder, "kept.json", &length);
  g_assert_cmpstr (old, ==, "the old one");
  g_assert_cmpuint (load_camera (&camera, path), ==, 0);
  g_assert_cmpuint (test_count_files (folder), ==, 2);
  test_remove_folder (folder);
}

/* A file that cannot be written is one line, and leaves nothing behind. */
static void
test_unwritable (void)
{
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, "no", "baseline.json", NULL);
  g_autoptr (GError) error = NULL;
  g_auto (Camera) camera = { 0 };
  camera_open (&camera, make_labels (0));
  g_assert_false (clip_track_save_baselines (path, FINGERPRINT, camera.tracks, 3, &error));
  g_assert_error (error, CLIP_ERROR, CLIP_ERROR_FILE);
  g_assert_nonnull (strstr (error->message, "baseline.json: the baselines cannot be written"));
  g_assert_null (strchr (error->message, '\n'));
  g_assert_cmpuint (test_count_files (folder), ==, 0);
  test_remove_folder (folder);
}

/* As many labels as can be read again are written; more are refused, and the old file stays. */
static void
test_many (void)
{
  g_autofree char *folder = test_temporary_folder (), *path = g_build_filename (folder, "baseline.json", NULL);
  static const guint sizes[] = { 80000, 80001 };
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    ClipPromptReader reader;
    clip_prompt_reader_init (&reader, NULL, NULL);
    hand_group (&reader, "all of them");
    for (guint p = 0; p < sizes[i]; p++) {
      char label[12];
      g_snprintf (label, sizeof label, "%u", p);
      hand_prompt (&reader, label);
    }
    ClipLabels *labels = hand_labels (&reader, 4, 0);
    for (guint p = 0; p < sizes[i]; p++)
      clip_labels_row (labels, p)[p % 4] = (float)p / 80001;
    g_autoptr (ClipTrack) track = clip_track_new (labels, CLIP_FRAME, NULL),
                          other = clip_track_new (labels, CLIP_FRAME, NULL);
    ClipTrackParams params = z_params ();
    ClipTime time = { 0 };
    clip_track_take (track, (float[4]){ 1, 2, 3, 4 }, &time, &params, NULL, NULL);
    g_autoptr (GError) error = NULL;
    gboolean ok = clip_track_save_baselines (path, FINGERPRINT, &track, 1, &error);
    g_assert_true (ok == (i == 0));
    guint n = 0;
    if (ok) {
      clip_track_load_baselines (path, FINGERPRINT, &other, 1, &n, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (n, ==, sizes[i]);
    } else {
      g_assert_error (error, CLIP_ERROR, CLIP_ERROR_UNSUPPORTED);
      g_assert_nonnull (strstr (error->message, "too many labels"));
      g_assert_cmpuint (test_count_files (folder), ==, 1);
    }
    hand_labels_free (labels);
  }
  test_remove_folder (folder);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/track-baselines/round-trip", test_round_trip);
  g_test_add_func ("/track-baselines/changed", test_changed);
  g_test_add_func ("/track-baselines/inherit", test_inherit);
  g_test_add_func ("/track-baselines/empty", test_empty);
  g_test_add_func ("/track-baselines/bad-files", test_bad_files);
  g_test_add_func ("/track-baselines/replaced", test_replaced);
  g_test_add_func ("/track-baselines/unwritable", test_unwritable);
  g_test_add_func ("/track-baselines/many", test_many);
  return g_test_run ();
}
