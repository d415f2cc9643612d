// SPDX-License-Identifier: GPL-2.0-or-later
#include <confuse.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/netdev-name.h"
#include "base/json-value.h"
#include "base/number.h"
#include "policy/fields.h"
#include "uplink/uplink-settings.h"
#include "config/config-word.h"
#include "config/config.h"

#define SWITCHES_MAX	64
#define UPLINKS_MAX	64
#define REMOTE_MAX	255
#define TEXT_MAX	(1 << 20)

static cfg_opt_t local_opts[] = {
	CFG_STR("untagged", "0", CFGF_NONE),
	CFG_STR_LIST("tagged", "{}", CFGF_NONE),
	CFG_END()
};

static cfg_opt_t uplink_opts[] = {
	CFG_STR("untagged", "0", CFGF_NONE),
	CFG_STR_LIST("tagged", "{1-4094}", CFGF_NONE),
	CFG_STR_LIST("members", "{}", CFGF_NONE),
	CFG_STR("bond_mode", NULL, CFGF_NONE),
	CFG_STR("dom0_device", NULL, CFGF_NONE),
	CFG_STR("dom0_mac", NULL, CFGF_NONE),
	CFG_INT("dom0_mtu", 0, CFGF_NODEFAULT),
	CFG_STR("lacp", NULL, CFGF_NONE),
	CFG_STR("lacp_time", NULL, CFGF_NONE),
	CFG_BOOL("lacp_fallback", cfg_true, CFGF_NODEFAULT),
	CFG_STR("lacp_system_id", NULL, CFGF_NONE),
	CFG_INT("lacp_system_priority", 0, CFGF_NODEFAULT),
	CFG_INT("lacp_aggregation_key", 0, CFGF_NODEFAULT),
	CFG_STR_LIST("lacp_port_priority", "{}", CFGF_NODEFAULT),
	CFG_STR("primary", NULL, CFGF_NONE),
	CFG_INT("bond_updelay", 0, CFGF_NODEFAULT),
	CFG_INT("bond_downdelay", 0, CFGF_NODEFAULT),
	CFG_INT("bond_miimon", 0, CFGF_NODEFAULT),
	CFG_BOOL("transit", cfg_false, CFGF_NONE),
	CFG_INT("cfm_mpid", 0, CFGF_NODEFAULT),
	CFG_INT("cfm_interval", 0, CFGF_NODEFAULT),
	CFG_INT("cfm_level", 0, CFGF_NODEFAULT),
	CFG_STR("cfm_md", NULL, CFGF_NONE),
	CFG_STR("cfm_ma", NULL, CFGF_NONE),
	CFG_STR("cfm_remotes", NULL, CFGF_NONE),
	CFG_BOOL("bfd", cfg_false, CFGF_NONE),
	CFG_INT("bfd_min_rx", 0, CFGF_NODEFAULT),
	CFG_INT("bfd_min_tx", 0, CFGF_NODEFAULT),
	CFG_INT("bfd_mult", 0, CFGF_NODEFAULT),
	CFG_STR("bfd_src", NULL, CFGF_NONE),
	CFG_STR("bfd_dst", NULL, CFGF_NONE),
	CFG_STR("bfd_mac", NULL, CFGF_NONE),
	CFG_STR("lldp", NULL, CFGF_NONE),
	CFG_END()
};

static cfg_opt_t switch_opts[] = {
	CFG_BOOL("openflow", cfg_false, CFGF_NONE),
	CFG_STR("controller", NULL, CFGF_NONE),
	CFG_STR("fail_mode", NULL, CFGF_NONE),
	CFG_BOOL("controller_trusted", cfg_false, CFGF_NONE),
	CFG_STR("datapath_id", NULL, CFGF_NONE),
	CFG_STR("protocols", NULL, CFGF_NONE),
	CFG_BOOL("loop_protection", cfg_false, CFGF_NONE),
	CFG_BOOL("multicast_snooping", cfg_false, CFGF_NONE),
	CFG_BOOL("multicast_flood_unregistered", cfg_true, CFGF_NONE),
	CFG_STR("multicast_querier", NULL, CFGF_NONE),
	CFG_INT("multicast_groups", VIFSWITCH_GROUPS_PORT_DEFAULT, CFGF_NONE),
	CFG_INT("multicast_ageing", VIFSWITCH_GROUP_AGEING_DEFAULT_S, CFGF_NONE),
	CFG_STR("datapath", NULL, CFGF_NONE),
	CFG_STR("offload", NULL, CFGF_NONE),
	CFG_INT("ageing", VIFSWITCH_AGEING_DEFAULT_MS / 1000, CFGF_NONE),
	CFG_INT("mtu", 0, CFGF_NONE),
	CFG_SEC("local", local_opts, CFGF_NONE),
	CFG_SEC("uplink", uplink_opts, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
	CFG_END()
};

static cfg_opt_t top_opts[] = {
	CFG_STR("database", NULL, CFGF_NONE),
	CFG_STR("host_name", NULL, CFGF_NONE),
	CFG_STR("address", NULL, CFGF_NONE),
	CFG_STR_LIST("vfs", "{}", CFGF_NONE),
	CFG_STR("datapath", NULL, CFGF_NONE),
	CFG_STR("offload", NULL, CFGF_NONE),
	CFG_SEC("switch", switch_opts, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
	CFG_END()
};

/* libconfuse's error function has no argument of ours: one load at a time. */
static struct problem *load_problem;

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static void on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[PROBLEM_MAX - 64];

	if (!load_problem || load_problem->text[0])
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	problem_set(load_problem, "%s:%d: %s", cfg && cfg->filename ? cfg->filename : "config",
		    cfg ? cfg->line : 0, text);
}

/* "20" or "30-40" into the allowed set. */
static bool add_tagged(struct vlans *v, const char *text)
{
	uint64_t first, last;

	if (!range_parse(text, strlen(text), 1, VIFSWITCH_VID_MAX, &first, &last))
		return false;
	for (; first <= last; first++)
		vlan_bit_set(v->allowed, first);
	return true;
}

static int read_vlans(cfg_t *sec, struct vlans *ret, struct problem *problem)
{
	const char *untagged = cfg_getstr(sec, "untagged");
	unsigned int n = cfg_size(sec, "tagged");
	struct vlans v;
	uint64_t vid;

	vlans_init(&v);
	for (unsigned int i = 0; i < n; i++) {
		const char *text = cfg_getnstr(sec, "tagged", i);

		if (!add_tagged(&v, text))
			return config_fail(sec, problem, "tagged = %s: must be a VLAN or a range in 1-%d, as in {20, 30-40}",
				    QUOTE(text, strlen(text)), VIFSWITCH_VID_MAX);
	}
	if (strcmp(untagged, "none") != 0) {
		if (!number_parse(untagged, strlen(untagged), 0, VIFSWITCH_VID_MAX, &vid))
			return config_fail(sec, problem, "untagged = %s: must be a VLAN in 0-%d or none",
				    QUOTE(untagged, strlen(untagged)), VIFSWITCH_VID_MAX);
		vlans_set_native(&v, vid);
	}
	*ret = v;
	return 0;
}

static int read_name(cfg_t *sec, const char *what, char ret[IFNAMSIZ], struct problem *problem)
{
	const char *title = cfg_title(sec);

	if (!netdev_name_copy(ret, title, strlen(title)))
		return config_fail(sec, problem, "%s \"%s\": not a netdev name (%s)", what,
			    QUOTE(title, strlen(title)), NETDEV_NAME_ACCEPTED);
	return 0;
}

/* "eth0=100" of each as a map; what has no = gives no number. */
static json_t *priorities_json(cfg_t *sec)
{
	json_t *pairs = json_array();

	for (unsigned int i = 0; i < cfg_size(sec, "lacp_port_priority"); i++) {
		const char *text = cfg_getnstr(sec, "lacp_port_priority", i);
		size_t n = strcspn(text, "=");

		json_array_append_new(pairs, json_pack("[s%, s]", text, n,
						       text[n] ? text + n + 1 : ""));
	}
	return json_pack("[s, o]", "map", pairs);
}

/* As the Uplink row of the database that says the same. */
static json_t *uplink_json(cfg_t *sec)
{
	static const char *const words[] = {
		"bond_mode", "lacp", "lacp_time", "lacp_system_id", "primary", "cfm_md", "cfm_ma", "cfm_remotes",
		"bfd_src", "bfd_dst", "bfd_mac", "lldp", "dom0_device", "dom0_mac",
	};
	static const char *const numbers[] = {
		"bond_updelay", "bond_downdelay", "bond_miimon", "lacp_system_priority", "bfd_mult",
		"lacp_aggregation_key", "cfm_mpid", "cfm_interval", "cfm_level", "bfd_min_rx", "bfd_min_tx",
		"dom0_mtu",
	};
	static const char *const flags[] = { "transit", "bfd" };
	json_t *row = json_object(), *members = json_array();

	for (unsigned int i = 0; i < cfg_size(sec, "members"); i++)
		json_array_append_new(members, json_string(cfg_getnstr(sec, "members", i)));
	json_object_set_new(row, "name", json_string(cfg_title(sec)));
	if (json_array_size(members))
		json_object_set_new(row, "members", json_pack("[s, O]", "set", members));
	json_decref(members);
	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		const char *word = cfg_getstr(sec, words[i]);

		if (word)
			json_object_set_new(row, words[i], json_string(word));
	}
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (cfg_size(sec, numbers[i]))
			json_object_set_new(row, numbers[i],
					    json_integer(cfg_getint(sec, numbers[i])));
	if (cfg_size(sec, "lacp_fallback"))
		json_object_set_new(row, "lacp_fallback", json_string(
			cfg_getbool(sec, "lacp_fallback") ? "true" : "false"));
	if (cfg_size(sec, "lacp_port_priority"))
		json_object_set_new(row, "lacp_port_priority", priorities_json(sec));
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (cfg_getbool(sec, flags[i]))
			json_object_set_new(row, flags[i], json_true());
	return row;
}

/* That it could be is found out here, with the line. */
static int read_bond(cfg_t *sec, struct cfg_uplink *ret, struct problem *problem)
{
	_cleanup_(json_decrefp) json_t *json = uplink_json(sec);
	struct uplink_settings settings;
	struct problem inner;
	int r = policy_row_read(&object_kinds[OBJECT_UPLINK], json, &ret->row);

	if (r < 0)
		return r;
	r = uplink_settings_read(ret->name, ret->row, NULL, ret->policy, &settings, &inner);
	uplink_settings_deinit(&settings);
	return r < 0 ? config_fail(sec, problem, "uplink %s: %.300s", ret->name, inner.text) : 0;
}

static int read_uplink(cfg_t *sec, struct cfg_uplink *ret, struct problem *problem)
{
	struct vlans vlans;
	int r;

	r = read_name(sec, "uplink", ret->name, problem);
	if (r == 0)
		r = read_vlans(sec, &vlans, problem);
	if (r == 0 && strcmp(vlans_mode(&vlans), "none") == 0)
		r = config_fail(sec, problem, "uplink %s: carries no VLAN at all", ret->name);
	if (r == 0)
		ret->policy = port_policy_of_uplink(&vlans);
	return r < 0 ? r : read_bond(sec, ret, problem);
}

static int read_flows(cfg_t *sec, struct cfg_switch *ret, struct problem *problem)
{
	const char *mode = cfg_getstr(sec, "fail_mode");
	const struct word *word = mode ? word_find(fail_mode_words, mode, strlen(mode)) : NULL;
	const struct flow_words words = {
		.openflow = cfg_getbool(sec, "openflow"), .secure = word && word->value,
		.trusted = cfg_getbool(sec, "controller_trusted"),
		.controller = cfg_getstr(sec, "controller"),
		.datapath_id = cfg_getstr(sec, "datapath_id"),
		.protocols = cfg_getstr(sec, "protocols"),
	};
	struct problem inner;

	if (mode && !word)
		return config_fail(sec, problem, "switch %s: fail_mode = %s: must be standalone or secure",
			    ret->name, QUOTE(mode, strlen(mode)));
	if (flow_settings_make(&words, &ret->flows, &inner) == 0)
		return 0;
	return config_fail(sec, problem, "switch %s: %.300s", ret->name, inner.text);
}

static int read_snoop(cfg_t *sec, struct cfg_switch *ret, struct problem *problem)
{
	const char *querier = cfg_getstr(sec, "multicast_querier");
	const struct word *word = word_find(querier_words, querier ?: "off", strlen(querier ?: "off"));
	long groups = cfg_getint(sec, "multicast_groups");
	long ageing = cfg_getint(sec, "multicast_ageing");

	if (!word)
		return config_fail(sec, problem, "switch %s: multicast_querier = %s: must be off, igmpv2 or igmpv3",
			    ret->name, QUOTE(querier, strlen(querier)));
	if (groups < 1 || groups > VIFSWITCH_GROUPS_PORT_MAX)
		return config_fail(sec, problem, "switch %s: multicast_groups = %ld: must be 1-%d", ret->name,
			    groups, VIFSWITCH_GROUPS_PORT_MAX);
	if (ageing < VIFSWITCH_GROUP_AGEING_MIN_S || ageing > VIFSWITCH_GROUP_AGEING_MAX_S)
		return config_fail(sec, problem, "switch %s: multicast_ageing = %ld: must be %d-%d seconds",
			    ret->name, ageing, VIFSWITCH_GROUP_AGEING_MIN_S,
			    VIFSWITCH_GROUP_AGEING_MAX_S);
	ret->snoop.on = cfg_getbool(sec, "multicast_snooping");
	ret->snoop.flood = cfg_getbool(sec, "multicast_flood_unregistered");
	ret->snoop.querier = word->value;
	ret->snoop.port_max = groups;
	ret->snoop.ageing_s = ageing;
	return 0;
}

/* Of a switch, or of all that do not say it. */
static int read_words(cfg_t *sec, enum datapath_word *datapath, enum offload_word *offload,
		      struct problem *problem)
{
	int made_of = config_word(sec, "datapath", datapath_words, *datapath,
				  "vifswitch, openvswitch or auto", problem);
	int told = made_of < 0 ? made_of : config_word(sec, "offload", offload_words, *offload,
						       "off, auto or software", problem);

	if (told < 0)
		return told;
	*datapath = (enum datapath_word)made_of;
	*offload = (enum offload_word)told;
	return 0;
}

static int read_switch(cfg_t *sec, struct cfg_switch *ret, struct problem *problem)
{
	long ageing = cfg_getint(sec, "ageing"), mtu = cfg_getint(sec, "mtu");
	struct vlans vlans;
	int r;

	r = read_name(sec, "switch", ret->name, problem);
	if (r < 0)
		return r;
	if (ageing < VIFSWITCH_AGEING_MIN_MS / 1000 || ageing > VIFSWITCH_AGEING_MAX_MS / 1000)
		return config_fail(sec, problem, "switch %s: ageing = %ld: must be %d-%d seconds", ret->name,
			    ageing, VIFSWITCH_AGEING_MIN_MS / 1000,
			    VIFSWITCH_AGEING_MAX_MS / 1000);
	if (mtu && (mtu < VIF_MTU_MIN || mtu > VIF_MTU_MAX))
		return config_fail(sec, problem, "switch %s: mtu = %ld: must be %d-%d", ret->name, mtu,
			    VIF_MTU_MIN, VIF_MTU_MAX);
	ret->ageing_ms = ageing * 1000;
	ret->mtu = mtu;
	ret->loop = cfg_getbool(sec, "loop_protection");
	r = read_flows(sec, ret, problem) ?: read_snoop(sec, ret, problem) ?:
	    read_words(sec, &ret->datapath, &ret->offload, problem);
	if (r < 0)
		return r;
	r = read_vlans(cfg_getsec(sec, "local"), &vlans, problem);
	if (r < 0)
		return r;
	if (strcmp(vlans_mode(&vlans), "none") != 0)
		ret->local = port_policy_of_local(&vlans);
	ret->uplink_count = cfg_size(sec, "uplink");
	if (ret->uplink_count > UPLINKS_MAX)
		return config_fail(sec, problem, "switch %s: more than %d uplinks", ret->name, UPLINKS_MAX);
	ret->uplinks = calloc(ret->uplink_count + 1, sizeof(*ret->uplinks));
	if (!ret->uplinks)
		return -ENOMEM;
	for (size_t i = 0; i < ret->uplink_count && r == 0; i++)
		r = read_uplink(cfg_getnsec(sec, "uplink", i), &ret->uplinks[i], problem);
	return r;
}

/* A netdev can be in one switch only, and a switch is no uplink. */
static int check_names(cfg_t *cfg, const struct config *config, struct problem *problem)
{
	for (size_t i = 0; i < config->count; i++) {
		const struct cfg_switch *sw = &config->switches[i];

		for (size_t j = 0; j < sw->uplink_count; j++) {
			const char *name = sw->uplinks[j].name;

			if (config_find(config, name))
				return config_fail(cfg, problem, "uplink %s of switch %s is itself a switch",
					    name, sw->name);
			for (size_t k = 0; k < i; k++) {
				const struct cfg_switch *other = &config->switches[k];

				for (size_t m = 0; m < other->uplink_count; m++) {
					if (strcmp(other->uplinks[m].name, name) == 0)
						return config_fail(cfg, problem, "uplink %s is in switch %s and in switch %s",
							    name, other->name, sw->name);
				}
			}
		}
	}
	return 0;
}

static int read_text(cfg_t *cfg, const char *key, size_t max, char **ret, struct problem *problem)
{
	const char *text = cfg_getstr(cfg, key);

	if (!text)
		return 0;
	if (!*text || strlen(text) > max)
		return config_fail(cfg, problem, "%s = %s: must be 1-%zu characters", key,
			    QUOTE(text, strlen(text)), max);
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

static int read_address(cfg_t *cfg, struct prefix *ret, struct problem *problem)
{
	static const struct prefix links = {
		.addr = { 0xfe, 0x80 }, .len = 10, .family = PREFIX_IP6,
	};
	const char *text = cfg_getstr(cfg, "address");
	struct prefix host;

	if (!text)
		return 0;
	/* Which link one of a link is of, no other host can know. */
	if (prefix_parse_host(text, &host) && !prefix_contains(&links, &host)) {
		*ret = host;
		return 0;
	}
	return config_fail(cfg, problem, "address = %s: must be the IPv4 or IPv6 address of this host, and none of a link (fe80::/10)",
		    QUOTE(text, strlen(text)));
}

static bool is_listed(const struct config *config, const char *nic)
{
	for (size_t i = 0; i < config->vf_count; i++)
		if (strcmp(config->vfs[i], nic) == 0)
			return true;
	return false;
}

static int read_vfs(cfg_t *cfg, struct config *ret, struct problem *problem)
{
	unsigned int count = cfg_size(cfg, "vfs");

	if (count > CONFIG_VFS_MAX)
		return config_fail(cfg, problem, "vfs: more than %d network devices", CONFIG_VFS_MAX);
	ret->vfs = calloc(count + 1, sizeof(*ret->vfs));
	if (!ret->vfs)
		return -ENOMEM;
	for (unsigned int i = 0; i < count; i++) {
		const char *name = cfg_getnstr(cfg, "vfs", i);
		char nic[IFNAMSIZ];

		if (!netdev_name_copy(nic, name, strlen(name)))
			return config_fail(cfg, problem, "vfs = %s: not a netdev name (%s)",
				    QUOTE(name, strlen(name)), NETDEV_NAME_ACCEPTED);
		if (is_listed(ret, nic))
			return config_fail(cfg, problem, "vfs: %s is listed twice", nic);
		memcpy(ret->vfs[ret->vf_count++], nic, sizeof(nic));
	}
	return 0;
}

static void cfg_freep(cfg_t **cfg)
{
	if (*cfg)
		cfg_free(*cfg);
}

static void config_deinitp(struct config *config)
{
	config_deinit(config);
}

static void fclosep(FILE **file)
{
	if (*file)
		fclose(*file);
}

int config_read(const char *path, char **ret, struct problem *problem)
{
	_cleanup_(fclosep) FILE *file = fopen(path, "re");
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t len;

	if (!file) {
		problem_set(problem, "%s: %s", path, strerror(errno));
		return errno == ENOENT ? -ENOENT : -EIO;
	}
	if (fstat(fileno(file), &st) < 0 || !S_ISREG(st.st_mode))
		return problem_set(problem, "%s: not a regular file", path);
	text = calloc(1, TEXT_MAX + 1);
	if (!text)
		return -ENOMEM;
	len = fread(text, 1, TEXT_MAX, file);
	if (len == TEXT_MAX)
		return problem_set(problem, "%s: more than %d octets", path, TEXT_MAX - 1);
	if (ferror(file) || strlen(text) != len)
		return problem_set(problem, "%s: cannot be read, or has a NUL", path);
	*ret = strdup(text);
	return *ret ? 0 : -ENOMEM;
}

int config_load(const char *path, struct config *ret, struct problem *problem)
{
	_cleanup_free_ char *text = NULL;
	int r = config_read(path, &text, problem);

	return r < 0 ? r : config_parse(path, text, ret, problem);
}

int config_check_trial(const struct config *now, const struct config *tried,
		       struct problem *problem)
{
	const struct {
		const char *name, *now, *tried;
	} settings[] = { { "database", now->database, tried->database },
			 { "host_name", now->host_name, tried->host_name } };

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		if (strcmp(settings[i].now ?: "", settings[i].tried ?: "") != 0)
			return problem_set(problem, "%s cannot change on trial: it is read when vifswitchd starts, and would not go back",
					   settings[i].name);
	}
	return 0;
}

/* libconfuse takes an empty buffer for none. */
static int parse(cfg_t *cfg, const char *path, const char *text)
{
	_cleanup_(fclosep) FILE *file = *text ? fmemopen((char *)text, strlen(text), "r") : NULL;

	cfg->filename = strdup(path);
	if (!cfg->filename || (*text && !file))
		return -ENOMEM;
	return file && cfg_parse_fp(cfg, file) != CFG_SUCCESS ? -EINVAL : 0;
}

int config_parse(const char *path, const char *text, struct config *ret, struct problem *problem)
{
	_cleanup_(cfg_freep) cfg_t *cfg = cfg_init(top_opts, CFGF_NONE);
	_cleanup_(config_deinitp) struct config config = {};
	int r;

	if (!cfg)
		return -ENOMEM;
	problem->text[0] = '\0';
	load_problem = problem;
	cfg_set_error_function(cfg, on_error);
	r = parse(cfg, path, text);
	if (r == -EINVAL && !problem->text[0])
		problem_set(problem, "%s: cannot be read", path);
	if (r < 0)
		return r;
	config.text = xstrdup(text);
	config.count = cfg_size(cfg, "switch");
	if (config.count > SWITCHES_MAX)
		return config_fail(cfg, problem, "more than %d switches", SWITCHES_MAX);
	config.switches = xzalloc((config.count + 1) * sizeof(*config.switches));
	r = read_words(cfg, &config.datapath, &config.offload, problem);
	for (size_t i = 0; r == 0 && i < config.count; i++) {
		config.switches[i].datapath = config.datapath;
		config.switches[i].offload = config.offload;
		r = read_switch(cfg_getnsec(cfg, "switch", i), &config.switches[i], problem);
	}
	if (r == 0)
		r = check_names(cfg, &config, problem);
	if (r == 0)
		r = read_text(cfg, "database", REMOTE_MAX, &config.database, problem);
	if (r == 0)
		r = read_text(cfg, "host_name", HOST_NAME_MAX_LEN, &config.host_name, problem);
	if (r == 0)
		r = read_address(cfg, &config.address, problem);
	if (r == 0)
		r = read_vfs(cfg, &config, problem);
	if (r < 0)
		return r;
	*ret = config;
	config = (struct config){};
	return 0;
}

void cfg_uplink_deinit(struct cfg_uplink *uplink)
{
	free(uplink->policy);
	if (uplink->row)
		policy_row_free(uplink->row);
	free(uplink->bond);
	free(uplink->cable);
}

void config_deinit(struct config *config)
{
	for (size_t i = 0; i < config->count && config->switches; i++) {
		struct cfg_switch *sw = &config->switches[i];

		for (size_t j = 0; j < sw->uplink_count && sw->uplinks; j++)
			cfg_uplink_deinit(&sw->uplinks[j]);
		free(sw->uplinks);
		free(sw->local);
		free(sw->problem);
	}
	free(config->switches);
	free(config->database);
	free(config->host_name);
	free(config->text);
	free(config->vfs);
	*config = (struct config){};
}

const struct cfg_switch *config_find(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->count; i++) {
		if (strcmp(config->switches[i].name, name) == 0)
			return &config->switches[i];
	}
	return NULL;
}
