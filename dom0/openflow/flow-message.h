/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef OPENFLOW_FLOW_MESSAGE_H
#define OPENFLOW_FLOW_MESSAGE_H

#include "openflow/of-message.h"

/* Seconds and nanoseconds. */
void time_encode(uint64_t ms, struct of_out *out);
/* Statistics of 1.5: of one flow, of many. */
void oxs_encode(const struct of_flow *flow, uint64_t now, struct of_out *out);
void oxs_encode_sums(uint32_t flows, uint64_t packets, uint64_t bytes, struct of_out *out);

#endif /* OPENFLOW_FLOW_MESSAGE_H */
