# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,xapi,$(wildcard dom0/xapi/*.c))
