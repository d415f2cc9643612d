# SPDX-License-Identifier: GPL-2.0-or-later
$(call unit-test,ovs-map,tests/unit/ovs-map.c tests/unit/ovs-world.c,ovs oam policy base,-ljansson)
