# SPDX-License-Identifier: GPL-2.0-or-later
VIFOAMD_ARCHIVES := vifoamd oam base

$(call archive,vifoamd,$(filter-out dom0/vifoamd/main.c,$(wildcard dom0/vifoamd/*.c)))
$(call program,vifoamd,dom0/vifoamd/main.c,$(VIFOAMD_ARCHIVES),$(BASE_LIBS))
