# SPDX-License-Identifier: GPL-2.0-or-later
VIFDBD_SOURCES := dom0/vifdbd/tool.c $(wildcard dom0/vifdbd/*/*.c) dom0/base/json-frame.c
VIFDBD_LIBS := -ljansson -lsqlite3 -lsystemd -lssl -lcrypto -lm
$(call archive,vifdbd,$(VIFDBD_SOURCES))
$(call program,vifdbd,dom0/vifdbd/main.c,vifdbd,$(VIFDBD_LIBS))
