# SPDX-License-Identifier: GPL-2.0-or-later
VIFEXPORTD_ARCHIVES := vifexportd export show policy xen datapath base core
VIFEXPORTD_LIBS := $(BASE_LIBS) -lmicrohttpd

$(call archive,vifexportd,$(filter-out dom0/vifexportd/main.c,$(wildcard dom0/vifexportd/*.c dom0/vifexportd/page/*.c)))
$(call program,vifexportd,dom0/vifexportd/main.c,$(VIFEXPORTD_ARCHIVES),$(VIFEXPORTD_LIBS))
