# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call fuzz-target,handover-record,tests/fuzz/handover-record.c,$(HANDOVER_ARCHIVES),$(HANDOVER_LIBS) $(VIFDB_LIBS) $(BASE_LIBS)))
