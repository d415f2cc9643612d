# SPDX-License-Identifier: GPL-2.0-or-later
DOCUMENT_SCHEMAS := $(sort $(wildcard docs/schema/*.json)) $(MEMBERS)
$(B)/man/vifctl.8: man/vifctl.py man/vifctl.8.in $(DOCUMENT_SCHEMAS)
	@mkdir -p $(@D)
	python3 $^ > $@
all: $(B)/man/vifctl.8
