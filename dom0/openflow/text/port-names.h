/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports in text: by number, by a reserved name, or as the switch names them. */
#ifndef OPENFLOW_TEXT_PORT_NAMES_H
#define OPENFLOW_TEXT_PORT_NAMES_H

#include <stdio.h>

#include "openflow/text/piece.h"

/* In place of a port's name: whichever port the VM's interface UUID/DEVID has. */
#define VM_PORT		"vm:"
/* Cookies of flows that were made of such: the low half is a number. */
#define VM_FLOW_COOKIE	0x7669667300000000ULL
#define VM_FLOW_COOKIE_MASK	0xffffffff00000000ULL

struct port_name {
	uint32_t number;
	char name[48];
};

struct port_names {
	const struct port_name *v;
	size_t count;
};

/* "NORMAL" and its kin; NULL: it is none. */
const char *port_word(uint32_t port);
/* That, or the number. */
void port_print(uint32_t port, FILE *out);
/* 0, or -EINVAL with @problem. */
int port_parse(struct piece x, const struct port_names *names, uint32_t *ret,
	       struct flow_problem *problem);
bool port_known(const struct port_names *names, uint32_t port);

#endif /* OPENFLOW_TEXT_PORT_NAMES_H */
