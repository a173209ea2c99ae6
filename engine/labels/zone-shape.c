/* SPDX-License-Identifier: MIT
 *
 * zone-shape.c: see zone-shape.h. Shapes are judged as they are kept, in single precision, so that what is accepted is
 * no degenerate shape afterwards.
 */
#include "labels/zone-shape.h"

#include <math.h>
#include <string.h>

#include "clip-message.h"

/* A number as a JSON file has it, whatever the locale. */
typedef struct
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];
} Digits;

static Digits
digits (double number)
{
  Digits self;
  g_ascii_formatd (self.text, sizeof self.text, "%.9g", number);
  return self;
}

char *
clip_zone_check_name (const char *name)
{
  if (!*name)
    return g_strdup ("the name is empty");
  glong n = g_utf8_strlen (name, -1);
  if (n > CLIP_ZONE_NAME_CHARS)
    return g_strdup_printf ("the name has %ld characters, at most %d are allowed", n, CLIP_ZONE_NAME_CHARS);
  const char *bad = strpbrk (name, "=;,");
  return bad ? g_strdup_printf ("the name has a '%c', which zones' names must not have", *bad) : NULL;
}

static gboolean
is_inside (double value)
{
  return value >= -CLIP_ZONE_SLACK && value <= 1 + CLIP_ZONE_SLACK;
}

static ClipPoint
make_point (double x, double y)
{
  return (ClipPoint){ (float)CLAMP (x, 0, 1), (float)CLAMP (y, 0, 1) };
}

char *
clip_zone_shape_from_box (const double box[4], ClipPoint ret_points[4])
{
  static const char *const names[] = { "x", "y", "width", "height" };
  for (guint i = 0; i < 2; i++) {
    if (!is_inside (box[i]))
      return g_strdup_printf ("expected %s within 0..1, found %s", names[i], digits (box[i]).text);
    if (!(box[i + 2] > 0))
      return g_strdup_printf ("expected a %s above 0, found %s", names[i + 2], digits (box[i + 2]).text);
    if (!is_inside (box[i] + box[i + 2]))
      return g_strdup_printf ("expected %s + %s of at most 1, found %s + %s", names[i], names[i + 2],
          digits (box[i]).text, digits (box[i + 2]).text);
  }
  ClipPoint first = make_point (box[0], box[1]), last = make_point (box[0] + box[2], box[1] + box[3]);
  if (!(last.x > first.x && last.y > first.y))
    return g_strdup_printf ("the box of %s x %s has no area", digits (box[2]).text, digits (box[3]).text);
  ret_points[0] = first;
  ret_points[1] = (ClipPoint){ last.x, first.y };
  ret_points[2] = last;
  ret_points[3] = (ClipPoint){ first.x, last.y };
  return NULL;
}

/* ---- Polygons ------------------------------------------------------------------------------------------ */

/* > 0: a, b, c turn to the right (y is down); 0: on one line. */
static double
turn (ClipPoint a, ClipPoint b, ClipPoint c)
{
  return ((double)b.x - a.x) * ((double)c.y - a.y) - ((double)b.y - a.y) * ((double)c.x - a.x);
}

/* p, which is on a line with them, lies between them. */
static gboolean
is_between (ClipPoint a, ClipPoint b, ClipPoint p)
{
  return p.x >= fminf (a.x, b.x) && p.x <= fmaxf (a.x, b.x) && p.y >= fminf (a.y, b.y) && p.y <= fmaxf (a.y, b.y);
}

static int
sign (double value)
{
  return (value > 0) - (value < 0);
}

/* The segments a-b and c-d have a point in common. */
static gboolean
do_meet (ClipPoint a, ClipPoint b, ClipPoint c, ClipPoint d)
{
  int abc = sign (turn (a, b, c)), abd = sign (turn (a, b, d)), cda = sign (turn (c, d, a)),
      cdb = sign (turn (c, d, b));
  if (abc != abd && cda != cdb)
    return TRUE;
  return (abc == 0 && is_between (a, b, c)) || (abd == 0 && is_between (a, b, d)) || (cda == 0 && is_between (c, d, a))
         || (cdb == 0 && is_between (c, d, b));
}

/* Whether b-c runs back along a-b. */
static gboolean
is_fold (ClipPoint a, ClipPoint b, ClipPoint c)
{
  double along = ((double)b.x - a.x) * ((double)c.x - b.x) + ((double)b.y - a.y) * ((double)c.y - b.y);
  return turn (a, b, c) == 0 && along < 0;
}

static char *
check_polygon (const ClipPoint *points, guint n)
{
  for (guint i = 0; i < n; i++)
    for (guint j = 0; j < i; j++)
      if (points[i].x == points[j].x && points[i].y == points[j].y)
        return g_strdup_printf ("points %u and %u are the same%s", j + 1, i + 1,
            j == 0 && i == n - 1 ? ": a polygon closes by itself" : "");

  double twice_area = 0;
  for (guint i = 0; i < n; i++) {
    ClipPoint a = points[i], b = points[(i + 1) % n];
    twice_area += (double)a.x * b.y - (double)b.x * a.y;
    gboolean crosses = is_fold (a, b, points[(i + 2) % n]);
    guint other = (i + 1) % n;
    for (guint j = i + 2; !crosses && j < n; j++) {
      other = j;
      crosses = (j + 1) % n != i && do_meet (a, b, points[j], points[(j + 1) % n]);
    }
    if (crosses)
      return g_strdup_printf ("the polygon crosses itself: its edges from points %u and %u", i + 1, other + 1);
  }
  double area = fabs (twice_area) / 2;
  Digits rounded;
  g_ascii_formatd (rounded.text, sizeof rounded.text, "%.3g", area);
  if (area < CLIP_ZONE_MIN_AREA * (1 - CLIP_ZONE_SLACK))
    return g_strdup_printf ("the polygon's area is %s of the picture's, at least %s is needed", rounded.text,
        digits (CLIP_ZONE_MIN_AREA).text);
  return NULL;
}

char *
clip_zone_shape_from_polygon (const double *points, guint n, ClipPoint *ret_points)
{
  ClipPoint own[CLIP_MAX_ZONE_POINTS];
  if (n < 3 || n > CLIP_MAX_ZONE_POINTS)
    return g_strdup_printf ("expected 3..%d points, found %u", CLIP_MAX_ZONE_POINTS, n);
  for (guint i = 0; i < n; i++) {
    double x = points[2 * i], y = points[2 * i + 1];
    if (!is_inside (x) || !is_inside (y))
      return g_strdup_printf (
          "expected points within 0..1, found %s,%s as point %u", digits (x).text, digits (y).text, i + 1);
    own[i] = make_point (x, y);
  }
  char *problem = check_polygon (own, n);
  if (!problem)
    memcpy (ret_points, own, n * sizeof *own);
  return problem;
}

/* ---- The property -------------------------------------------------------------------------------------- */

/* Decimal digits only; strtod also reads hexadecimal ones, "inf" and "nan". */
static gboolean
parse_number (const char *text, double *ret_number)
{
  char *end;
  *ret_number = g_ascii_strtod (text, &end);
  return *text && !*end && strspn (text, "0123456789+-.eE") == strlen (text);
}

char *
clip_zone_shape_parse (const char *text, gsize length, ClipPoint *ret_points, guint *ret_n)
{
  double numbers[2 * CLIP_MAX_ZONE_POINTS];
  guint n = 0;
  for (const char *end = text + length; text <= end; n++) {
    gsize left = (gsize)(end - text);
    const char *comma = memchr (text, ',', left);
    g_autofree char *word = g_strstrip (g_strndup (text, comma ? (gsize)(comma - text) : left));
    if (n == G_N_ELEMENTS (numbers))
      return g_strdup_printf ("expected at most %d points", CLIP_MAX_ZONE_POINTS);
    if (!parse_number (word, &numbers[n])) {
      g_autofree char *shown = clip_printable (word, -1, CLIP_MESSAGE_VALUE);
      return g_strdup_printf ("expected numbers from 0 to 1 with commas between them, found \"%s\"", shown);
    }
    text = comma ? comma + 1 : end + 1;
  }
  if (n < 4 || n % 2)
    return g_strdup_printf (
        "expected 4 numbers x,y,width,height or 3 points x,y at least, found %u %s", n, n == 1 ? "number" : "numbers");
  *ret_n = n == 4 ? 4 : n / 2;
  return n == 4 ? clip_zone_shape_from_box (numbers, ret_points)
                : clip_zone_shape_from_polygon (numbers, n / 2, ret_points);
}
