/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Minors of VMs' classes on uplinks, which is what queue of a program names. A
 * VIF keeps its own for its life; after a restart it is found in the program of
 * its port. So a free one is neither a VIF's nor in the program of any port.
 */
#ifndef DATAPATH_TC_CLASS_MINORS_H
#define DATAPATH_TC_CLASS_MINORS_H

#include <stdbool.h>
#include <stdint.h>

struct vifs;
struct ports;

/* For as long as VIFs and ports change by queues_take() alone. */
struct queues {
	const struct vifs *vifs;
	const struct ports *ports;
	bool filled;
	uint32_t next;			/* none below is free */
	uint8_t used[65536 / 8];
};

/* 0: all are taken. */
uint16_t queues_take(struct queues *queues);

#endif /* DATAPATH_TC_CLASS_MINORS_H */
