# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,config,$(wildcard dom0/config/*.c))
