# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,vf,$(wildcard dom0/vf/*.c))
