// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/json-value.h"
#include "show/subject.h"
#include "show/vf-document.h"

static json_t *held_to(const struct vf_settings *s)
{
	return json_pack("{s:o, s:o, s:i, s:o, s:b, s:b}", "mac", json_mac(s->mac), "vlan",
			 s->vlan ? json_integer(s->vlan) : json_null(), "pcp", s->pcp,
			 "rate_from_vm", s->mbps ? json_integer(s->mbps * 1000000LL) : json_null(),
			 "spoof_check", s->checked, "trusted", s->trusted);
}

json_t *vf_json(const struct vf_nic *nic, size_t number)
{
	const struct vf *vf = &nic->vfs[number];
	struct subject subject = { .netdev = nic->name, .ifindex = nic->ifindex };
	bool port = vf->verdict >= VF_REFUSED;
	json_t *entry;

	if (vf->verdict != VF_FREE && vf->verdict != VF_WAITING) {
		subject.owner = (struct owner){
			.known = true, .name = vf->name, .domid = vf->domid,
			.identity = { .has_uuid = true, .devid = vf->devid },
		};
		memcpy(subject.owner.identity.uuid, vf->vm, sizeof(vf->vm));
	}
	entry = subject_json(&subject);
	if (!port)
		json_object_set_new(entry, "devid", json_null());
	json_object_set_new(entry, "number", json_integer((json_int_t)number));
	json_object_set_new(entry, "address", json_text(*vf->address ? vf->address : NULL));
	json_object_set_new(entry, "state", json_string(vf_verdict_words[vf->verdict]));
	json_object_set_new(entry, "open", json_boolean(vf->has.is.open));
	json_object_set_new(entry, "held_to", vf->has.known ? held_to(&vf->has.is) : json_null());
	json_object_set_new(entry, "error", json_text(vf->retry.error ? vf->retry.error : vf->problem));
	return entry;
}
