# SPDX-License-Identifier: GPL-2.0-or-later
$(B)/man/vifswitch-schema.5: man/vifswitch-schema.py dom0/vifdbd/vifswitch.ovsschema
	@mkdir -p $(@D)
	python3 $^ > $@
all: $(B)/man/vifswitch-schema.5
