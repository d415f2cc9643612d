# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call unit-test,xapi-port,tests/unit/xapi-port.c,xapi policy xen base,-ljansson))
$(eval $(call unit-test,xapi-sync,tests/unit/xapi-sync.c,xapi policy xen base,-ljansson))
