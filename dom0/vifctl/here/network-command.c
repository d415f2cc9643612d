// SPDX-License-Identifier: GPL-2.0-or-later
/* vifctl network list, show, rekey and unseal: what the database says, and how it does here. */
#include <string.h>

#include <vifswitch/abi.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/number.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/here/here.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"

/* "3 tunnel-peer, 1 to-mtu" */
static char *drops_text(const json_t *drops)
{
	json_t *words = json_array();
	const json_t *count;
	const char *word;
	char *text;

	json_object_foreach((json_t *)drops, word, count) {
		_cleanup_free_ char *one = xprintf("%lld %s", (long long)json_integer_value(count),
						   word);

		json_array_append_new(words, json_string(one));
	}
	text = text_join(words, ", ");
	json_decref(words);
	return text;
}

static void print_list(struct vifctl *v, struct object **networks, size_t count, const json_t *doc)
{
	static const char *const titles[] = { "NAME", "STATE", ">REMOTES", ">MTU", "POLICY", NULL };
	_cleanup_(table_freep) struct table *t = table_new(titles);

	for (size_t i = 0; i < count; i++) {
		const json_t *here = here_of(doc, networks[i]), *mtu = json_object_get(here, "mtu");
		_cleanup_free_ char *policy = object_summary(networks[i]);
		_cleanup_free_ char *remotes = here ? xprintf("%zu", json_array_size(
			json_object_get(here, "remotes"))) : NULL;
		_cleanup_free_ char *octets = json_is_integer(mtu) ?
			xprintf("%lld", (long long)json_integer_value(mtu)) : NULL;

		table_row(t, (const char *[]){ networks[i]->name, get_text(here, "state"), remotes,
					       octets, policy });
	}
	table_print(t, v->out);
}

/* "host2 at 192.0.2.2, up by vsnet-wg0, handshake 40 s ago" */
static void print_session(const json_t *remote, FILE *out)
{
	const json_t *ago = json_object_get(remote, "handshake_ago");
	_cleanup_free_ char *last = json_is_integer(ago) ?
		xprintf(", handshake %lld s ago", (long long)json_integer_value(ago)) : NULL;
	const char *netdev = get_text(remote, "netdev");
	_cleanup_free_ char *text = xprintf("%s at %s: %s%s%s%s", get_text(remote, "host"),
					    get_text(remote, "outer"), get_text(remote, "session"),
					    *netdev ? " by " : "", netdev, last ?: "");

	if (*get_text(remote, "host"))
		here_line(out, "host", text);
}

/* "up, AES_GCM_16-256, keys renewed in 3400 s", "failed: wrong PSK: ..." */
static void print_ipsec(const json_t *ipsec, FILE *out)
{
	const json_t *rekey = json_object_get(ipsec, "rekey_in");
	const char *cipher = get_text(ipsec, "cipher"), *reason = get_text(ipsec, "reason");
	_cleanup_free_ char *when = json_is_integer(rekey) ?
		xprintf(", keys renewed in %lld s", (long long)json_integer_value(rekey)) : NULL;
	_cleanup_free_ char *text = xprintf("%s%s%s%s%s%s%s", get_text(ipsec, "state"),
					    *reason ? ": " : "", reason, *cipher ? ", " : "", cipher,
					    when ?: "", json_is_true(json_object_get(ipsec, "nat")) ?
					    ", in UDP for address translation" : "");

	if (json_is_object(ipsec))
		here_line(out, "ESP", text);
}

/* "up", "down (timeout), so it is sent nothing" */
static void print_bfd(const json_t *remote, FILE *out)
{
	const json_t *bfd = json_object_get(remote, "bfd");
	const char *state = get_text(bfd, "state"), *why = get_text(bfd, "diagnostic");
	const char *error = get_text(remote, "bfd_error");
	bool silent = json_is_true(json_object_get(remote, "silent"));
	_cleanup_free_ char *text = NULL, *path = text_path_mtu(bfd);

	if (*error)
		text = xprintf("not done: %s", error);
	else if (json_is_object(bfd))
		text = xprintf("%s%s%s%s%s%s", state, strcmp(state, "up") ? " (" : "",
			       strcmp(state, "up") ? why : "", strcmp(state, "up") ? ")" : "",
			       !silent ? "" : strcmp(state, "up") ? ": the remote is sent nothing" :
			       ", held for a while yet, and is sent nothing", path);
	here_line(out, "BFD", text ?: "");
}

static void print_sealed_drops(const json_t *drops, FILE *out)
{
	long long left = json_integer_value(json_object_get(drops, "out"));
	long long came = json_integer_value(json_object_get(drops, "in"));
	_cleanup_free_ char *text = xprintf("%lld that would have left in clear, %lld that came in clear; of all encrypted networks",
					    left, came);

	if (left || came)
		here_line(out, "dropped", text);
}

static void print_key(const json_t *key, FILE *out)
{
	_cleanup_free_ char *text = xprintf("%s, UDP port %lld, %s%s", get_text(key, "key"),
					    (long long)json_integer_value(json_object_get(key, "udp_port")),
					    get_text(key, "netdev"),
					    json_is_true(json_object_get(key, "closing")) ?
					    ", being renewed" : "");

	here_line(out, "own key", text);
}

static void print_remote(const json_t *remote, FILE *out)
{
	const json_t *mtu = json_object_get(remote, "mtu");
	_cleanup_free_ char *text = *get_text(remote, "error") ?
		xprintf("%s: %s", get_text(remote, "address"), get_text(remote, "error")) :
		xprintf("%s, packets of up to %lld octets%s", get_text(remote, "address"),
			(long long)json_integer_value(mtu),
			json_is_true(json_object_get(remote, "narrowed")) ?
			", for the path is narrower than where it begins" : "");

	here_line(out, "remote", text);
}

static void print_row(const json_t *row, FILE *out)
{
	const char *host = get_text(row, "host");
	_cleanup_free_ char *text = xprintf("%s %s", get_text(row, "prefix"),
					    *host ? host : "is here, and goes nowhere");

	here_line(out, "map", text);
}

static void print_here(const json_t *here, FILE *out)
{
	const json_t *item, *mtu = json_object_get(here, "mtu");
	_cleanup_free_ char *drops = drops_text(json_object_get(here, "netdev_drops"));
	_cleanup_free_ char *octets = xprintf("%lld", (long long)json_integer_value(mtu));
	const json_t *told = json_object_get(here, "told");
	_cleanup_free_ char *known = xprintf("%lld addresses of VMs, by the pool's rows",
					     (long long)json_integer_value(told));
	size_t i;

	fprintf(out, "\non this host\n");
	here_line(out, "state", get_text(here, "state"));
	here_line(out, "error", get_text(here, "error"));
	here_line(out, "netdev", get_text(here, "netdev"));
	here_line(out, "MTU", json_is_integer(mtu) ? octets : "");
	here_line(out, "from", get_text(here, "own"));
	here_line(out, "elsewhere", json_integer_value(told) ? known : "");
	json_array_foreach(json_object_get(here, "remotes"), i, item) {
		print_remote(item, out);
		print_session(item, out);
		print_ipsec(json_object_get(item, "ipsec"), out);
		print_bfd(item, out);
	}
	json_array_foreach(json_object_get(here, "map"), i, item)
		print_row(item, out);
	json_array_foreach(json_object_get(here, "refused"), i, item)
		here_line(out, "refused", json_string_value(item));
	json_array_foreach(json_object_get(here, "keys"), i, item)
		print_key(item, out);
	here_line(out, "dropped by netdev", drops);
	print_sealed_drops(json_object_get(here, "sealed_drops"), out);
}

static const struct here_view networks_view = { OBJECT_NETWORK, print_list, print_here };

int run_network_list(struct vifctl *v)
{
	return here_list(v, &networks_view);
}

int run_network_show(struct vifctl *v)
{
	return here_show(v, &networks_view);
}

int run_network_rekey(struct vifctl *v)
{
	json_t *done = NULL, *key;
	int status = fetch_daemon("rekey", NULL, &done);
	size_t i;

	if (status)
		return status;
	if (v->json) {
		vifctl_print_json(v, done, JSON_INDENT(2));
	} else {
		json_array_foreach(json_object_get(done, "keys"), i, key)
			if (json_is_true(json_object_get(key, "closing")))
				fprintf(v->out, "the key of %s is renewed when no host sends by it any more\n",
					get_text(key, "netdev"));
	}
	json_decref(done);
	return vifctl_finish(v, VIFCTL_OK);
}

int run_network_unseal(struct vifctl *v)
{
	const char *number = operand(v, 1);
	json_t *done = NULL;
	uint64_t vlan;
	int status;

	if (!number_parse(number, strlen(number), 1, VIFSWITCH_VID_MAX, &vlan))
		return vifctl_fail(VIFCTL_USAGE, "%s: must be a VLAN, 1 to %u", number, VIFSWITCH_VID_MAX);
	status = fetch_daemon("unseal", json_pack("{s:s, s:I}", "switch", operand(v, 0), "vlan",
						  (json_int_t)vlan), &done);
	if (status)
		return status;
	if (v->json)
		vifctl_print_json(v, done, JSON_INDENT(2));
	else
		fprintf(v->out, "uplinks of %s carry VLAN %llu again, as they are told\n",
			operand(v, 0), (unsigned long long)vlan);
	json_decref(done);
	return vifctl_finish(v, VIFCTL_OK);
}
