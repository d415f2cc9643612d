# SPDX-License-Identifier: GPL-2.0-or-later
BENCHES += bench-plug

.PHONY: check-xen demo bench-plug
check-xen: deb ## tests on two emulated hosts with real Xen
	@python3 tests/xen/run.py
demo: packages ## watch two Xen hosts plug, guard, rate-limit and migrate VMs
	@mkdir -p build && $(MAKE) --no-print-directory deb >build/demo-deb.log 2>&1 || { tail -n 30 build/demo-deb.log; exit 1; }
	@python3 tests/xen/demo.py
bench-plug: deb ## plug latency and migration blackout beside vif-bridge and vif-openvswitch
	@python3 tests/xen/bench_plug.py
