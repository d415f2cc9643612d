# SPDX-License-Identifier: GPL-2.0-or-later
# The driver with sanitizers, against the archive.
$(eval $(call link-variant,asan,vifdb-driver,tests/libvifdb/driver.c,vifdb,$(VIFDB_LIBS)))

.PHONY: check-libvifdb
check-libvifdb: $(B)/asan/vifdb-driver $(B)/release/vifdbd $(VIFDB_SO) ## the C client library with vifdbd, ovsdb-server, hostile servers
	@VIFDBD=$(abspath $(B)/release/vifdbd) DRIVER=$(abspath $(B)/asan/vifdb-driver) \
		python3 tests/libvifdb/run.py
