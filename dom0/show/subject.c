// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/uuid.h"
#include "show/subject.h"

void owner_from_cookie(struct owner *ret, const void *cookie, uint32_t len)
{
	*ret = (struct owner){ .domid = -1 };
	if (cookie_parse(cookie, len, &ret->identity) != COOKIE_VIF)
		return;
	ret->known = true;
	if (!ret->identity.has_uuid)
		ret->domid = ret->identity.domid;
}

static json_t *vm_json(const struct owner *owner)
{
	char uuid[UUID_TEXT_LEN + 1];

	if (!owner->known)
		return json_null();
	if (owner->identity.has_uuid)
		uuid_format(owner->identity.uuid, uuid);
	return json_pack("{s:o, s:s?, s:o}", "name", json_text(owner->name), "uuid",
			 owner->identity.has_uuid ? uuid : NULL, "domid",
			 owner->domid < 0 ? json_null() : json_integer(owner->domid));
}

json_t *subject_json(const struct subject *s)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o}", "switch", json_text(s->sw),
			 "netdev", json_text(s->netdev), "ifindex", json_number(s->ifindex),
			 "vm", vm_json(&s->owner),
			 "devid", s->owner.known ? json_integer(s->owner.identity.devid) :
			 json_null());
}

json_t *subject_copy(const json_t *document)
{
	static const char *const members[] = { "switch", "netdev", "ifindex", "vm", "devid" };
	json_t *ret = json_object();

	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		json_object_set(ret, members[i],
				json_object_get(document, members[i]) ?: json_null());
	return ret;
}
