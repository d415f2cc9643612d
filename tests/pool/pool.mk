# SPDX-License-Identifier: GPL-2.0-or-later
.PHONY: check-pool-short check-pool
check-pool-short: $(B)/asan/vifdbd $(B)/release/vifctl $(SCHEMA)
	@VIFDBD=$(abspath $(B)/asan/vifdbd) $(PYTHON3) tests/pool/run.py

check-pool: $(B)/asan/vifdbd $(B)/release/vifctl $(SCHEMA) ## three hosts, three etcd members, 10,000 transactions while all of them fail
	@VIFDBD=$(abspath $(B)/asan/vifdbd) $(PYTHON3) tests/pool/run.py --transactions 10000 --faults 1000

BENCHES += bench-pool
.PHONY: bench-pool
bench-pool: $(SCHEMA) $(B)/release/vifdbd $(B)/release/vifctl ## what 100,000 ports and 1,000 hosts cost one host, and 50 hosts at once
	@VIFDBD=$(abspath $(B)/release/vifdbd) $(PYTHON3) tests/pool/bench.py
