# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,policy,$(wildcard dom0/policy/*.c dom0/policy/acl/*.c))

# What is made of the table of fields: SPEC prints it.
$(call archive,spec,$(filter-out %/main.c,$(wildcard dom0/policy/spec/*.c)))
$(call program,vifswitch-spec,dom0/policy/spec/main.c,spec policy xen base,-ljansson)
SPEC := $(B)/release/vifswitch-spec
SCHEMA := $(B)/vifswitch.ovsschema
$(SCHEMA): dom0/vifdbd/vifswitch.ovsschema.in $(SPEC)
	$(call say,GEN,$@)
	$(Q)$(SPEC) schema $< >$@
$(B)/man/vifctl-policy.5: man/vifctl-policy.5.in $(SPEC)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(SPEC) manual $< >$@
MEMBERS := $(B)/schema/policy.json
$(MEMBERS): $(SPEC)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(SPEC) members >$@
all: $(SCHEMA) $(MEMBERS) $(B)/man/vifctl-policy.5
