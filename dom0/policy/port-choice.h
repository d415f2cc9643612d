/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which ports a Mirror or an Exporter row is about: its columns vms, netdevs and switches. */
#ifndef POLICY_PORT_CHOICE_H
#define POLICY_PORT_CHOICE_H

#include <net/if.h>

#include "policy/policy-row.h"

struct port_choice {
	struct row_vif *vms;
	size_t vm_count;
	char (*netdevs)[IFNAMSIZ];
	size_t netdev_count;
	char (*switches)[IFNAMSIZ];
	size_t switch_count;
};

/* A port that may be chosen. */
struct chosen_port {
	const char *sw;			/* the name of its switch */
	uint32_t sw_ifindex;		/* 0: it is not there yet */
	const char *netdev;		/* of an uplink or a local port; NULL: a VIF's: */
	const uint8_t *vm;		/* NULL: not known */
	uint32_t devid;
};

void port_choice_read(struct port_choice *choice, const struct policy_row *row);
void port_choice_deinit(struct port_choice *choice);
bool port_choice_has(const struct port_choice *choice, const struct chosen_port *port);
static inline bool port_choice_is_empty(const struct port_choice *choice)
{
	return !choice->vm_count && !choice->netdev_count && !choice->switch_count;
}

/* A copy of what a column has, to be freed; NULL: nothing. In elements of @size. */
void *row_copy(const struct policy_row *row, const char *column, size_t size, size_t *ret_count);

#endif /* POLICY_PORT_CHOICE_H */
