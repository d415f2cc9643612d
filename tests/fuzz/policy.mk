# SPDX-License-Identifier: GPL-2.0-or-later
POLICY_FUZZ_SRCS := $(addprefix tests/unit/policy-,oracle.c random.c frame.c)

$(call fuzz-target,policy-acl,tests/fuzz/policy-acl.c $(POLICY_FUZZ_SRCS),policy base core,)
$(call fuzz-target,policy-prefix,tests/fuzz/policy-prefix.c,policy base core,)
