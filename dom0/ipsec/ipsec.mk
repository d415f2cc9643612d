# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,ipsec,$(wildcard dom0/ipsec/*.c))
