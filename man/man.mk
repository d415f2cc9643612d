# SPDX-License-Identifier: GPL-2.0-or-later
.PHONY: check-man
check-man: $(addprefix $(B)/man/,vifctl.8 vifctl-policy.5 vifswitch-acl.7 vifswitch-schema.5 vifdb-python.3) ## the manual pages without warnings of groff's
	@for page in $(wildcard man/*.[1-9]) $^; do \
		LC_ALL=C.UTF-8 groff -man -t -ww -Tutf8 -z $$page || exit 1; done
