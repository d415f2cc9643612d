# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,mirror,$(wildcard dom0/mirror/*.c))
