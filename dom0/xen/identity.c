// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/uuid.h"
#include "xen/identity.h"

static void cookie_finish(struct cookie *c)
{
	c->len = strlen(c->text);
}

void cookie_for_vif(struct cookie *c, const uint8_t uuid[16], uint32_t devid)
{
	char text[UUID_TEXT_LEN + 1];

	uuid_format(uuid, text);
	snprintf(c->text, sizeof(c->text), "%s/%u", text, devid);
	cookie_finish(c);
}

void cookie_for_domid(struct cookie *c, uint32_t domid, uint32_t devid)
{
	snprintf(c->text, sizeof(c->text), "domid:%u/%u", domid, devid);
	cookie_finish(c);
}

void cookie_for_uplink(struct cookie *c, const char *netdev)
{
	snprintf(c->text, sizeof(c->text), "uplink:%s", netdev);
	cookie_finish(c);
}

void cookie_for_sensor(struct cookie *c, const char *netdev)
{
	snprintf(c->text, sizeof(c->text), "sensor:%s", netdev);
	cookie_finish(c);
}

void cookie_for_tunnel(struct cookie *c, const char *netdev)
{
	snprintf(c->text, sizeof(c->text), "tunnel:%s", netdev);
	cookie_finish(c);
}

void cookie_for_local(struct cookie *c)
{
	strcpy(c->text, COOKIE_LOCAL);
	cookie_finish(c);
}

static bool begins(const char **p, size_t *left, const char *word)
{
	size_t n = strlen(word);

	if (*left < n || memcmp(*p, word, n) != 0)
		return false;
	*p += n;
	*left -= n;
	return true;
}

enum cookie_kind cookie_parse(const void *data, uint32_t len, struct identity *ret)
{
	struct identity id = {};
	const char *p = data;
	size_t left = len;
	uint64_t n;

	if (begins(&p, &left, "uplink:"))
		return COOKIE_UPLINK;
	if (begins(&p, &left, "sensor:"))
		return COOKIE_SENSOR;
	if (begins(&p, &left, "tunnel:"))
		return COOKIE_TUNNEL;
	if (left == strlen(COOKIE_LOCAL) && memcmp(p, COOKIE_LOCAL, left) == 0)
		return COOKIE_IS_LOCAL;
	if (begins(&p, &left, "domid:")) {
		if (!take_number(&p, &left, UINT32_MAX, &n))
			return COOKIE_FOREIGN;
		id.domid = n;
	} else if (left > UUID_TEXT_LEN && uuid_parse(p, UUID_TEXT_LEN, id.uuid)) {
		id.has_uuid = true;
		p += UUID_TEXT_LEN;
		left -= UUID_TEXT_LEN;
	} else {
		return COOKIE_FOREIGN;
	}
	if (!begins(&p, &left, "/") || !take_number(&p, &left, UINT32_MAX, &n) || left)
		return COOKIE_FOREIGN;
	id.devid = n;
	*ret = id;
	return COOKIE_VIF;
}

enum cookie_kind cookie_kind(const void *data, uint32_t len)
{
	struct identity id;

	return cookie_parse(data, len, &id);
}

bool cookie_equal(const struct cookie *c, const void *data, uint32_t len)
{
	return c->len == len && (!len || memcmp(c->text, data, len) == 0);
}

bool identity_from_vm_path(const char *path, uint8_t ret_uuid[16])
{
	const char *p = path;
	size_t left = strlen(path);

	return begins(&p, &left, "/vm/") && uuid_parse(p, left, ret_uuid);
}

bool identity_arrives(const uint8_t uuid[16])
{
	static const uint8_t destination[6] = { 0, 0, 0, 0, 0, 1 };

	return memcmp(uuid + 10, destination, 6) == 0;
}

const char *identity_alias_node(const uint8_t uuid[16])
{
	static const uint8_t source[6] = {};

	if (identity_arrives(uuid))
		return "final-uuid";
	if (memcmp(uuid + 10, source, 6) == 0)
		return "origin-uuid";
	return NULL;
}
