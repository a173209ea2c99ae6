#!/bin/sh
# SPDX-License-Identifier: MIT
#
# make-page.sh HELP2MAN CLIPTAG PAGE INCLUDE OUTPUT: makes a man page, cliptag or cliptag-COMMAND, of what --help prints.
#
# The heading is the command's line in `cliptag --help`. --help itself has GLib's form; what help2man knows is the GNU
# one, which print_help turns it into. Run by meson.
set -eu
unset CDPATH

if [ "${1-}" = print_help ]; then # by help2man
  # shellcheck disable=SC2086
  help=$("$CLIPTAG" $CLIPTAG_COMMAND --help)
  printf '%s\n' "$help" | awk '
    /^Usage:$/ { usage = 1; next }
    /^$/ { usage = 0 }
    usage {
      sub (/^ */, "");
      gsub (/\[OPTION…\]/, "[OPTION]...");
      gsub (/\.\.\.\]/, "]..."); # as GNU writes it
      if ($2 != "COMMAND")
        sub (/ /, "~"); # the command is part of the name, not an argument
      print (usage++ == 1 ? "Usage: " : "  or:  ") $0;
      next;
    }
    /^Help Options:$/ { getline held; getline; next }
    /^Application Options:$/ { print "Options:"; print held; next }
    { print }
  '
  exit 0
fi

help2man=$1 page=$3 include=$4 output=$5
CLIPTAG=$2
CLIPTAG_COMMAND=${page#cliptag}
CLIPTAG_COMMAND=${CLIPTAG_COMMAND#-}
export CLIPTAG CLIPTAG_COMMAND
LC_ALL=C.UTF-8 LANGUAGE=
export LC_ALL LANGUAGE

summary=$("$CLIPTAG" --help | sed -n "s/^  $CLIPTAG_COMMAND  *\([A-Z]\)\(.*\)/\1\n\2/p" | {
  read -r first && read -r rest && printf '%s%s' "$(printf '%s' "$first" | tr '[:upper:]' '[:lower:]')" "$rest"
} || :)
[ -n "$CLIPTAG_COMMAND" ] || summary="say what is in pictures and videos, with CLIP models on the CPU"
[ -n "$summary" ] || { echo "make-page: $page: cliptag --help has no such command" >&2; exit 1; }
version=$("$CLIPTAG" --version)

"$help2man" --no-info --locale=C.UTF-8 --name="$summary" --version-string="$page (gst-cliptag) ${version#* }" \
  --source="gst-cliptag ${version#* }" --include="$include" "sh '$0' print_help" > "$output.part"
sed -e 's/^\(\.B cliptag\)~/\1 /' "$output.part" > "$output"
rm "$output.part"
