# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of vifctl's commands and of live ports and VM names.

_vifctl() {
	local cur words=() word

	cur=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	# Bash takes "netdev:vif3.0" and "--format=json" apart; words in front of
	# the cursor are all that decides here.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		[[ $word == -* ]] || words+=("$word")
	done
	case ${COMP_WORDS[COMP_CWORD-1]} in
	--format)
		mapfile -t COMPREPLY < <(compgen -W 'table json' -- "$cur")
		return
		;;
	--count|--seconds)
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		word='--format --help'
		[[ ${words[0]} == events ]] && word+=' --follow --count --seconds'
		mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
		return
	fi
	case "${words[*]}" in
	'') mapfile -t COMPREPLY < <(compgen -W 'show port fdb drops events version help' -- "$cur") ;;
	port) mapfile -t COMPREPLY < <(compgen -W 'list show' -- "$cur") ;;
	fdb) mapfile -t COMPREPLY < <(compgen -W 'list' -- "$cur") ;;
	'port show'|'fdb list'|drops)
		while IFS= read -r word; do
			[[ $word == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
		done < <(vifctl --complete 2>/dev/null | sort -u)
		;;
	esac
}
complete -F _vifctl vifctl
