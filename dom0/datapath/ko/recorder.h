/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames of ports as vifswitch.ko judged them (vifswitch/record-abi.h), on a socket of their
 * own: with it every recording ends, whatever became of the process.
 */
#ifndef DATAPATH_KO_RECORDER_H
#define DATAPATH_KO_RECORDER_H

#include <stdint.h>

#include "vifswitch/abi.h"
#include "vifswitch/record-abi.h"

struct recorder;

/* The packet is the message's: copy what you keep. */
typedef void (*recorder_fn)(uint32_t ifindex, const struct vifswitch_recorded *data,
			    const uint8_t *packet, uint32_t len, void *arg);

/* 0 or a negative errno; -EOPNOTSUPP: no module, or an older one. The text is there anyway. */
int recorder_new(struct recorder **ret);
void recorder_freep(struct recorder **r);
/* Of the last call that failed. */
const char *recorder_error(const struct recorder *r);
/* At most @frames of that port, of each @octets; told is what comes once all ports are added. */
int recorder_add(struct recorder *r, uint32_t ifindex, uint32_t octets, uint32_t frames);
int recorder_listen(struct recorder *r);
int recorder_fd(const struct recorder *r);
/* At most @limit frames, without waiting: how many. -ENOBUFS: some were lost; go on. */
int recorder_take(struct recorder *r, int limit, recorder_fn take, void *arg);

#endif /* DATAPATH_KO_RECORDER_H */
