# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of vifctl's commands, of live ports, VM names, what the database
# has, and the keys of each command; vifctl itself knows them.

_vifctl() {
	local cur words=() word prev key=

	cur=${COMP_WORDS[COMP_CWORD]}
	prev=${COMP_WORDS[COMP_CWORD-1]}
	COMPREPLY=()
	# Bash takes "netdev:vif3.0" and "--format=json" apart; words in front of
	# the cursor are all that decides here.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		# Behind "--" another command begins.
		if [[ $word == -- ]]; then
			words=()
		elif [[ $word != -* ]]; then
			words+=("$word")
		fi
	done
	# "guard", "=" and what is typed of the value: vifctl is asked for values of "guard=".
	if [[ $cur == = && $COMP_CWORD -gt 2 && $prev != -* ]]; then
		key=$prev cur=
		unset 'words[-1]'
	elif [[ $prev == = && $COMP_CWORD -gt 3 && ${COMP_WORDS[COMP_CWORD-2]} != -* ]]; then
		key=${COMP_WORDS[COMP_CWORD-2]}
		unset 'words[-1]' 'words[-1]'
	fi
	[[ $key ]] && words+=("$key=")
	case $prev in
	--format)
		mapfile -t COMPREPLY < <(compgen -W 'table json' -- "$cur")
		return
		;;
	--count|--seconds|--wait|--confirm|--db|--columns|--sort|--filter)
		return
		;;
	=)
		[[ $key ]] || return
		;;
	--private-key|--certificate|--ca-cert|--pcap|--write|-w)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$(vifctl --complete-options "${words[@]:-show}" 2>/dev/null)" -- "$cur")
		return
	fi
	case "${words[*]}" in
	apply|batch|diff|'db backup'|'db restore')
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	'')
		mapfile -t COMPREPLY < <(compgen -W "$(vifctl --complete-options 2>/dev/null)" -- "$cur")
		return
		;;
	esac
	while IFS= read -r word; do
		[[ $word == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
	done < <(vifctl --complete "${words[@]}" 2>/dev/null | sort -u)
	[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -F _vifctl vifctl
