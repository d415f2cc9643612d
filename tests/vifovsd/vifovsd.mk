# SPDX-License-Identifier: GPL-2.0-or-later
CHECK_BUILDS += $(B)/asan/vifovsd
.PHONY: check-vifovsd
check-vifovsd: $(B)/asan/vifovsd $(B)/release/vifdbd $(OVS_SCHEMA) $(SCHEMA) ## vifovsd with Debian's ovs-vsctl
	@VIFOVSD=$(abspath $(B)/asan/vifovsd) $(PYTHON3) tests/vifovsd/run.py
