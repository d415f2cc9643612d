# SPDX-License-Identifier: GPL-2.0-or-later
# The decision core for userspace, and the module for every kernel whose headers
# are installed (or those named in KVERS): build/kmod/KVER/vifswitch.ko. Another
# kernel's build directory is named with KDIR, what its make wants to be told with KARGS.

$(eval $(call archive,core,$(wildcard kmod/core/*.c kmod/core/of/*.c)))

KVERS ?= $(patsubst /lib/modules/%/build,%,$(wildcard /lib/modules/*/build))
KMOD_SOURCES := $(wildcard $(addsuffix *.[ch],kmod/ kmod/core/ kmod/core/of/ kmod/acl/ kmod/openflow/ kmod/tunnel/ kmod/snoop/ kmod/loop/ \
	kmod/netlink/ include/vifswitch/) kmod/Kbuild)
MODULES := $(patsubst %,$(B)/kmod/%/vifswitch.ko,$(KVERS))

$(B)/kmod/spec.h: kmod/netlink/generate.py kmod/netlink/vifswitch.yaml
	@mkdir -p $(@D)
	$(Q)$(PYTHON3) $^ >$@

# The kernel's build writes beside the sources, so it gets a tree of links.
define module-rules
$(B)/kmod/$(1)/vifswitch.ko: $(KMOD_SOURCES) $(B)/kmod/spec.h
	@mkdir -p $$(addprefix $$(@D)/src/,$$(sort $$(dir $(KMOD_SOURCES))))
	@for f in $(KMOD_SOURCES); do ln -sf $(CURDIR)/$$$$f $$(@D)/src/$$$$f; done
	@ln -sf $(CURDIR)/$(B)/kmod/spec.h $$(@D)/src/kmod/netlink/spec.h
	+$$(MAKE) -C $(or $(KDIR),/lib/modules/$(1)/build) $(KARGS) \
		M=$(CURDIR)/$$(@D)/src/kmod W=1 \
		VS_VERSION=$(VERSION) modules
	@cp $$(@D)/src/kmod/vifswitch.ko $$@
endef
$(foreach k,$(KVERS),$(eval $(call module-rules,$(k))))

.PHONY: module
module: $(MODULES) ## build vifswitch.ko for the installed kernel headers
