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
		[[ $word == -* ]] || words+=("$word")
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
	--count|--seconds|--wait|--confirm|--db)
		return
		;;
	=)
		[[ $key ]] || return
		;;
	--private-key|--certificate|--ca-cert|--pcap)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	if [[ $cur == -* ]]; then
		word='--json --wide --help'
		[[ ${words[*]} == 'acl show'* ]] && word+=' --hits'
		[[ ${words[1]-} == add || ${words[1]-} == create || ${words[*]} == 'acl rule add'* ]] && word+=' --may-exist'
		[[ ${words[1]-} == del || ${words[1]-} == delete || ${words[*]} == 'acl rule del'* ]] && word+=' --if-exists'
		[[ ${words[*]} == 'switch add'* || ${words[*]} == 'switch set'* ]] && word+=' --move'
		case ${words[0]} in
		drops) word+=' --follow --count --seconds --pcap --reset --all' ;;
		why) word+=' --all' ;;
		doctor) word+=' --db' ;;
		uplink) [[ ${words[1]} == adopt ]] && word+=' --confirm' ;;
		events) word+=' --follow --count --seconds' ;;
		monitor) word+=' --follow --count --seconds --db' ;;
		edit) word+=' --db --dry-run --move --wait --no-wait' ;;
		apply) word+=' --db --dry-run --prune --move --wait --no-wait' ;;
		diff) word+=' --db --prune' ;;
		switch|vm|port|acl|group|qos|db) word+=' --db --dry-run --wait --no-wait' ;;
		esac
		mapfile -t COMPREPLY < <(compgen -W "$word" -- "$cur")
		return
	fi
	case "${words[*]}" in
	apply|diff|'db backup'|'db restore')
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	'')
		mapfile -t COMPREPLY < <(compgen -W 'show port fdb session drops why doctor events uplink switch vm acl group qos
			edit apply diff export db monitor version help' -- "$cur")
		return
		;;
	esac
	while IFS= read -r word; do
		[[ $word == "$cur"* ]] && COMPREPLY+=("$(printf '%q' "$word")")
	done < <(vifctl --complete "${words[@]}" 2>/dev/null | sort -u)
	[[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -F _vifctl vifctl
