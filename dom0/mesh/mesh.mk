# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,mesh,$(wildcard dom0/mesh/*.c))
