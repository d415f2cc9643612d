# SPDX-License-Identifier: GPL-2.0-or-later
SOAK_SECONDS ?= 14400

# A real older release to upgrade from: the last tree whose interfaces could not grow.
OLDER := 41095fa3b19ead82bb8f909b80cd6d3a2204686f
OLDER_KVER := $(lastword $(filter 6.1.%,$(KVERS)))
$(B)/older/built:
	@rm -rf $(@D) && mkdir -p $(@D)
	@if git cat-file -e $(OLDER)^{commit} 2>/dev/null; then \
		git archive $(OLDER) | tar -x -C $(@D); else \
		echo "upgrades are not tested: commit $(OLDER) is not in this clone" \
		"(git fetch --unshallow)" | tee $(@D)/missing >&2; fi
	$(call say,OLDER,$(@D))
	+$(Q)test -e $(@D)/missing || $(MAKE) --no-print-directory -C $(@D) KVERS=$(OLDER_KVER) \
		build/release/vifswitchd module >$(@D)/log 2>&1 || { tail -30 $(@D)/log >&2; exit 1; }
	@touch $@

.PHONY: check-vm check-takeover check-oftest check-debug soak
check-vm: all module $(B)/older/built ## tests in VMs with Debian's 6.1 and 6.12 kernels
	@python3 tests/vm/run.py
check-oftest: all module ## every case of os-ken's switch tester, on vifswitch and on Open vSwitch
	@python3 tests/vm/run.py --kernel 6.1 --timeout 6000 --only switch_tester
check-debug: packages ## the same on a kernel that tells of faults (KASAN, lockdep, kmemleak)
	@$(MAKE) --no-print-directory all
	@python3 tests/vm/run.py --kernel debug
check-takeover: all module ## vifctl takeover and giveback, killed at each of their steps
	@python3 tests/vm/run.py --kernel 6.1 --only takeover
soak: all module ## hours of churn under traffic (SOAK_SECONDS), and races run again and again
	@SOAK_SECONDS=$(SOAK_SECONDS) python3 tests/vm/run.py --timeout $$(($(SOAK_SECONDS) + 1800)) \
		--only soak,lifecycle.delete_under_traffic,acl.replaced_under_traffic

$(eval $(call program,vm-shape,tests/vm/shape.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call program,vm-record-ports,tests/vm/record-ports.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call program,vm-acl-cases,$(addprefix tests/,vm/acl-cases.c unit/policy-oracle.c unit/policy-random.c unit/policy-frame.c),policy base core,))
$(eval $(call program,vm-flow-switch,tests/vm/flow-switch.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
$(eval $(call program,vm-flower-rules,tests/vm/flower-rules.c,$(VIFSWITCHD_ARCHIVES),$(VIFSWITCHD_LIBS)))
