# SPDX-License-Identifier: GPL-2.0-or-later
$(eval $(call fuzz-target,core-frame,tests/fuzz/core-frame.c,core,))
$(eval $(call fuzz-target,core-igmp,tests/fuzz/core-igmp.c,core,))
$(eval $(call fuzz-target,core-program,tests/fuzz/core-program.c,core,))
$(eval $(call fuzz-target,core-mirror,tests/fuzz/core-mirror.c,core,))
$(eval $(call fuzz-target,core-of,tests/fuzz/core-of.c,core,))
$(eval $(call fuzz-target,core-network,tests/fuzz/core-network.c,core,))
$(eval $(call fuzz-target,core-lisp,tests/fuzz/core-lisp.c,core,))
$(eval $(call fuzz-target,core-flow,tests/fuzz/core-flow.c tests/unit/flow-world.c,core,))
$(eval $(call fuzz-target,core-packet,tests/fuzz/core-packet.c,core,))
$(eval $(call fuzz-target,core-acl,tests/fuzz/core-acl.c,core,))
$(eval $(call fuzz-target,core-session,tests/fuzz/core-session.c $(addprefix tests/unit/session-,model.c model-tcp.c world.c),core,))
$(eval $(call fuzz-target,core-session-record,tests/fuzz/core-session-record.c,core,))

# The same worlds as in check-unit, but 2,000,000 of them.
.PHONY: fuzz-session-random
fuzz: fuzz-session-random
fuzz-session-random: $(B)/asan/test-core-session-random
	@SEQUENCES=2000000 SEED=1000000 $<
