# SPDX-License-Identifier: GPL-2.0-or-later
$(B)/man/vifswitch-schema.5: man/vifswitch-schema.py $(SCHEMA)
	@mkdir -p $(@D)
	python3 $^ > $@
all: $(B)/man/vifswitch-schema.5
