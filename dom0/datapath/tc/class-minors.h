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

struct class_minors {
	bool filled;			/* all that are in use were told */
	uint32_t next;			/* none below is free */
	uint8_t used[65536 / 8];
};

/* Somebody has it; 0 is nobody's. */
void class_minors_use(struct class_minors *minors, uint16_t minor);
/* 0: all are taken. */
uint16_t class_minors_take(struct class_minors *minors);

#endif /* DATAPATH_TC_CLASS_MINORS_H */
