# SPDX-License-Identifier: GPL-2.0-or-later
BENCHES += bench-vifdbd
.PHONY: check-vifdbd bench-scale bench-vifdbd
check-vifdbd: $(SCHEMA) $(B)/release/vifdbd ## vifdbd with Debian's clients, kill -9, full disks, hostile clients
	VIFDBD=$(abspath $(B)/release/vifdbd) python3 tests/vifdbd/run.py
bench-scale: $(SCHEMA) $(B)/release/vifdbd ## what requests about 40,000 rows cost beside 10,000
	@SCALE_ROWS=10000 VIFDBD=$(abspath $(B)/release/vifdbd) python3 tests/vifdbd/run.py scale

bench-vifdbd: $(SCHEMA) $(B)/release/vifdbd ## vifdbd beside Debian's ovsdb-server, and beside bare fdatasync
	@VIFDBD=$(abspath $(B)/release/vifdbd) $(PYTHON3) tests/vifdbd/bench.py
