# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,policy,$(wildcard dom0/policy/*.c dom0/policy/*/*.c))
