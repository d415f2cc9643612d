# SPDX-License-Identifier: GPL-2.0-or-later
$(call fuzz-target,ovs-map,tests/fuzz/ovs-map.c tests/unit/ovs-world.c,ovs oam policy base,-ljansson)
