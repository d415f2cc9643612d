/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sampled packet as a flow record of its own, for formats that tell of flows alone. */
#ifndef VIFEXPORTD_FLOW_OF_SAMPLE_H
#define VIFEXPORTD_FLOW_OF_SAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "vifswitch/flow-abi.h"

/* @packet: the first @len octets of it, which may be anything. */
void flow_of_sample(const struct vifswitch_sample *sample, const uint8_t *packet, size_t len,
		    uint64_t now_ms, struct vifswitch_flow *ret);

#endif /* VIFEXPORTD_FLOW_OF_SAMPLE_H */
