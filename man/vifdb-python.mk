# SPDX-License-Identifier: GPL-2.0-or-later
$(B)/man/vifdb-python.3: man/vifdb-python.py dom0/python/vifdb/__init__.py dom0/python/vifdb/force.py
	@mkdir -p $(@D)
	$(PYTHON3) $^ > $@
all: $(B)/man/vifdb-python.3
