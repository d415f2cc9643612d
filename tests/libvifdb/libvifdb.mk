# SPDX-License-Identifier: GPL-2.0-or-later
# The driver against the archive, with sanitizers for the tests.
$(eval $(call link-variant,release,vifdb-driver,tests/libvifdb/driver.c,vifdb,$(VIFDB_LIBS)))
$(eval $(call link-variant,asan,vifdb-driver,tests/libvifdb/driver.c,vifdb,$(VIFDB_LIBS)))

BENCHES += bench-libvifdb
CHECK_BUILDS += $(B)/asan/vifdb-driver $(VIFDB_SO)
.PHONY: check-libvifdb bench-libvifdb
check-libvifdb: $(SCHEMA) $(B)/asan/vifdb-driver $(B)/release/vifdbd $(VIFDB_SO) ## the C client library with vifdbd, ovsdb-server, hostile servers
	@VIFDBD=$(abspath $(B)/release/vifdbd) DRIVER=$(abspath $(B)/asan/vifdb-driver) \
		python3 tests/libvifdb/run.py
bench-libvifdb: $(B)/release/vifdb-driver $(B)/release/vifdbd ## CPU of the C client beside python3-openvswitch's idl
	@VIFDBD=$(abspath $(B)/release/vifdbd) DRIVER=$(abspath $(B)/release/vifdb-driver) \
		python3 tests/libvifdb/bench.py
