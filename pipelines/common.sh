# shellcheck shell=sh
# SPDX-License-Identifier: MIT
#
# common.sh: for scripts to source: addresses and files as GStreamer wants them, and as people may see them.

# Leaves out users and passwords of the URIs in the text on standard input: before the host, and in queries. redact.c does
# the same for programs.
redact () {
  sed -E \
    -e "s|([A-Za-z][A-Za-z0-9+.-]*://)[^/?#[:space:]\"'<>]*@|\1|g" \
    -e "s|([A-Za-z][A-Za-z0-9+.-]*://)[^]/?#[:space:]:@[\"'<>]*:[0-9]*[^]0-9/?#[:space:]\"'<>[][^[:space:]\"'<>]*@|\1|g" \
    -e "s/([?&;\/_](user(name)?|login|usr|pass(wor[dt]|wd)?|pwd|pw|token|secret|api_?key|auth|credentials?)=)[^&;#[:space:]\"'<>]*/\1***/gI"
}

# An absolute path as a file:// URI: all but harmless characters as %XX.
file_uri () {
  printf 'file://'
  printf '%s' "$1" | od -An -v -tx1 | awk '
    BEGIN {
      for (i = 33; i < 127; i++)
        if (sprintf ("%c", i) ~ /[A-Za-z0-9._\/~-]/)
          plain[sprintf ("%02x", i)] = sprintf ("%c", i);
    }
    { for (i = 1; i <= NF; i++) printf "%s", ($i in plain) ? plain[$i] : "%" toupper ($i); }
  '
}

# gst-launch-1.0 takes what stands in double quotes as it is, but for a backslash before a character.
gst_quote () {
  printf '"%s"' "$(printf '%s' "$1" | sed 's/["\\]/\\&/g')"
}

# missing_decoder KIND FILE: the decoder of KIND ("video", "audio") that gst-launch-1.0's words in FILE miss, if any.
missing_decoder () {
  case $1 in
    video) sed -n 's/^Missing decoder: \(.*\) (\(video\|image\)\/.*/\1/p' "$2" ;;
    *) sed -n "s/^Missing decoder: \(.*\) ($1\/.*/\1/p" "$2" ;;
  esac | head -n 1
}

# gst_reason FILE: the first error in one line: what gst-launch-1.0 says of it, and three lines on what the element says.
gst_reason () {
  awk '
    sub (/^WARNING: erroneous pipeline: /, "") { print; exit; }
    /^ERROR: / && n == 0 { sub (/^ERROR: (from element [^ ]*: )?/, ""); text = $0; n = NR; }
    n && NR == n + 3 && !/^ERROR: / { print text " " $0; text = ""; exit; }
    END { if (text != "") print text; }
  ' "$1" | redact | head -n 1
}
