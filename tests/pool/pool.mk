# SPDX-License-Identifier: GPL-2.0-or-later
# What vifswitchd follows, alone.
FOLLOWER_ARCHIVES := policydb policy xen datapath vifdb core base
$(eval $(call link-variant,release,pool-follower,tests/pool/follower.c,$(FOLLOWER_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call link-variant,asan,pool-follower,tests/pool/follower.c,$(FOLLOWER_ARCHIVES),$(VIFSWITCHD_LIBS)))

POOL_PROGRAMS := $(B)/asan/vifdbd $(B)/asan/pool-follower $(B)/release/vifctl
CHECK_BUILDS += $(POOL_PROGRAMS)
.PHONY: check-pool-short check-pool
check-pool-short: $(POOL_PROGRAMS) $(SCHEMA)
	@VIFDBD=$(abspath $(B)/asan/vifdbd) $(PYTHON3) tests/pool/run.py

check-pool: $(POOL_PROGRAMS) $(SCHEMA) ## three hosts, three etcd members, 10,000 transactions while all of them fail
	@VIFDBD=$(abspath $(B)/asan/vifdbd) $(PYTHON3) tests/pool/run.py --transactions 10000 --faults 1000

BENCHES += bench-pool
.PHONY: bench-pool
bench-pool: all module $(B)/release/pool-follower ## what 100,000 ports and 1,000 hosts cost one host, and 50 hosts at once
	@VIFDBD=$(abspath $(B)/release/vifdbd) $(PYTHON3) tests/pool/bench.py
