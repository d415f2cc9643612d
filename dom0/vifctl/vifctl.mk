# SPDX-License-Identifier: GPL-2.0-or-later
# What policy means, as text, YAML and differences: no database, no daemon.
VIFCTL_POLICY_SRCS := $(addprefix dom0/vifctl/,address-text.c diff.c diff-print.c field.c \
	field-match.c field-types.c kinds.c model.c object.c policy-read.c policy-resolve.c \
	policy-write.c ranges.c table.c text.c units.c vlan-text.c)
VIFCTL_SRCS := $(addprefix dom0/vifctl/,acl-command.c change.c command-table.c commands.c commit.c complete.c database.c \
	database-read.c db-backup.c db-monitor.c db-read.c db-record.c db-value.c db-write.c fetch.c \
	help.c kernel.c object-view.c options.c output.c policy-file.c policy-object.c policy-port.c \
	policy-rule.c rates.c select.c view-list.c view-show.c wait.c watch.c)
# What is wrong, and why frames are dropped.
VIFCTL_SRCS += $(addprefix dom0/vifctl/,doctor.c doctor-command.c drops-follow.c packet-summary.c \
	packet-text.c view-drop.c view-why.c why.c why-command.c why-fix.c why-rules.c \
	why-world.c)
VIFCTL_ARCHIVES := vifctl vifctl-policy policy control-client vifdb base core
VIFCTL_LIBS := $(BASE_LIBS) $(VIFDB_LIBS) -lyaml -lpcap

$(eval $(call archive,control-client,dom0/base/control-client.c))
$(eval $(call archive,vifctl-policy,$(VIFCTL_POLICY_SRCS)))
$(eval $(call archive,vifctl,$(VIFCTL_SRCS)))
$(eval $(call program,vifctl,dom0/vifctl/main.c,$(VIFCTL_ARCHIVES),$(VIFCTL_LIBS)))
