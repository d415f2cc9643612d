# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call fuzz-target,openflow-session,tests/fuzz/openflow-session.c,$(VIFOFD_ARCHIVES),$(VIFOFD_LIBS)))
