// SPDX-License-Identifier: GPL-2.0-or-later
/* Recordings of ports' frames over netlink. */
#include "../recording.h"
#include "family.h"

int vs_record_request(struct vs_request *req)
{
	struct vifswitch_record wish;

	memcpy(&wish, nla_data(req->attrs[VIFSWITCH_A_RECORD]), sizeof(wish));
	req->err.attr = VIFSWITCH_A_RECORD;
	return vs_record_start(req->port, req->net, req->info->snd_portid, &wish, &req->err);
}
