/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows that name VMs: vm=VM[,devid=N] in a match, vm:VM[/N] where a port is accepted. They are
 * kept in the database, in the Switch's row, and hold wherever the VM runs (vifofd/vm-flows.h).
 */
#ifndef VIFCTL_FLOW_VM_H
#define VIFCTL_FLOW_VM_H

#include <stdbool.h>

struct vifctl;

/* Does the text name a VM? */
bool flow_vm_named(const char *text);
/* "flow add" and "flow del" of such. Exit statuses. */
int flow_vm_add(struct vifctl *v, const char *text);
int flow_vm_del(struct vifctl *v, const char *text);

#endif /* VIFCTL_FLOW_VM_H */
