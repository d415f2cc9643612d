/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows that flows make (learn). The kernel tells what a frame would teach, within what it tells of
 * the frame's port in any case and not the same twice in a second; the flow is made here, as a
 * controller's is. So it is told, ends and is deleted like any other; but there are no more of them
 * than this, of one that learns and of a switch:
 */
#ifndef VIFOFD_LEARN_H
#define VIFOFD_LEARN_H

#include "vifofd/of-kernel.h"

#define LEARNED_MAX		4096	/* by one flow */
#define LEARNED_ALL_MAX		32768	/* of a switch */

/* @in says which flow and which of its actions; @octets: the frame's first ones, with its tag. */
void learn_from(struct kernel *k, const struct vifswitch_of_packet_in *in, const uint8_t *octets,
		size_t len);
/* A change was made. */
void learn_count(struct kernel *k, const struct of_change *c);

#endif /* VIFOFD_LEARN_H */
