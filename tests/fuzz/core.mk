# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call fuzz-target,core-frame,tests/fuzz/core-frame.c,core,))
$(eval $(call fuzz-target,core-program,tests/fuzz/core-program.c,core,))
$(eval $(call fuzz-target,core-packet,tests/fuzz/core-packet.c,core,))
$(eval $(call fuzz-target,core-acl,tests/fuzz/core-acl.c,core,))
