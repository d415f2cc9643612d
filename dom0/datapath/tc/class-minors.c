// SPDX-License-Identifier: GPL-2.0-or-later
#include "datapath/tc/class-minors.h"
#include "datapath/tc/shaping.h"
#include "vifswitchd/vif.h"

static void use(struct queues *queues, uint16_t minor)
{
	queues->used[minor / 8] |= 1U << minor % 8;
}

static void fill(struct queues *queues)
{
	const struct port *port;
	const struct vif *vif;

	map_for_each(&queues->vifs->by_key, i, vif)
		use(queues, vif->queue);
	map_for_each(&queues->ports->by_index, i, port)
		use(queues, program_queue(port->program, port->program_len));
	queues->next = SHAPING_FIRST;
	queues->filled = true;
}

uint16_t queues_take(struct queues *queues)
{
	if (!queues->filled)
		fill(queues);
	for (; queues->next <= SHAPING_LAST; queues->next++) {
		if (queues->used[queues->next / 8] & 1U << queues->next % 8)
			continue;
		use(queues, queues->next);
		return queues->next++;
	}
	return 0;
}
