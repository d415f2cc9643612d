# SPDX-License-Identifier: GPL-2.0-or-later
$(call archive,ovs,$(wildcard dom0/ovs/*.c))
# What is made of the table of columns: OVS_SPEC prints it.
$(call program,ovs-spec,dom0/ovs/spec/main.c,ovs,)
OVS_SPEC := $(B)/release/ovs-spec
OVS_SCHEMA := $(B)/openvswitch.ovsschema
$(OVS_SCHEMA): $(OVS_SPEC)
	$(call say,GEN,$@)
	$(Q)$(OVS_SPEC) schema >$@
all: $(OVS_SCHEMA)
