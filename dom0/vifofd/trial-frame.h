/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A frame of the trial datapath, and its key (openflow-abi.h), each kept like the other. */
#ifndef VIFOFD_TRIAL_FRAME_H
#define VIFOFD_TRIAL_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vifswitch/openflow-abi.h"

#define TRIAL_FRAME_MAX	9216

struct trial_frame {
	uint8_t data[TRIAL_FRAME_MAX + 8];
	size_t len;
	size_t l3, l4;		/* where those begin; 0: nowhere */
	uint16_t type;		/* behind the outer tag */
	uint8_t proto;
	bool has_l4;
	uint16_t key[VIFSWITCH_OF_WORDS];
};

/* False if it is none. IN_PORT and what else is not in the frame stay as they are in the key. */
bool trial_frame_parse(struct trial_frame *f, const uint8_t *data, size_t len);
/* Words of the key were changed: so is the frame, with its checksums. */
void trial_frame_write(struct trial_frame *f);
void trial_frame_push_vlan(struct trial_frame *f, uint16_t type, uint16_t tci);
void trial_frame_pop_vlan(struct trial_frame *f);

#endif /* VIFOFD_TRIAL_FRAME_H */
