// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "vifofd/of-fair.h"

struct fair_port {
	TAILQ_ENTRY(fair_port) link;
	TAILQ_HEAD(, fair_item) items;
	uint32_t number;
	unsigned int count;
	size_t octets;
};

void fair_init(struct fair *f)
{
	*f = (struct fair){};
	TAILQ_INIT(&f->waiting);
}

void fair_deinit(struct fair *f)
{
	struct fair_item *item;

	while ((item = fair_take(f)))
		free(item);
	map_deinit(&f->ports);
}

static struct fair_port *port_of(struct fair *f, uint32_t number)
{
	struct fair_port *p = map_get(&f->ports, number + 1ULL);

	if (p)
		return p;
	p = xzalloc(sizeof(*p));
	p->number = number;
	TAILQ_INIT(&p->items);
	if (map_put(&f->ports, number + 1ULL, p) < 0)
		mem_out();
	TAILQ_INSERT_TAIL(&f->waiting, p, link);
	return p;
}

static bool has_room(const struct fair *f, const struct fair_port *p, size_t len)
{
	if (!p)
		return true;
	return p->count < FAIR_FRAMES && p->octets + len <= FAIR_OCTETS &&
	       f->octets + len <= FAIR_ALL_OCTETS;
}

bool fair_put(struct fair *f, uint32_t port, const void *head, size_t head_len, const void *data,
	      size_t len)
{
	struct fair_item *item;
	struct fair_port *p;

	if (!has_room(f, map_get(&f->ports, port + 1ULL), head_len + len)) {
		f->dropped++;
		return false;
	}
	item = xmalloc(sizeof(*item) + head_len + len);
	item->len = head_len + len;
	memcpy(item->data, head, head_len);
	memcpy(item->data + head_len, data, len);
	p = port_of(f, port);
	TAILQ_INSERT_TAIL(&p->items, item, link);
	p->count++;
	p->octets += item->len;
	f->octets += item->len;
	return true;
}

struct fair_item *fair_take(struct fair *f)
{
	struct fair_port *p = TAILQ_FIRST(&f->waiting);
	struct fair_item *item;

	if (!p)
		return NULL;
	item = TAILQ_FIRST(&p->items);
	TAILQ_REMOVE(&p->items, item, link);
	p->count--;
	p->octets -= item->len;
	f->octets -= item->len;
	TAILQ_REMOVE(&f->waiting, p, link);
	if (p->count) {
		TAILQ_INSERT_TAIL(&f->waiting, p, link);
	} else {
		map_remove(&f->ports, p->number + 1ULL);
		free(p);
	}
	return item;
}
