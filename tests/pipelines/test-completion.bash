# SPDX-License-Identifier: MIT
#
# test-completion.bash CLIPTAG: what completion.bash offers, held to what --help lists: commands, options, values, files.
set -u

cliptag=$(realpath "$1")
# shellcheck source=/dev/null
. "$CLIPTAG_SOURCE_ROOT/pipelines/cliptag/completion.bash"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
mkdir 'a folder'
: > 'a file.mp4'
failed=0

# sorted WORD…: sets $sorted to the words in order, joined by "|".
sorted () {
  local words=("$@") word i j IFS='|' LC_ALL=C
  for ((i = 1; i < $#; i++)); do
    word=${words[i]}
    for ((j = i; j > 0; j--)); do
      [[ ${words[j - 1]} > $word ]] || break
      words[j]=${words[j - 1]}
    done
    words[j]=$word
  done
  sorted="${words[*]}"
}

# check EXPECTED WORD…: what is offered for the last word, in order.
check () {
  local expected=$1
  shift
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  COMPREPLY=()
  _cliptag
  sorted "${COMPREPLY[@]}"
  if [ "$sorted" != "$expected" ]; then
    echo "FAILED: $*: \"$sorted\" instead of \"$expected\""
    failed=1
  fi
}

complete -p cliptag > /dev/null || failed=1
commands=$("$cliptag" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p')
[ "$(echo "$commands" | wc -l)" -ge 4 ] || { echo "FAILED: no commands in --help"; exit 1; }
# Splitting is meant here and below.
# shellcheck disable=SC2086
sorted --help --version help $commands
check "$sorted" cliptag ''
# shellcheck disable=SC2086
sorted $commands
check "$sorted" cliptag help ''
check embed cliptag em
check '' cliptag help embed ''
check '' cliptag nonsense ''

for command in $commands; do
  help=$("$cliptag" "$command" --help)
  options=$(echo "$help" | sed -n 's/^  \(-., \)\{0,1\}\(--[a-z-]*\).*/\2/p')
  # shellcheck disable=SC2086
  sorted $options
  check "$sorted" cliptag "$command" -
  arguments='a file.mp4|a folder'
  [[ $command != bench && $command != eval && $command != tune ]] || arguments=
  check "$arguments" cliptag "$command" ''
  check "$arguments" cliptag "$command" --help ''

  # Each option, and its letter where it has one, by what stands for its value in --help.
  while read -r letter option value; do
    case $value in
      -) continue ;;
      DIR) expected='a folder' ;;
      FILE) expected='a file.mp4|a folder' ;;
      *\|*)
        # shellcheck disable=SC2086
        sorted ${value//|/ }
        expected=$sorted
        ;;
      *) expected= ;;
    esac
    check "$expected" cliptag "$command" "$option" ''
    check "$expected" cliptag "$command" "$option" = ''
    check "$expected" cliptag "$command" "$option" =
    check "$arguments" cliptag "$command" "$option" x ''
    check "$arguments" cliptag "$command" "$option" = x ''
    [ "$letter" = - ] || check "$expected" cliptag "$command" "$letter" ''
  done < <(echo "$help" | sed -nE 's/^  ((-.), )?(--[a-z-]+)(=([^ ]+))? .*/\2 \3 \5/p' \
    | sed -E 's/^ /- /; s/ $/ -/')
done
check 'stretch' cliptag embed --fit = s
check 'a file.mp4' cliptag embed -- 'a fi'
check '' cliptag embed -- -

# The build's environment loads it into an interactive bash, and only there.
env_sh=$(dirname "$cliptag")/env.sh
bash --norc -i -c '. "$1" && complete -p cliptag' bash "$env_sh" > /dev/null 2>&1 || {
  echo "FAILED: env.sh does not load it"
  failed=1
}
[ "$(bash -uec '. "$1"; complete' bash "$env_sh" 2>&1)" = '' ] || { echo "FAILED: env.sh in a script"; failed=1; }
exit $failed
