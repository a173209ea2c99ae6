/* SPDX-License-Identifier: MIT
 *
 * test-resample.c: the resize by each of this CPU's instruction sets, and in plain C, against its definition in 64-bit
 * integers, byte for byte: edge sizes, every memory layout, any stride. Sources begin and end at inaccessible pages,
 * results are between guard bytes.
 */
#include "cpumask.h"
#include "image/resample.h"
#include "image/strip.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD 0xa5

/* Components of one frame: bytes from sample to sample, and the offset of each. In one plane, or one plane each. */
typedef struct
{
  guint n, step;
  guint offsets[3];
  gboolean planar;
} Layout;

static const Layout layouts[] = {
  { 1, 1, { 0 } },             /* gray, luma */
  { 2, 1, { 0, 0 }, TRUE },    /* I420's chroma */
  { 3, 1, { 0, 0, 0 }, TRUE }, /* Y444, if resized at once */
  { 2, 2, { 0, 1 } },          /* NV12 */
  { 2, 2, { 1, 0 } },          /* NV21 */
  { 1, 2, { 0 } },             /* YUY2's luma */
  { 1, 2, { 1 } },             /* UYVY's luma */
  { 2, 4, { 1, 3 } },          /* YUY2's chroma */
  { 2, 4, { 2, 0 } },          /* YVYU's, if it began with chroma */
  { 3, 3, { 0, 1, 2 } },       /* RGB */
  { 3, 3, { 2, 1, 0 } },       /* BGR */
  { 1, 3, { 1 } },             /* one of them */
  { 3, 4, { 0, 1, 2 } },       /* RGBx */
  { 3, 4, { 3, 2, 1 } },       /* xBGR */
  { 3, 2, { 0, 0, 0 }, TRUE }, /* more components than a vector of step 2 would hold */
};

static guint32 state;

static guint
random_below (guint n)
{
  state = state * 1664525u + 1013904223u;
  return (guint)(((guint64)(state >> 4) * n) >> 28);
}

/* ---- Memory ------------------------------------------------------------------------------------------------ */

typedef struct
{
  guint8 *map;
  gsize map_size;
  guint8 *bytes;
} Fenced;

/* n bytes, the first or the last of them next to an inaccessible page. */
static Fenced
fenced_new (gsize n, gboolean at_start)
{
  gsize page = sysconf (_SC_PAGESIZE), inner = (n + page - 1) / page * page;
  Fenced fenced = { .map_size = inner + 2 * page };
  fenced.map = mmap (NULL, fenced.map_size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  g_assert_true (fenced.map != MAP_FAILED);
  g_assert_cmpint (mprotect (fenced.map + page, inner, PROT_READ | PROT_WRITE), ==, 0);
  fenced.bytes = fenced.map + page + (at_start ? 0 : inner - n);
  return fenced;
}

static void
fenced_clear (Fenced *fenced)
{
  g_assert_cmpint (munmap (fenced->map, fenced->map_size), ==, 0);
}

/* ---- The definition ---------------------------------------------------------------------------------------- */

static guint8
weigh (const ClipResampleAxis *axis, guint x, const guint8 *samples, gsize step)
{
  gint64 sum = 1 << 21;
  for (guint i = 0; i < axis->taps && axis->offsets[x] + i < axis->n_in; i++) {
    gint64 weight = axis->high[(gsize)x * axis->taps + i] * 256 + axis->low[(gsize)x * axis->taps + i];
    sum += weight * samples[(axis->offsets[x] + i) * step];
  }
  return (guint8)CLAMP (sum >> 22, 0, 255);
}

/* ret: [vertical->n_out][horizontal->n_out] */
static void
define (const ClipResampleAxis *horizontal, const ClipResampleAxis *vertical, const ClipSamples *in, guint8 *ret)
{
  g_autofree guint8 *rows = g_malloc ((gsize)vertical->n_in * horizontal->n_out);
  for (guint y = 0; y < vertical->n_in; y++) {
    const guint8 *row = in->data + (gssize)(vertical->first + y) * in->row_stride + (gsize)horizontal->first * in->step;
    for (guint x = 0; x < horizontal->n_out; x++)
      rows[(gsize)y * horizontal->n_out + x] = weigh (horizontal, x, row, in->step);
  }
  for (guint y = 0; y < vertical->n_out; y++)
    for (guint x = 0; x < horizontal->n_out; x++)
      ret[(gsize)y * horizontal->n_out + x] = weigh (vertical, y, rows + x, horizontal->n_out);
}

/* ---- One case ---------------------------------------------------------------------------------------------- */

typedef struct
{
  ClipResampleSpan horizontal, vertical;
  ClipResample filter;
  const Layout *layout;
  guint padding; /* bytes between rows */
  gboolean flip, at_start;
  guint fill;
} Case;

/* Noise, its extremes alone (the largest sums), and flat white. */
static guint8
fill_byte (guint fill)
{
  return fill == 0 ? random_below (256) : fill == 1 ? 255 * random_below (2) : 255;
}

/* Planes of exactly the layout's bytes: the last row ends with its last component. */
static void
make_source (const Case *it, Fenced *ret_planes, ClipSamples *ret_samples)
{
  const Layout *layout = it->layout;
  guint last = 0;
  for (guint c = 0; c < layout->n; c++)
    last = MAX (last, layout->offsets[c]);
  gsize row = (gsize)(it->horizontal.n_in - 1) * layout->step + last + 1;
  gsize stride = row + it->padding, n = (it->vertical.n_in - 1) * stride + row;
  for (guint c = 0; c < layout->n; c++) {
    Fenced *plane = &ret_planes[layout->planar ? c : 0];
    if (c == 0 || layout->planar) {
      *plane = fenced_new (n, it->at_start);
      for (gsize i = 0; i < n; i++)
        plane->bytes[i] = fill_byte (it->fill);
    }
    ret_samples[c] = (ClipSamples){
      .data = plane->bytes + layout->offsets[c] + (it->flip ? n - row : 0),
      .row_stride = it->flip ? -(gssize)stride : (gssize)stride,
      .step = layout->step,
    };
  }
}

static void
check (const Case *it, ClipCpuFeatures flags)
{
  enum
  {
    MARGIN = 37
  };
  guint w = it->horizontal.n_out, h = it->vertical.n_out, n = it->layout->n;
  Fenced planes[3] = { 0 };
  ClipSamples in[3];
  make_source (it, planes, in);

  ClipResampler resampler;
  g_assert_true (clip_resampler_init_for (&resampler, &it->horizontal, &it->vertical, it->filter, n, flags));
  g_assert_true ((resampler.kernel != NULL) == (flags != 0));
  gsize stride = w + MARGIN, size = (gsize)h * stride + MARGIN;
  g_autofree guint8 *out = g_malloc (n * size);
  g_autofree guint8 *expected = g_malloc ((gsize)n * w * h);
  for (guint c = 0; c < n; c++)
    define (&resampler.horizontal, &resampler.vertical, &in[c], expected + (gsize)c * w * h);
  for (guint run = 0; run < 2; run++) { /* scratch left by the first run must not affect the second */
    memset (out, GUARD, n * size);
    guint8 *rets[3];
    for (guint c = 0; c < n; c++)
      rets[c] = out + c * size + MARGIN;
    clip_resampler_run (&resampler, in, rets, stride);
    for (guint c = 0; c < n; c++) {
      for (guint y = 0; y < h; y++)
        g_assert_cmpmem (rets[c] + y * stride, w, expected + ((gsize)c * h + y) * w, w);
      for (guint y = 0; y <= h; y++)
        for (guint i = 0; i < MARGIN; i++)
          g_assert_cmpuint (out[c * size + y * stride + i], ==, GUARD);
    }
  }
  clip_resampler_clear (&resampler);
  for (guint c = 0; c < 3; c++)
    if (planes[c].map)
      fenced_clear (&planes[c]);
}

/* ---- Tests ------------------------------------------------------------------------------------------------- */

static ClipResampleSpan
whole (guint n_in, guint n_out)
{
  return (ClipResampleSpan){ n_in, 0, n_in, n_out, 0, n_out };
}

/* Every layout at sizes around those of vectors. */
static void
test_edges (gconstpointer data)
{
  static const guint sizes[] = { 1, 2, 3, 4, 5, 7, 13, 15, 16, 17, 31, 33, 61, 64, 65, 131 };
  static const guint outs[] = { 1, 3, 15, 16, 17, 33 };
  guint n_cases = 0;
  for (guint l = 0; l < G_N_ELEMENTS (layouts); l++)
    for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
      for (guint o = 0; o < G_N_ELEMENTS (outs); o++, n_cases++) {
        Case it = {
          .horizontal = whole (sizes[i], outs[o]),
          .vertical = whole (sizes[(i * 5 + o + l) % G_N_ELEMENTS (sizes)], outs[(o + l) % G_N_ELEMENTS (outs)]),
          .filter = n_cases % 5 ? CLIP_RESAMPLE_BICUBIC : n_cases / 5 % 6,
          .layout = &layouts[l],
          .padding = n_cases % 4 * 11,
          .flip = n_cases & 1,
          .at_start = n_cases & 2,
          .fill = n_cases % 7 == 0 ? 1 : 0,
        };
        check (&it, GPOINTER_TO_UINT (data));
      }
  g_assert_cmpuint (n_cases, ==, 15 * 16 * 6);
}

/* Crops, boxes with fractions, all filters, reductions and enlargements. */
static ClipResampleSpan
random_span (guint max_in)
{
  ClipResampleSpan span = { .n_in = 1 + random_below (max_in), .n_full = 1 + random_below (90) };
  span.box_start = random_below (4) * 0.25;
  span.box_end = span.n_in + random_below (4) * 0.25;
  span.first = random_below (span.n_full);
  span.n_out = 1 + random_below (span.n_full - span.first);
  return span;
}

static void
test_random (gconstpointer data)
{
  guint n_cases = 0;
  for (; n_cases < 500; n_cases++) {
    Case it = {
      .horizontal = random_span (400),
      .vertical = random_span (200),
      .filter = random_below (6),
      .layout = &layouts[random_below (G_N_ELEMENTS (layouts))],
      .padding = random_below (70),
      .flip = random_below (2),
      .at_start = random_below (2),
      .fill = random_below (3),
    };
    check (&it, GPOINTER_TO_UINT (data));
  }
  g_assert_cmpuint (n_cases, ==, 500);
}

/* Usual frames with the model's crop, and the longest possible rows and columns. */
static void
test_frames (gconstpointer data)
{
  static const struct
  {
    guint width, height, full_w, full_h, x, y, w, h, layout;
  } frames[] = {
    { 1920, 1080, 398, 224, 87, 0, 224, 224, 0 },
    { 960, 540, 398, 224, 87, 0, 224, 224, 3 },
    { 1280, 720, 398, 224, 87, 0, 224, 224, 9 },
    { 1279, 719, 224, 224, 0, 0, 224, 224, 12 },
    { 7680, 67, 224, 3, 0, 0, 224, 3, 9 },
    { 32768, 3, 5, 3, 0, 0, 5, 3, 12 },
    { 3, 32768, 3, 5, 0, 0, 3, 5, 7 },
    { 32768, 2, 1, 1, 0, 0, 1, 1, 0 },
  };
  guint n_cases = 0;
  for (; n_cases < G_N_ELEMENTS (frames); n_cases++) {
    Case it = {
      .horizontal = { frames[n_cases].width, 0, frames[n_cases].width, frames[n_cases].full_w, frames[n_cases].x,
          frames[n_cases].w },
      .vertical = { frames[n_cases].height, 0, frames[n_cases].height, frames[n_cases].full_h, frames[n_cases].y,
          frames[n_cases].h },
      .filter = CLIP_RESAMPLE_BICUBIC,
      .layout = &layouts[frames[n_cases].layout],
      .fill = n_cases % 3,
    };
    check (&it, GPOINTER_TO_UINT (data));
  }
  g_assert_cmpuint (n_cases, ==, 8);
}

static void
add_tests (const char *name, ClipCpuFeatures flags)
{
  g_autofree char *edges = g_strdup_printf ("/resample/%s/edges", name),
                  *random = g_strdup_printf ("/resample/%s/random", name),
                  *frames = g_strdup_printf ("/resample/%s/frames", name);
  g_test_add_data_func (edges, GUINT_TO_POINTER (flags), test_edges);
  g_test_add_data_func (random, GUINT_TO_POINTER (flags), test_random);
  g_test_add_data_func (frames, GUINT_TO_POINTER (flags), test_frames);
}

/* Rows of rotated and mirrored pictures: exactly the requested samples, in order. */
static void
test_strip (void)
{
  enum
  {
    MOST = 40,
    STRIDE = CLIP_STRIP_STRIDE (MOST)
  };
  state = 5;
  for (guint i = 0; i < 4000; i++) {
    guint n_rows = i % 3 ? 16 : 1 + random_below (16), n = 1 + random_below (MOST), step = 1 + random_below (4);
    gboolean transposed = random_below (4) > 0, x_back = random_below (2), y_back = random_below (2);
    guint columns = transposed ? n_rows : n, rows = transposed ? n : n_rows;
    gsize row = (gsize)(columns - 1) * step + 1, stride = row + random_below (3), size = (rows - 1) * stride + row;
    Fenced source = fenced_new (size, i & 1);
    for (gsize b = 0; b < size; b++)
      source.bytes[b] = random_below (256);
    gssize by_column = x_back ? -(gssize)step : (gssize)step, by_row = y_back ? -(gssize)stride : (gssize)stride;
    const guint8 *data = source.bytes + (x_back ? row - 1 : 0) + (y_back ? (rows - 1) * stride : 0);
    gssize row_stride = transposed ? by_column : by_row, sample_step = transposed ? by_row : by_column;

    guint8 strip[16 * STRIDE];
    memset (strip, GUARD, sizeof strip);
    clip_strip_copy (data, row_stride, sample_step, n_rows, n, strip, STRIDE);
    for (guint y = 0; y < 16; y++)
      for (guint x = 0; x < STRIDE; x++)
        g_assert_cmpuint (strip[y * STRIDE + x], ==,
            y < n_rows && x < n ? data[(gssize)y * row_stride + (gssize)x * sample_step] : GUARD);
    fenced_clear (&source);
  }
}

int
main (int argc, char **argv)
{
#if defined(__x86_64__)
  const guint vnni = CLIP_CPU_AVX512 | CLIP_CPU_VNNI;
#endif
  test_need_cpu ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/resample/strip", test_strip);
  add_tests ("c", 0);
#if defined(__x86_64__)
  if (test_add_unless_cpu_lacks ("/resample", "avx2", CLIP_CPU_AVX2))
    add_tests ("avx2", CLIP_CPU_AVX2);
  if (test_add_unless_cpu_lacks ("/resample", "avx512vnni", vnni))
    add_tests ("avx512vnni", vnni);
#endif
  return g_test_run ();
}
