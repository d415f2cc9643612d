// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "base/cleanup.h"
#include "datapath/links/rtnl.h"
#include "datapath/ko/client-snoop.h"
#include "datapath/links/switch-kind.h"
#include "show/fdb-document.h"
#include "show/from-kernel.h"
#include "show/list-document.h"
#include "show/membership-document.h"
#include "show/port-document.h"
#include "show/switch-document.h"

static int read_links(struct links *links)
{
	struct rtnl rtnl;
	int r = rtnl_open(&rtnl, links);

	if (r < 0)
		return r;
	r = rtnl_dump(&rtnl);
	rtnl_close(&rtnl);
	return r;
}

static int enter_port(const struct dp_port *dp, void *arg)
{
	struct kernel_view *view = arg;

	return ports_update(&view->ports, dp->sw, dp->ifindex, dp->policy, dp->cookie,
			    dp->cookie_len) ? 0 : -ENOMEM;
}

int kernel_view_open(struct kernel_view *view)
{
	int r;

	*view = (struct kernel_view){};
	r = datapath_new(&view->dp);
	if (r == 0)
		r = datapath_resolve(view->dp);
	if (r == 0)
		r = read_links(&view->links);
	if (r == 0)
		r = datapath_port_dump(view->dp, 0, enter_port, view);
	if (r < 0)
		kernel_view_close(view);
	return r;
}

void kernel_view_close(struct kernel_view *view)
{
	view->dp = datapath_free(view->dp);
	links_deinit(&view->links);
	ports_deinit(&view->ports);
}

static const char *netdev_name(const struct kernel_view *view, uint32_t ifindex)
{
	const struct link *link = links_get(&view->links, ifindex);

	return link ? link->name : NULL;
}

struct list {
	struct kernel_view *view;
	json_t *items;
};

static struct owner owner_of(const struct link *link, const void *cookie, uint32_t len)
{
	struct owner owner;

	owner_from_cookie(&owner, cookie, len);
	if (owner.known && link && link->is_half)
		owner.domid = link->domid;
	return owner;
}

static int add_switch(const struct dp_switch *dp, void *arg)
{
	struct list *list = arg;
	struct switch_facts facts = {
		.name = dp->name, .link = links_get(&list->view->links, dp->ifindex),
		.ageing_ms = dp->ageing_ms, .fdb_count = dp->fdb_count,
		.snoop = dp->snoop, .snooped = dp->snooped, .loop = &dp->looped,
	};

	return json_array_append_new(list->items, switch_json(&facts)) ? -ENOMEM : 0;
}

static int add_port(const struct dp_port *dp, void *arg)
{
	struct list *list = arg;
	const struct link *link = links_get(&list->view->links, dp->ifindex);
	struct port_facts facts = {
		.dp = dp, .link = link, .datapath = switch_kind_word(NULL),
		.sw = netdev_name(list->view, dp->sw),
		.owner = owner_of(link, dp->cookie, dp->cookie_len),
	};

	return json_array_append_new(list->items, port_json(&facts)) ? -ENOMEM : 0;
}

int kernel_view_show(struct kernel_view *view, json_t **ret)
{
	struct list switches = { view, json_array() }, ports = { view, json_array() };
	int r = datapath_switch_dump(view->dp, add_switch, &switches);

	if (r == 0)
		r = datapath_port_dump(view->dp, 0, add_port, &ports);
	if (r < 0) {
		json_decref(switches.items);
		json_decref(ports.items);
		return r;
	}
	*ret = show_document(NULL, datapath_module(view->dp), switches.items, ports.items);
	return 0;
}

static struct subject subject_of(const struct kernel_view *view, uint32_t sw, uint32_t ifindex)
{
	const struct port *port = ports_get(&view->ports, ifindex);
	const struct link *link = links_get(&view->links, ifindex);
	struct subject subject = {
		.sw = netdev_name(view, sw), .netdev = link ? link->name : NULL, .ifindex = ifindex,
	};

	if (port)
		subject.owner = owner_of(link, port->cookie, port->cookie_len);
	return subject;
}

static int add_entry(const struct dp_fdb *fdb, void *arg)
{
	struct list *list = arg;
	struct subject subject = subject_of(list->view, fdb->sw, fdb->port);

	return json_array_append_new(list->items, fdb_entry_json(fdb, &subject)) ? -ENOMEM : 0;
}

static int add_group(const struct dp_group *group, void *arg)
{
	struct list *list = arg;
	struct subject subject = subject_of(list->view, group->sw, group->port);

	return json_array_append_new(list->items, membership_json(group, &subject)) ? -ENOMEM : 0;
}

/* Entries that changed meanwhile may be missing or double: good enough to look at. */
static int finish(int r, json_t *entries, json_t **ret)
{
	if (r < 0 && r != -EINTR) {
		json_decref(entries);
		return r;
	}
	*ret = list_document("kernel", "entries", entries);
	return 0;
}

int kernel_view_fdb(struct kernel_view *view, json_t **ret)
{
	struct list entries = { view, json_array() };

	return finish(datapath_fdb_dump(view->dp, 0, 0, add_entry, &entries), entries.items, ret);
}

int kernel_view_groups(struct kernel_view *view, json_t **ret)
{
	struct list entries = { view, json_array() };

	return finish(datapath_group_dump(view->dp, 0, add_group, &entries), entries.items, ret);
}
