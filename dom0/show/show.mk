# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,show,$(wildcard dom0/show/*.c))
