// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Whose interface it is. A name of netback's or of QEMU's has the device number; the VM is
 * that which the toolstack says, or else that which vifswitchd found behind the netdev.
 */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/number.h"
#include "base/uuid.h"
#include "ovs/ovs-map-state.h"
#include "ovs/ovs-view.h"
#include "policy/bounds.h"

/* The end of vifD.V, tapD.V and vifD.V-emu. */
static bool device_number(const char *name, uint64_t *ret)
{
	const char *dot, *end;
	uint64_t domid;

	if (strncmp(name, "vif", 3) != 0 && strncmp(name, "tap", 3) != 0)
		return false;
	dot = strchr(name, '.');
	if (!dot || !number_parse(name + 3, (size_t)(dot - name - 3), 0, UINT16_MAX, &domid))
		return false;
	end = strstr(dot, "-emu");
	if (end && (end[4] || name[0] != 'v'))
		return false;
	return number_parse(dot + 1, end ? (size_t)(end - dot - 1) : strlen(dot + 1), 0, DEVID_MAX,
			    ret);
}

/* UUID/DEVID, of a VM that the host's facts name; "" if they say nothing that is one. */
static void located_identity(const struct ovs_mapping *m, const char *netdev, char ret[48])
{
	const char *text = json_string_value(
		json_object_get(json_object_get(m->facts, "located"), netdev));
	const char *slash = text ? strchr(text, '/') : NULL;
	uint8_t uuid[16];
	uint64_t devid;

	ret[0] = '\0';
	if (slash && uuid_parse(text, (size_t)(slash - text), uuid) &&
	    number_parse(slash + 1, strlen(slash + 1), 0, DEVID_MAX, &devid))
		snprintf(ret, 48, "%s", text);
}

bool ovs_identity(const struct ovs_mapping *m, const json_t *interface, char ret[48])
{
	static const char *const keys[] = { "xs-vm-uuid", "vm-uuid", "xen-vm-uuid" };
	const char *name = view_text(interface, "name");
	char text[UUID_TEXT_LEN + 1];
	uint8_t uuid[16];
	uint64_t devid;

	if (!name || !device_number(name, &devid))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		const char *vm = view_key(interface, "external_ids", keys[i]);

		if (!vm || !uuid_parse(vm, strlen(vm), uuid))
			continue;
		uuid_format(uuid, text);
		snprintf(ret, 48, "%s/%u", text, (unsigned int)devid);
		return true;
	}
	located_identity(m, name, ret);
	return true;
}
