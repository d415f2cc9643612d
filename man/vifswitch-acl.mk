# SPDX-License-Identifier: GPL-2.0-or-later
$(B)/man/vifswitch-acl.7: man/vifswitch-acl.py man/vifswitch-acl.7.in include/vifswitch/session-abi.h
	@mkdir -p $(@D)
	python3 $^ > $@
all: $(B)/man/vifswitch-acl.7
