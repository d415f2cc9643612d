// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * This host's rows in the database. Each complete pass says what they should
 * be; what differs from what they are goes out in one transaction, with the
 * configuration number it belongs to, so that whoever waits for the number
 * finds the outcome of his change beside it. One transaction is under way at a
 * time, and they keep a distance unless the number has changed.
 *
 * Ephemeral columns are empty after a restart of the server. They then simply
 * differ, and are written again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/log.h"
#include "base/mem.h"
#include "policydb/follow.h"
#include "policydb/table-columns.h"

#define REPORT_US	100000		/* between transactions */
#define RETRY_US	1000000ULL	/* after one that was refused; doubles */
#define RETRY_MAX_US	60000000ULL

static json_t *optional_text(const char *text)
{
	return text && *text ? json_text(text) : vifdb_json_empty();
}

static json_t *optional_number(int64_t n)
{
	return n >= 0 ? json_integer(n) : vifdb_json_empty();
}

/* ---- what is ---- */

static void copy_name(char ret[IFNAMSIZ], const char *text)
{
	strncpy(ret, text ? text : "", IFNAMSIZ - 1);
	ret[IFNAMSIZ - 1] = '\0';
}

/* Of other hosts' rows only whose they are, so that a look at all of them is rare. */
static void count_elsewhere(struct policy_db *p, const uint8_t vm[16], int64_t devid,
			    enum vifdb_change change)
{
	uint64_t key = map_identity_key(vm, (uint32_t)devid);
	uintptr_t count = (uintptr_t)map_get(&p->elsewhere, key);

	if (change == VIFDB_MODIFIED || (change == VIFDB_DELETED && !count))
		return;
	count += change == VIFDB_INSERTED ? 1 : -1;
	if (count)
		map_put(&p->elsewhere, key, (void *)count);
	else
		map_remove(&p->elsewhere, key);
}

bool policy_report_elsewhere(const struct policy_db *p, const uint8_t vm[16], uint32_t devid)
{
	return map_get(&p->elsewhere, map_identity_key(vm, devid));
}

/* The strings of a column, sorted as the database has them; NULL: there are none. */
static char *words_of(const struct vifdb_row *row, const char *column)
{
	size_t n = vifdb_size(row, column), len = 0;
	char *text = n ? xmalloc(n * (POLICY_NAME_MAX + 2)) : NULL;

	for (size_t i = 0; i < n; i++) {
		struct vifdb_atom atom = vifdb_at(row, column, i);

		if (atom.type == VIFDB_STRING)
			len += (size_t)sprintf(text + len, "%.*s%c", POLICY_NAME_MAX, atom.string,
					       LOCATION_WORD_END);
	}
	return text;
}

static void on_location(struct policy_db *p, const struct vifdb_row *row, enum vifdb_change change)
{
	const char *host = vifdb_string(row, "host"), *state = vifdb_string(row, "state");
	_cleanup_free_ char *networks = NULL, *macs = NULL;
	const uint8_t *vm = vifdb_uuid(row, "vm");
	struct location at = { .domid = -1, .since = -1 };
	int64_t devid;

	p->vms_stirred = true;
	if (!host || !vm || !vifdb_integer(row, "devid", &devid))
		return;
	if (strcmp(host, p->host) != 0) {
		count_elsewhere(p, vm, devid, change);
		policy_place_location(p, vm, devid);
		return;
	}
	p->own_touched = true;
	if (change == VIFDB_DELETED) {
		locations_no_row(&p->locations, vifdb_row_uuid(row), vm, devid);
		return;
	}
	networks = words_of(row, "networks");
	macs = words_of(row, "macs");
	memcpy(at.vm, vm, 16);
	at.devid = devid;
	vifdb_integer(row, "domid", &at.domid);
	vifdb_integer(row, "since", &at.since);
	copy_name(at.netdev, vifdb_string(row, "netdev"));
	copy_name(at.sw, vifdb_string(row, "switch"));
	if (state)
		strncpy(at.state, state, sizeof(at.state) - 1);
	at.error = (char *)vifdb_string(row, "last_error");
	at.networks = networks;
	at.macs = macs;
	locations_row(&p->locations, vifdb_row_uuid(row), &at);
}

void policy_report_row(struct policy_db *p, const struct vifdb_row *row, enum vifdb_change change)
{
	const char *table = vifdb_row_table(row), *name;

	if (strcmp(table, "Location") == 0) {
		on_location(p, row, change);
	} else if (strcmp(table, "Host") == 0) {
		name = vifdb_string(row, "name");
		if (!name || strcmp(name, p->host) != 0) {
			policy_place_host(p, row);
			return;
		}
		p->own_touched = true;
		if (change != VIFDB_DELETED) {
			memcpy(p->host_row, vifdb_row_uuid(row), 16);
			p->has_host_row = true;
		} else if (memcmp(p->host_row, vifdb_row_uuid(row), 16) == 0) {
			p->has_host_row = false;
		}
	}
}

bool policy_report_concerns(const struct policy_db *p, const struct vifdb_row *row)
{
	const uint8_t *vm = vifdb_uuid(row, "vm");
	int64_t devid;

	return vm && vifdb_integer(row, "devid", &devid) &&
	       locations_wanted(&p->locations, vm, (uint32_t)devid);
}

/* ---- the difference ---- */

struct writer {
	struct policy_db *p;
	struct vifdb_txn *txn;
};

/* A database of an older release does not have every column. */
static bool has_column(const struct policy_db *p, const char *name)
{
	return table_has_column(p->db, "Host", name);
}

static bool tells_networks(const struct policy_db *p)
{
	return table_has_column(p->db, "Location", "networks");
}

static json_t *word_set(const char *words)
{
	json_t *list = json_array();
	const char *end;

	for (; words && (end = strchr(words, LOCATION_WORD_END)); words = end + 1)
		json_array_append_new(list, json_stringn(words, (size_t)(end - words)));
	return vifdb_json_set(list);
}

static json_t *location_columns(const struct policy_db *p, const struct location *at)
{
	json_t *columns = json_pack("{so so so so so so}", "domid", optional_number(at->domid),
				    "netdev", optional_text(at->netdev), "switch",
				    optional_text(at->sw), "state", optional_text(at->state),
				    "since", optional_number(at->since), "last_error",
				    optional_text(at->error));

	if (tells_networks(p)) {
		json_object_set_new(columns, "networks", word_set(at->networks));
		json_object_set_new(columns, "macs", word_set(at->macs));
	}
	return columns;
}

static void write_location(enum location_change change, const uint8_t row[16],
			   const struct location *want, const struct location *is, void *arg)
{
	struct writer *w = arg;
	json_t *columns;

	switch (change) {
	case LOCATION_INSERT:
		columns = location_columns(w->p, want);
		json_object_set_new(columns, "host", json_text(w->p->host));
		json_object_set_new(columns, "vm", vifdb_json_uuid(want->vm));
		json_object_set_new(columns, "devid", json_integer(want->devid));
		vifdb_txn_insert(w->txn, "Location", columns, NULL);
		break;
	case LOCATION_UPDATE:
		vifdb_txn_update(w->txn, "Location", vifdb_where_uuid(row),
				 location_columns(w->p, want));
		break;
	case LOCATION_DELETE:
		vifdb_txn_delete(w->txn, "Location", vifdb_where_uuid(row));
		break;
	}
}

static bool text_is(const struct vifdb_row *row, const char *column, const char *text)
{
	const char *is = vifdb_string(row, column);

	return strcmp(is ? is : "", text ? text : "") == 0;
}

static bool number_is(const struct vifdb_row *row, const char *column, int64_t n)
{
	int64_t is;

	return vifdb_integer(row, column, &is) && is == n;
}

static const char *fact(const struct policy_db *p, const char *name)
{
	return json_string_value(json_object_get(p->host_facts, name));
}

static bool has_facts(const struct policy_db *p)
{
	return p->host_facts && has_column(p, "switches");
}

static const json_t *switches_of(const struct policy_db *p)
{
	return json_object_get(p->host_facts, "switches");
}

/* By which others reach this host where networks are encrypted. */
static const json_t *keys_of(const struct policy_db *p)
{
	return json_object_get(p->host_facts, "wireguard");
}

static const json_t *proof_of(const struct policy_db *p)
{
	return json_object_get(p->host_facts, "wireguard_proof");
}

/* A map of the row against an object of strings. */
static bool map_is(const struct vifdb_row *row, const char *column, const json_t *object)
{
	const char *name;
	json_t *text;

	if (vifdb_size(row, column) != json_object_size(object))
		return false;
	json_object_foreach((json_t *)object, name, text) {
		const char *is = vifdb_map_string(row, column, name);

		if (!is || strcmp(is, json_string_value(text)) != 0)
			return false;
	}
	return true;
}

static bool facts_are(const struct policy_db *p, const struct vifdb_row *row)
{
	if (!has_facts(p))
		return true;
	if (!text_is(row, "lacks", fact(p, "lacks")) ||
	    (has_column(p, "address") && !text_is(row, "address", fact(p, "address"))) ||
	    (has_column(p, "address_since") &&
	     !number_is(row, "address_since", p->connected_since)) ||
	    (has_column(p, "wireguard") && !map_is(row, "wireguard", keys_of(p))) ||
	    (has_column(p, "wireguard_proof") && !map_is(row, "wireguard_proof", proof_of(p))))
		return false;
	return map_is(row, "switches", switches_of(p));
}

static void add_facts(const struct policy_db *p, json_t *columns)
{
	if (!has_facts(p))
		return;
	json_object_set_new(columns, "switches", vifdb_json_map(json_copy((json_t *)switches_of(p))));
	json_object_set_new(columns, "lacks", optional_text(fact(p, "lacks")));
	if (has_column(p, "address"))
		json_object_set_new(columns, "address", optional_text(fact(p, "address")));
	if (has_column(p, "address_since"))
		json_object_set_new(columns, "address_since", optional_number(p->connected_since));
	if (has_column(p, "wireguard"))
		json_object_set_new(columns, "wireguard",
				    vifdb_json_map(json_copy((json_t *)keys_of(p))));
	if (has_column(p, "wireguard_proof"))
		json_object_set_new(columns, "wireguard_proof",
				    vifdb_json_map(json_copy((json_t *)proof_of(p))));
}

/* Returns whether the number is new, which somebody may wait for. */
static bool write_host(struct policy_db *p, struct vifdb_txn *txn)
{
	const struct vifdb_row *row = p->has_host_row ? vifdb_get(p->db, "Host", p->host_row) :
				      NULL;
	json_t *columns;

	if (row && text_is(row, "version", VIFSWITCH_VERSION) &&
	    text_is(row, "last_error", p->host_error) && facts_are(p, row) &&
	    (!has_column(p, "presence") || text_is(row, "presence", "present")) &&
	    number_is(row, "since", p->connected_since) && number_is(row, "cur_cfg", p->cur_cfg))
		return false;
	columns = json_pack("{ss so so so}", "version", VIFSWITCH_VERSION,
			    "since", optional_number(p->connected_since),
			    "cur_cfg", optional_number(p->cur_cfg),
			    "last_error", optional_text(p->host_error));
	add_facts(p, columns);
	if (has_column(p, "presence")) {
		json_object_set_new(columns, "presence", json_string("present"));
		json_object_set_new(columns, "absent_since", vifdb_json_empty());
	}
	if (row) {
		vifdb_txn_update(txn, "Host", vifdb_where_uuid(p->host_row), columns);
	} else {
		json_object_set_new(columns, "name", json_text(p->host));
		vifdb_txn_insert(txn, "Host", columns, NULL);
	}
	return !row || !number_is(row, "cur_cfg", p->cur_cfg);
}

static void on_done(struct vifdb_txn *txn, void *arg)
{
	struct policy_db *p = arg;

	p->txn_over = true;
}

static int on_later(sd_event_source *source, uint64_t usec, void *arg);

static void try_later(struct policy_db *p, uint64_t at)
{
	if (!p->later && sd_event_add_time(p->event, &p->later, CLOCK_MONOTONIC, 0, 1000,
					   on_later, p) < 0)
		return;
	sd_event_source_set_time(p->later, at);
	sd_event_source_set_enabled(p->later, SD_EVENT_ONESHOT);
}

static void send_report(struct policy_db *p)
{
	struct writer w = { .p = p };
	bool urgent;
	uint64_t now;

	if (!p->reported || p->txn || vifdb_state(p->db) != VIFDB_READY)
		return;
	if (vifdb_txn_new(p->db, &w.txn) < 0)
		return;
	sd_event_now(p->event, CLOCK_MONOTONIC, &now);
	urgent = write_host(p, w.txn) && !p->txn_failures;
	locations_diff(&p->locations, write_location, &w);
	if (vifdb_txn_operations(w.txn) == 0) {
		vifdb_txn_free(w.txn);
		return;
	}
	if (now < p->next_report && !urgent) {
		vifdb_txn_free(w.txn);
		try_later(p, p->next_report);
		return;
	}
	p->next_report = now + REPORT_US;
	p->txn_over = false;
	p->txn = w.txn;
	if (vifdb_txn_commit(w.txn, on_done, p) < 0) {
		log_warning("policy database: status cannot be written: %s",
			    vifdb_txn_error(w.txn));
		p->txn = vifdb_txn_free(w.txn);
		p->next_report = now + RETRY_MAX_US;
		return;
	}
	policy_db_rearm(p);
}

static int on_later(sd_event_source *source, uint64_t usec, void *arg)
{
	send_report(arg);
	return 0;
}

/* A transaction that is over is looked at outside the session's callbacks. */
void policy_report_check(struct policy_db *p)
{
	enum vifdb_txn_status status;
	uint64_t now, delay = RETRY_US;

	/* Somebody else may have changed what is ours. */
	if (!p->txn && p->own_touched)
		send_report(p);
	p->own_touched = false;
	if (!p->txn || !p->txn_over)
		return;
	status = vifdb_txn_status(p->txn);
	if (status == VIFDB_TXN_COMMITTED) {
		p->txn_failures = 0;
	} else if (status != VIFDB_TXN_LOST) {
		sd_event_now(p->event, CLOCK_MONOTONIC, &now);
		for (unsigned int i = 0; i < p->txn_failures && delay < RETRY_MAX_US; i++)
			delay *= 2;
		p->next_report = now + delay;
		if (p->txn_failures++ == 0)
			log_warning("policy database: status was not taken: %s",
				    vifdb_txn_error(p->txn));
	}
	p->txn = vifdb_txn_free(p->txn);
	send_report(p);
}

void policy_report_ready(struct policy_db *p)
{
	p->connected_since = time(NULL);
	send_report(p);
}

bool policy_db_report_begin(struct policy_db *p)
{
	/* Where there never was a database nobody reads it; one that comes asks for a pass. */
	if (!p->db || p->state == POLICY_ABSENT)
		return false;
	p->half_told = false;
	locations_mark(&p->locations);
	policy_names_begin(p);
	policy_numbers_begin(p);
	return true;
}

void policy_db_report_vif(struct policy_db *p, const struct location *at)
{
	struct location told = *at;

	/* Where there is no place for them they would differ for ever. */
	if (!tells_networks(p))
		told.networks = told.macs = NULL;
	if (!p->half_told)
		p->half_told = locations_want(&p->locations, &told, time(NULL)) < 0;
}

void policy_db_report_end(struct policy_db *p, int64_t cur_cfg, const char *host_error,
			  json_t *facts)
{
	if (facts)
		json_decref(p->host_facts);
	p->host_facts = facts ?: p->host_facts;
	p->cur_cfg = cur_cfg;
	free(p->host_error);
	p->host_error = host_error ? strndup(host_error, LOCATION_ERROR_MAX) : NULL;
	/* Half of the truth would delete rows. */
	if (!p->half_told) {
		locations_sweep(&p->locations);
		p->reported = true;
		send_report(p);
	}
	policy_names_end(p);
	policy_numbers_end(p);
}

void policy_report_deinit(struct policy_db *p)
{
	p->later = sd_event_source_disable_unref(p->later);
	p->txn = vifdb_txn_free(p->txn);
	locations_deinit(&p->locations);
	map_deinit(&p->elsewhere);
	vm_places_deinit(&p->vms);
	free(p->host_error);
	p->host_error = NULL;
	json_decref(p->host_facts);
	p->host_facts = NULL;
	json_decref(p->asked_hosts);
	json_decref(p->asked_places);
	p->asked_hosts = p->asked_places = NULL;
}
