// SPDX-License-Identifier: GPL-2.0-or-later
#include "of-plain.h"

void vs_of_plain_note(struct vs_of_flow *f)
{
	const struct vifswitch_of_op *op = (const void *)f->ops;

	f->plain = VS_OF_PLAIN_NOT;
	if (f->ops_len != sizeof(*op))
		return;
	if (op->code == VIFSWITCH_OF_OP_GOTO) {
		f->plain = VS_OF_PLAIN_GOTO;
		f->to = op->a;
	} else if (op->code == VIFSWITCH_OF_OP_OUTPUT && op->b &&
		   (op->b <= VIFSWITCH_OF_PORT_MAX || op->b == VIFSWITCH_OF_PORT_NORMAL)) {
		f->plain = VS_OF_PLAIN_OUTPUT;
		f->to = op->b;
	}
}
