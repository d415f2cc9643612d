# SPDX-License-Identifier: GPL-2.0-or-later
$(call fuzz-target,vifdbd-transact,tests/fuzz/vifdbd-transact.c,$(VIFDBD_ARCHIVES),$(VIFDBD_LIBS))
$(call fuzz-target,vifdbd-schema,tests/fuzz/vifdbd-schema.c,$(VIFDBD_ARCHIVES),$(VIFDBD_LIBS))
$(call fuzz-target,vifdbd-message,tests/fuzz/vifdbd-message.c,$(VIFDBD_ARCHIVES),$(VIFDBD_LIBS))
$(call fuzz-target,vifdbd-etcd,tests/fuzz/vifdbd-etcd.c,$(VIFDBD_ARCHIVES),$(VIFDBD_LIBS))
