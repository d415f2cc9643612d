# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,xen,$(wildcard dom0/xen/*.c))
