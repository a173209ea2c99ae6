# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# completion.bash: bash completion for cliptag: commands, their options, values and files.
#
# tests/pipelines/test-completion.sh holds the lists to what --help prints. Only bash itself is needed.
_cliptag ()
{
  local commands='embed timeline cameras bench' options='' word=${COMP_WORDS[COMP_CWORD]} option='' i
  local previous=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()

  if [ "$COMP_CWORD" = 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands help --help --version" -- "$word")
    return
  fi
  case ${COMP_WORDS[1]} in
    embed) options='--model --text --frame-rate --timeout --fit --crop-rule --precision --threads --output --vectors' ;;
    timeline) options='--min-duration' ;;
    cameras)
      options='--model --prompts --prompts-file --background --frame-rate --precision --threads --set --repeat --latency'
      options+=' --transport --seconds --json'
      ;;
    bench)
      options='--model --random --precision --threads --batch --seconds --json --pixels --embeddings --serve'
      ;;
    help)
      [ "$COMP_CWORD" != 2 ] || mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$word")
      return
      ;;
    *) return ;;
  esac
  options+=' --help'

  # bash cuts "--fit=pa" into three words.
  if [ "$word" = = ]; then
    option=$previous word=
  elif [ "$previous" = = ] && [ "$COMP_CWORD" -gt 3 ]; then
    option=${COMP_WORDS[COMP_CWORD - 2]}
  elif [ "$COMP_CWORD" -gt 2 ]; then
    option=$previous
  fi
  # Behind "--" all are files.
  for ((i = 2; i < COMP_CWORD; i++)); do
    [ "${COMP_WORDS[i]}" != -- ] || option='' options=''
  done

  local values='' kind=''
  case $option in
    --model | -m) kind=directory ;;
    --output | -o | --vectors | --prompts-file | --background | --pixels | --embeddings) kind=path ;;
    --precision | -p) values='auto f32 bf16 int8' ;;
    --fit) values='crop stretch pad' ;;
    --crop-rule) values='floor half-even' ;;
    --transport) values='auto tcp udp' ;;
    --random) values='vit-b-32 vit-b-16 vit-l-14' ;;
    --text | --frame-rate | -r | --timeout | --threads | -t | --min-duration | --prompts | -P | --set | --repeat | \
      --latency | --seconds | -s | --batch | -b) return ;;
    *)
      if [[ $word == -* && -n $options ]]; then
        values=$options
      elif [ "${COMP_WORDS[1]}" != bench ]; then
        kind=path
      fi
      ;;
  esac
  [ -z "$kind" ] || compopt -o filenames 2> /dev/null
  case $kind in
    directory) mapfile -t COMPREPLY < <(compgen -d -- "$word") ;;
    path) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word") ;;
  esac
}
complete -F _cliptag cliptag
