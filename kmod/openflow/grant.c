// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who speaks OpenFlow faces the network, and has no capability. So who has CAP_NET_ADMIN opens a
 * socket, has it granted one switch, and hands it over. The kernel's own check for netlink
 * would ask the sender, too; a check of who opened a socket alone would take any that was
 * handed over for whatever reason.
 *
 * The notifier comes before a socket is freed, so that no other one can pass for it.
 */
#include <linux/netlink.h>
#include <net/sock.h>

#include "flow-mode.h"

static DEFINE_MUTEX(grants_mutex);
static LIST_HEAD(grants);

static void settle(struct vs_flows *fl)
{
	WRITE_ONCE(fl->of->standalone, fl->mode & VIFSWITCH_OF_STANDALONE && !fl->grant.sk);
	WRITE_ONCE(fl->trusted, fl->mode & VIFSWITCH_OF_TRUSTED);
}

void vs_flows_set_mode(struct vs_flows *fl, u32 mode)
{
	mutex_lock(&grants_mutex);
	fl->mode = mode;
	settle(fl);
	mutex_unlock(&grants_mutex);
}

static void end(struct vs_flows *fl)
{
	lockdep_assert_held(&grants_mutex);
	list_del_init(&fl->grant.list);
	WRITE_ONCE(fl->grant.sk, NULL);
	settle(fl);
}

void vs_flows_grant(struct vs_flows *fl, struct sock *sk, u32 portid)
{
	mutex_lock(&grants_mutex);
	if (fl->grant.sk)
		end(fl);
	write_pnet(&fl->grant.net, sock_net(sk));
	WRITE_ONCE(fl->grant.portid, portid);
	list_add(&fl->grant.list, &grants);
	smp_store_release(&fl->grant.sk, sk);
	settle(fl);
	mutex_unlock(&grants_mutex);
}

void vs_flows_revoke(struct vs_flows *fl)
{
	mutex_lock(&grants_mutex);
	if (fl->grant.sk)
		end(fl);
	mutex_unlock(&grants_mutex);
}

bool vs_flows_is_granted(const struct vs_switch *sw, const struct sock *sk)
{
	const struct vs_flows *fl = vs_flows_of(sw);

	return fl && sk && READ_ONCE(fl->grant.sk) == sk;
}

static int on_socket(struct notifier_block *nb, unsigned long event, void *arg)
{
	const struct netlink_notify *n = arg;
	struct vs_flows *fl, *next;

	if (event != NETLINK_URELEASE || n->protocol != NETLINK_GENERIC)
		return NOTIFY_DONE;
	mutex_lock(&grants_mutex);
	list_for_each_entry_safe(fl, next, &grants, grant.list) {
		if (fl->grant.portid == n->portid && net_eq(read_pnet(&fl->grant.net), n->net))
			end(fl);
	}
	mutex_unlock(&grants_mutex);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = on_socket };

int vs_flows_init(void)
{
	return netlink_register_notifier(&notifier);
}

/* Switches are gone, and with them all grants. */
void vs_flows_exit(void)
{
	netlink_unregister_notifier(&notifier);
}
