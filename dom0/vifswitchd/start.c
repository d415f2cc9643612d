// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "datapath/links/switch-kind.h"
#include "datapath/links/switch-step.h"
#include "datapath/ovs/keeper.h"
#include "datapath/pair/pair.h"
#include "vifswitchd/control-requests.h"
#include "vifswitchd/events.h"
#include "vifswitchd/notify.h"
#include "vifswitchd/start.h"

/* Of the time that goes into passes: see reconcile.c. */
#define PASS_PART		5
#define PASS_BURST_US		20000
#define PASS_BREAK_MAX_US	20000

static void on_announced(const struct vif *vif, uint32_t ifindex, void *arg)
{
	struct daemon *d = arg;

	notify_vif(d, "announced", vif, links_get(&d->facts.links, ifindex), NULL);
}

/* Nor while it is about to get, or to give back, the host's network. */
static int switch_free(struct apply *apply, const struct link *sw, char **ret_why)
{
	struct daemon *d = apply->arg;
	int r = 0;

	if (d->adoption.waits && strcmp(d->adoption.pending.sw, sw->name) == 0)
		*ret_why = xprintf("the network of %s is on its way to it, or back",
				   d->adoption.pending.uplink);
	else
		r = switch_bears(apply->rtnl, sw, ret_why);
	return *ret_why ? -EBUSY : r;
}

static void on_policy(void *arg)
{
	daemon_want_pass(arg);
}

/* Not while the host's network is on its way back to it. */
static int uplink_free(struct apply *apply, const struct op *op, char **ret_why)
{
	struct daemon *d = apply->arg;

	if (!adoption_is_over(&d->adoption, op->port->netdev))
		return apply_uplink_free(apply, op, ret_why);
	*ret_why = xprintf("it gets this host's network back from %s, and not all of it is there yet",
			   d->adoption.pending.sw);
	return -EBUSY;
}

static int refuse_vif(const struct vif *vif, struct problem *ret)
{
	if (!vif || !vif_is_ours(vif))
		return problem_set(ret, "no VM here has it, whose bridge= names the switch");
	if (vif->wanted.problem) {
		*ret = *vif->wanted.problem;
		return -EINVAL;
	}
	return problem_set(ret, "%s", vif->wanted.rival ? "another VM has its MAC address" :
			   "what its VM wants is not known yet, or is no port of this switch");
}

/* With its policy, as the next pass will plan it. */
static int takes(const struct link *port, const char *sw, struct problem *problem, void *arg)
{
	const struct daemon *d = arg;
	const struct vif *vif = port->is_half ? vifs_get(&d->facts.vifs, port->domid, port->devid) :
				NULL;

	if (port->is_half)
		return vif && vif_is_ours(vif) && vif_wants_port(vif, port->half) &&
		       strcmp(vif->wanted.sw, sw) == 0 ? 0 : refuse_vif(vif, problem);
	if (cfg_switch_uplink(config_find(&d->facts.config, sw), port->name))
		return 0;
	return problem_set(problem, "it is no VM's and no uplink of the switch; vifswitch.conf(5) has those");
}

/* As vif-bridge would do it: what a plain bridge= means. */
static bool returns(const struct link *port, const char *sw, void *arg)
{
	const struct daemon *d = arg;
	const struct vif *vif = port->is_half ? vifs_get(&d->facts.vifs, port->domid, port->devid) :
				NULL;

	if (port->is_half)
		return vif && vif->seen.keys.bridge && strcmp(vif->seen.keys.bridge, sw) == 0;
	return cfg_switch_uplink(config_find(&d->facts.config, sw), port->name);
}

static int make_switch(const char *name, uint32_t *ret_ifindex, struct problem *problem, void *arg)
{
	struct daemon *d = arg;
	const struct cfg_switch *sw = config_find(&d->facts.config, name);
	const struct link_spec spec = switch_spec(name, sw ? sw->datapath : DATAPATH_VIFSWITCH,
						  NULL);
	const struct link *link;
	int r = switch_or_link_new(d->ops, d->dp, &d->rtnl, &spec);

	if (r < 0) {
		problem_set(problem, "switch %s: %s", name, rtnl_error(&d->rtnl));
		return r;
	}
	d->apply.ports_stale = true;
	r = rtnl_events(&d->rtnl);
	link = links_switch(&d->facts.links, name);
	if (r < 0 || !link)
		return problem_set(problem, "switch %s: it is not there although it was made", name);
	*ret_ifindex = link->ifindex;
	return 0;
}

/* It is refused from now on, because of what it bears. */
static void on_went_back(const char *uplink, void *arg)
{
	struct daemon *d = arg;
	struct named_progress *named = named_progress_get(&d->facts.progress, uplink);

	if (named)
		retry_reset(&named->progress.retry);
	d->apply.ports_stale = true;
	daemon_want_pass(d);
}

/* Beside the copy of the policy. */
static char *state_path(const char *policy_copy, const char *name)
{
	const char *slash = strrchr(policy_copy, '/');

	return xprintf("%.*s%s", slash ? (int)(slash + 1 - policy_copy) : 0, policy_copy, name);
}

/* Nobody confirmed what was read last. */
static void on_config_back(const char *text, void *arg)
{
	struct daemon *d = arg;
	struct config config = {};
	struct problem problem;

	if (text && config_parse(d->options.config_path, text, &config, &problem) < 0)
		log_error("what was in force before: %s", problem.text);
	else
		daemon_set_config(d, &config);
}

static int load_config(struct daemon *d)
{
	_cleanup_free_ char *file = NULL;
	const char *text;
	struct problem problem;
	int r = config_read(d->options.config_path, &file, &problem);

	d->trial = (struct config_trial){
		.event = d->event, .path = state_path(d->options.policy_copy, "config.json"),
		.went_back = on_config_back, .arg = d,
	};
	config_trial_resume(&d->trial);
	text = r == 0 || r == -ENOENT ? config_trial_text(&d->trial, file) : NULL;
	if (text)
		r = config_parse(d->options.config_path, text, &d->file, &problem);
	if (r == -ENOENT && !d->options.config_must_exist) {
		log_warning("%s; there are no configured switches", problem.text);
		return 0;
	}
	/* There was no file before the one that nobody confirmed. */
	if (r == 0 && !text)
		log_warning("there are no configured switches");
	if (r < 0)
		log_error("%s", problem.text);
	return r;
}

static int open_policy(struct daemon *d)
{
	const struct daemon_options *o = &d->options;
	struct policy_db_options options = {
		.remote = o->database ? o->database : d->file.database,
		.host_name = o->host_name ? o->host_name : d->file.host_name,
		.copy_path = o->policy_copy, .whole_max = o->whole_max,
		.private_key = o->private_key, .certificate = o->certificate,
		.ca_certificate = o->ca_certificate,
	};

	return policy_db_open(&d->policy, d->event, &options, on_policy, d);
}

static int open_hypervisor(struct daemon *d)
{
	int r;

	if (d->options.no_hypervisor) {
		d->cannot_know_uuids = d->store.own_domid;
		return 0;
	}
	r = hypervisor_open(&d->store.hv);
	if (r == 0)
		return 0;
	/* A driver domain may not ask the hypervisor; XenStore has to do there. */
	if (d->store.own_domid) {
		d->cannot_know_uuids = true;
		log_notice("this is domain %u, which may not ask the hypervisor for UUIDs",
			   d->store.own_domid);
		return 0;
	}
	log_error("the hypervisor does not answer: %s (is this dom0? --no-hypervisor does without)",
		  strerror(-r));
	return r;
}

/* The netdevs, and what to do when they change. */
static int open_netlink(struct daemon *d)
{
	_cleanup_free_ char *dir = state_path(d->options.socket_path, KEEPER_DIRECTORY);
	int r = d->ops->open(dir, &d->dp);

	d->flow_socket = -1;
	if (r == 0)
		r = rtnl_open(&d->rtnl, &d->facts.links);
	if (r < 0) {
		log_error("netlink: %s", strerror(-r));
		return r;
	}
	d->apply = (struct apply){
		.facts = &d->facts, .rtnl = &d->rtnl, .ops = d->ops, .dp = d->dp,
		.ports_stale = true, .uplink_free = uplink_free, .member_free = apply_member_free,
		.switch_free = switch_free,
		.announced = on_announced, .arg = d,
	};
	r = rtnl_dump(&d->rtnl);
	if (r < 0) {
		log_error("reading the netdevs: %s", rtnl_error(&d->rtnl));
		return r;
	}
	r = events_watch(d);
	if (r < 0)
		log_error("setting up the event loop: %s", strerror(-r));
	return r;
}

/*
 * What an earlier process left of an adoption comes before all that can fail: a mistake
 * in a file must not keep the host off the network.
 */
static int resume_and_load(struct daemon *d)
{
	int r;

	d->adoption = (struct adoption){
		.rtnl = &d->rtnl, .ops = d->ops, .dp = d->dp, .event = d->event,
		.path = state_path(d->options.policy_copy, "uplink.json"), .went_back = on_went_back,
		.make_switch = make_switch, .takes = takes, .returns = returns, .arg = d,
	};
	adoption_resume(&d->adoption);
	sealed_vlans_load(&d->facts.networks.sealed,
			  state_path(d->options.policy_copy, SEALED_VLANS_FILE));
	bond_history_resume(&d->bonds, state_path(d->options.policy_copy, "bonds.json"));
	r = load_config(d);
	if (r < 0)
		adoption_give_up(&d->adoption);
	return r;
}

int daemon_init(struct daemon *d, const struct daemon_options *options)
{
	int r;

	*d = (struct daemon){ .options = *options, .ops = &datapath_pair };
	d->rtnl.req.fd = d->rtnl.events.fd = -1;
	d->pass_time = (struct allowance){
		.part = PASS_PART, .burst_us = PASS_BURST_US, .break_max_us = PASS_BREAK_MAX_US,
	};
	facts_init(&d->facts);
	d->seen_features = d->reported_features = d->facts.module.features;
	d->store.vifs = &d->facts.vifs;
	d->store.pcis = &d->facts.pcis;
	d->store.domains = &d->facts.domains;
	d->store.links = &d->facts.links;
	r = sd_event_default(&d->event);
	if (r < 0)
		return r;
	d->facts.networks.proof_files = (struct mesh_proof_files){
		.key = options->private_key ?: DATABASE_FILES "key.pem",
		.certificate = options->certificate ?: DATABASE_FILES "cert.pem",
		.ca = options->ca_certificate ?: DATABASE_FILES "ca.pem",
	};
	ipsec_here_start(&d->facts.networks.ipsec, d->event, d->options.config_path);
	r = open_netlink(d);
	if (r >= 0)
		r = resume_and_load(d);
	if (r < 0)
		return r;
	r = open_policy(d);
	if (r < 0)
		return r;
	d->handovers = (struct handovers){
		.db = &d->policy, .carry = { .ops = d->ops, .dp = d->dp },
	};
	daemon_merge_config(d);
	r = open_hypervisor(d);
	if (r < 0)
		return r;
	r = server_new(d->event, d->options.socket_path, &control_ops, d, &d->server);
	if (r < 0)
		log_error("%s: %s", d->options.socket_path, strerror(-r));
	return r;
}

int daemon_run(struct daemon *d)
{
	return sd_event_loop(d->event);
}

/* Netdevs and ports stay as they are: whoever comes next adopts them. */
void daemon_deinit(struct daemon *d)
{
	d->server = server_free(d->server);
	json_decref(d->oam_status);
	json_decref(d->openflow_status);
	handovers_deinit(&d->handovers);
	flowers_deinit(&d->flowers);
	policy_db_close(&d->policy);
	free(d->config_problem);
	free(d->apply.why);
	config_trial_close(&d->trial);
	adoption_close(&d->adoption);
	bond_history_close(&d->bonds);
	hotplug_deinit(&d->hotplug);
	plan_deinit(&d->plan);
	wanted_deinit(&d->wanted);
	d->pass = sd_event_source_unref(d->pass);
	d->retry = sd_event_source_unref(d->retry);
	d->suspended = sd_event_source_unref(d->suspended);
	d->lacp = sd_event_source_unref(d->lacp);
	d->xenstore_check = sd_event_source_unref(d->xenstore_check);
	d->xenstore = sd_event_source_disable_unref(d->xenstore);
	facts_deinit(&d->facts);
	store_deinit(&d->store);
	config_deinit(&d->file);
	rtnl_close(&d->rtnl);
	closep(&d->flow_socket);
	d->dp = d->ops->close(d->dp);
	d->event = sd_event_unref(d->event);
}
