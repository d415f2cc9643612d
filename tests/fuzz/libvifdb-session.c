// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a server says, into the session's core: the first octet says in which
 * pieces, an octet 0x1e inside breaks the connection (and a new one begins). The
 * owner looks at everything it is told about and commits from its callbacks.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "libvifdb/protocol.h"
#include "libvifdb/client-txn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t told;

static void look_at(const struct vifdb_row *row, const char *column)
{
	json_t *json = vifdb_json(row, column);
	int64_t number;

	for (size_t i = 0; i < vifdb_size(row, column); i++) {
		struct vifdb_atom atom = vifdb_at(row, column, i);
		struct vifdb_atom value = vifdb_value_at(row, column, i);

		if (atom.type == VIFDB_NONE)
			abort();
		if (atom.type == VIFDB_STRING)
			told += strlen(atom.string);
		if (value.type == VIFDB_STRING)
			told += strlen(value.string);
	}
	if (vifdb_integer(row, column, &number))
		told += number;
	if (vifdb_string(row, column))
		told += vifdb_string(row, column)[0];
	vifdb_map_string(row, column, "a");
	vifdb_row_version(row);
	json_decref(json);
}

static void on_txn(struct vifdb_txn *txn, void *arg)
{
	uint8_t uuid[16];

	vifdb_txn_inserted(txn, 0, uuid);
	told += strlen(vifdb_txn_error(txn)) + vifdb_txn_error_operation(txn);
	vifdb_txn_free(txn);
}

static void on_change(struct vifdb *db, const struct vifdb_row *row, enum vifdb_change change,
		      void *arg)
{
	static const char *const columns[] = { "name", "tag", "up", "trunks", "labels", "n", "ids" };
	const struct vifdb_row *found = vifdb_get(db, vifdb_row_table(row), vifdb_row_uuid(row));
	struct vifdb_txn *txn;

	if ((change == VIFDB_DELETED) == (found == row))
		abort();
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		look_at(row, columns[i]);
	if (vifdb_txn_new(db, &txn) < 0)
		abort();
	vifdb_txn_verify(txn, row);
	vifdb_txn_insert(txn, "P", json_pack("{ssso}", "name", "x", "trunks", vifdb_json_empty()), NULL);
	if (vifdb_txn_commit(txn, on_txn, NULL) < 0)
		abort();
}

/* The copy hangs together: each row is found, and as many as are counted. */
static void check_copy(struct vifdb *db, const char *table)
{
	size_t n = 0;

	for (const struct vifdb_row *row = vifdb_first(db, table); row; row = vifdb_next(row), n++)
		if (vifdb_get(db, table, vifdb_row_uuid(row)) != row)
			abort();
	if (n != vifdb_count(db, table))
		abort();
}

static void stop(struct vifdb *db)
{
	vdb_set_state(db, VIFDB_DISCONNECTED);
	vdb_protocol_stop(db);
	db->last_request = 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vifdb_ops ops = { .change = on_change };
	static const char *const columns[] = { "n", "ids", NULL };
	size_t piece = size ? data[0] + 1 : 1;
	struct vifdb *db;

	if (!size)
		return 0;
	if (vifdb_new("unix:/nowhere", "D", &db) < 0 || vifdb_follow(db, "P", NULL) < 0 ||
	    vifdb_follow(db, "Q", columns) < 0 || vifdb_lock(db, "L", false) < 0)
		abort();
	vifdb_set_ops(db, &ops, NULL);
	db->input.max.octets = 65536;
	vdb_protocol_start(db, 0);
	for (data++, size--; size;) {
		const uint8_t *breaks = memchr(data, 0x1e, size);
		size_t n = piece < size ? piece : size;
		int r = 0;

		if (breaks && (size_t)(breaks - data) < n)
			n = breaks - data;
		if (n)
			r = vdb_protocol_input(db, (const char *)data, n, 0);
		check_copy(db, "P");
		check_copy(db, "Q");
		data += n;
		size -= n;
		if (r < 0 && !vifdb_error(db)[0])
			abort();
		if (r == -EPROTO)
			db->last_id[0] = '\0';
		if (r < 0 || (size && data[0] == 0x1e)) {
			stop(db);
			vdb_protocol_start(db, 0);
			while (size && data[0] != 0x1e)
				data++, size--;
			if (size)
				data++, size--;
		}
	}
	stop(db);
	vifdb_free(db);
	return 0;
}
