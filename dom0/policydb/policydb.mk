# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,policydb,$(wildcard dom0/policydb/*.c))
