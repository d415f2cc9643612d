# SPDX-License-Identifier: GPL-2.0-or-later
$(call fuzz-target,json-frame,tests/fuzz/json-frame.c,vifdb,-ljansson)
$(call fuzz-target,libvifdb-session,tests/fuzz/libvifdb-session.c,vifdb,$(VIFDB_LIBS))
