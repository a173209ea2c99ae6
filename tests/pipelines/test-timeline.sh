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

# ---- Scores -------------------------------------------------------------------------------------------------

# sample TENTHS LABEL CONFIDENCE [SOURCE [MEMBERS]]: one line of a log
sample () {
  printf '{"stream_time":%s,"source":"%s",%s' $(($1 * 100000000)) "${4-}" "${5-}"
  printf '"labels":[{"label":"%s","confidence":%s},{"label":"z","confidence":0}]}\n' "$2" "$3"
}

# span FROM TO LABEL CONFIDENCE [SOURCE [MEMBERS]]: five samples a second, from one tenth up to, without, another
span () {
  at=$1
  while [ "$at" -lt "$2" ]; do
    sample "$at" "$3" "$4" "${5-}" "${6-}"
    at=$((at + 2))
  done
}

{ span 0 20 a 0.5; span 20 30 b 0.7; span 30 40 b 0.9; span 40 80 c 0.4; } > "$dir/plain"
plain='0:00:00.000 - 0:00:01.800   50.0 %   50.0 %  a
0:00:02.000 - 0:00:03.800   90.0 %   80.0 %  b'
check 'spans' 0 "$plain" < "$dir/plain"
check 'from a file' 0 "$plain" "$dir/plain" < /dev/null
check 'from standard input by its name' 0 "$plain" - < "$dir/plain"
sample 36000 a 0.9 > "$dir/one"
check 'one sample does not last' 0 '' "$dir/one"
check 'unless nothing need last' 0 '1:00:00.000 - 1:00:00.000   90.0 %   90.0 %  a' --min-duration=0 "$dir/one"

# The rules, one after the other.
check 'a lower threshold' 0 "$plain
0:00:04.000 - 0:00:07.800   40.0 %   40.0 %  c" --threshold=0.4 "$dir/plain"
check 'a higher one' 0 '0:00:03.000 - 0:00:03.800   90.0 %   90.0 %  b' --threshold=0.8 --off-threshold=0.75 \
  --min-duration=0.8 "$dir/plain"
check 'a longer duration' 0 "$(echo "$plain" | grep b)" --min-duration=1.8 --threshold=0.6 "$dir/plain"
check 'too long a one' 0 '' --min-duration=1.81 "$dir/plain"
{ span 0 14 a 0.6; span 14 20 a 0.36; span 20 26 a 0.34; span 26 40 a 0.36; } > "$dir/off"
check 'the off-threshold is 0.7 times the threshold' 0 '0:00:00.000 - 0:00:03.800   60.0 %   45.9 %  a' "$dir/off"
check 'a higher off-threshold' 0 '0:00:00.000 - 0:00:01.200   60.0 %   60.0 %  a' --off-threshold=0.5 "$dir/off"
check 'a pause of the hold-time' 0 '0:00:00.000 - 0:00:03.800   60.0 %   45.9 %  a' --hold-time=0.6 "$dir/off"
check 'a pause beyond it' 0 '0:00:00.000 - 0:00:01.800   60.0 %   52.8 %  a' --hold-time=0.5 "$dir/off"
{ span 0 20 a 1; span 20 26 a 0; span 26 40 a 1; span 40 42 a 0; span 42 60 a 1; } > "$dir/pause"
check 'pauses up to the hold-time' 0 '0:00:00.000 - 0:00:01.800  100.0 %  100.0 %  a
0:00:02.600 - 0:00:05.800  100.0 %  100.0 %  a' --hold-time=0.5 "$dir/pause"
{ span 0 8 b 1; span 8 30 a 1; span 30 80 b 1; } > "$dir/smooth"
# exp (-1) is the last of b above 0.35, 1 - exp (-0.8) the first of a above 0.5.
check 'smoothing' 0 '0:00:00.000 - 0:00:01.600  100.0 %   76.2 %  b
0:00:01.400 - 0:00:03.600   88.9 %   68.6 %  a
0:00:03.400 - 0:00:07.800   99.4 %   88.4 %  b' --smoothing=1 "$dir/smooth"

# A label that is not in a line counts as 0; one that came late was at 0 before.
check 'labels that are left out' 0 '0:00:01.000 - 0:00:02.800   80.0 %   80.0 %  a' << END
$(span 0 10 b 0.2; span 10 30 a 0.8; span 30 60 b 0.2)
END

# ---- Best labels --------------------------------------------------------------------------------------------

check 'best labels, whatever their scores' 0 "$plain
0:00:04.000 - 0:00:07.800   40.0 %   40.0 %  c" --best "$dir/plain"
check 'those that reach a threshold' 0 "$(echo "$plain" | grep b)" --best --threshold=0.6 "$dir/plain"
{ span 0 20 a 0.3; sample 20 b 0.4; span 22 40 a 0.2; span 40 44 b 0.9; span 44 70 a 0.1; } > "$dir/flicker"
check 'best labels that flicker' 0 '0:00:00.000 - 0:00:06.800   30.0 %   19.1 %  a' --best "$dir/flicker"
check 'the same unbridged' 0 '0:00:00.000 - 0:00:01.800   30.0 %   30.0 %  a
0:00:02.200 - 0:00:03.800   20.0 %   20.0 %  a
0:00:04.400 - 0:00:06.800   10.0 %   10.0 %  a' --best --hold-time=0 "$dir/flicker"
{ sample 0 a -0.5; sample 10 a 3.25; sample 20 a 2; } > "$dir/deviations"
check 'scores that are no shares' 0 '0:00:00.000 - 0:00:02.000     3.25     1.58  a' --best "$dir/deviations"

# Of a log of changes each line holds until the next one, over hours.
changes='"level":"changes",'
{ sample 0 a 0.4 '' "$changes"; sample 20 b 0.9 '' "$changes"; sample 72000 a 0.7 '' "$changes"
  sample 72004 b 0.6 '' "$changes"; sample 72100 a 0.5 '' "$changes"; } > "$dir/changes"
check 'changes' 0 '0:00:00.000 - 0:00:02.000   40.0 %   40.0 %  a
0:00:02.000 - 2:00:10.000   90.0 %   75.0 %  b
2:00:10.000 - 2:00:10.000   50.0 %   50.0 %  a  (open)' "$dir/changes"
check 'changes, unbridged' 0 '0:00:00.000 - 0:00:02.000   40.0 %   40.0 %  a
0:00:02.000 - 2:00:00.000   90.0 %   90.0 %  b
2:00:00.400 - 2:00:10.000   60.0 %   60.0 %  b
2:00:10.000 - 2:00:10.000   50.0 %   50.0 %  a  (open)' --hold-time=0 "$dir/changes"
{ sample 0 a 0.9 x "$changes"; sample 0 a 0.9 y "$changes"; sample 50 b 0.8 x "$changes"; } > "$dir/changes-two"
check 'changes of two sources' 0 '0:00:00.000 - 0:00:05.000   90.0 %   90.0 %  a  [x]
0:00:00.000 - 0:00:00.000   90.0 %   90.0 %  a  [y]  (open)
0:00:05.000 - 0:00:05.000   80.0 %   80.0 %  b  [x]  (open)' "$dir/changes-two"

# ---- Groups -------------------------------------------------------------------------------------------------

# grouped TENTHS GROUP:LABEL:CONFIDENCE…
grouped () {
  printf '{"stream_time":%s,"tagger":"t","labels":[' $(($1 * 100000000))
  shift
  comma=
  for label; do
    printf '%s{"label":"%s","label_id":7,"confidence":%s' "$comma" "$(echo "$label" | cut -d: -f2)" "${label##*:}"
    [ "${label%%:*}" = '' ] || printf ',"group":"%s"' "${label%%:*}"
    printf '}'
    comma=,
  done
  printf ']}\n'
}
for at in 0 5 10 15 20; do
  grouped $at weather:fog:0.9 door:open:0.8 weather:rain:0.7 :open:0.6 door:shut:0.2
done > "$dir/groups"
[ "$("$cliptag" timeline "$dir/groups" | sort)" = '0:00:00.000 - 0:00:02.000   60.0 %   60.0 %  open
0:00:00.000 - 0:00:02.000   70.0 %   70.0 %  rain  [weather]
0:00:00.000 - 0:00:02.000   80.0 %   80.0 %  open  [door]
0:00:00.000 - 0:00:02.000   90.0 %   90.0 %  fog  [weather]' ] || { echo 'FAILED: groups'; failed=1; }
[ "$("$cliptag" timeline --best "$dir/groups" | sort)" = '0:00:00.000 - 0:00:02.000   60.0 %   60.0 %  open
0:00:00.000 - 0:00:02.000   80.0 %   80.0 %  open  [door]
0:00:00.000 - 0:00:02.000   90.0 %   90.0 %  fog  [weather]' ] || { echo "FAILED: groups' best"; failed=1; }

# ---- Sources, regions, zones --------------------------------------------------------------------------------

{ span 0 20 a 1; span 0 16 b 1; } > "$dir/again"
check 'two recordings in one log' 0 '0:00:00.000 - 0:00:01.800  100.0 %  100.0 %  a
0:00:00.000 - 0:00:01.400  100.0 %  100.0 %  b' "$dir/again"
{ span 0 20 a 1; sample 17 b 1; span 20 40 a 1; } > "$dir/late"
check 'a frame that an encoder put behind others' 0 '0:00:00.000 - 0:00:03.800  100.0 %  100.0 %  a' "$dir/late"
{ span 0 20 a 1 left; span 5 30 b 1 right; span 20 40 b 1 left; span 31 50 a 1 right; } > "$dir/turn"
turn='0:00:00.000 - 0:00:01.800  100.0 %  100.0 %  a  [left]
0:00:00.500 - 0:00:02.900  100.0 %  100.0 %  b  [right]
0:00:02.000 - 0:00:03.800  100.0 %  100.0 %  b  [left]'
check 'a file of two sources, in the order of time' 0 "$turn
0:00:03.100 - 0:00:04.900  100.0 %  100.0 %  a  [right]" "$dir/turn"
{ cat "$dir/turn"; span 0 20 c 1 left; } > "$dir/turn-back"
check 'the second recording of a source stays behind its first' 0 "$turn
0:00:00.000 - 0:00:01.800  100.0 %  100.0 %  c  [left]
0:00:03.100 - 0:00:04.900  100.0 %  100.0 %  a  [right]" "$dir/turn-back"
{ span 0 20 a 1 yard '"tagger":"one",'; span 0 20 b 1 yard '"tagger":"two",'; } | sort > "$dir/taggers"
check 'two taggers' 0 '0:00:00.000 - 0:00:01.800  100.0 %  100.0 %  a  [one]
0:00:00.000 - 0:00:01.800  100.0 %  100.0 %  b  [two]' "$dir/taggers"

# The labels of frames that were sampled before: level=frames repeats them, mode async brings them late.
{ sample 0 a 1; sample 2 b 1 '' '"sampled":false,'; sample 15 a 1 '' '"age":300000000,"sampled":true,'
  sample 17 a 1 '' '"age":500000000,"sampled":false,'; } > "$dir/age"
check 'times of sampled frames' 0 '0:00:00.000 - 0:00:01.200  100.0 %  100.0 %  a' "$dir/age"

mkfifo "$dir/fifo"
"$cliptag" timeline "$dir/fifo" > "$dir/followed" &
follower=$!
exec 3> "$dir/fifo"
{ span 0 20 a 1; span 20 32 b 1; } >&3
while [ ! -s "$dir/followed" ] && kill -0 $follower 2> /dev/null; do sleep 0.05; done
[ "$(cat "$dir/followed")" = '0:00:00.000 - 0:00:01.800  100.0 %  100.0 %  a' ] || { echo 'FAILED: a pipe is not followed'; failed=1; }
exec 3>&-
wait $follower || failed=1
[ "$(sed -n 2p "$dir/followed")" = '0:00:02.000 - 0:00:03.000  100.0 %  100.0 %  b' ] || { echo "FAILED: a pipe's end"; failed=1; }

# region TYPE NUMBER LABEL [MEMBERS]; objects TENTHS REGION…: a line of regions, as cliplog writes it
region () {
  printf '{"x":0,"y":0,"w":9,"h":9,"type":"%s","id":%s,%s"age":0,"sampled":true,' "$1" "$2" "${4-}"
  printf '"labels":[{"label":"%s","confidence":0.9}]}' "$3"
}
level=
objects () {
  printf '{"stream_time":%s,"source":"yard",%s"labels":[],"regions":[%s' $(($1 * 100000000)) "$level" "$2"
  shift 2
  for region; do
    printf ',%s' "$region"
  done
  printf ']}\n'
}
{
  for at in 0 5 10; do
    objects $at "$(region person 3 sits)" "$(region car 0 red)" "$(region car 0 blue)"
    sample $at a 1 yard
  done
  objects 15 "$(region car 0 red)" "$(region person 4 walks)" "$(region person 3 walks)"
  objects 20 "$(region person 3 walks)" "$(region person 4 walks)"
  objects 25 "$(region person 4 walks)" "$(region person 3 walks)"
  objects 600 "$(region person 3 walks)"
} > "$dir/objects"
"$cliptag" timeline "$dir/objects" | sort > "$dir/sorted"
[ "$(cat "$dir/sorted")" = '0:00:00.000 - 0:00:01.000   90.0 %   90.0 %  blue  [car (2)]
0:00:00.000 - 0:00:01.000   90.0 %   90.0 %  sits  [person #3]
0:00:00.000 - 0:00:01.000  100.0 %  100.0 %  a
0:00:00.000 - 0:00:01.500   90.0 %   90.0 %  red  [car]
0:00:01.500 - 0:00:02.500   90.0 %   90.0 %  walks  [person #3]
0:00:01.500 - 0:00:02.500   90.0 %   90.0 %  walks  [person #4]' ] \
  || { echo 'FAILED: regions, each by itself, and one that was away'; cat "$dir/sorted"; failed=1; }
level=$changes
{
  objects 0 "$(region person 3 sits)" "$(region car 7 red)"
  objects 100 "$(region person 3 walks)" "$(region car 7 red)"
  objects 200 "$(region person 3 walks)"
  objects 300 "$(region person 3 sits)"
} > "$dir/objects-changes"
level=
"$cliptag" timeline "$dir/objects-changes" | sort > "$dir/sorted"
[ "$(cat "$dir/sorted")" = '0:00:00.000 - 0:00:10.000   90.0 %   90.0 %  sits  [person #3]
0:00:00.000 - 0:00:20.000   90.0 %   90.0 %  red  [car #7]
0:00:10.000 - 0:00:30.000   90.0 %   90.0 %  walks  [person #3]
0:00:30.000 - 0:00:30.000   90.0 %   90.0 %  sits  [person #3]  (open)' ] \
  || { echo 'FAILED: changes of regions, one of which is gone'; cat "$dir/sorted"; failed=1; }
for at in 0 5 10; do
  objects $at "$(region gate 0 open '"zone":"gate",')" "$(region gate 0 shut)"
done > "$dir/zones"
[ "$("$cliptag" timeline "$dir/zones" | sort)" = '0:00:00.000 - 0:00:01.000   90.0 %   90.0 %  open  [gate]
0:00:00.000 - 0:00:01.000   90.0 %   90.0 %  shut  [gate]' ] || { echo 'FAILED: a zone, and a region with its name'; failed=1; }
[ "$("$cliptag" timeline --json "$dir/zones" | grep -c '"zone":"gate",')" = 1 ] || { echo 'FAILED: one is a zone'; failed=1; }

# ---- Events -------------------------------------------------------------------------------------------------

# moment NAME TENTHS
moment () {
  printf '"%s":{"stream_time":%s,"running_time":%s,"pts":null,"utc":"2026-01-31T23:59:59.%06dZ"},' \
    "$1" $(($2 * 100000000)) $(($2 * 100000000 + 7)) "$2"
}
# event STATE ID LABEL START END [MEMBERS [SOURCE]]
event () {
  printf '{"event":"%s","id":%s,"label":"%s","label_id":3,%s' "$1" "$2" "$3" "${6-}"
  moment start "$4"
  moment end "$5"
  moment peak "$4"
  printf '"confidence":0.875,"mean":0.625,"samples":6,"source":"%s","tagger":"t"}\n' "${7-yard}"
}
{
  event start 1 van 0 10
  event start 2 fog 5 15 '"group":"weather",'
  event update 1 van 0 50
  event end 2 fog 5 30 '"group":"weather","reason":"over",'
  event start 3 open 40 50 '"zone":"gate",'
  event end 1 van 0 60 '"reason":"over",'
  event start 4 red 65 75 '"roi_type":"car","object_id":12,'
  event end 3 open 40 80 '"zone":"gate","reason":"eos",'
  event update 4 red 65 90 '"roi_type":"car","object_id":12,'
} > "$dir/events"
events='0:00:00.000 - 0:00:06.000   87.5 %   62.5 %  van
0:00:00.500 - 0:00:03.000   87.5 %   62.5 %  fog  [weather]
0:00:04.000 - 0:00:08.000   87.5 %   62.5 %  open  [gate]
0:00:06.500 - 0:00:09.000   87.5 %   62.5 %  red  [car #12]  (open)'
check 'events' 0 "$events" "$dir/events"
check 'events that are long enough' 0 "$(echo "$events" | grep 'van\|open  ')" --min-duration=3 "$dir/events"
check 'events of a pipe, as they end' 0 '0:00:00.500 - 0:00:03.000   87.5 %   62.5 %  fog  [weather]
0:00:00.000 - 0:00:06.000   87.5 %   62.5 %  van
0:00:04.000 - 0:00:08.000   87.5 %   62.5 %  open  [gate]
0:00:06.500 - 0:00:09.000   87.5 %   62.5 %  red  [car #12]  (open)' << END
$(cat "$dir/events")
END
# As JSON they are what they were, without the news in between.
{ grep '"end","id":1' "$dir/events"; grep '"end","id":2' "$dir/events"; grep '"end","id":3' "$dir/events"
  grep '"update","id":4' "$dir/events"; } > "$dir/ends"
"$cliptag" timeline --json "$dir/events" > "$dir/json" || failed=1
for member in event id label label_id group zone roi_type object_id start confidence mean samples reason source tagger utc \
  stream_time running_time pts; do
  if [ "$(grep -o "\"$member\":[^,}]*" "$dir/json")" != "$(grep -o "\"$member\":[^,}]*" "$dir/ends")" ]; then
    echo "FAILED: $member as JSON"
    failed=1
  fi
done
check 'JSON is a log, too' 0 "$events" "$dir/json"

{ cat "$dir/events"; event start 1 van 0 10; event end 1 van 0 40 '"reason":"eos",'; event start 9 van 20 30 '' gate; } > "$dir/more"
check 'events of two recordings and of two sources' 0 '0:00:00.000 - 0:00:06.000   87.5 %   62.5 %  van  [yard]
0:00:00.500 - 0:00:03.000   87.5 %   62.5 %  fog  [yard weather]
0:00:02.000 - 0:00:03.000   87.5 %   62.5 %  van  [gate]  (open)
0:00:04.000 - 0:00:08.000   87.5 %   62.5 %  open  [yard gate]
0:00:00.000 - 0:00:04.000   87.5 %   62.5 %  van  [yard]
0:00:06.500 - 0:00:09.000   87.5 %   62.5 %  red  [yard car #12]  (open)' "$dir/more"
{ event start 1 van 0 10; event start 1 van 5 15; event end 1 van 5 30; } > "$dir/restarted"
check 'the number of an event that never ended comes again' 0 '0:00:00.000 - 0:00:01.000   87.5 %   62.5 %  van  (open)
0:00:00.500 - 0:00:03.000   87.5 %   62.5 %  van' "$dir/restarted"
both='"level":"both",'
{ span 0 40 b 0.9 yard "$both"; cat "$dir/events"; } > "$dir/both"
check 'with both the events count' 0 "$events" "$dir/both"
check 'unless the scores are asked for' 0 '0:00:00.000 - 0:00:03.800   90.0 %   90.0 %  b' --hold-time=1 "$dir/both"
check 'which must be there' 1 '' --threshold=0.5 "$dir/events"
grep -q -- '--threshold needs the scores' "$dir/err" || { echo 'FAILED: what needs the scores?'; failed=1; }

# ---- What logs may hold -------------------------------------------------------------------------------------

check 'nothing found, a number that is none, blank lines, only PTS' 0 '0:00:01.000 - 0:00:02.000        -        -  x' << 'END'
{"stream_time":0,"labels":[]}

{"event":"end","id":1,"label":"x","start":{"pts":1000000000,"stream_time":null},"end":{"pts":2000000000},"confidence":null}
END
check 'a label that would control the terminal' 0 '0:00:00.000 - 0:00:00.000  100.0 %  100.0 %  a\u001b[31m' --min-duration=0 << 'END'
{"stream_time":0,"labels":[{"label":"a\u001b[31m","confidence":1}]}
END
check 'a label and sources with controls of eight bits, format characters and line breaks' 0 \
  '0:00:00.000 - 0:00:00.000  100.0 %  100.0 %  a\u009b31m\u202e  [x\u001b]0;gone\u0007]
0:00:00.000 - 0:00:00.000  100.0 %  100.0 %  b\u2028c  [y\u009d2;\n0:00:00.000]' --min-duration=0 << 'END'
{"stream_time":0,"source":"x\u001b]0;gone\u0007","labels":[{"label":"a\u009b31m\u202e","confidence":1}]}
{"stream_time":0,"source":"y\u009d2;\n0:00:00.000","labels":[{"label":"b\u2028c","confidence":1}]}
END
check 'nothing logged' 0 '' < /dev/null

{ span 0 20 a 1; printf '{"stream_time":20'; } > "$dir/broken"
check 'broken off' 1 '0:00:00.000 - 0:00:01.800  100.0 %  100.0 %  a' "$dir/broken"

# bad NAME FIELD LINE: FIELD stands in the error.
bad () {
  printf '\n%s\n' "$3" > "$dir/bad"
  check "$1" 1 '' "$dir/bad"
  grep -qF "bad:2: $2" "$dir/err" || { echo "FAILED: $1: $(cat "$dir/err")"; failed=1; }
}
bad 'not JSON' '' 'Setting pipeline to PAUSED ...'
bad 'no object' '' '[1]'
bad 'no time' "field 'stream_time' or 'pts': " '{"labels":[{"label":"a","confidence":1}]}'
bad 'no timestamps' "fields 'stream_time' and 'pts' are null: frames without timestamps have no place in a timeline" \
  '{"stream_time":null,"pts":null,"labels":[{"label":"a","confidence":1}]}'
bad 'a time that is no whole number' "field 'stream_time'" '{"stream_time":1e300,"labels":[{"label":"a","confidence":1}]}'
bad 'a time below 0' "field 'stream_time'" '{"stream_time":-1,"labels":[{"label":"a","confidence":1}]}'
bad 'labels that are none' "field 'labels': expected an array" '{"stream_time":0,"labels":"a"}'
bad 'regions that are none' "field 'regions': expected an array" '{"stream_time":0,"labels":[],"regions":7}'
bad 'labels of a region that are none' "field 'regions[0].labels'" '{"stream_time":0,"labels":[],"regions":[{"labels":{}}]}'
bad 'a label that is no string' "field 'labels[0].label'" '{"stream_time":0,"labels":[{"label":7,"confidence":1}]}'
bad 'a later label that is no string' "field 'labels[1].label'" '{"stream_time":0,"labels":[{"label":"a"},{"label":7}]}'
bad 'deep nesting' '' "$(head -c 100000 /dev/zero | tr '\0' '[')"
bad 'an event of no known state' "field 'event': " '{"event":"begin","id":1}'
bad 'an event that is no string' "field 'event': " '{"event":1,"id":1}'
bad 'an event without a number' "field 'id': " '{"event":"end","label":"a"}'
bad 'an event without a label' "field 'label': " '{"event":"end","id":1}'
bad 'an event without a start' "field 'start.stream_time' or 'start.pts': " '{"event":"end","id":1,"label":"a"}'
bad 'an event with a bad end' "field 'end.stream_time'" '{"event":"end","id":1,"label":"a","start":{"pts":0},"end":7}'
bad 'an event with a bad peak' "field 'peak.stream_time'" '{"event":"end","id":1,"label":"a","start":{"pts":0},"end":{"pts":1},"peak":{}}'

check 'no such file' 1 '' "$dir/none"
check 'a folder' 1 '' "$dir"
check 'two files' 2 '' a b
check 'unknown option' 2 '' --bad
for option in min-duration=-1 min-duration=nan min-duration=1e7 hold-time=-0.1 smoothing=-1 threshold=0 threshold=-1 threshold=1001 \
  off-threshold=0 off-threshold=0.51 threshold=x; do
  check "--$option" 2 '' "--$option" "$dir/plain"
  grep -q -- "${option%=*}" "$dir/err" || { echo "FAILED: --$option: $(cat "$dir/err")"; failed=1; }
done
check 'an off-threshold above the threshold' 2 '' --threshold=0.2 --off-threshold=0.3 "$dir/plain"
check 'the best have no off-threshold' 2 '' --best --off-threshold=0.3 "$dir/plain"
check 'a threshold of deviations' 0 '' --threshold=3 --off-threshold=3 "$dir/plain"

if [ -w /dev/full ] && "$cliptag" timeline "$dir/plain" > /dev/full 2> "$dir/err"; then
  echo 'FAILED: no error though the timeline could not be written'
  failed=1
fi
exit $failed
