#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-timeline.sh CLIPTAG: what `cliptag timeline` makes of good logs, and its errors on bad ones.
set -eu

cliptag=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0

# check NAME STATUS EXPECTED ARGUMENTS…: the log on standard input, standard output compared; on failure standard error
# must be one line.
check () {
  name=$1 status=$2 expected=$3
  shift 3
  rc=0
  "$cliptag" timeline "$@" > "$dir/out" 2> "$dir/err" || rc=$?
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

# alternate FROM TO LABEL…: from tenth to tenth of a second, two samples a second, the labels take turns of one second.
alternate () {
  at=$1 until=$2
  shift 2
  while [ "$at" -lt "$until" ]; do
    for label; do
      for tenth in 0 5; do
        sample $((at + tenth)) "$label" 0.8
      done
      at=$((at + 10))
    done
  done
}
{ alternate 0 20 clear; alternate 20 620 covered dark; } > "$dir/turns"
check 'labels that take turns and do not last' 0 '0:00:00.000 - 0:00:02.000   80.0 %  clear
0:00:02.000 - 0:01:02.000        -  (changing: covered, dark)' --min-duration=2 "$dir/turns"
check 'the same, each of them lasts long enough' 0 "0:00:00.000 - 0:00:02.000   80.0 %  clear
$(alternate 20 620 covered dark | "$cliptag" timeline)" --min-duration=1 "$dir/turns"
{ cat "$dir/turns"; alternate 620 640 snow; } > "$dir/turns-end"
check 'and then one lasts' 0 '0:00:00.000 - 0:00:02.000   80.0 %  clear
0:00:02.000 - 0:01:02.000        -  (changing: covered, dark)
0:01:02.000 - 0:01:04.000   80.0 %  snow' --min-duration=2 "$dir/turns-end"
alternate 0 600 covered dark > "$dir/turns-only"
check 'turns from the start' 0 '0:00:00.000 - 0:01:00.000        -  (changing: covered, dark)' --min-duration=2 "$dir/turns-only"
{ alternate 0 30 clear; alternate 30 630 dark clear; } > "$dir/turns-back"
check 'turns with the label before' 0 '0:00:00.000 - 0:00:03.000   80.0 %  clear
0:00:03.000 - 0:01:03.000        -  (changing: clear, dark)' --min-duration=2 "$dir/turns-back"
{ alternate 0 30 clear; alternate 30 40 dark; alternate 40 100 clear; alternate 100 110 dark; alternate 110 120 clear; } \
  > "$dir/drops"
check 'short drops have no span' 0 '0:00:00.000 - 0:00:12.000   80.0 %  clear' --min-duration=2 "$dir/drops"
{ alternate 0 30 clear; alternate 30 80 a b c d e; } > "$dir/many-turns"
check 'many labels that do not last' 0 '0:00:00.000 - 0:00:03.000   80.0 %  clear
0:00:03.000 - 0:00:08.000        -  (changing: a, b, c, …)' --min-duration=2 "$dir/many-turns"

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

{ sample 0 a 1 left; sample 5 b 1 right; sample 10 b 1 left; sample 15 b 1 right; sample 20 b 1 left
  sample 25 a 1 right; } > "$dir/turn"
check 'a file of two sources, in the order of time' 0 '0:00:00.000 - 0:00:01.000  100.0 %  a  [left]
0:00:00.500 - 0:00:02.500  100.0 %  b  [right]
0:00:01.000 - 0:00:03.000  100.0 %  b  [left]
0:00:02.500 - 0:00:03.500  100.0 %  a  [right]' "$dir/turn"
{ cat "$dir/turn"; sample 30 b 1 right; sample 0 a 1 left; } > "$dir/turn-back"
check 'the second recording of a source stays behind its first' 0 '0:00:00.000 - 0:00:01.000  100.0 %  a  [left]
0:00:00.500 - 0:00:02.500  100.0 %  b  [right]
0:00:01.000 - 0:00:03.000  100.0 %  b  [left]
0:00:00.000 - 0:00:01.000  100.0 %  a  [left]
0:00:02.500 - 0:00:03.000  100.0 %  a  [right]
0:00:03.000 - 0:00:03.500  100.0 %  b  [right]' "$dir/turn-back"
mkfifo "$dir/fifo"
"$cliptag" timeline "$dir/fifo" > "$dir/followed" &
follower=$!
exec 3> "$dir/fifo"
{ sample 0 a 1; sample 10 b 1; } >&3
while [ ! -s "$dir/followed" ] && kill -0 $follower 2> /dev/null; do sleep 0.05; done
[ "$(cat "$dir/followed")" = '0:00:00.000 - 0:00:01.000  100.0 %  a' ] || { echo 'FAILED: a pipe is not followed'; failed=1; }
exec 3>&-
wait $follower || failed=1

# region TYPE NUMBER LABEL; objects TENTHS REGION…: a line of regions, as cliplog writes it
region () {
  printf '{"x":0,"y":0,"w":9,"h":9,"type":"%s","id":%s,"age":0,"sampled":true,' "$1" "$2"
  printf '"labels":[{"label":"%s","confidence":0.9}]}' "$3"
}
objects () {
  printf '{"stream_time":%s,"source":"yard","labels":[],"regions":[%s' $(($1 * 100000000)) "$2"
  shift 2
  for region; do
    printf ',%s' "$region"
  done
  printf ']}\n'
}
{
  sample 0 a 1 yard
  objects 0 "$(region person 3 sits)" "$(region car 0 red)"
  objects 5 "$(region person 3 sits)" "$(region person 4 walks)"
  objects 10 "$(region person 4 walks)" "$(region person 3 walks)" "$(region car 0 red)" "$(region car 0 blue)"
  sample 10 a 1 yard
  objects 600 "$(region person 3 walks)"
} > "$dir/objects"
check 'regions, each by itself, and one that was away' 0 '0:00:00.000 - 0:00:02.000  100.0 %  a  [yard]
0:00:00.000 - 0:00:01.000   90.0 %  sits  [yard person #3]
0:00:00.000 - 0:00:02.000   90.0 %  red  [yard car]
0:00:00.500 - 0:00:01.500   90.0 %  walks  [yard person #4]
0:00:01.000 - 0:00:01.500   90.0 %  walks  [yard person #3]
0:00:01.000 - 0:00:01.000   90.0 %  blue  [yard car (2)]
0:01:00.000 - 0:01:00.500   90.0 %  walks  [yard person #3]' "$dir/objects"

check 'a label that would control the terminal' 0 '0:00:00.000 - 0:00:00.000  100.0 %  a\u001b[31m' << 'EOF'
{"stream_time":0,"labels":[{"label":"a\u001b[31m","confidence":1}]}
EOF
check 'a label and sources with controls of eight bits, format characters and line breaks' 0 \
  '0:00:00.000 - 0:00:00.000  100.0 %  a\u009b31m\u202e  [x\u001b]0;gone\u0007]
0:00:00.000 - 0:00:00.000  100.0 %  b\u2028c  [y\u009d2;\n0:00:00.000]' << 'EOF'
{"stream_time":0,"source":"x\u001b]0;gone\u0007","labels":[{"label":"a\u009b31m\u202e","confidence":1}]}
{"stream_time":0,"source":"y\u009d2;\n0:00:00.000","labels":[{"label":"b\u2028c","confidence":1}]}
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
bad 'regions that are none' '{"stream_time":0,"labels":[],"regions":7}'
bad 'labels of a region that are none' '{"stream_time":0,"labels":[],"regions":[{"labels":{}}]}'
bad 'a label that is no string' '{"stream_time":0,"labels":[{"label":7,"confidence":1}]}'
bad 'deep nesting' "$(head -c 100000 /dev/zero | tr '\0' '[')"

check 'no such file' 1 '' "$dir/none"
check 'a folder' 1 '' "$dir"
check 'two files' 2 '' a b
check 'unknown option' 2 '' --bad
check 'negative duration' 2 '' --min-duration=-1

if [ -w /dev/full ] && "$cliptag" timeline "$dir/plain" > /dev/full 2> /dev/null; then
  echo 'FAILED: no error though the timeline could not be written'
  failed=1
fi
exit $failed
