/* SPDX-License-Identifier: MIT
 *
 * image.h: a frame in any layout -> resized, fitted, normalised planes at the model's size.
 *
 * Each component plane is resized by itself with Pillow's algorithm (libImaging/Resample.c: support scales with the
 * reduction, coefficients in 22-bit fixed point, 8-bit rounding after the horizontal pass), so RGB is bit-exact with
 * Pillow; the colour matrix runs after that, on the model's few pixels instead of the frame's many. Formats of more
 * than 8 bits, HDR and wide gamuts go by floats instead of 8-bit values, with the same filters and order.
 */
#ifndef CLIP_IMAGE_H
#define CLIP_IMAGE_H

#include "clip.h"
#include "image/frame.h"
#include "image/resample.h"

#define CLIP_INPUT_MAX_SIDE 4096 /* of what the model takes, and of sizes in preprocessor_config.json */

/* An image processor's settings, with CLIP's defaults for what is missing. */
typedef struct
{
  gboolean do_resize;
  guint shortest_edge; /* != 0: the short side becomes this; else resize to width x height */
  guint resize_width, resize_height;
  ClipResample resample;
  gboolean do_center_crop;
  guint crop_width, crop_height;
  gboolean do_rescale;
  double rescale_factor; /* 1/255; double, since transformers multiplies in double */
  gboolean do_normalize;
  float mean[3], std[3];
} ClipPreprocessConfig;

void clip_preprocess_config_init (ClipPreprocessConfig *config, guint image_size);

/* Reads processor_config.json's "image_processor", else preprocessor_config.json, of `folder` over the defaults; where
 * neither is there they stay, and `warnings` gets a line (newly allocated) that names them. image_size: what the image
 * tower takes; a configuration that yields another size is an error. Keys that say nothing about CLIP's steps are
 * ignored. `config` is untouched on failure. */
gboolean clip_preprocess_config_load (
    ClipPreprocessConfig *config, const char *folder, guint image_size, GPtrArray *warnings, GError **error);

typedef struct _ClipImagePipe ClipImagePipe; /* one caller at a time */

/* image_size: 1..CLIP_INPUT_MAX_SIDE; with CLIP_FIT_CROP the centre of that size is what counts, whatever config's
 * crop_width says. CLIP_FIT_STRETCH and _PAD take only the filter, rescaling and normalisation from config. NULL when
 * memory is short. */
ClipImagePipe *clip_image_pipe_new (
    const ClipPreprocessConfig *config, guint image_size, ClipFit fit, ClipCropRule rule);
void clip_image_pipe_free (ClipImagePipe *self);

/* ret_pixels: [3][image_size][image_size]. Tables and scratch are kept for the next frame of the same geometry. */
gboolean clip_image_pipe_run (ClipImagePipe *self, const ClipImage *image, float *ret_pixels, GError **error);

/* Before normalisation, rounded to 8 bits, for tests and for looking: ret_rgb: [image_size][image_size][3]. */
gboolean clip_image_pipe_run_u8 (ClipImagePipe *self, const ClipImage *image, guint8 *ret_rgb, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipImagePipe, clip_image_pipe_free)

#endif
