/* SPDX-License-Identifier: MIT
 *
 * classes.h: the prompts that a labelled set is held to, and which of their classes each of its labels is.
 *
 * Names match as they are written, else without regard to case and with '_' for a blank; where several groups have a
 * class of one name, "GROUP/LABEL" tells them apart.
 */
#ifndef DATA_CLASSES_H
#define DATA_CLASSES_H

#include "clip.h"
#include "data/dataset.h"

G_BEGIN_DECLS

#define DATA_NO_CLASS G_MAXUINT

typedef struct
{
  /* NULL where it is not given. In this order of precedence; without any of them the model's own prompts if they have
   * all of the set's labels, else these labels. */
  const char *classes_file; /* a class a line: its name, or LABEL<tab>NAME where the data calls it otherwise */
  const char *prompts_file;
  const char *prompts;
  const char *model; /* folder */

  const char *templates_file; /* a template a line; NULL: the prompts' own */
  gboolean by_order;          /* the set's labels are the lines of classes_file, whatever they are called */
} DataClassesParams;

typedef struct
{
  ClipPrompts *prompts;
  const char *origin;    /* "classes", "prompts-file", "prompts", "model" or "data" */
  guint first_class;     /* of the frame's: index into the prompts' */
  guint n_classes;       /* of the frame */
  guint *class_of_label; /* [labels of the set]: index among the frame's classes; DATA_NO_CLASS where nothing has it */
} DataClasses;

/* Reads them. FALSE with `error` set also where a label of the set has no class. */
gboolean data_classes_init (DataClasses *self, const DataSet *set, const DataClassesParams *params, GError **error);
void data_classes_clear (DataClasses *self);

const ClipClass *data_classes_get (const DataClasses *self, guint index);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (DataClasses, data_classes_clear)

G_END_DECLS

#endif
