// SPDX-License-Identifier: GPL-2.0-or-later
#include <linux/module.h>
#include <net/rtnetlink.h>

#include "netlink.h"

static int __init vs_module_init(void)
{
	int rc;

	rc = register_netdevice_notifier(&vs_port_notifier);
	if (rc)
		return rc;
	rc = rtnl_link_register(&vs_link_ops);
	if (rc)
		goto notifier;
	rc = genl_register_family(&vs_genl_family);
	if (rc)
		goto link;
	return 0;

link:
	rtnl_link_unregister(&vs_link_ops);
notifier:
	unregister_netdevice_notifier(&vs_port_notifier);
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
	unregister_netdevice_notifier(&vs_port_notifier);
}

module_init(vs_module_init);
module_exit(vs_module_exit);

MODULE_DESCRIPTION("Virtual switch for Xen whose ports belong to virtual machines");
MODULE_AUTHOR("vifswitch developers");
MODULE_LICENSE("GPL");
MODULE_VERSION(VS_VERSION);
MODULE_ALIAS_RTNL_LINK(VIFSWITCH_LINK_KIND);
MODULE_ALIAS_GENL_FAMILY(VIFSWITCH_GENL_NAME);
