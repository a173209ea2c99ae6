/* SPDX-License-Identifier: MIT
 *
 * bench-preprocess.c: milliseconds to preprocess a frame on one thread: the median, and the least, which is the better
 * figure on a busy machine.
 *
 *   bench-preprocess [--fit=crop|stretch|pad] [--size=224] [--rounds=60] [--format=NV12] [--orientation=0..7] [--pq]
 *
 * Formats and sizes take turns in each round, so that other load affects them all alike. Frames come from a pool of a
 * few, as from a decoder, so they are read from L3 or memory. CLIP_CPU_MASK=0 measures the C reference.
 */
#include "image/image.h"

#include <string.h>

#define POOL 4

static const ClipFormat formats[] = { CLIP_FORMAT_I420, CLIP_FORMAT_NV12, CLIP_FORMAT_RGB, CLIP_FORMAT_RGBX,
  CLIP_FORMAT_YUY2, CLIP_FORMAT_P010_10LE, CLIP_FORMAT_I420_10LE, CLIP_FORMAT_RGBA64_LE };

static const struct
{
  const char *name;
  guint width, height;
} sizes[] = { { "720p", 1280, 720 }, { "1080p", 1920, 1080 }, { "4K", 3840, 2160 } };

typedef struct
{
  ClipImagePipe *pipe;
  ClipImage image[POOL];
  double *ms; /* [rounds] */
} Case;

static int
compare (const void *a, const void *b)
{
  double left = *(const double *)a, right = *(const double *)b;
  return (left > right) - (left < right);
}

static const char *
name_of (guint format)
{
  return clip_format_get_info (formats[format])->names[0];
}

static guint
subsampled (guint size, guint shift)
{
  return (size + (1u << shift) - 1) >> shift;
}

static ClipImage
make_frame (guint format, guint size, guint32 seed)
{
  const ClipFormatInfo *info = clip_format_get_info (formats[format]);
  ClipImage image
      = { .format = formats[format], .width = sizes[size].width, .height = sizes[size].height, .chroma_site = 1 };
  for (guint plane = 0; plane < info->n_planes; plane++) {
    guint stride = 0, n_rows = 0;
    for (guint c = 0; c < clip_format_info_n_components (info); c++)
      if (info->components[c].plane == plane) {
        stride = MAX (stride, subsampled (image.width, c ? info->h_shift : 0) * info->components[c].step);
        n_rows = MAX (n_rows, subsampled (image.height, c ? info->v_shift : 0));
      }
    gsize n = (gsize)stride * n_rows;
    guint8 *bytes = g_malloc (n);
    for (gsize i = 0; i < n; i++) {
      seed = seed * 1664525u + 1013904223u;
      bytes[i] = seed >> 24;
    }
    image.planes[plane] = bytes;
    image.strides[plane] = stride;
  }
  return image;
}

int
main (int argc, char **argv)
{
  g_autofree char *fit_name = NULL, *format = NULL;
  gint side = 224, rounds = 60, orientation = 0;
  gboolean pq = FALSE;
  const GOptionEntry entries[] = {
    { "fit", 0, 0, G_OPTION_ARG_STRING, &fit_name, "crop (default), stretch or pad", "FIT" },
    { "size", 0, 0, G_OPTION_ARG_INT, &side, "side of the model's input (224)", "PIXELS" },
    { "rounds", 0, 0, G_OPTION_ARG_INT, &rounds, "frames of each kind (60)", "N" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &format, "only this one", "NAME" },
    { "orientation", 0, 0, G_OPTION_ARG_INT, &orientation, "of the frames, ClipOrientation's number (0)", "N" },
    { "pq", 0, 0, G_OPTION_ARG_NONE, &pq, "frames are HDR10's", NULL },
    { NULL },
  };
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error)) {
    g_printerr ("%s\n", error->message);
    return 1;
  }
  ClipFit fit = g_strcmp0 (fit_name, "stretch") == 0 ? CLIP_FIT_STRETCH
                : g_strcmp0 (fit_name, "pad") == 0   ? CLIP_FIT_PAD
                                                     : CLIP_FIT_CROP;
  side = CLAMP (side, 1, CLIP_INPUT_MAX_SIDE);
  rounds = MAX (rounds, 1);

  static Case cases[G_N_ELEMENTS (sizes)][G_N_ELEMENTS (formats)];
  g_autofree float *pixels = g_new (float, 3 * (gsize)side * side);
  ClipPreprocessConfig config;
  clip_preprocess_config_init (&config, side);
  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
      if (format && g_strcmp0 (format, name_of (f)) != 0)
        continue;
      cases[s][f].pipe = clip_image_pipe_new (&config, side, fit, CLIP_CROP_FLOOR);
      cases[s][f].ms = g_new (double, rounds);
      for (guint i = 0; i < POOL; i++) {
        cases[s][f].image[i] = make_frame (f, s, i);
        cases[s][f].image[i].orientation = orientation;
        cases[s][f].image[i].transfer = pq ? CLIP_TRANSFER_PQ : CLIP_TRANSFER_SDR;
        cases[s][f].image[i].primaries = pq ? CLIP_PRIMARIES_BT2020 : CLIP_PRIMARIES_BT709;
      }
    }

  for (gint round = -1; round < rounds; round++) /* the first one makes the tables */
    for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
      for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
        Case *it = &cases[s][f];
        for (guint i = 0; it->pipe && i < POOL; i++) {
          gint64 start = g_get_monotonic_time ();
          if (!clip_image_pipe_run (it->pipe, &it->image[i], pixels, &error)) {
            g_printerr ("%s\n", error->message);
            return 1;
          }
          if (round >= 0 && i == POOL - 1) /* the pool's first frames bring its memory back from the other cases */
            it->ms[round] = (g_get_monotonic_time () - start) / 1000.0;
        }
      }

  for (guint s = 0; s < G_N_ELEMENTS (sizes); s++)
    for (guint f = 0; f < G_N_ELEMENTS (formats); f++) {
      if (!cases[s][f].pipe)
        continue;
      qsort (cases[s][f].ms, rounds, sizeof (double), compare);
      g_print ("%-5s %-9s %7.3f ms, least %7.3f\n", sizes[s].name, name_of (f), cases[s][f].ms[rounds / 2],
          cases[s][f].ms[0]);
    }
  return 0;
}
