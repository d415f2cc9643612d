/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows by identity: what the Switch row says of VMs (vm-flows), for whatever port each has now.
 * The text is compiled to the ports that are there, again whenever one comes, goes or is another;
 * what names a VM that has no port here waits for it. They are told from a controller's by the high
 * half of their cookie, and put back when somebody changes or deletes them.
 */
#ifndef VIFOFD_VM_FLOWS_H
#define VIFOFD_VM_FLOWS_H

#include "vifofd/spoken.h"

#define VM_FLOWS_PROBLEM	256	/* octets of what is said of them */

/* A VM's interface that is on this switch. */
struct vm_port {
	char identity[48];		/* "UUID/DEVID" */
	char netdev[OF_PORT_NAME];
};

/* Copies both; @text: flows with ; between them. */
void vm_flows_set(struct bridge *b, const char *text, const struct vm_port *ports, size_t count);
/* Makes the tables have them; cheap where they do. Several times a second. */
void vm_flows_settle(struct bridge *b);
/* Why some of them are not in the tables; NULL: all are, or wait for their VM. */
const char *vm_flows_problem(const struct bridge *b);
void vm_flows_free(struct bridge *b);

#endif /* VIFOFD_VM_FLOWS_H */
