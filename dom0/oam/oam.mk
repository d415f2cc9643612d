# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,oam,$(wildcard dom0/oam/*.c))
