// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "policy/port-choice.h"

void *row_copy(const struct policy_row *row, const char *column, size_t size, size_t *ret_count)
{
	size_t len;
	const void *octets = row_octets(row, column, &len);

	*ret_count = len / size;
	return len ? memcpy(xmalloc(len), octets, len) : NULL;
}

void port_choice_read(struct port_choice *choice, const struct policy_row *row)
{
	choice->vms = row_copy(row, "vms", sizeof(*choice->vms), &choice->vm_count);
	choice->netdevs = row_copy(row, "netdevs", IFNAMSIZ, &choice->netdev_count);
	choice->switches = row_copy(row, "switches", IFNAMSIZ, &choice->switch_count);
}

void port_choice_deinit(struct port_choice *choice)
{
	free(choice->vms);
	free(choice->netdevs);
	free(choice->switches);
}

static bool is_one_of(const char *name, char (*names)[IFNAMSIZ], size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool has_vif(const struct port_choice *c, const uint8_t vm[16], uint32_t devid)
{
	for (size_t i = 0; i < c->vm_count; i++)
		if ((c->vms[i].devid == ROW_VIF_ALL || c->vms[i].devid == devid) &&
		    memcmp(c->vms[i].vm, vm, 16) == 0)
			return true;
	return false;
}

bool port_choice_has(const struct port_choice *choice, const struct chosen_port *port)
{
	if (is_one_of(port->sw, choice->switches, choice->switch_count))
		return true;
	if (port->netdev)
		return is_one_of(port->netdev, choice->netdevs, choice->netdev_count);
	return port->vm && has_vif(choice, port->vm, port->devid);
}
