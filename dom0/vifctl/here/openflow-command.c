// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl openflow show: switches that have flow tables. */
#include "vifctl/here/here.h"
#include "vifctl/view.h"
#include "vifctl/vifctl.h"

int run_openflow_show(struct vifctl *v)
{
	static const struct here_told switches = {
		"openflow", "switches", { "switch" }, "no switch here has that name and flow tables",
		view_openflow, NULL,
	};

	return here_show_told(v, &switches);
}
