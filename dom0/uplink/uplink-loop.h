/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Uplinks that loop protection (vifswitch/loop-abi.h) closed: kept, told, and in words. */
#ifndef UPLINK_UPLINK_LOOP_H
#define UPLINK_UPLINK_LOOP_H

#include "base/problem.h"
#include "datapath/links/link.h"
#include "datapath/messages.h"

/* What the datapath says of @port now; the log has it if that is news. */
void uplink_loop_note(struct port *port, const struct dp_port *told, const struct links *links);
/* Into @ret, which is returned; NULL: there is nothing to say of uplink @name. */
const char *uplink_loop_says(const struct links *links, const struct ports *ports,
			     const char *name, struct problem *ret);

#endif /* UPLINK_UPLINK_LOOP_H */
