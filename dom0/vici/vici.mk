# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,vici,$(wildcard dom0/vici/*.c))
