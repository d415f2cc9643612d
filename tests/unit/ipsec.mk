# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call unit-test,ipsec,tests/unit/ipsec.c,ipsec vici base,$(BASE_LIBS)))
