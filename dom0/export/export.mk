# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,export,$(wildcard dom0/export/*.c))
