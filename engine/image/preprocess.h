/* SPDX-License-Identifier: MIT
 *
 * preprocess.h: an image processor's settings, from a model folder's processor_config.json or
 * preprocessor_config.json, over CLIP's defaults. image.h applies them.
 */
#ifndef CLIP_PREPROCESS_H
#define CLIP_PREPROCESS_H

#include "clip.h"
#include "image/resample.h"

#define CLIP_INPUT_MAX_SIDE 4096 /* of the model's input, and of sizes in the files */

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

/* CLIP's defaults. */
void clip_preprocess_config_init (ClipPreprocessConfig *config, guint image_size);

/* Reads "image_processor" of processor_config.json in `folder`, else preprocessor_config.json, over the defaults. With
 * neither the defaults stay and `warnings` gets a newly allocated line that names them. image_size: of the image
 * tower's input; settings that yield another size are an error. Keys that do not concern CLIP's steps are ignored.
 * `config` is untouched on failure. */
gboolean clip_preprocess_config_load (
    ClipPreprocessConfig *config, const char *folder, guint image_size, GPtrArray *warnings, GError **error);

#endif
