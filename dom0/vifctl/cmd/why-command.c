// SPDX-License-Identifier: GPL-2.0-or-later
#include <pcap/pcap.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/flow/flow-tables.h"
#include "vifctl/view.h"
#include "vifctl/view/text.h"
#include "vifctl/vifctl.h"
#include "vifctl/why/packet-names.h"
#include "vifctl/why/packet-text.h"
#include "vifctl/why/why.h"

/* Addresses nobody has: locally administered. */
static const uint8_t some_source[6] = { 2, 0, 0, 0, 0, 1 };
static const uint8_t some_destination[6] = { 2, 0, 0, 0, 0, 2 };

static int read_pcap(const char *path, const char *which, struct packet_text *ret)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	unsigned long number = 1;
	const u_char *data;
	pcap_t *pcap;
	char *end;
	int r = 0;

	if (which)
		number = strtoul(which, &end, 10);
	if (which && (*end || end == which || !number))
		return vifctl_fail(VIFCTL_USAGE, "pcap packet number \"%s\": 1 or more is accepted",
				   which);
	pcap = pcap_open_offline(path, error);
	if (!pcap)
		return vifctl_fail(VIFCTL_FAILED, "%s", error);
	if (pcap_datalink(pcap) != DLT_EN10MB) {
		pcap_close(pcap);
		return vifctl_fail(VIFCTL_FAILED, "%s: not a capture of Ethernet frames", path);
	}
	for (unsigned long i = 0; i < number; i++) {
		r = pcap_next_ex(pcap, &header, &data);
		if (r != 1)
			break;
	}
	if (r == 1 && header->caplen <= PACKET_TEXT_MAX) {
		*ret = (struct packet_text){ .len = header->caplen, .from_given = true,
					     .to_given = true, .exact = true };
		memcpy(ret->frame, data, header->caplen);
	}
	pcap_close(pcap);
	if (r != 1)
		return vifctl_fail(VIFCTL_FAILED, "%s: no packet number %lu", path, number);
	if (header->caplen > PACKET_TEXT_MAX)
		return vifctl_fail(VIFCTL_FAILED, "%s: packet %lu has %u octets; up to %d are accepted",
				   path, number, header->caplen, PACKET_TEXT_MAX);
	return VIFCTL_OK;
}

/* The last word may say what the packet is to be to connections; it is taken off. */
static int read_state(struct vifctl *v, enum why_state *ret)
{
	const char *word = operand(v, v->operand_count - 1);

	if (strncmp(word, "state=", 6))
		return VIFCTL_OK;
	if (!why_state_parse(word + 6, ret))
		return vifctl_fail(VIFCTL_USAGE, "%s: state=new or state=established is accepted",
				   word);
	if (v->operand_count-- <= v->command->min)
		return vifctl_fail(VIFCTL_USAGE, "more is needed: vifctl %s %s", v->command->name,
				   v->command->operands);
	return VIFCTL_OK;
}

static int read_words(const char *const *words, int count, struct packet_text *ret)
{
	_cleanup_free_ char *problem = NULL;

	if (!packet_text_parse(words, count, ret, &problem))
		return vifctl_fail(VIFCTL_USAGE, "%s", problem);
	return VIFCTL_OK;
}

/* The packet of the command line; its names wait for the world. */
static int read_packet(struct vifctl *v, struct packet_text *ret)
{
	if (!strcmp(v->operands[1], "pcap")) {
		if (v->operand_count < 3 || v->operand_count > 4)
			return vifctl_fail(VIFCTL_USAGE, "pcap FILE [NUMBER] is accepted");
		return read_pcap(v->operands[2], operand(v, 3), ret);
	}
	if (packet_names_any(v->operands + 1, v->operand_count - 1))
		return VIFCTL_OK;
	return read_words(v->operands + 1, v->operand_count - 1, ret);
}

static int read_names(struct vifctl *v, const struct why_world *w, const json_t *ports,
		      struct packet_text *ret)
{
	struct packet_words words;
	int status;

	if (!packet_names_any(v->operands + 1, v->operand_count - 1))
		return VIFCTL_OK;
	status = packet_names_resolve(w, ports, v->operands + 1, v->operand_count - 1, &words);
	if (status == VIFCTL_OK) {
		status = read_words(words.words, words.count, ret);
		packet_words_deinit(&words);
	}
	return status;
}

/*
 * The addresses that were not given: the port's own, and that of who has the IP address.
 * True if nobody has it here, so that a MAC address was made up.
 */
static bool fill_addresses(const struct why_world *w, const struct why_port *from,
			   struct packet_text *pkt)
{
	const struct why_port *owner;
	uint8_t mac[6];

	memcpy(mac, some_source, sizeof(mac));
	if (from->program && from->program->mac_count)
		vs_mac_store(mac, from->program->macs[0]);
	if (!pkt->from_given)
		packet_text_set_source(pkt, mac);
	if (pkt->to_given)
		return false;
	memcpy(pkt->frame, some_destination, 6);
	owner = pkt->family ? why_owner(w, from->sw, pkt->family, pkt->dst) : NULL;
	if (owner)
		vs_mac_store(pkt->frame, owner->program->macs[0]);
	return !owner;
}

static int explain(struct vifctl *v, const struct why_world *w, const struct why_port *from,
		   struct packet_text *pkt, enum why_state state)
{
	bool dropped, made_up = fill_addresses(w, from, pkt);
	json_t *doc;

	doc = why_explain(w, from, &(struct why_frame){ .octets = pkt->frame, .len = pkt->len,
							.exact = pkt->exact, .state = state });
	if (!doc)
		return vifctl_fail(VIFCTL_FAILED, "out of memory");
	if (made_up)
		json_array_append_new(json_object_get(doc, "notes"), json_string(
			"no port here is locked to the destination's address, so this is about a MAC "
			"address that nobody has: to=VM or to=MAC asks about another"));
	if (v->json)
		vifctl_print_json(v, doc, JSON_INDENT(2));
	else
		view_why(doc, v->all, v->out);
	dropped = !strcmp(get_text(doc, "verdict"), "dropped");
	json_decref(doc);
	return vifctl_finish(v, dropped ? VIFCTL_FAILED : VIFCTL_OK);
}

/* Names of ACLs, rules and networks; NULL, silently, without a daemon: the kernel has none. */
static void fetch_named(json_t **ret_acls, json_t **ret_networks)
{
	struct control_client c;

	if (fetch_open(&c) != VIFCTL_OK)
		return;
	fetch_call(&c, "acls", ret_acls);
	fetch_call_optional(&c, "networks", ret_networks);
	control_client_close(&c);
}

/*
 * Does vifofd let the flows of this switch rest, and does it hold the tables? While it does, a
 * frame that no flow matches is dropped in fail mode standalone, too (kmod/openflow/grant.c).
 */
static void ask_vifofd(const char *sw, bool *ret_rest, bool *ret_holds)
{
	struct control_client c;
	json_t *doc = NULL, *one;
	size_t i;

	*ret_rest = false;
	*ret_holds = true;
	if (fetch_open(&c) != VIFCTL_OK)
		return;
	fetch_call_optional(&c, "openflow", &doc);
	control_client_close(&c);
	json_array_foreach(json_object_get(doc, "switches"), i, one) {
		if (strcmp(get_text(one, "switch"), sw))
			continue;
		*ret_rest = json_is_true(json_object_get(one, "alone"));
		*ret_holds = !*get_text(one, "error");
	}
	json_decref(doc);
}

/* With the flow tables of its switch, if that has some. */
static int explain_with_flows(struct vifctl *v, struct why_world *w, const struct why_port *from,
			      struct packet_text *pkt, enum why_state state)
{
	struct flow_link link = { .fd = -1 };
	struct flow_tables tables = {};
	const struct dp_switch *sw = NULL;
	int status = VIFCTL_OK;
	bool holds;

	for (size_t i = 0; i < w->switch_count; i++)
		if (w->switches[i].ifindex == from->sw)
			sw = &w->switches[i];
	if (sw && sw->flow_mode & VIFSWITCH_OF_ON) {
		ask_vifofd(sw->name, &w->flows_rest, &holds);
		w->flows_trusted = sw->flow_mode & VIFSWITCH_OF_TRUSTED;
		status = w->flows_rest ? VIFCTL_OK : flow_link_open(&link, sw->name);
		if (status == VIFCTL_OK && !w->flows_rest) {
			status = flow_tables_make(
				&tables, &link, sw->flow_mode & VIFSWITCH_OF_STANDALONE && !holds);
			w->flows = &tables;
		}
	}
	if (status == VIFCTL_OK)
		status = explain(v, w, from, pkt, state);
	flow_tables_deinit(&tables);
	flow_link_close(&link);
	return status;
}

int run_why(struct vifctl *v)
{
	enum why_state state = WHY_STATE_TABLE;
	const struct why_port *from;
	struct packet_text pkt;
	struct why_world w;
	json_t *doc, *acls = NULL, *networks = NULL;
	const json_t *ports;
	int status = read_state(v, &state);

	if (status == VIFCTL_OK)
		status = read_packet(v, &pkt);
	if (status)
		return status;
	status = fetch_document("show", &doc);
	if (status)
		return status;
	ports = json_object_get(doc, "ports");
	fetch_named(&acls, &networks);
	status = why_world_read(ports, acls, &w);
	if (status == VIFCTL_OK) {
		w.networks_doc = networks;
		status = why_select_port(&w, ports, v->operands[0], &from);
		if (status == VIFCTL_OK)
			status = read_names(v, &w, ports, &pkt);
		if (status == VIFCTL_OK)
			status = explain_with_flows(v, &w, from, &pkt, state);
		why_world_deinit(&w);
	}
	json_decref(networks);
	json_decref(acls);
	json_decref(doc);
	return status;
}
