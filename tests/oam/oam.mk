# SPDX-License-Identifier: GPL-2.0-or-later
CHECK_BUILDS += $(B)/asan/vifoamd
.PHONY: check-oam
check-oam: $(B)/asan/vifoamd ## vifoamd against Open vSwitch, FRR, BIRD and lldpd
	@VIFOAMD=$(abspath $(B)/asan/vifoamd) python3 tests/oam/run.py
