#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-timeline.sh CLIP-TIMELINE: what clip-timeline makes of good logs, and what it says about bad ones.
set -eu

timeline=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# check NAME STATUS EXPECTED ARGUMENTS…: the log on standard input, standard output compared; on failure standard error
# must be one line.
check () {
  name=$1 status=$2 expected=$3
  shift 3
  rc=0
  "$timeline" "$@" > "$dir/out" 2> "$dir/err" || rc=$?
  if [ "$rc" != "$status" ]; then
    echo "FAILED: $name: exit status $rc instead of $status"
    failed=1
  fi
  if [ "$(cat "$dir/out")" != "$expected" ]; then
    printf 'FAILED: %s: printed\n%s\ninstead of\n%s\n' "$name" "$(cat "$dir/out")" "$expected"
    failed=1
  fi
  if [ "$status" != 0 ] && [ "$(wc -l < "$dir/err")" != 1 ]; then
    printf 'FAILED: %s: expected one line of error, found\n%s\n' "$name" "$(cat "$dir/err")"
    failed=1
  fi
}

# sample TENTHS LABEL CONFIDENCE [SOURCE]: one line of a log
sample () {
  printf '{"stream_time":%s,"source":"%s",' $(($1 * 100000000)) "${4-}"
  printf '"labels":[{"label":"%s","confidence":%s},{"label":"z","confidence":0}]}\n' "$2" "$3"
}

{ sample 0 a 0.5; sample 2 a 0.7; sample 4 b 0.9; sample 6 b 0.9; } > "$dir/plain"
check 'spans' 0 '0:00:00.000 - 0:00:00.400   60.0 %  a
0:00:00.400 - 0:00:00.800   90.0 %  b' < "$dir/plain"
check 'from a file' 0 '0:00:00.000 - 0:00:00.400   60.0 %  a
0:00:00.400 - 0:00:00.800   90.0 %  b' "$dir/plain" < /dev/null
sample 36000 a 0.5 > "$dir/one"
check 'one sample' 0 '1:00:00.000 - 1:00:00.000   50.0 %  a' "$dir/one"

{ sample 0 a 1; sample 2 b 1; sample 4 a 1; sample 6 c 1; sample 8 d 1; sample 10 d 1; } > "$dir/flicker"
check 'short spans' 0 '0:00:00.000 - 0:00:00.800  100.0 %  a
0:00:00.800 - 0:00:01.200  100.0 %  d' --min-duration=0.4 < "$dir/flicker"

check 'nothing found, a number that is none, blank lines' 0 '0:00:00.000 - 0:00:01.000        -  (nothing)
0:00:01.000 - 0:00:02.000    0.0 %  x' << 'EOF'
{"stream_time":0,"labels":[]}

{"pts":1000000000,"stream_time":null,"labels":[{"label":"x","confidence":null}]}
EOF

{ sample 0 a 1; echo '{"stream_time":100000000,"labels":[],"regions":[{"labels":[]}]}'; sample 2 a 1; } > "$dir/regions"
check 'lines of regions' 0 '0:00:00.000 - 0:00:00.400  100.0 %  a' "$dir/regions"

{ sample 0 a 1; sample 2 a 1; sample 0 a 1; } > "$dir/again"
check 'two recordings in one log' 0 '0:00:00.000 - 0:00:00.400  100.0 %  a
0:00:00.000 - 0:00:00.200  100.0 %  a' "$dir/again"

{ sample 0 a 1 left; sample 0 b 1 right; sample 2 a 1 left; sample 2 b 1 right; } > "$dir/both"
check 'two sources' 0 '0:00:00.000 - 0:00:00.400  100.0 %  a  [left]
0:00:00.000 - 0:00:00.400  100.0 %  b  [right]' "$dir/both"

check 'a label that would control the terminal' 0 '0:00:00.000 - 0:00:00.000  100.0 %  a [31m' << 'EOF'
{"stream_time":0,"labels":[{"label":"a\u001b[31m","confidence":1}]}
EOF
check 'nothing logged' 0 '' < /dev/null

{ sample 0 a 1; printf '{"stream_time":20'; } > "$dir/broken"
check 'broken off' 1 '0:00:00.000 - 0:00:00.000  100.0 %  a' "$dir/broken"

# bad NAME LINE
bad () {
  printf '%s\n' "$2" > "$dir/bad"
  check "$1" 1 '' "$dir/bad"
}
bad 'not JSON' 'Setting pipeline to PAUSED ...'
bad 'no object' '[1]'
bad 'no time' '{"labels":[{"label":"a","confidence":1}]}'
bad 'a time that is no whole number' '{"stream_time":1e300,"labels":[{"label":"a","confidence":1}]}'
bad 'labels that are none' '{"stream_time":0,"labels":"a"}'
bad 'a label that is no string' '{"stream_time":0,"labels":[{"label":7,"confidence":1}]}'
bad 'deep nesting' "$(head -c 100000 /dev/zero | tr '\0' '[')"

check 'no such file' 2 '' "$dir/none"
check 'a folder' 1 '' "$dir"
check 'two files' 2 '' a b
check 'unknown option' 2 '' --bad
check 'negative duration' 2 '' --min-duration=-1

"$timeline" --help | grep -q 'min-duration' || failed=1
"$timeline" --version | grep -q '^clip-timeline [0-9]' || failed=1
if [ -w /dev/full ] && "$timeline" "$dir/plain" > /dev/full 2> /dev/null; then
  echo 'FAILED: no error though the timeline could not be written'
  failed=1
fi
exit $failed
