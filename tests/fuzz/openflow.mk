# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call fuzz-target,openflow-session,tests/fuzz/openflow-session.c,$(VIFOFD_ARCHIVES),$(VIFOFD_LIBS)))
$(eval $(call fuzz-target,flow-text,tests/fuzz/flow-text.c,$(OPENFLOW_ARCHIVES),$(BASE_LIBS)))
