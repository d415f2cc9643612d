# SPDX-License-Identifier: GPL-2.0-or-later
.PHONY: check-ovsdb-suite
check-ovsdb-suite: $(B)/release/vifdbd ## Open vSwitch's own tests of a database server, on vifdbd
	VIFDBD=$(abspath $(B)/release/vifdbd) $(PYTHON3) tests/ovsdb-suite/run.py
