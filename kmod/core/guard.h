/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which source addresses a port may send from. */
#ifndef VS_GUARD_H
#define VS_GUARD_H

#include <vifswitch/abi.h>

#include "frame.h"
#include "program.h"

static inline enum vifswitch_drop_reason vs_guard_source(const struct vs_program *prog,
							 const struct vs_frame *f)
{
	unsigned int i;

	if (unlikely(f->src_group || !f->src))
		return VIFSWITCH_DROP_SOURCE_INVALID;
	if (!(prog->flags & VIFSWITCH_PF_GUARD) || likely(f->src == prog->macs[0]))
		return VIFSWITCH_DROP_NONE;
	for (i = 1; i < prog->mac_count; i++)
		if (f->src == prog->macs[i])
			return VIFSWITCH_DROP_NONE;
	return VIFSWITCH_DROP_MAC_GUARD;
}

#endif /* VS_GUARD_H */
