// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "xen/domain.h"

struct domain *domains_get(const struct domains *domains, uint32_t domid)
{
	return map_get(&domains->by_domid, domid);
}

struct domain *domains_hold(struct domains *domains, uint32_t domid)
{
	struct domain *d = domains_get(domains, domid);

	if (!d) {
		d = calloc(1, sizeof(*d));
		if (!d || map_put(&domains->by_domid, domid, d) < 0) {
			free(d);
			return NULL;
		}
		d->domid = domid;
		domains->dirty = true;
	}
	d->holders++;
	return d;
}

void domains_release(struct domains *domains, uint32_t domid)
{
	struct domain *d = domains_get(domains, domid);

	if (d && --d->holders == 0)
		free(map_remove(&domains->by_domid, domid));
}

void domains_deinit(struct domains *domains)
{
	struct domain *d;

	map_for_each(&domains->by_domid, i, d)
		free(d);
	map_deinit(&domains->by_domid);
}

void domain_set_uuid(struct domain *d, const uint8_t uuid[16])
{
	if (d->has_uuid && (d->dying || memcmp(d->uuid, uuid, 16) == 0))
		return;
	memcpy(d->uuid, uuid, 16);
	d->has_uuid = true;
	d->changes++;
}

void domain_set_name(struct domain *d, const char *name)
{
	static const char incoming[] = "--incoming";
	char text[DOMAIN_NAME_MAX] = "";
	size_t len = strlen(name);

	d->arrives |= len > strlen(incoming) && !strcmp(name + len - strlen(incoming), incoming);
	for (size_t i = 0; name[i] && i < sizeof(text) - 1; i++) {
		unsigned char c = name[i];

		/* Control characters out; UTF-8 is checked where JSON is made. */
		text[i] = c < 0x20 || c == 0x7f ? '?' : c;
	}
	if (strcmp(text, d->name) == 0)
		return;
	strcpy(d->name, text);
	d->changes++;
}
