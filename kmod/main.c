// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/module.h>
#include <net/genetlink.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/rtnetlink.h>

#include "acl-object.h"
#include "openflow.h"
#include "recording.h"

static unsigned int net_id __ro_after_init;

static bool user_namespaces;
module_param(user_namespaces, bool, 0644);
MODULE_PARM_DESC(user_namespaces, "May root of a user namespace have switches there (default: no)");

/*
 * dom0 has no use for it, and it would let every local user at all of this code. What
 * they could make us store is charged to their memory cgroup all the same.
 */
bool vs_net_allowed(const struct net *net)
{
	return net->user_ns == &init_user_ns || READ_ONCE(user_namespaces);
}

struct vs_net *vs_net_of(const struct net *net)
{
	return net_generic(net, net_id);
}

static int __net_init net_init(struct net *net)
{
	struct vs_net *vn = vs_net_of(net);

	xa_init(&vn->acls);
	return 0;
}

/* Its switches are gone: they are netdevs, which go before any subsystem. */
static void __net_exit net_exit(struct net *net)
{
	vs_sealed_exit(net);
	vs_esp_exit(net);
	vs_acls_exit(vs_net_of(net));
}

static struct pernet_operations net_ops = {
	.init	= net_init,
	.exit	= net_exit,
	.id	= &net_id,
	.size	= sizeof(struct vs_net),
};

static int __init vs_module_init(void)
{
	int rc;

	rc = register_pernet_subsys(&net_ops);
	if (rc)
		return rc;
	rc = register_netdevice_notifier(&vs_port_notifier);
	if (rc)
		goto pernet;
	rc = rtnl_link_register(&vs_link_ops);
	if (rc)
		goto notifier;
	rc = rtnl_link_register(&vs_lisp_link_ops);
	if (rc)
		goto link;
	rc = vs_record_init();
	if (rc)
		goto lisp;
	rc = vs_flows_init();
	if (rc)
		goto record;
	rc = genl_register_family(&vs_genl_family);
	if (rc)
		goto flows;
	return 0;

flows:
	vs_flows_exit();
record:
	vs_record_exit();
lisp:
	rtnl_link_unregister(&vs_lisp_link_ops);
link:
	rtnl_link_unregister(&vs_link_ops);
notifier:
	unregister_netdevice_notifier(&vs_port_notifier);
pernet:
	unregister_pernet_subsys(&net_ops);
	return rc;
}

/*
 * Removing the link kind removes every switch, and with it every port. What is
 * then still waiting for a grace period is plain memory: no code of ours runs.
 */
static void __exit vs_module_exit(void)
{
	genl_unregister_family(&vs_genl_family);
	rtnl_link_unregister(&vs_link_ops);
	rtnl_link_unregister(&vs_lisp_link_ops);
	vs_flows_exit();
	vs_record_exit();
	unregister_netdevice_notifier(&vs_port_notifier);
	unregister_pernet_subsys(&net_ops);
}

module_init(vs_module_init);
module_exit(vs_module_exit);

MODULE_DESCRIPTION("Virtual switch for Xen whose ports belong to virtual machines");
MODULE_AUTHOR("vifswitch developers");
MODULE_LICENSE("GPL");
MODULE_ALIAS_RTNL_LINK(VIFSWITCH_LINK_KIND);
MODULE_ALIAS_GENL_FAMILY(VIFSWITCH_GENL_NAME);
