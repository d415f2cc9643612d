# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call unit-test,core-program,tests/unit/core-program.c,core,))
$(eval $(call unit-test,core-pipeline,tests/unit/core-pipeline.c,core,))
$(eval $(call unit-test,core-policer,tests/unit/core-policer.c,core,))
$(eval $(call unit-test,core-packet,tests/unit/core-packet.c,core,))
$(eval $(call unit-test,core-guard,tests/unit/core-guard.c,core,))
$(eval $(call unit-test,core-acl,tests/unit/core-acl.c,core,))
