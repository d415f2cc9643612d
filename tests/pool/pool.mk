# SPDX-License-Identifier: GPL-2.0-or-later
.PHONY: check-pool-short check-pool
check-pool-short: $(B)/asan/vifdbd $(B)/release/vifctl $(SCHEMA)
	@VIFDBD=$(abspath $(B)/asan/vifdbd) $(PYTHON3) tests/pool/run.py

check-pool: $(B)/asan/vifdbd $(B)/release/vifctl $(SCHEMA) ## three hosts, three etcd members, 10,000 transactions while all of them fail
	@VIFDBD=$(abspath $(B)/asan/vifdbd) $(PYTHON3) tests/pool/run.py --transactions 10000 --faults 1000
