// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl oam show: what vifoamd does on the links of uplinks, and what it hears. */
#include "vifctl/here/here.h"
#include "vifctl/view.h"
#include "vifctl/vifctl.h"

int run_oam_show(struct vifctl *v)
{
	static const struct here_told links = {
		"oam", "links", { "netdev", "uplink" }, "no uplink here is, or has, such a link",
		view_oam, NULL,
	};

	return here_show_told(v, &links);
}
