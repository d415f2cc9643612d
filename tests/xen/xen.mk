# SPDX-License-Identifier: GPL-2.0-or-later
BENCHES += bench-plug bench-blackout
# Making dom0's disk needs root: a chroot in a mount namespace.
XEN_ROOT := $(if $(filter 0,$(shell id -u)),,sudo -E)

.PHONY: check-xen xen-disk check-xen-life demo bench-plug bench-blackout
check-xen: deb $(MEMBERS) ## tests on two emulated hosts with real Xen
	@$(XEN_ROOT) python3 tests/xen/run.py
# While others run the emulated machines.
xen-disk: deb $(MEMBERS)
	@$(XEN_ROOT) python3 tests/xen/run.py --disk
check-xen-life: deb $(MEMBERS) ## more there: queues, pause, save, HVM, a driver domain, vifoamd, migration there and back, XenStore's death
	@$(XEN_ROOT) python3 tests/xen/run.py --only \
		queues,pause,rename,save,hvm,driver,pair,oam,back,localhost,restored,follow,store
demo: packages ## watch two Xen hosts plug, guard, rate-limit and migrate VMs
	@mkdir -p $(B) && $(MAKE) --no-print-directory deb $(MEMBERS) >$(B)/demo-deb.log 2>&1 || \
		{ tail -n 30 $(B)/demo-deb.log; exit 1; }
	@$(XEN_ROOT) python3 tests/xen/demo.py
bench-plug: deb $(MEMBERS) ## plug latency beside vif-bridge and vif-openvswitch
	@$(XEN_ROOT) python3 tests/xen/bench_plug.py
bench-blackout: deb $(MEMBERS) ## the silence of a live migration, and whose part of it is whose, beside vif-bridge (ROUNDS=5)
	@$(XEN_ROOT) python3 tests/xen/bench_blackout.py $(ROUNDS)
