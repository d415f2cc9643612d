// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/view.h"

#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/text.h"

static char *rate_of(const json_t *held)
{
	const json_t *rate = json_object_get(held, "rate_from_vm");

	return json_is_integer(rate) ? text_rate((uint64_t)json_integer_value(rate)) : NULL;
}

void view_vfs(const json_t *vfs, FILE *out)
{
	static const char *const titles[] = {
		"NIC", ">VF", "ADDRESS", "<VM", "~>DEVICE", "STATE", "LINK", "MAC", "VLAN", "~>RATE",
		"ERROR", NULL,
	};
	_cleanup_(table_freep) struct table *t = table_new(titles);
	const json_t *vf;
	size_t i;

	json_array_foreach(vfs, i, vf) {
		const json_t *held = json_object_get(vf, "held_to");
		_cleanup_free_ char *number = text_integer(vf, "number"), *rate = rate_of(held),
				    *devid = text_integer(vf, "devid"),
				    *vlan = text_integer(held, "vlan");

		table_row(t, (const char *[]){
			get_text(vf, "netdev"), number, get_text(vf, "address"), get_vm_label(vf),
			devid, get_text(vf, "state"),
			json_is_true(json_object_get(vf, "open")) ? "open" : "closed",
			get_text(held, "mac"), vlan, rate, get_text(vf, "error") });
	}
	if (table_rows(t))
		table_print(t, out);
	else
		fputs("no NIC of vifswitch.conf's vfs has a virtual function\n", out);
}
