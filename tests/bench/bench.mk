# SPDX-License-Identifier: GPL-2.0-or-later
# A bench is a target bench-NAME that writes its rows with tests/bench/report.py.
BENCHES += bench-datapath bench-cpus bench-storm bench-flowmods bench-failover

.PHONY: bench bench-packages bench-datapath bench-cpus bench-storm bench-flowmods bench-failover \
	bench-uml bench-all
bench: bench-all ## every benchmark, into build/bench/report.json
	@python3 tests/bench/report.py
# One after the other: they measure.
bench-all: bench-packages
	@$(MAKE) --no-print-directory all module
	@set -e; for b in $(sort $(BENCHES)); do $(MAKE) --no-print-directory $$b; done
bench-packages: packages
	@tests/install-packages tests/bench/packages
bench-datapath: bench-packages ## instructions per packet beside bridge, tc, nftables, openvswitch
	@$(MAKE) --no-print-directory module
	@python3 tests/bench/datapath.py
bench-cpus: bench-packages ## what a second CPU adds, beside bridge and tc
	@$(MAKE) --no-print-directory module
	@python3 tests/bench/cpus.py
bench-storm: all module ## 1,000 VIFs plugged at once
	@python3 tests/bench/storm.py
bench-flowmods: all module ## flows changed by ovs-ofctl, beside ovs-vswitchd
	@python3 tests/bench/flowmods.py
bench-failover: all module ## a bond's cable fails under traffic, beside ovs-vswitchd and the bonding driver alone
	@python3 tests/bench/failover.py
bench-uml: bench-packages ## the datapath at native speed, in nanoseconds (user-mode Linux; ROUNDS=5)
	@python3 tests/bench/uml.py
