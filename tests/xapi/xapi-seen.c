// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What vifswitchd makes of VIFs by XenStore and the hypervisor, without netdevs. A line of
 * standard input is a command, one of standard output its answer:
 *   look                  take all that has happened; an array of VIFs
 *   domain ID UUID [dying|suspended]   the hypervisor has it; "gone": no more
 *   row {...}             a row of table Port; an empty answer
 *   asked DOMID DEVID     as on_hotplug() does when vif-vifswitch was run; an empty answer
 *   port DOMID DEVID COOKIE   its netdev has that port; an empty answer
 *   again                 lose the connection to XenStore and connect again
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/uuid.h"
#include "policy/port-policy.h"
#include "policy/program-json.h"
#include "vifswitchd/vif.h"
#include "xen/backend.h"

#define DOMAINS	64

/* ---- the hypervisor ---- */

static struct hv_domain hypervisor[DOMAINS];
static size_t hypervisor_count;

int hypervisor_open(struct hypervisor **ret)
{
	return -ENOENT;
}

struct hypervisor *hypervisor_close(struct hypervisor *hv)
{
	return NULL;
}

int hypervisor_find(struct hypervisor *hv, uint32_t domid, struct hv_domain *ret)
{
	for (size_t i = 0; i < hypervisor_count; i++) {
		if (hypervisor[i].domid == domid) {
			*ret = hypervisor[i];
			return 0;
		}
	}
	return -ENOENT;
}

int hypervisor_list(struct hypervisor *hv, void (*fn)(const struct hv_domain *d, void *arg),
		    void *arg)
{
	for (size_t i = 0; i < hypervisor_count; i++)
		fn(&hypervisor[i], arg);
	return 0;
}

static void domain_line(const char *line)
{
	char uuid[64] = "", how[16] = "";
	struct hv_domain d = {};
	size_t at = 0;

	if (sscanf(line, "%u %63s %15s", &d.domid, uuid, how) < 2)
		exit(2);
	while (at < hypervisor_count && hypervisor[at].domid != d.domid)
		at++;
	if (strcmp(uuid, "gone") == 0) {
		if (at < hypervisor_count)
			hypervisor[at] = hypervisor[--hypervisor_count];
		return;
	}
	if (!uuid_parse(uuid, strlen(uuid), d.uuid) || at == DOMAINS)
		exit(2);
	d.dying = strcmp(how, "dying") == 0;
	d.suspended = strcmp(how, "suspended") == 0;
	hypervisor[at] = d;
	hypervisor_count += at == hypervisor_count;
}

/* ---- what is seen ---- */

static struct xen_vifs vifs;
static struct xen_pcis pcis;
static struct domains domains;
static struct links links;
static struct ports ports;
static struct policies policies;
static struct class_minors minors;
static struct store store;

static int check(const struct dp_module *module, const struct dp_place *at,
		 const struct port_policy *policy, struct problem *problem)
{
	return 0;
}

static json_t *told(const struct vif *vif)
{
	static const char *const words[] = {
		[VIF_FOREIGN] = "foreign", [VIF_WAITING] = "waiting", [VIF_REFUSED] = "refused",
		[VIF_HELD] = "held", [VIF_WANTED] = "wanted", [VIF_LEAVING] = "leaving",
	};
	const struct vif_wanted *w = &vif->wanted;
	struct program_parts parts = {};
	json_t *json = json_pack("{si, si, ss, ss, ss, sb, ss, ss, sb, si, si}",
				 "domid", vif->seen.domid, "devid", vif->seen.devid,
				 "cookie", w->cookie.text, "verdict", words[w->verdict],
				 "switch", w->sw, "closed", w->closed,
				 "name", vif->seen.domain->name,
				 "problem", w->problem ? w->problem->text : "",
				 "arrives", vif->seen.domain->arrives, "mtu", w->mtu,
				 "state", vif->seen.state);

	if (w->policy) {
		port_policy_parts(w->policy, &parts);
		program_json(json, &parts);
	}
	return json;
}

static void settle(void)
{
	for (;;) {
		if (!xenstore_alive(store.xs) || store_events(&store) < 0)
			exit(3);
		if (!store_dirty(&store))
			return;
		if (store_refresh(&store) < 0)
			exit(3);
	}
}

static void look(void)
{
	static const char names[][IFNAMSIZ] = { "xenbr0", "xenbr1" };
	static const struct switch_names known = { names, 2 };
	struct resolve_context ctx = {
		.switches = &known, .policy_generation = 1, .policies = &policies,
		.check = check, .ports = &ports, .links = &links, .vifs = &vifs,
		.minors = &minors, .lasting = true,
	};
	json_t *list = json_array();
	struct vif *vif;

	/* A domain may have gone or changed without a word of XenStore's. */
	domains.dirty = true;
	settle();
	map_for_each(&vifs.by_key, i, vif) {
		vif_resolve(vif, &ctx);
		json_array_append_new(list, told(vif));
	}
	json_dumpf(list, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(list);
}

static void row_line(const char *line)
{
	json_t *row = json_loads(line, 0, NULL);

	if (policies_put(&policies, OBJECT_PORT, row) < 0)
		exit(2);
	json_decref(row);
	puts("");
}

static void port_line(const char *line)
{
	struct link link = { .ifindex = 40, .is_half = true, .half = HALF_VIF };
	char cookie[64];

	if (sscanf(line, "%u %u %63s", &link.domid, &link.devid, cookie) != 3)
		exit(2);
	snprintf(link.name, sizeof(link.name), "vif%u.%u", link.domid, link.devid);
	link.ifindex += link.domid;
	if (links_update(&links, &link) < 0 ||
	    !ports_update(&ports, 1, link.ifindex, NULL, cookie, strlen(cookie)))
		exit(2);
	puts("");
}

static void asked_line(const char *line)
{
	uint32_t domid, devid;
	struct vif *vif;

	if (sscanf(line, "%u %u", &domid, &devid) != 2)
		exit(2);
	store_look_at(&store, domid, devid);
	settle();
	vif = vifs_get(&vifs, domid, devid);
	if (vif)
		vif->seen.asked = true;
	puts("");
}

static void connect_store(void)
{
	if (store_connect(&store) < 0)
		exit(3);
	settle();
}

static bool command(char *line)
{
	if (strcmp(line, "look") == 0)
		look();
	else if (strncmp(line, "domain ", 7) == 0)
		domain_line(line + 7), puts("");
	else if (strncmp(line, "row ", 4) == 0)
		row_line(line + 4);
	else if (strncmp(line, "port ", 5) == 0)
		port_line(line + 5);
	else if (strncmp(line, "asked ", 6) == 0)
		asked_line(line + 6);
	else if (strcmp(line, "again") == 0)
		store_disconnect(&store), connect_store(), puts("");
	else
		return false;
	fflush(stdout);
	return true;
}

int main(void)
{
	char line[65536];

	log_init(LOG_ERR, true);
	vifs = (struct xen_vifs){ .domains = &domains, .make = vif_make, .unmake = vif_unmake };
	pcis.domains = &domains;
	store = (struct store){ .vifs = &vifs, .pcis = &pcis, .domains = &domains, .links = &links,
				.hv = (struct hypervisor *)&hypervisor };
	connect_store();
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		if (!command(line))
			return 2;
	}
	xen_vifs_deinit(&vifs);
	xen_pcis_deinit(&pcis);
	domains_deinit(&domains);
	store_deinit(&store);
	policies_deinit(&policies);
	ports_deinit(&ports);
	links_deinit(&links);
	return 0;
}
