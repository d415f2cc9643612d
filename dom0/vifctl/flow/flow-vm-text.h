/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Texts of flows that name VMs as vm:VM/N. */
#ifndef VIFCTL_FLOW_VM_TEXT_H
#define VIFCTL_FLOW_VM_TEXT_H

#include "openflow/text/port-names.h"

/* The next VM in what is left, what stands before it, and its number ("0"); false: none. */
bool vm_flow_next(struct piece *rest, struct piece *ret_before, struct piece *ret_vm,
		  struct piece *ret_devid);
/* Is it a flow? @all: a text with every VM in it. 0, or -EINVAL with @problem. */
int vm_flow_check(const char *all, struct piece flow, struct flow_problem *problem);
/* Have both the same table, priority and match? */
bool vm_flow_same(const char *all, struct piece a, struct piece b);

#endif /* VIFCTL_FLOW_VM_TEXT_H */
