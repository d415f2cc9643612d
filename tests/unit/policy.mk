# SPDX-License-Identifier: GPL-2.0-or-later
POLICY_TEST_SRCS := $(addprefix tests/unit/policy-,oracle.c random.c frame.c)

$(call unit-test,policy-acl,tests/unit/policy-acl.c $(POLICY_TEST_SRCS),policy base core,)
$(call unit-test,policy-explain,tests/unit/policy-explain.c $(POLICY_TEST_SRCS),policy base core,)
$(call unit-test,policy-prefix,tests/unit/policy-prefix.c $(POLICY_TEST_SRCS),policy base core,)
$(call unit-test,policy-rule,tests/unit/policy-rule.c $(POLICY_TEST_SRCS),policy base core,)
