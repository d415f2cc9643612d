# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call fuzz-target,vici,tests/fuzz/vici.c,vici base,$(BASE_LIBS)))
$(eval $(call fuzz-target,ipsec-file,tests/fuzz/ipsec-file.c,ipsec base,$(BASE_LIBS)))
