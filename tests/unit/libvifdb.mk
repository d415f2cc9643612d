# SPDX-License-Identifier: GPL-2.0-or-later
$(call unit-test,libvifdb-remote,tests/unit/libvifdb-remote.c,vifdb,$(VIFDB_LIBS))
$(call unit-test,libvifdb-datum,tests/unit/libvifdb-datum.c,vifdb,$(VIFDB_LIBS))
$(call unit-test,libvifdb-session,tests/unit/libvifdb-session.c,vifdb,$(VIFDB_LIBS))
$(call unit-test,libvifdb-update,tests/unit/libvifdb-update.c,vifdb,$(VIFDB_LIBS))
$(call unit-test,libvifdb-txn,tests/unit/libvifdb-txn.c,vifdb,$(VIFDB_LIBS))
