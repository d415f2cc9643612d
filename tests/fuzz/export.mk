# SPDX-License-Identifier: GPL-2.0-or-later
$(call fuzz-target,export-tell,tests/fuzz/export-tell.c,export policy base core,-ljansson)
