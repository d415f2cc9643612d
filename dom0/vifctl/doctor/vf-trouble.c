// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/vf-trouble.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/text.h"

static char *command_of(const json_t *vf)
{
	const char *vm = get_text(json_object_get(vf, "vm"), "uuid");

	if (is(vf, "state", "without-policy"))
		return xprintf("vifctl port set %s/DEVID vf=true mac-lock=MAC vlan=VLAN "
			       "allow=router-advertisement,dhcp-server,control,stacked", vm);
	if (is(vf, "state", "refused") || is(vf, "state", "held"))
		return xprintf("vifctl port set %s/%lld KEY=VALUE, with what is accepted", vm,
			       (long long)number(vf, "devid"));
	return xprintf("vifctl vf list");
}

void check_vfs(struct doctor *d)
{
	const json_t *vf;
	size_t i;

	json_array_foreach(json_object_get(d->facts, "vfs"), i, vf) {
		const char *error = get_text(vf, "error");
		_cleanup_free_ char *subject = NULL;

		if (!*error)
			continue;
		subject = xprintf("%s, virtual function %lld", get_text(vf, "netdev"),
				  (long long)number(vf, "number"));
		find(d, is(vf, "state", "held") ? WARNING : ERROR, "vf", subject,
		     xprintf("%s", error), command_of(vf));
	}
}
