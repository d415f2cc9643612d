# SPDX-License-Identifier: GPL-2.0-or-later
CHECK_BUILDS += $(B)/asan/vifovsd
.PHONY: check-vifovsd
check-vifovsd: $(B)/asan/vifovsd $(B)/release/vifdbd $(OVS_SCHEMA) $(OVS_SPEC) $(SCHEMA) ## vifovsd with Debian's ovs-vsctl, ovs-vswitchd beside it, and ovs-vsctl.at
	@VIFOVSD=$(abspath $(B)/asan/vifovsd) $(PYTHON3) tests/vifovsd/run.py
	@VIFDBD=$(abspath $(B)/release/vifdbd) $(PYTHON3) tests/vifovsd/suite.py
