#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-man.sh CLIPTAG: there is a man page for the program and each subcommand, groff formats it without a warning, and
# it names every option of --help.
set -eu
unset CDPATH

cliptag=$1
pages=$CLIPTAG_BUILD/pipelines/man1
LC_ALL=C.UTF-8
export LC_ALL
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

fail () {
  echo "FAILED: $*"
  failed=1
}

# check PAGE COMMAND…
check () {
  page=$pages/$1.1
  name=$1
  shift
  [ -s "$page" ] || { fail "there is no $page"; return; }
  MANWIDTH=100 man --warnings --no-justification --no-hyphenation -l "$page" > "$dir/page" 2> "$dir/warnings" < /dev/null || fail "$name: man does not show it"
  [ ! -s "$dir/warnings" ] || fail "$name: $(cat "$dir/warnings")"
  for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' 'SEE ALSO'; do
    grep -qx "$section" "$dir/page" || fail "$name: there is no $section"
  done
  grep -q "^ *$name - [a-z]" "$dir/page" || fail "$name: its heading is odd"
  grep -q "^ *$* " "$dir/page" || fail "$name: its synopsis is odd"
  n=0
  for option in $("$@" --help | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p'); do
    n=$((n + 1))
    grep -q -- "^ \{5,\}\(-., \)\{0,1\}$option\(=\| \|\$\)" "$dir/page" || fail "$name: it does not describe $option"
  done
  [ $n -gt 0 ] || fail "$name: --help has no options"
}

PATH=$(dirname "$cliptag"):$PATH
check cliptag cliptag
for command in $(cliptag --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p'); do
  check "cliptag-$command" cliptag "$command"
done

# The build's environment lets man find them.
# shellcheck source=/dev/null
found=$(. "$CLIPTAG_BUILD/pipelines/env.sh" && man -w cliptag-embed)
[ "$found" = "$pages/cliptag-embed.1" ] || fail "man finds \"$found\""
exit $failed
