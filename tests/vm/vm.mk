# SPDX-License-Identifier: GPL-2.0-or-later
SOAK_SECONDS ?= 14400

.PHONY: check-vm soak
check-vm: all module ## tests in VMs with Debian's 6.1 and 6.12 kernels
	@python3 tests/vm/run.py
soak: all module ## hours of churn under traffic (SOAK_SECONDS)
	@SOAK_SECONDS=$(SOAK_SECONDS) python3 tests/vm/run.py --only soak --timeout $$(($(SOAK_SECONDS) + 600))

$(eval $(call program,vm-shape,tests/vm/shape.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call program,vm-acl-cases,$(addprefix tests/,vm/acl-cases.c unit/policy-oracle.c unit/policy-random.c unit/policy-frame.c),policy base core,))
