# SPDX-License-Identifier: GPL-2.0-or-later
VIFOFD_ARCHIVES := vifofd openflow vifdbd datapath policy base core
VIFOFD_LIBS := $(BASE_LIBS) -lssl -lcrypto

$(call archive,vifofd,$(filter-out dom0/vifofd/main.c,$(wildcard dom0/vifofd/*.c)))
$(call program,vifofd,dom0/vifofd/main.c,$(VIFOFD_ARCHIVES),$(VIFOFD_LIBS))
