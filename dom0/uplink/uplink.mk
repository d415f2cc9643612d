# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,uplink,$(wildcard dom0/uplink/*.c))
