# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,control-client,dom0/base/control-client.c)
