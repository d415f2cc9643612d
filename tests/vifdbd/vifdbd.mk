# SPDX-License-Identifier: GPL-2.0-or-later
.PHONY: check-vifdbd bench-vifdbd
check-vifdbd: $(SCHEMA) $(B)/release/vifdbd ## vifdbd with Debian's clients, kill -9, full disks, hostile clients
	VIFDBD=$(abspath $(B)/release/vifdbd) python3 tests/vifdbd/run.py

bench-vifdbd: $(B)/release/vifdbd ## vifdbd beside Debian's ovsdb-server
	VIFDBD=$(abspath $(B)/release/vifdbd) python3 tests/vifdbd/bench.py --report $(B)/bench/report.json
