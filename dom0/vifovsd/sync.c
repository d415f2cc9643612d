// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netlink/socket.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/uuid.h"
#include "ovs/ovs-columns.h"
#include "ovs/ovs-map.h"
#include "ovs/ovs-plan.h"
#include "ovs/ovs-report.h"
#include "ovs/ovs-view.h"
#include "vifovsd/facts.h"
#include "vifovsd/link-facts.h"
#include "vifovsd/sync.h"

#define SOON_US		5000U		/* several changes in a row are one */
#define STATISTICS_MS	5000U
#define LOCK_NAME	"ovs_vswitchd"	/* that of ovs-vswitchd: one of us and it may run */

#define WRITTEN		"Switch", "Uplink", "Port", "Network", "Mirror", "Exporter"
#define VIF_NAME_MAX	64

const char *const ovs_sync_tables[] = { WRITTEN, NULL };
const char *const ovs_sync_followed[] = { WRITTEN, "Global", "Host", "Location", NULL };

static void ask(struct ovs_sync *s)
{
	int on;

	if (sd_event_source_get_enabled(s->soon, &on) >= 0 && on != SD_EVENT_OFF)
		return;
	sd_event_source_set_time(s->soon, clock_us() + SOON_US);
	sd_event_source_set_enabled(s->soon, SD_EVENT_ONESHOT);
}

static void on_changed(void *arg)
{
	ask(arg);
}

static void arm_tick(struct ovs_sync *s)
{
	const struct vifdb_row *row = vifdb_first(s->ovs.db, OVS_DATABASE);
	const char *text = row ? vifdb_map_string(row, "other_config", "stats-update-interval") : NULL;
	uint64_t ms = STATISTICS_MS;

	if (!text || !number_parse(text, strlen(text), STATISTICS_MS, UINT32_MAX, &ms))
		ms = STATISTICS_MS;
	sd_event_source_set_time(s->tick, clock_us() + ms * 1000);
	sd_event_source_set_enabled(s->tick, SD_EVENT_ONESHOT);
}

/* ---- what is known of this host ---- */

static const struct vifdb_row *host_row(const struct ovs_sync *s)
{
	const struct vifdb_row *row;

	for (row = vifdb_first(s->own.db, "Host"); row; row = vifdb_next(row))
		if (strcmp(vifdb_string(row, "name") ?: "", s->host) == 0)
			return row;
	return NULL;
}

static bool in_force(struct ovs_sync *s)
{
	const struct vifdb_row *global = vifdb_first(s->own.db, "Global"), *host = host_row(s);
	int64_t has = 0;

	if (s->count) {
		s->awaited = 0;
		if (global)
			vifdb_integer(global, "next_cfg", &s->awaited);
		s->count = false;
	}
	return host && vifdb_integer(host, "cur_cfg", &has) && has >= s->awaited;
}

/* "UUID/DEVID" of a row of Port or Location; false: it names none. */
static bool name_vif(const struct vifdb_row *row, char ret[VIF_NAME_MAX])
{
	const uint8_t *vm = vifdb_uuid(row, "vm");
	char text[UUID_TEXT_LEN + 1];
	int64_t devid;

	if (!vm || !vifdb_integer(row, "devid", &devid))
		return false;
	vifdb_uuid_format(vm, text);
	snprintf(ret, VIF_NAME_MAX, "%s/%lld", text, (long long)devid);
	return true;
}

/* Which VIFs are behind netdevs, and what is wrong with them. */
static void add_locations(const struct ovs_sync *s, json_t *facts)
{
	json_t *located = json_object(), *faults = json_object();
	const struct vifdb_row *row;
	char name[VIF_NAME_MAX];

	for (row = vifdb_first(s->own.db, "Location"); row; row = vifdb_next(row)) {
		const char *netdev = vifdb_string(row, "netdev"), *error = vifdb_string(row, "last_error");

		if (strcmp(vifdb_string(row, "host") ?: "", s->host) != 0 || !netdev ||
		    !name_vif(row, name))
			continue;
		json_object_set_new(located, netdev, json_string(name));
		if (error && error[0])
			json_object_set_new(faults, netdev, json_string(error));
	}
	json_object_set_new(facts, "located", located);
	json_object_set_new(facts, "faults", faults);
}

static json_t *facts_of(struct ovs_sync *s, const json_t *db)
{
	const struct vifdb_row *host = host_row(s);
	json_t *links = facts_links(db), *facts;
	const char *error = host ? vifdb_string(host, "last_error") : NULL;

	if (!links)
		return NULL;
	facts = json_pack("{s:o, s:b, s:s?, s:O*}", "links", links, "in_force", in_force(s), "host_error",
			  error, "flows", s->flows.told);
	add_locations(s, facts);
	return facts;
}

/* ---- what is said ---- */

static void log_new(struct ovs_sync *s, json_t *now, const char *what, const char *name,
		    const json_t *texts)
{
	char line[512];

	for (size_t i = 0; i < json_array_size(texts); i++) {
		snprintf(line, sizeof(line), "%s %s: %s", what, name,
			 json_string_value(json_array_get(texts, i)));
		if (!json_object_get(s->said, line) && !json_object_get(now, line))
			log_warning("%s", line);
		json_object_set_new(now, line, json_true());
	}
}

static void log_sentences(struct ovs_sync *s, const json_t *mapping)
{
	static const char *const parts[][2] = {
		{ "bridges", "bridge" }, { "ports", "port" }, { "interfaces", "interface" },
	};
	json_t *now = json_object(), *one;
	const char *uuid;

	log_new(s, now, "the whole", OVS_DATABASE, json_object_get(mapping, "texts"));
	for (size_t i = 0; i < 3; i++)
		json_object_foreach(json_object_get(mapping, parts[i][0]), uuid, one)
			log_new(s, now, parts[i][1], json_string_value(json_object_get(one, "name")),
				json_object_get(one, "texts"));
	json_decref(s->said);
	s->said = now;
}

/* vifswitch's own database did not take it: nothing of what is new is in force. */
static void tell_refusal(const struct ovs_sync *s, json_t *mapping)
{
	json_t *interface;
	const char *uuid;

	if (!s->refused)
		return;
	json_array_append_new(json_object_get(mapping, "texts"), json_string(s->refusal));
	json_object_foreach(json_object_get(mapping, "interfaces"), uuid, interface)
		if (strcmp(json_string_value(json_object_get(interface, "kind")), "local") == 0)
			json_array_append_new(json_object_get(interface, "texts"), json_string(s->refusal));
}

/* ---- transactions ---- */

static struct vifdb_txn *commit(struct ovs_sync *s, struct db_session *session,
				const json_t *operations, bool number,
				void (*done)(struct vifdb_txn *txn, void *arg))
{
	struct vifdb_txn *txn;

	if (vifdb_txn_new(session->db, &txn) < 0)
		return NULL;
	for (size_t i = 0; i < json_array_size(operations); i++)
		vifdb_txn_operation(txn, json_incref(json_array_get(operations, i)));
	if (number) {
		vifdb_txn_number(txn);
		vifdb_txn_comment(txn, "vifovsd: Open_vSwitch");
	}
	if (vifdb_txn_commit(txn, done, s) < 0) {
		log_error("%s: a transaction is malformed", session->what);
		return vifdb_txn_free(txn);
	}
	db_session_rearm(session);
	return txn;
}

static void own_done(struct vifdb_txn *txn, void *arg)
{
	struct ovs_sync *s = arg;

	s->own_over = true;
	ask(s);
}

static void ovs_done(struct vifdb_txn *txn, void *arg)
{
	struct ovs_sync *s = arg;

	s->ovs_over = true;
	ask(s);
}

static void forget_refusal(struct ovs_sync *s)
{
	json_decref(s->refused);
	free(s->refusal);
	s->refused = NULL;
	s->refusal = NULL;
}

static void forget_sent(struct ovs_sync *s)
{
	json_decref(s->sent);
	json_decref(s->sent_rows);
	s->sent = s->sent_rows = NULL;
}

/* Of one row, or of the whole. */
static void remember_refusal(struct ovs_sync *s)
{
	int operation = vifdb_txn_error_operation(s->own_txn);
	size_t before = json_array_size(s->rejected);

	s->refusal = xprintf("vifswitch's database refuses: %s", vifdb_txn_error(s->own_txn));
	if (operation >= 0)
		ovs_plan_refused(s->rejected, s->sent, s->sent_rows, (size_t)operation, s->refusal);
	if (json_array_size(s->rejected) == before)
		s->refused = json_incref(json_object_get(s->sent, "operations"));
	log_error("%s", s->refusal);
}

static void finish_own(struct ovs_sync *s)
{
	forget_refusal(s);
	if (vifdb_txn_status(s->own_txn) == VIFDB_TXN_REFUSED)
		remember_refusal(s);
	s->count = true;
	forget_sent(s);
	s->own_txn = vifdb_txn_free(s->own_txn);
	s->own_over = false;
}

static void finish_ovs(struct ovs_sync *s)
{
	if (vifdb_txn_status(s->ovs_txn) == VIFDB_TXN_REFUSED)
		log_error(OVS_DATABASE " refuses: %s", vifdb_txn_error(s->ovs_txn));
	s->ovs_txn = vifdb_txn_free(s->ovs_txn);
	s->ovs_over = false;
}

/* ---- a pass ---- */

struct kept {
	const struct ovs_sync *s;
	const json_t *ports;	/* wanted */
	char mark[300];
};

/* Of many ports those that are wanted, and those that were. */
static bool keep_row(const struct vifdb_row *row, void *arg)
{
	const struct kept *k = arg;
	char name[VIF_NAME_MAX];

	if (strcmp(vifdb_row_table(row), "Port") != 0 || vifdb_map_string(row, "external_ids", k->mark))
		return true;
	return name_vif(row, name) && json_object_get(k->ports, name);
}

static json_t *plan(struct ovs_sync *s, const json_t *rows)
{
	struct kept k = { s, json_object_get(rows, "Port"), "" };
	json_t *own, *ret;

	snprintf(k.mark, sizeof(k.mark), OVS_MARK "%s", s->host);
	own = db_view(s->own.db, ovs_sync_tables, keep_row, &k);
	ret = ovs_plan(rows, own, s->host);
	json_decref(own);
	return ret;
}

static bool send_own(struct ovs_sync *s, json_t *planned, json_t *rows)
{
	const json_t *operations = json_object_get(planned, "operations");

	if (json_array_size(operations) == 0) {
		forget_refusal(s);
		return false;
	}
	if (s->refused && json_equal(s->refused, operations))
		return false;
	s->own_txn = commit(s, &s->own, operations, true, own_done);
	if (!s->own_txn)
		return false;
	s->sent = json_incref(planned);
	s->sent_rows = json_incref(rows);
	return true;
}

static void pass_with(struct ovs_sync *s, const json_t *db, const json_t *facts)
{
	json_t *mapping = ovs_map(db, facts), *rows = json_object_get(mapping, "rows"), *planned, *report;

	ovs_plan_leave_out(mapping, s->rejected);
	planned = plan(s, rows);
	if (!send_own(s, planned, rows)) {
		ovs_plan_tell(planned, mapping);
		tell_refusal(s, mapping);
		log_sentences(s, mapping);
		report = ovs_report(db, mapping, facts);
		if (json_array_size(report))
			s->ovs_txn = commit(s, &s->ovs, report, false, ovs_done);
		json_decref(report);
		flow_side_want(&s->flows, json_object_get(mapping, "bridges"),
			       json_object_size(json_object_get(db, "Controller")) > 0);
	}
	json_decref(planned);
	json_decref(mapping);
}

json_t *ovs_sync_database(void *sync)
{
	struct ovs_sync *s = sync;

	return db_view(s->ovs.db, ovs_tables_followed, NULL, NULL);
}

static void pass(struct ovs_sync *s)
{
	json_t *db, *facts;

	if (s->own_over)
		finish_own(s);
	if (s->ovs_over)
		finish_ovs(s);
	if (s->own_txn || s->ovs_txn || vifdb_state(s->ovs.db) != VIFDB_READY ||
	    vifdb_state(s->own.db) != VIFDB_READY || !vifdb_has_lock(s->ovs.db))
		return;
	db = ovs_sync_database(s);
	facts = facts_of(s, db);
	if (facts)
		pass_with(s, db, facts);
	json_decref(facts);
	json_decref(db);
}

static int on_soon(sd_event_source *source, uint64_t usec, void *arg)
{
	pass(arg);
	return 0;
}

static void tell_lock(struct ovs_sync *s)
{
	bool waits = vifdb_state(s->ovs.db) == VIFDB_READY && !vifdb_has_lock(s->ovs.db);

	if (waits && !s->told_lock)
		log_warning("another one has the lock %s of %s, ovs-vswitchd perhaps: waiting", LOCK_NAME,
			    OVS_DATABASE);
	s->told_lock = waits;
}

static int on_tick(sd_event_source *source, uint64_t usec, void *arg)
{
	tell_lock(arg);
	arm_tick(arg);
	pass(arg);
	return 0;
}

static int on_links(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct ovs_sync *s = arg;

	link_facts_drain(s->watch);
	ask(s);
	return 0;
}

static int add_sources(struct ovs_sync *s)
{
	int r = sd_event_add_time(s->event, &s->soon, CLOCK_MONOTONIC, 0, 0, on_soon, s);

	if (r >= 0)
		r = sd_event_add_time(s->event, &s->tick, CLOCK_MONOTONIC, 0, 0, on_tick, s);
	if (r >= 0)
		r = link_facts_watch(&s->watch);
	if (r >= 0)
		r = sd_event_add_io(s->event, &s->links, nl_socket_get_fd(s->watch), EPOLLIN,
				    on_links, s);
	return r;
}

int ovs_sync_start(struct ovs_sync *s, sd_event *event, const struct ovs_places *places)
{
	int r;

	*s = (struct ovs_sync){
		.event = event, .host = places->host, .count = true, .said = json_object(),
		.rejected = json_array(),
		.ovs = { .what = OVS_DATABASE, .changed = on_changed, .arg = s },
		.own = { .what = "policy database", .changed = on_changed, .arg = s },
		.flows = { .here = places->directory, .there = places->flows, .changed = on_changed,
			   .arg = s },
	};
	r = db_session_open(&s->ovs, event, places->ovs, OVS_DATABASE, ovs_tables_followed);
	if (r >= 0)
		r = vifdb_lock(s->ovs.db, LOCK_NAME, false);
	if (r >= 0)
		r = db_session_open(&s->own, event, places->own, NULL, ovs_sync_followed);
	if (r >= 0)
		r = add_sources(s);
	if (r >= 0)
		r = flow_side_start(&s->flows, event, places->control);
	if (r < 0)
		ovs_sync_stop(s);
	return r;
}

void ovs_sync_stop(struct ovs_sync *s)
{
	s->own_txn = vifdb_txn_free(s->own_txn);
	s->ovs_txn = vifdb_txn_free(s->ovs_txn);
	s->soon = sd_event_source_disable_unref(s->soon);
	s->tick = sd_event_source_disable_unref(s->tick);
	s->links = sd_event_source_disable_unref(s->links);
	flow_side_stop(&s->flows);
	nl_socket_free(s->watch);
	s->watch = NULL;
	db_session_close(&s->ovs);
	db_session_close(&s->own);
	forget_refusal(s);
	forget_sent(s);
	json_decref(s->rejected);
	json_decref(s->said);
}
