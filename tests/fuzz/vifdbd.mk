# SPDX-License-Identifier: GPL-2.0-or-later
$(call fuzz-target,vifdbd-stream,tests/fuzz/vifdbd-stream.c,vifdbd base,$(VIFDBD_LIBS))
$(call fuzz-target,vifdbd-transact,tests/fuzz/vifdbd-transact.c,vifdbd base,$(VIFDBD_LIBS))
$(call fuzz-target,vifdbd-schema,tests/fuzz/vifdbd-schema.c,vifdbd base,$(VIFDBD_LIBS))
$(call fuzz-target,vifdbd-convert,tests/fuzz/vifdbd-convert.c,vifdbd base,$(VIFDBD_LIBS))
