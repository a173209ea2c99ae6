#!/bin/sh
# SPDX-License-Identifier: MIT
#
# test-scripts.sh: every script parses, and refuses wrong usage in one line without doing anything. (Shellcheck reads them in
# tests/style/test-shell.sh.)
set -eu
unset CDPATH

cd "$CLIPTAG_SOURCE_ROOT"
failed=0
found=0

for script in pipelines/*.sh pipelines/*/*.sh tests/*.sh tests/*/*.sh; do
  [ -f "$script" ] || continue
  found=$((found + 1))
  sh -n "$script" || failed=1
done
for script in pipelines/cliptag/*.bash tests/pipelines/*.bash; do
  if command -v bash > /dev/null; then
    bash -n "$script" || failed=1
  fi
  if command -v shellcheck > /dev/null; then
    shellcheck -s bash "$script" || failed=1
  fi
done
if [ $found -lt 5 ]; then
  echo "FAILED: only $found scripts were found"
  failed=1
fi

# refuses COMMAND…
refuses () {
  rc=0
  "$@" > out 2> err || rc=$?
  if [ "$rc" != 2 ] || [ -s out ] || [ "$(wc -l < err)" != 1 ]; then
    echo "FAILED: $*: exit status $rc and" "$(cat out err)"
    failed=1
  fi
}

# Scripts that go somewhere do not go elsewhere, or print where they went, for a user's CDPATH.
for script in pipelines/*.sh pipelines/*/*.sh tests/*.sh tests/*/*.sh; do
  if grep -q '^[^#]*\bcd ' "$script" && ! grep -qx 'unset CDPATH' "$script"; then
    echo "FAILED: $script: has no \"unset CDPATH\""
    failed=1
  fi
done

# What scripts and programs leave out of what they print.
# shellcheck source=/dev/null
. pipelines/common.sh
while IFS="$(printf '\t')" read -r text expected; do
  found=$(printf '%s\n' "$text" | redact)
  if [ "$found" != "$expected" ]; then
    printf 'FAILED: redact: %s became %s\n' "$text" "$found"
    failed=1
  fi
done < tests/pipelines/redact-cases.txt

root=$PWD
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
refuses sh "$root/pipelines/demo.sh" --bad
refuses sh "$root/pipelines/demo.sh" ''
refuses sh "$root/pipelines/demo.sh" 'no such file.mp4'
refuses sh "$root/pipelines/demo.sh" a b c
refuses sh "$root/pipelines/demo.sh" --prompts
refuses sh "$root/pipelines/demo.sh" "$root/README.md" missing.mp4
refuses sh "$root/pipelines/demo.sh" "$root/README.md" missing
refuses sh "$root/pipelines/demo.sh" missing "$root/README.md"
refuses sh "$root/pipelines/demo.sh" "a;b"
mkdir "$dir/empty"
refuses sh "$root/pipelines/demo.sh" "$dir/empty"
refuses sh "$root/pipelines/setup.sh" --bad
refuses sh "$root/tests/run.sh" --bad
refuses sh "$root/tests/sanitize.sh" --bad
refuses sh "$root/tests/matrix.sh" 11
refuses sh "$root/tests/fuzz.sh"
refuses sh "$root/tests/fuzz.sh" soon
refuses sh "$root/pipelines/examples/live-rtsp.sh" --bad
refuses sh "$root/pipelines/examples/live-rtsp.sh" --seconds soon
refuses sh "$root/pipelines/examples/live-rtsp.sh" 'no such file.mp4'
refuses sh "$root/pipelines/examples/live-rtsp.sh" a b c

# --help is the head of the script, all of it and nothing else.
for script in demo.sh examples/live-rtsp.sh examples/many-cameras.sh; do
  sh "$root/pipelines/$script" --help > out
  case $(head -n 1 out)$(tail -n 1 out) in
    "${script##*/} "*'xit status'*) ;;
    *)
      echo "FAILED: $script --help: $(cat out)"
      failed=1
      ;;
  esac
done

# A folder of the user's that is called as ours is: each finds its own files all the same.
mkdir -p "$dir/elsewhere/pipelines/examples" "$dir/copy/pipelines/examples"
cp "$root"/pipelines/*.sh "$dir/copy/pipelines"
cp "$root"/pipelines/examples/*.sh "$dir/copy/pipelines/examples"
# shellcheck disable=SC2016
printf 'echo "in $PWD"; exit 1\n' > "$dir/copy/pipelines/setup.sh"
: > "$dir/copy/video.mp4"
cd "$dir/copy"
for script in "demo.sh video.mp4" "examples/live-rtsp.sh video.mp4" "examples/many-cameras.sh video.mp4"; do
  # shellcheck disable=SC2086
  found=$(CDPATH=$dir/elsewhere sh pipelines/$script 2>&1) || :
  case $found in
    "in $dir/copy") ;;
    *)
      echo "FAILED: $script with CDPATH: $found"
      failed=1
      ;;
  esac
done
exit $failed
