# SPDX-License-Identifier: GPL-2.0-or-later
$(call fuzz-target,oam,tests/fuzz/oam.c,vifoamd oam base,$(BASE_LIBS))
