// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * flower-rules NAME: what is forwarded in the switch NAME of vifswitch.ko, as rules of tc at its
 * ports (datapath/flower), which tc itself carries out. Lines on stdin are obeyed, each with one
 * on stdout for an answer: "ok ..." or "error ...".
 *   set                    rules of what the switch is now; the answer is how many there are
 *   acl N FILE             the ACL of that number, in vifswitch.ko, is what that file has
 *   count                  the answer is what rules counted since the beginning
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "datapath/flower/flower-switch.h"
#include "datapath/flower/flower-tc.h"
#include "datapath/ko/ko.h"

struct counted {
	unsigned long long forwarded, refused, over, listed;
};

#define ACLS	4

static struct flower_acl *acls[ACLS];

static struct flower_netdev netdev_of(const struct dp_port *port, void *arg)
{
	uint32_t acl = port_policy_acl(port->policy);

	return (struct flower_netdev){
		.nic = port->flags & VIFSWITCH_PORT_LOCAL ? 0 : 1, .mtu = 1500,
		.acl = acl < ACLS ? acls[acl] : NULL,
	};
}

static void read_acl(const char *line)
{
	static _Alignas(8) uint8_t blob[1 << 20];
	struct vs_program_error err;
	struct vs_acl view;
	unsigned int number;
	char path[256];
	size_t len;
	FILE *f;

	if (sscanf(line, "acl %u %255s", &number, path) != 2 || number >= ACLS ||
	    !(f = fopen(path, "rb"))) {
		puts("error no such file, or number");
		return;
	}
	len = fread(blob, 1, sizeof(blob), f);
	fclose(f);
	if (vs_acl_parse(blob, len, &view, &err) < 0) {
		puts("error it is no ACL");
		return;
	}
	flower_acl_free(acls[number]);
	acls[number] = flower_acl_new(&view);
	puts("ok");
}

static void count(const struct flower_filter *filter, void *arg)
{
	struct counted *c = arg;

	if (flower_filter_stage(filter) == FLOWER_LISTED)
		c->listed += filter->packets;
	if (flower_filter_stage(filter) == FLOWER_POLICE)
		c->over += filter->drops;
	else if (!filter->to)
		c->refused += filter->packets;
	else
		c->forwarded += filter->packets;
}

static void set(const struct flower_switch *s, struct netlink *nl, struct counted *gone)
{
	size_t rules = 0, ports = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct flower_rules all = {};
		struct problem problem;
		int r;

		flower_plan(&s->world, i, &all, &problem);
		r = flower_tc_set(nl, s->ports[i].dp->number, &all, FLOWER_IN_SOFTWARE, count,
				  gone);
		if (r < 0) {
			printf("error %d %s\n", r, nl->error);
			flower_rules_deinit(&all);
			return;
		}
		rules += all.count;
		ports += all.count > 0;
		flower_rules_deinit(&all);
	}
	printf("ok rules=%zu ports=%zu\n", rules, ports);
}

static void tell(const struct flower_switch *s, struct netlink *nl, const struct counted *gone)
{
	struct counted c = *gone;
	size_t foreign = 0;

	for (size_t i = 0; i < s->count; i++)
		flower_tc_dump(nl, s->ports[i].dp->number, count, &c, &foreign);
	printf("ok forwarded=%llu refused=%llu over=%llu listed=%llu\n", c.forwarded, c.refused,
	       c.over, c.listed);
}

int main(int argc, char **argv)
{
	uint32_t sw = argc == 2 ? if_nametoindex(argv[1]) : 0;
	struct datapath *dp = NULL;
	struct netlink nl;
	struct counted gone = {};
	char line[512];

	if (!sw || datapath_ko.open("", &dp) < 0 || datapath_ko.resolve(dp) < 0 ||
	    netlink_open(&nl, NETLINK_ROUTE) < 0)
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ok");
	while (fgets(line, sizeof(line), stdin)) {
		struct flower_switch s;
		int r;

		if (!strncmp(line, "acl", 3)) {
			read_acl(line);
			continue;
		}
		r = flower_switch_read(&s, &datapath_ko, dp, sw, netdev_of, NULL);

		if (r < 0)
			printf("error %d %s\n", r, datapath_ko.error(dp));
		else if (!strncmp(line, "set", 3))
			set(&s, &nl, &gone);
		else
			tell(&s, &nl, &gone);
		flower_switch_deinit(&s);
	}
	netlink_close(&nl);
	datapath_ko.close(dp);
	return 0;
}
