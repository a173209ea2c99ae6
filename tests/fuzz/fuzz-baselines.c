/* SPDX-License-Identifier: MIT
 *
 * fuzz-baselines.c: a file of baselines. What is taken can be written and taken again.
 */
#include "fuzz.h"
#include "handlabels.h"

#define FINGERPRINT "0123456789abcdef"

static ClipLabels *labels;

/* The frame and a zone, with embeddings whose sums are 0 but for one. */
static void
make_labels (void)
{
  ClipPromptReader reader;
  clip_prompt_reader_init (&reader, NULL, NULL);
  hand_prompt (&reader, "van");
  hand_prompt (&reader, "yard");
  hand_zone (&reader, "gate");
  hand_group (&reader, "door");
  hand_prompt (&reader, "van");
  labels = hand_labels (&reader, 4, 0);
  clip_labels_row (labels, 1)[0] = 1;
}

static void
open_tracks (ClipTrack *tracks[2])
{
  if (!labels)
    make_labels ();
  for (guint z = 0; z < 2; z++)
    tracks[z] = clip_track_new (labels, z, NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  ClipTrack *tracks[2], *again[2];
  open_tracks (tracks);
  open_tracks (again);
  GError *error = NULL;
  guint n = 77, n_again = 77;
  const char *path = fuzz_write ("baseline.json", data, size);
  gboolean ok = clip_track_load_baselines (path, FINGERPRINT, tracks, 2, &n, &error);
  fuzz_check (ok, &error);
  g_assert_true (ok ? n <= 3 : n == 77);
  if (ok) {
    ok = clip_track_save_baselines (path, FINGERPRINT, tracks, 2, &error)
         && clip_track_load_baselines (path, FINGERPRINT, again, 2, &n_again, &error);
    g_assert_no_error (error);
    g_assert_true (ok && n_again >= n); /* the other labels of a track that has one have it with no samples */
  }
  for (guint z = 0; z < 2; z++) {
    clip_track_free (tracks[z]);
    clip_track_free (again[z]);
  }
  return 0;
}

void
fuzz_seeds (void)
{
  static const char seed[] = "{\"version\": 1, \"model\": \"" FINGERPRINT "\", \"subjects\": [\n"
                             "  {\"labels\": [\n"
                             "    {\"label\": \"van\", \"vector\": [0, 0, 0, 0], \"mean\": 0.25, \"deviation\": 0.01, "
                             "\"samples\": 300},\n"
                             "    {\"label\": \"yard\", \"vector\": [1, 0, 0, 0], \"mean\": 0.2, \"deviation\": 0.02, "
                             "\"samples\": 300}]},\n"
                             "  {\"zone\": \"gate\", \"labels\": [\n"
                             "    {\"group\": \"door\", \"label\": \"van\", \"vector\": [0, 0, 0, 0], \"mean\": 0, "
                             "\"deviation\": 0, \"samples\": 0}]}]}\n";
  fuzz_seed (seed, sizeof seed - 1);
}
