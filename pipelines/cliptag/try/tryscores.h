/* SPDX-License-Identifier: MIT
 *
 * tryscores.h: what several wordings say about the same pictures, in each template and in all of them, and the moments
 * on which they are strongest and weakest.
 *
 * A wording's score is that of score-mode=sigmoid: against the background and nothing else, so that wordings do not
 * depend on each other.
 */
#ifndef TRY_SCORES_H
#define TRY_SCORES_H

#include "clip.h"
#include "data/embeddings.h"

G_BEGIN_DECLS

typedef struct
{
  guint sample;  /* of the embeddings */
  char *picture; /* a JPEG in base64, or NULL */
} TryMoment;

typedef struct
{
  const char *text;   /* the prompts' */
  float strong, weak; /* mean score in all templates on its own moments */
  GArray *moments;    /* of TryMoment: the n strongest, best first, then the weakest, worst last */
  guint n_strong;
} TryWording;

typedef struct
{
  const DataSet *set;
  const DataEmbeddings *embeddings;
  ClipPrompts *prompts; /* a wording each */
  const char *const *templates;
  guint n_templates; /* more than one: the last row of scores is of all together */
  guint n_rows;      /* of scores for a wording */
  GArray *wordings;  /* of TryWording */
  float *scores;     /* [rows][samples][wordings] */
  float *cosines;    /* the same */
} TryScores;

typedef struct
{
  ClipContext *context;
  const char *background;
  guint n_moments; /* of each kind */
  void (*warning) (const char *message, gpointer user_data);
  void (*progress) (const char *what, guint64 done, guint64 total, gpointer user_data);
  gpointer user_data;
} TryParams;

/* FALSE with `error` set. prompts: with the templates to be tried. */
gboolean try_scores_init (TryScores *self, const DataSet *set, const DataEmbeddings *embeddings, ClipPrompts *prompts,
    const TryParams *params, GError **error);
void try_scores_clear (TryScores *self);

/* row: a template, or the last one. */
float try_scores_get (const TryScores *self, guint row, guint sample, guint wording);
float try_scores_get_cosine (const TryScores *self, guint row, guint sample, guint wording);
const char *try_scores_row_name (const TryScores *self, guint row);

/* "FILE" or "FILE 0:01:02.5". Newly allocated, printable. */
char *try_scores_moment_name (const TryScores *self, guint sample);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (TryScores, try_scores_clear)

G_END_DECLS

#endif
