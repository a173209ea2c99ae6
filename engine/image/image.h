/* SPDX-License-Identifier: MIT
 *
 * image.h: preprocessing: a frame in any layout becomes resized, fitted, normalised planes at the model's size.
 *
 * Each component is resized on its own with Pillow's algorithm (libImaging/Resample.c: the support scales with the
 * reduction, weights are 22-bit fixed point, the horizontal pass rounds to 8 bits), so RGB is bit-exact with Pillow.
 * The colour matrix comes after that, on the model's few pixels instead of the frame's many. Formats of more than 8
 * bits, HDR and BT.2020 use floats instead of 8-bit values, with the same filters in the same order.
 */
#ifndef CLIP_IMAGE_H
#define CLIP_IMAGE_H

#include "clip.h"
#include "image/preprocess.h"

typedef struct _ClipImagePipe ClipImagePipe; /* one caller at a time */

/* image_size: 1..CLIP_INPUT_MAX_SIDE; with CLIP_FIT_CROP the centre crop has that size, whatever config's crop_width.
 * CLIP_FIT_STRETCH and _PAD take only the filter, rescaling and normalisation from config. NULL when memory is short.
 */
ClipImagePipe *clip_image_pipe_new (
    const ClipPreprocessConfig *config, guint image_size, ClipFit fit, ClipCropRule rule);
void clip_image_pipe_free (ClipImagePipe *self);

/* ret_pixels: [3][image_size][image_size]. Tables and scratch are kept for further frames of the same geometry. */
gboolean clip_image_pipe_run (ClipImagePipe *self, const ClipImage *image, float *ret_pixels, GError **error);

/* Paints what lies outside of a polygon of the picture run last with the mean colour. pixels: of that run. */
void clip_image_pipe_mask (const ClipImagePipe *self, const ClipPoint *points, guint n, float *pixels);

/* Without normalisation, rounded to 8 bits, for tests and inspection. ret_rgb: [image_size][image_size][3]. */
gboolean clip_image_pipe_run_u8 (ClipImagePipe *self, const ClipImage *image, guint8 *ret_rgb, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ClipImagePipe, clip_image_pipe_free)

#endif
