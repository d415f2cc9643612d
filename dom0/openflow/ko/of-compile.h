/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows, groups and meters as records of the module (vifswitch/openflow-abi.h). Its numbers are
 * ours, but for two: a flow's priority and a group's id are one more there.
 */
#ifndef OPENFLOW_KO_COMPILE_H
#define OPENFLOW_KO_COMPILE_H

#include "openflow/of-switch.h"

/* Flows of vifofd's own, which no session sees. */
#define COMPILE_MISS_ID		UINT64_MAX		/* a miss goes to the controller */
#define COMPILE_REST_ID		(UINT64_MAX - 1)	/* flows rest: all is NORMAL */

#define COMPILE_GROUP_ID(id)	((id) + 1)

/*
 * Each appends to @out, or leaves it and returns the error that says what the module cannot do.
 * @flags: VIFSWITCH_OF_FLOW_*.
 */
enum of_error compile_flow(const struct of_flow *flow, uint16_t flags, struct of_out *out);
enum of_error compile_group(const struct of_group *group, struct of_out *out);
enum of_error compile_meter(const struct of_meter *meter, struct of_out *out);
/* FLOW_DEL, GROUP_DEL, METER_DEL; @id is the module's. */
void compile_delete(uint16_t kind, uint64_t id, struct of_out *out);
/* One of the two flows above. */
void compile_own(uint64_t id, struct of_out *out);
/* Could it be a flow's? */
enum of_error compile_check(const struct of_actions *actions);
/* A packet-out's operations. */
enum of_error compile_packet_out(const struct of_packet_out *out, struct of_out *ops);

/* What CONTROLLER said: the octets of its @data-th action that has some; NULL: none. */
const struct of_action *compile_told(const struct of_actions *actions, uint64_t data);

/* The @data-th action that learns; NULL: none. */
const struct of_action *compile_learns(const struct of_actions *actions, uint64_t data);

#endif /* OPENFLOW_KO_COMPILE_H */
