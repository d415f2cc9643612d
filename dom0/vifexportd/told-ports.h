/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ports as vifswitchd tells them, by ifindex, with the targets that are told of each. One
 * that is gone is remembered for a while: its last records come after it.
 */
#ifndef VIFEXPORTD_TOLD_PORTS_H
#define VIFEXPORTD_TOLD_PORTS_H

#include <jansson.h>

#include "export/encoder.h"

#define TARGETS_MAX	128
#define PORTS_MAX	16384

struct export_port {
	uint32_t ifindex;
	struct told_port told;
	uint64_t targets[TARGETS_MAX / 64];	/* a bit for each */
	uint64_t gone_ms;		/* 0: it is there */
};

struct told_ports {
	struct map by_index;
};

/* Where targets are now; -1: nowhere. */
struct target_places {
	int of_old[TARGETS_MAX];	/* by where they were */
	int of_number[TARGETS_MAX];	/* by the numbers that ports are told with */
};

void told_ports_read(struct told_ports *all, const json_t *ports,
		     const struct target_places *places, uint64_t now_ms);
const struct export_port *told_ports_get(const struct told_ports *all, uint32_t ifindex);
/* How collectors know the port with that ifindex; 0: they do not. */
uint32_t told_ports_number(const struct told_ports *all, uint32_t ifindex);
void told_ports_deinit(struct told_ports *all);
static inline bool export_port_tells(const struct export_port *port, size_t target)
{
	return port->targets[target / 64] >> target % 64 & 1;
}

#endif /* VIFEXPORTD_TOLD_PORTS_H */
