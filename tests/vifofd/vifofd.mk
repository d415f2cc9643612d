# SPDX-License-Identifier: GPL-2.0-or-later
CHECK_BUILDS += $(B)/asan/vifofd $(B)/asan/vifctl
.PHONY: check-vifofd
check-vifofd: $(B)/asan/vifofd $(B)/asan/vifctl ## vifofd with Debian's ovs-ofctl, os-ken, ovs-testcontroller, and OVS' ofproto.at
	@VIFOFD=$(abspath $(B)/asan/vifofd) $(PYTHON3) tests/vifofd/run.py
	@VIFOFD=$(abspath $(B)/asan/vifofd) $(PYTHON3) tests/vifofd/suite.py
