# SPDX-License-Identifier: GPL-2.0-or-later

BENCHES += bench-python
.PHONY: check-python bench-python
check-python: $(SCHEMA) $(B)/release/vifdbd ## the Python package with vifdbd and Debian's ovsdb-server
	@VIFDBD=$(abspath $(B)/release/vifdbd) $(PYTHON3) tests/python/run.py
bench-python: $(B)/release/vifdbd ## the Python package beside python3-openvswitch
	@VIFDBD=$(abspath $(B)/release/vifdbd) $(PYTHON3) tests/python/bench.py
