# SPDX-License-Identifier: GPL-2.0-or-later
$(call unit-test,vifdbd-datum,tests/unit/vifdbd-datum.c,$(VIFDBD_ARCHIVES),$(VIFDBD_LIBS))
$(call unit-test,vifdbd-transact,tests/unit/vifdbd-transact.c,$(VIFDBD_ARCHIVES),$(VIFDBD_LIBS))
$(call unit-test,vifdbd-etcd,tests/unit/vifdbd-etcd.c,$(VIFDBD_ARCHIVES),$(VIFDBD_LIBS))
$(call unit-test,vifdbd-pool,tests/unit/vifdbd-pool.c,$(VIFDBD_ARCHIVES),$(VIFDBD_LIBS))
$(call unit-test,vifdbd-own-client,tests/unit/vifdbd-own-client.c,$(VIFDBD_ARCHIVES),$(VIFDBD_LIBS))
