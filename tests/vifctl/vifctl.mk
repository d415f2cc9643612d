# SPDX-License-Identifier: GPL-2.0-or-later
CHECK_BUILDS += $(B)/asan/vifctl
.PHONY: check-vifctl
check-vifctl: $(SCHEMA) $(MEMBERS) $(B)/man/vifctl-policy.5 $(B)/asan/vifctl $(B)/release/vifdbd ## vifctl with the database, without a hypervisor
	VIFDBD=$(abspath $(B)/release/vifdbd) VIFCTL=$(abspath $(B)/asan/vifctl) \
		python3 tests/vifctl/run.py
