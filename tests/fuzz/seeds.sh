#!/bin/sh
# SPDX-License-Identifier: MIT
#
# seeds.sh TESTS FOLDER: has the test programs in TESTS leave their hostile data in FOLDER/TARGET for the fuzz targets
# (tests/util/seed.h). What they do at random or by the thousand is left out: it begins with the same inputs.
set -eu

tests=$1
CLIPTAG_FUZZ_SEEDS=$2
export CLIPTAG_FUZZ_SEEDS

# leave PROGRAM ARGUMENT…: 77 = its data are missing, which the test itself says.
leave () {
  program=$1
  shift
  rc=0
  "$tests/test-engine-$program" "$@" > "$CLIPTAG_FUZZ_SEEDS/$program.log" 2>&1 || rc=$?
  case $rc in
    0 | 77) rm -f "$CLIPTAG_FUZZ_SEEDS/$program.log" ;;
    *)
      cat "$CLIPTAG_FUZZ_SEEDS/$program.log" >&2
      echo "seeds: test-engine-$program failed" >&2
      exit 1
      ;;
  esac
}

mkdir -p "$CLIPTAG_FUZZ_SEEDS"
leave json -s /json/mutations -s /json/max-values -s /json/many-members
leave preprocess
leave prompts
leave prompts-file -s /prompts-file/long -s /prompts-file/most-prompts
leave safetensors
leave track-baselines -s /track-baselines/many
leave vectors
leave tokenizer -s /bpe/random -s /tokenizer/long-word -s /tokenizer/random-damage
leave hostile -s /hostile/truncated -s /hostile/flipped-bytes -s /hostile/not-files
for program in json-data prompts-data safetensors-data; do
  leave "$program"
done
