# SPDX-License-Identifier: GPL-2.0-or-later
# Completion of vifctl for fish; vifctl itself knows its commands, options and names.

function __vifctl_complete
	set -l before
	# Behind "--" another command begins.
	for word in (commandline -opc | tail -n +2)
		if test "$word" = --
			set before
		else if not string match -q -- '-*' $word
			set -a before $word
		end
	end
	set -l current (commandline -ct)
	if string match -q -- '-*' $current
		vifctl --complete-options (count $before >/dev/null; and printf '%s\n' $before; or echo show) 2>/dev/null
	else if not count $before >/dev/null
		vifctl --complete-options 2>/dev/null
	else if contains -- "$before" apply batch diff 'db backup' 'db restore'
		__fish_complete_path $current
	else if string match -q -- '*=*' $current
		set -l key (string replace -r '=.*' '=' -- $current)
		vifctl --complete $before $key 2>/dev/null | string replace -r '^' $key
	else
		vifctl --complete $before 2>/dev/null
	end
end

complete -c vifctl -f -a '(__vifctl_complete)'
