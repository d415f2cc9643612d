#compdef vifctl
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of vifctl for zsh; vifctl itself knows its commands, options and names.

_vifctl() {
	local -a before found
	local word

	for word in "${(@)words[2,CURRENT-1]}"; do
		# Behind "--" another command begins.
		if [[ $word == -- ]]; then
			before=()
		elif [[ $word != -* ]]; then
			before+=("$word")
		fi
	done
	if [[ $words[CURRENT] == -* ]]; then
		found=("${(@f)$(vifctl --complete-options "${(@)before:-show}" 2>/dev/null)}")
	elif (( ! $#before )); then
		found=("${(@f)$(vifctl --complete-options 2>/dev/null)}")
	elif [[ "$before" == (apply|batch|diff|'db backup'|'db restore') ]]; then
		_files
		return
	else
		# "guard=" and what is typed of its value.
		if [[ $words[CURRENT] == *=* ]]; then
			compset -P '*='
			before+=("${words[CURRENT]%%=*}=")
		fi
		found=("${(@f)$(vifctl --complete "${(@)before}" 2>/dev/null)}")
	fi
	compadd -S '' -- ${(M)found:#*=}
	compadd -- ${found:#*=}
}

_vifctl "$@"
