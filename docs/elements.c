/* SPDX-License-Identifier: MIT
 *
 * elements.c: writes docs/elements.md: the text of docs/elements.in.md, with tables made of the elements themselves
 * where it has marks, lines of the form
 *
 *   <!-- generated: pads|properties|signals ELEMENT -->
 *
 * Every pad, property and signal must be asked for, and every signal be named in the text. The tables are the same with
 * any GStreamer: formats that came after 1.22 are left out. Usage: elements PLUGIN TEMPLATE OUTPUT.
 */
#include <gst/gst.h>
#include <gst/video/video.h>
#include <math.h>
#include <string.h>

#define LAST_FORMAT GST_VIDEO_FORMAT_NV12_10BE_8L128 /* of GStreamer 1.22 */

/* ---- Text ---------------------------------------------------------------------------------------------- */

/* A cell of a table. */
static void
append_cell (GString *out, const gchar *text)
{
  g_string_append (out, " ");
  for (; text && *text; text++) {
    if (*text == '|' || *text == '<')
      g_string_append_c (out, '\\');
    g_string_append_c (out, *text);
  }
  g_string_append (out, " |");
}

G_GNUC_PRINTF (2, 3)
static void
append_cellf (GString *out, const gchar *format, ...)
{
  va_list arguments;
  va_start (arguments, format);
  g_autofree gchar *text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  append_cell (out, text);
}

/* ---- Pads ---------------------------------------------------------------------------------------------- */

static guint
count_raw_formats (void)
{
  guint n, n_known = 0;
  const GstVideoFormat *formats = gst_video_formats_raw (&n);
  for (guint i = 0; i < n; i++)
    n_known += formats[i] <= LAST_FORMAT;
  return n_known;
}

/* "I420, NV12", of a list or a single format. */
static void
append_formats (GString *out, const GValue *value)
{
  guint n = GST_VALUE_HOLDS_LIST (value) ? gst_value_list_get_size (value) : 1, n_known = 0;
  g_autoptr (GString) names = g_string_new (NULL);
  for (guint i = 0; i < n; i++) {
    const gchar *name = g_value_get_string (GST_VALUE_HOLDS_LIST (value) ? gst_value_list_get_value (value, i) : value);
    if (gst_video_format_from_string (name) <= LAST_FORMAT)
      g_string_append_printf (names, "%s%s", n_known++ ? ", " : "", name);
  }
  g_string_append (out, n_known == count_raw_formats () ? "every raw format" : names->str);
}

static void
append_caps (GString *out, GstCaps *caps)
{
  if (gst_caps_is_any (caps)) {
    g_string_append (out, "any");
    return;
  }
  for (guint i = 0; i < gst_caps_get_size (caps); i++) {
    const GstStructure *structure = gst_caps_get_structure (caps, i);
    const GValue *format = gst_structure_get_value (structure, "format");
    g_string_append_printf (out, "%s`%s`", i ? "; " : "", gst_structure_get_name (structure));
    if (format) {
      g_string_append (out, ", format: ");
      append_formats (out, format);
    }
  }
}

/* Pads with the same caps share a row. */
static void
append_pads (GString *out, GstElementFactory *factory)
{
  g_autoptr (GPtrArray) kinds = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  for (const GList *link = gst_element_factory_get_static_pad_templates (factory); link; link = link->next) {
    GstStaticPadTemplate *pad = link->data;
    g_autoptr (GstCaps) caps = gst_static_pad_template_get_caps (pad);
    g_autoptr (GString) kind = g_string_new ("|");
    append_cell (kind, pad->presence == GST_PAD_ALWAYS ? "always" : "sometimes");
    g_autoptr (GString) text = g_string_new (NULL);
    append_caps (text, caps);
    append_cell (kind, text->str);
    guint at;
    if (!g_ptr_array_find_with_equal_func (kinds, kind->str, g_str_equal, &at)) {
      at = kinds->len;
      g_ptr_array_add (kinds, g_strdup (kind->str));
      g_ptr_array_add (names, g_strdup_printf ("`%s`", pad->name_template));
      continue;
    }
    gchar *joined = g_strdup_printf ("%s, `%s`", (gchar *)names->pdata[at], pad->name_template);
    g_free (names->pdata[at]);
    names->pdata[at] = joined;
  }

  g_string_append (out, "| pads | presence | caps |\n|---|---|---|\n");
  for (guint i = 0; i < kinds->len; i++)
    g_string_append_printf (out, "| %s %s\n", (gchar *)names->pdata[i], (gchar *)kinds->pdata[i]);
}

/* ---- Properties ---------------------------------------------------------------------------------------- */

static gchar *
describe_range (const gchar *type, gdouble minimum, gdouble maximum, gboolean bounded)
{
  return bounded ? g_strdup_printf ("%s, %.10g to %.10g", type, minimum, maximum)
                 : g_strdup_printf ("%s from %.10g", type, minimum);
}

static gchar *
describe_enum (GParamSpec *pspec)
{
  GEnumClass *values = G_PARAM_SPEC_ENUM (pspec)->enum_class;
  g_autoptr (GString) text = g_string_new (NULL);
  for (guint i = 0; i < values->n_values; i++)
    g_string_append_printf (text, "%s`%s`", i ? ", " : "", values->values[i].value_nick);
  return g_strdup (text->str);
}

/* ret_default: NULL where there is none. */
static gchar *
describe_type (GParamSpec *pspec, gchar **ret_default)
{
  *ret_default = NULL;
  if (G_IS_PARAM_SPEC_BOOLEAN (pspec)) {
    *ret_default = g_strdup (G_PARAM_SPEC_BOOLEAN (pspec)->default_value ? "true" : "false");
    return g_strdup ("boolean");
  }
  if (G_IS_PARAM_SPEC_UINT (pspec)) {
    const GParamSpecUInt *spec = G_PARAM_SPEC_UINT (pspec);
    *ret_default = g_strdup_printf ("%u", spec->default_value);
    return describe_range ("integer", spec->minimum, spec->maximum, spec->maximum < G_MAXINT);
  }
  if (G_IS_PARAM_SPEC_UINT64 (pspec)) {
    const GParamSpecUInt64 *spec = G_PARAM_SPEC_UINT64 (pspec);
    *ret_default = spec->default_value == G_MAXUINT64 ? g_strdup_printf ("max (%" G_GUINT64_FORMAT ")", G_MAXUINT64)
                                                      : g_strdup_printf ("%" G_GUINT64_FORMAT, spec->default_value);
    return describe_range ("64-bit integer", spec->minimum, spec->maximum, spec->maximum < G_MAXINT64);
  }
  if (G_IS_PARAM_SPEC_DOUBLE (pspec)) {
    const GParamSpecDouble *spec = G_PARAM_SPEC_DOUBLE (pspec);
    *ret_default = g_strdup_printf ("%.10g", spec->default_value);
    return describe_range ("number", spec->minimum, spec->maximum, TRUE);
  }
  if (G_IS_PARAM_SPEC_STRING (pspec)) {
    const gchar *text = G_PARAM_SPEC_STRING (pspec)->default_value;
    *ret_default = text ? g_strdup_printf ("`%s`", text) : g_strdup ("null");
    return g_strdup ("string");
  }
  if (G_IS_PARAM_SPEC_ENUM (pspec)) {
    const GEnumValue *value
        = g_enum_get_value (G_PARAM_SPEC_ENUM (pspec)->enum_class, G_PARAM_SPEC_ENUM (pspec)->default_value);
    *ret_default = g_strdup_printf ("`%s`", value->value_nick);
    return describe_enum (pspec);
  }
  return g_strdup (g_type_name (pspec->value_type));
}

static const gchar *
describe_changes (const GParamSpec *pspec)
{
  if (!(pspec->flags & G_PARAM_WRITABLE))
    return "read only";
  if (pspec->flags & GST_PARAM_MUTABLE_PLAYING)
    return "any time";
  return pspec->flags & GST_PARAM_MUTABLE_PAUSED ? "up to PAUSED" : "NULL, READY";
}

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(GParamSpec *const *)a)->name, (*(GParamSpec *const *)b)->name);
}

/* Their values, of enumerations that are ours. */
static void
append_enums (GString *out, GParamSpec *const *pspecs, guint n, GType owner)
{
  for (guint i = 0; i < n; i++) {
    if (pspecs[i]->owner_type != owner || !G_IS_PARAM_SPEC_ENUM (pspecs[i])
        || !g_str_has_prefix (g_type_name (pspecs[i]->value_type), "GstClip"))
      continue;
    GEnumClass *values = G_PARAM_SPEC_ENUM (pspecs[i])->enum_class;
    g_string_append_printf (out, "\nValues of `%s`:\n\n", pspecs[i]->name);
    for (guint k = 0; k < values->n_values; k++)
      g_string_append_printf (out, "- `%s`: %s\n", values->values[k].value_nick, values->values[k].value_name);
  }
}

static void
append_properties (GString *out, GType type)
{
  GObjectClass *klass = g_type_class_ref (type);
  guint n;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (klass, &n);
  qsort (pspecs, n, sizeof *pspecs, compare_names);

  g_string_append (out, "| property | type and range | default | may change | meaning |\n|---|---|---|---|---|\n");
  for (guint i = 0; i < n; i++) {
    if (pspecs[i]->owner_type != type)
      continue;
    g_autofree gchar *preset = NULL, *kind = describe_type (pspecs[i], &preset);
    g_string_append (out, "|");
    append_cellf (out, "`%s`", pspecs[i]->name);
    append_cell (out, kind);
    append_cell (out, preset ? preset : "");
    append_cell (out, describe_changes (pspecs[i]));
    append_cell (out, g_param_spec_get_blurb (pspecs[i]));
    g_string_append_c (out, '\n');
  }
  append_enums (out, pspecs, n, type);
  g_type_class_unref (klass);
}

/* ---- Signals ------------------------------------------------------------------------------------------- */

static gboolean
append_signals (GString *out, GType type, const gchar *template, GError **error)
{
  guint n;
  g_autofree guint *ids = g_signal_list_ids (type, &n);

  g_string_append (out, "| signal | arguments | returns | kind |\n|---|---|---|---|\n");
  for (guint i = 0; i < n; i++) {
    GSignalQuery query;
    g_signal_query (ids[i], &query);
    g_autofree gchar *name = g_strdup_printf ("`%s`", query.signal_name);
    g_autoptr (GString) arguments = g_string_new (NULL);
    for (guint k = 0; k < query.n_params; k++)
      g_string_append_printf (arguments, "%s%s", k ? ", " : "", g_type_name (query.param_types[k]));
    if (!strstr (template, name)) {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "nothing is said about the signal %s of %s", name,
          g_type_name (type));
      return FALSE;
    }
    g_string_append (out, "|");
    append_cell (out, name);
    append_cell (out, arguments->len ? arguments->str : "none");
    append_cell (out, query.return_type == G_TYPE_NONE ? "nothing" : g_type_name (query.return_type));
    append_cell (out, query.signal_flags & G_SIGNAL_ACTION ? "action: emit it" : "connect to it");
    g_string_append_c (out, '\n');
  }
  return TRUE;
}

/* ---- The page ------------------------------------------------------------------------------------------ */

static gboolean
append_table (GString *out, const gchar *kind, const gchar *name, const gchar *template, GError **error)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);
  g_autoptr (GstElement) element = factory ? gst_element_factory_create (factory, NULL) : NULL;
  if (!element) {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "there is no element \"%s\"", name);
    return FALSE;
  }
  gst_object_ref_sink (element);
  if (g_str_equal (kind, "pads"))
    append_pads (out, factory);
  else if (g_str_equal (kind, "properties"))
    append_properties (out, G_OBJECT_TYPE (element));
  else if (g_str_equal (kind, "signals"))
    return append_signals (out, G_OBJECT_TYPE (element), template, error);
  else {
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "expected pads, properties or signals, found \"%s\"", kind);
    return FALSE;
  }
  return TRUE;
}

static gboolean
has_signals (GstElementFactory *factory)
{
  guint n;
  g_autofree guint *ids = g_signal_list_ids (gst_element_factory_get_element_type (factory), &n);
  return n > 0;
}

/* Nothing of any element may be missing. */
static gboolean
check_complete (GstPlugin *plugin, const gchar *template, GError **error)
{
  GList *features = gst_registry_get_feature_list_by_plugin (gst_registry_get (), gst_plugin_get_name (plugin));
  static const gchar *const kinds[] = { "pads", "properties", "signals" };
  gboolean ok = features != NULL;
  if (!ok)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "the plugin has no elements");
  for (const GList *link = features; link && ok; link = link->next) {
    GstElementFactory *factory = GST_ELEMENT_FACTORY (gst_plugin_feature_load (link->data));
    for (guint i = 0; i < G_N_ELEMENTS (kinds) && ok; i++) {
      g_autofree gchar *mark = g_strdup_printf ("<!-- generated: %s %s -->", kinds[i], GST_OBJECT_NAME (factory));
      ok = strstr (template, mark) || (g_str_equal (kinds[i], "signals") && !has_signals (factory));
      if (!ok)
        g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "expected a line \"%s\"", mark);
    }
    gst_object_unref (factory);
  }
  gst_plugin_feature_list_free (features);
  return ok;
}

static GString *
make_page (const gchar *template, GError **error)
{
  g_auto (GStrv) lines = g_strsplit (template, "\n", -1);
  g_autoptr (GRegex) mark = g_regex_new ("^<!-- generated: ([a-z]+) ([a-z]+) -->$", 0, 0, NULL);
  GString *out = g_string_new ("<!-- Made by docs/elements.c of docs/elements.in.md and the elements: edit that, then "
                               "ninja -C build docs-elements -->\n\n");
  for (guint i = 0; lines[i]; i++) {
    g_autoptr (GMatchInfo) match = NULL;
    if (!g_regex_match (mark, lines[i], 0, &match)) {
      g_string_append_printf (out, "%s%s", lines[i], lines[i + 1] ? "\n" : "");
      continue;
    }
    g_autofree gchar *kind = g_match_info_fetch (match, 1), *name = g_match_info_fetch (match, 2);
    if (!append_table (out, kind, name, template, error)) {
      g_string_free (out, TRUE);
      return NULL;
    }
  }
  return out;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  if (argc != 4) {
    g_printerr ("usage: %s PLUGIN TEMPLATE OUTPUT\n", argv[0]);
    return 2;
  }
  /* This plugin and no other. */
  g_setenv ("GST_REGISTRY_DISABLE", "yes", TRUE);
  g_setenv ("GST_PLUGIN_PATH_1_0", "", TRUE);
  g_setenv ("GST_PLUGIN_SYSTEM_PATH_1_0", "", TRUE);
  gst_init (NULL, NULL);

  g_autoptr (GstPlugin) plugin = gst_plugin_load_file (argv[1], &error);
  g_autofree gchar *template = NULL;
  if (!plugin || !g_file_get_contents (argv[2], &template, NULL, &error)) {
    g_printerr ("elements: %s\n", error->message);
    return 1;
  }
  GString *page = check_complete (plugin, template, &error) ? make_page (template, &error) : NULL;
  if (!page) {
    g_printerr ("elements: %s: %s\n", argv[2], error->message);
    return 1;
  }
  gboolean ok = g_file_set_contents (argv[3], page->str, page->len, &error);
  if (!ok)
    g_printerr ("elements: %s\n", error->message);
  g_string_free (page, TRUE);
  return ok ? 0 : 1;
}
