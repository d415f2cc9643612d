# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call unit-test,openflow-txn,tests/unit/openflow-txn.c,$(OPENFLOW_ARCHIVES),$(BASE_LIBS)))
$(eval $(call unit-test,openflow-bounds,tests/unit/openflow-bounds.c,$(OPENFLOW_ARCHIVES),$(BASE_LIBS)))
$(eval $(call unit-test,openflow-compile,tests/unit/openflow-compile.c,vifofd $(OPENFLOW_ARCHIVES) core,$(BASE_LIBS)))
$(eval $(call unit-test,openflow-text,tests/unit/openflow-text.c,$(OPENFLOW_ARCHIVES),$(BASE_LIBS)))
$(eval $(call unit-test,vifofd-learn,tests/unit/vifofd-learn.c,$(VIFOFD_ARCHIVES),$(VIFOFD_LIBS)))
