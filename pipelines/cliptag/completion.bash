# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# completion.bash: bash completion for cliptag: commands, their options, values and files.
#
# tests/pipelines/test-completion.sh holds the lists to what --help prints. Only bash itself is needed.
_cliptag ()
{
  local commands='embed timeline eval tune prompts cameras bench' options='' word=${COMP_WORDS[COMP_CWORD]} option='' i
  local previous=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()

  if [ "$COMP_CWORD" = 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W "$commands help --help --version" -- "$word")
    return
  fi
  case ${COMP_WORDS[1]} in
    embed) options='--model --text --frame-rate --timeout --fit --crop-rule --precision --threads --output --vectors' ;;
    timeline) options='--threshold --off-threshold --smoothing --min-duration --hold-time --best --json' ;;
    eval)
      options='--data --layout --model --prompts --prompts-file --classes --by-order --templates --limit --frame-rate'
      options+=' --precision --threads --set --json --html'
      ;;
    tune)
      options='--data --layout --output --model --prompts --prompts-file --background --method --limit --frame-rate'
      options+=' --precision --threads --json'
      ;;
    prompts)
      options='--try --templates --moments --background --model --frame-rate --precision --threads --json --html'
      ;;
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
  [ "${COMP_WORDS[1]} $option" != 'prompts --templates' ] || return
  case $option in
    --model | -m) kind=directory ;;
    --data | -d | --classes | --templates | --html | --output | -o | --vectors | --prompts-file | --background | --pixels | --embeddings) kind=path ;;
    --precision | -p) values='auto f32 bf16 int8' ;;
    --method) values='auto text examples probe' ;;
    --layout) values='auto folders csv cifar webdataset' ;;
    --fit) values='crop stretch pad' ;;
    --crop-rule) values='floor half-even' ;;
    --transport) values='auto tcp udp' ;;
    --random) values='vit-b-32 vit-b-16 vit-l-14' ;;
    --text | --frame-rate | -r | --timeout | --threads | -t | --threshold | --off-threshold | --smoothing | \
      --min-duration | --hold-time | --prompts | -P | --set | --repeat | --latency | --limit | --try | --moments | -n | \
      --seconds | -s | --batch | -b) return ;;
    *)
      if [[ $word == -* && -n $options ]]; then
        values=$options
      elif [[ ${COMP_WORDS[1]} != bench && ${COMP_WORDS[1]} != eval && ${COMP_WORDS[1]} != tune ]]; then
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
