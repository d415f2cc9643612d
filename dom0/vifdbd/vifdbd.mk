# SPDX-License-Identifier: GPL-2.0-or-later
VIFDBD_SOURCES := dom0/vifdbd/tool.c $(wildcard dom0/vifdbd/*/*.c)
VIFDBD_ARCHIVES := vifdbd base
VIFDBD_LIBS := -ljansson -lsqlite3 -lsystemd -lssl -lcrypto -lm
$(call archive,vifdbd,$(VIFDBD_SOURCES))
$(call program,vifdbd,dom0/vifdbd/main.c,$(VIFDBD_ARCHIVES),$(VIFDBD_LIBS))
