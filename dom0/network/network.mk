# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,network,$(wildcard dom0/network/*.c))
