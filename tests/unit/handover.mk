# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call unit-test,handover-exchange,tests/unit/handover-exchange.c,handover policydb policy xen datapath vifdb core base,$(VIFSWITCHD_LIBS)))
$(eval $(call unit-test,handover-record,tests/unit/handover-record.c,$(HANDOVER_ARCHIVES),$(HANDOVER_LIBS) $(VIFDB_LIBS) $(BASE_LIBS)))
$(eval $(call unit-test,handover-turn,tests/unit/handover-turn.c,$(HANDOVER_ARCHIVES),$(HANDOVER_LIBS) $(VIFDB_LIBS) $(BASE_LIBS)))
