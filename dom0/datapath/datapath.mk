# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,datapath,$(wildcard dom0/datapath/*/*.c))
