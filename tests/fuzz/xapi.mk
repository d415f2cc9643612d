# SPDX-License-Identifier: GPL-2.0-or-later
$(call fuzz-target,xapi-answer,tests/fuzz/xapi-answer.c,xapi policy xen base,-ljansson)
