/* SPDX-License-Identifier: MIT
 *
 * gstcliptagversion.h: the version of the library that a program is compiled with, that in meson.build.
 */
#ifndef __GST_CLIP_TAG_VERSION_H__
#define __GST_CLIP_TAG_VERSION_H__

/**
 * GST_CLIPTAG_VERSION_MAJOR:
 *
 * Major version of the library that the program is compiled with.
 *
 * Since: 0.1
 */
#define GST_CLIPTAG_VERSION_MAJOR (0)

/**
 * GST_CLIPTAG_VERSION_MINOR:
 *
 * Minor version of the library that the program is compiled with.
 *
 * Since: 0.1
 */
#define GST_CLIPTAG_VERSION_MINOR (1)

/**
 * GST_CLIPTAG_VERSION_MICRO:
 *
 * Micro version of the library that the program is compiled with.
 *
 * Since: 0.1
 */
#define GST_CLIPTAG_VERSION_MICRO (0)

/**
 * GST_CLIPTAG_CHECK_VERSION:
 * @major: a major version
 * @minor: a minor version
 * @micro: a micro version
 *
 * Whether the library that the program is compiled with is at least that version.
 *
 * Since: 0.1
 */
#define GST_CLIPTAG_CHECK_VERSION(major, minor, micro)                                                                 \
  (GST_CLIPTAG_VERSION_MAJOR > (major)                                                                                 \
      || (GST_CLIPTAG_VERSION_MAJOR == (major)                                                                         \
          && (GST_CLIPTAG_VERSION_MINOR > (minor)                                                                      \
              || (GST_CLIPTAG_VERSION_MINOR == (minor) && GST_CLIPTAG_VERSION_MICRO >= (micro)))))

#endif /* __GST_CLIP_TAG_VERSION_H__ */
