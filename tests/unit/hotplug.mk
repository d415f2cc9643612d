# SPDX-License-Identifier: GPL-2.0-or-later
$(call unit-test,hotplug,tests/unit/hotplug.c,hotplug base,-ljansson)
