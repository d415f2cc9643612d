# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call archive,policy,$(wildcard dom0/policy/*.c)))
