# SPDX-License-Identifier: GPL-2.0-or-later
# One non-recursive makefile; each folder lists its own in a fragment (*.mk):
#   $(eval $(call archive,NAME,SOURCES))            build/VARIANT/libNAME.a
#   $(eval $(call program,NAME,SOURCES,ARCHIVES,LIBS))  build/release/NAME
#   $(eval $(call unit-test,NAME,SOURCES,ARCHIVES,LIBS)) build/asan/test-NAME
#   $(eval $(call fuzz-target,NAME,SOURCES,ARCHIVES,LIBS)) build/fuzz/fuzz-NAME
# Variants: release; asan (ASan + UBSan, for tests); fuzz (clang, libFuzzer).

VERSION	:= 0.1.0
B	:= build
# make V=1 shows every command
Q	:= $(if $(V),,@)
say	= @$(if $(V),true,printf '  %-5s %s\n' $(1) $(2))
CLANG	?= clang-14
# Debian's, whatever else is first in PATH: it has what tests/packages installs
PYTHON3	?= /usr/bin/python3
PREFIX	?= /usr
SYSCONFDIR ?= /etc
WARN	:= -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	   -Wformat=2 -Wundef -Wno-unused-parameter
INCLUDES := -Iinclude -Ikmod/core -Idom0 -I.
BASE_CFLAGS := -std=gnu11 $(WARN) $(INCLUDES) -D_GNU_SOURCE -DVIFSWITCH_VERSION='"$(VERSION)"' \
	-fno-strict-aliasing -pthread

CC	:= gcc
CC_release	:= $(CC) -O2 -g -fstack-protector-strong -D_FORTIFY_SOURCE=2 -fPIE
LD_release	:= $(CC) -pie -Wl,-z,relro,-z,now -pthread
CC_asan		:= $(CC) -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all -DVIFSWITCH_TEST
LD_asan		:= $(CC) -fsanitize=address,undefined -pthread
CC_fuzz		:= $(CLANG) -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -DVIFSWITCH_TEST
LD_fuzz		:= $(CLANG) -fsanitize=fuzzer,address,undefined -pthread
VARIANTS	:= release asan fuzz

.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:
.DEFAULT_GOAL := all

define variant-rules
$(B)/$(1)/obj/%.o: %.c
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$(Q)$$(CC_$(1)) $$(BASE_CFLAGS) $$(CFLAGS_$$(notdir $$*)) -MMD -MP -c $$< -o $$@
endef
$(foreach v,$(VARIANTS),$(eval $(call variant-rules,$(v))))

objs = $(patsubst %.c,$(B)/$(1)/obj/%.o,$(2))
libs = $(patsubst %,$(B)/$(1)/lib%.a,$(2))

define archive-variant
$(B)/$(1)/lib$(2).a: $$(call objs,$(1),$(3))
	@rm -f $$@
	$$(call say,AR,$$@)
	$(Q)ar rcs $$@ $$^
DEPS += $$(patsubst %.o,%.d,$$(call objs,$(1),$(3)))
endef
archive = $(foreach v,$(VARIANTS),$(eval $(call archive-variant,$(v),$(1),$(2))))

define link-variant
$(B)/$(1)/$(2): $$(call objs,$(1),$(3)) $$(call libs,$(1),$(4))
	$$(call say,LD,$$@)
	$(Q)$$(LD_$(1)) $$(call objs,$(1),$(3)) -Wl,--start-group $$(call libs,$(1),$(4)) -Wl,--end-group $(5) -o $$@
DEPS += $$(patsubst %.o,%.d,$$(call objs,$(1),$(3)))
endef
PROGRAMS :=
UNIT_TESTS :=
# What more than one lane of make check would build, or waits for.
CHECK_BUILDS = $(UNIT_TESTS)
FUZZ_TARGETS :=
program = $(eval $(call link-variant,release,$(1),$(2),$(3),$(4)))$(eval $(call link-variant,asan,$(1),$(2),$(3),$(4)))$(eval PROGRAMS += $(B)/release/$(1))
unit-test = $(eval $(call link-variant,asan,test-$(1),$(2),$(3),$(4) -lcmocka))$(eval UNIT_TESTS += $(B)/asan/test-$(1))
fuzz-target = $(eval $(call link-variant,fuzz,fuzz-$(1),$(2),$(3),$(4)))$(eval FUZZ_TARGETS += $(B)/fuzz/fuzz-$(1))

include $(sort $(wildcard kmod/*.mk dom0/*/*.mk hotplug/*.mk systemd/*.mk debian/*.mk man/*.mk tests/*/*.mk))

-include $(DEPS)

.PHONY: all
all: $(PROGRAMS) ## build every userspace program

.PHONY: check check-loaded check-unit packages lint format help clean
packages: ## install the Debian packages that building and testing need
	@mkdir -p $(B)
	@flock $(B)/packages.lock tests/install-packages tests/packages

check: packages ## every test: unit, packages, plain kernel VM, real Xen
	@# Two lanes must not build the same.
	@$(MAKE) --no-print-directory -j2 all module $(MEMBERS) $(B)/older/built $(CHECK_BUILDS)
	@python3 tests/check.py check-vm+check-xen \
		beside check-deb+xen-disk+check-unit+check-fuzz+check-vifctl+check-ovsdb-suite \
		apart check-vifdbd+check-pool-short+check-python+check-libvifdb+check-oam+check-vifexportd+check-page+check-vifofd+check-xapi+check-vifovsd

check-loaded: packages ## the demo and every test with four busy loops beside them
	@LAB_SLOW=16 $(PYTHON3) tests/loaded.py 4 $(MAKE) --no-print-directory demo
	@LAB_SLOW=16 CHECK_STAGE_SECONDS=9000 $(PYTHON3) tests/loaded.py 4 $(MAKE) --no-print-directory check

check-unit: $(UNIT_TESTS) $(MEMBERS) ## unit tests on this machine, with ASan and UBSan
	@python3 tests/unit/run.py $(sort $(UNIT_TESTS))

FUZZ_SECONDS ?= 60
.PHONY: fuzz check-fuzz
fuzz: $(FUZZ_TARGETS) ## run every fuzz target for FUZZ_SECONDS (60)
	@python3 tests/fuzz/run.py $(FUZZ_SECONDS) $(sort $(FUZZ_TARGETS))
FUZZ_RUNS ?= 5000000
.PHONY: fuzz-sound
fuzz-sound: $(addprefix $(B)/fuzz/fuzz-,megaflow-decide flower-plan) ## masks and rules of other datapaths, FUZZ_RUNS (5000000) each
	@python3 tests/fuzz/run.py --runs $(FUZZ_RUNS) 0 $^
check-fuzz: $(FUZZ_TARGETS)
	@python3 tests/fuzz/run.py --runs 50000 3 $(sort $(FUZZ_TARGETS))

C_FILES = $(shell git ls-files '*.c' '*.h')
lint: ## style and static checks
	@python3 tests/lint.py
format: ## reformat the C files
	clang-format -i $(C_FILES)

help: ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#=]*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | sort | expand -t 18

clean: ## remove build/
	rm -rf $(B)
