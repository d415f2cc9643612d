// SPDX-License-Identifier: GPL-2.0-or-later
#include "libvifdb-helpers.h"

static void on_txn(struct vifdb_txn *txn, void *arg)
{
	tell("txn %d;", vifdb_txn_status(txn));
	if (arg)
		vifdb_txn_free(txn);
}

static struct vifdb *with_row(void)
{
	return ready("{'P':{'" T1 "':{'initial':" ROW "'name':'a','tag':5}}}}");
}

static struct vifdb_txn *txn_of(struct vifdb *db)
{
	struct vifdb_txn *txn;

	assert_int_equal(vifdb_txn_new(db, &txn), 0);
	return txn;
}

static struct vifdb_txn *insert_two(struct vifdb *db)
{
	struct vifdb_txn *txn = txn_of(db);

	vifdb_txn_insert(txn, "P", json_pack("{ss}", "name", "x"), NULL);
	vifdb_txn_comment(txn, "why");
	vifdb_txn_insert(txn, "P", json_pack("{si ss}", "tag", 5000, "name", "y"), NULL);
	return txn;
}

static void test_operations(void **state)
{
	struct vifdb *db = with_row();
	struct vifdb_txn *txn = txn_of(db);
	const struct vifdb_row *row = row_of(db, T1);
	json_t *uuid;

	assert_int_equal(vifdb_lock(db, "L", false), 0);
	sent(db);
	vifdb_txn_need_lock(txn);
	vifdb_txn_verify(txn, row);
	vifdb_txn_insert(txn, "P", json_object(), &uuid);
	vifdb_txn_update(txn, "P", vifdb_where_uuid(vifdb_row_uuid(row)), json_pack("{so}", "peer", uuid));
	vifdb_txn_mutate(txn, "P", vifdb_where("tag", "<", json_integer(9)),
			 json_pack("[[ssi]]", "tag", "+=", 1));
	vifdb_txn_delete(txn, "P", json_array());
	assert_int_equal(vifdb_txn_operations(txn), 6);
	assert_int_equal(vifdb_txn_status(txn), VIFDB_TXN_BUILDING);
	assert_int_equal(vifdb_txn_commit(txn, NULL, NULL), 0);
	assert_string_equal(sent(db),
		"{'id':4,'method':'transact','params':['Test',{'op':'assert','lock':'L'},"
		"{'op':'wait','table':'P','timeout':0,'where':[['_uuid','==',['uuid','" T1 "']]],"
		"'columns':['_version'],'until':'==','rows':[{'_version':['uuid','" T3 "']}]},"
		"{'op':'insert','table':'P','row':{},'uuid-name':'row2'},"
		"{'op':'update','table':'P','where':[['_uuid','==',['uuid','" T1 "']]],"
		"'row':{'peer':['named-uuid','row2']}},"
		"{'op':'mutate','table':'P','where':[['tag','<',9]],'mutations':[['tag','+=',1]]},"
		"{'op':'delete','table':'P','where':[]},{'op':'commit','durable':true}]}");
	assert_int_equal(vifdb_txn_status(txn), VIFDB_TXN_PENDING);
	assert_int_equal(vifdb_txn_commit(txn, NULL, NULL), -EINVAL);
	vifdb_txn_free(txn);
	/* Goes on without it. */
	says(db, "{'id':3,'error':null,'result':{'locked':true}}{'id':4,'error':null,'result':[]}");
	vifdb_free(db);
}

static void test_committed(void **state)
{
	struct vifdb *db = with_row();
	struct vifdb_txn *txn = insert_two(db);
	uint8_t uuid[16];

	assert_int_equal(vifdb_txn_commit(txn, on_txn, NULL), 0);
	assert_false(vifdb_txn_inserted(txn, 0, uuid));
	says(db, "{'id':3,'error':null,'result':[{'uuid':['uuid','" T1 "']},{},"
		 "{'uuid':['uuid','" T2 "']},{}]}");
	assert_told("txn 2;");
	assert_true(vifdb_txn_inserted(txn, 1, uuid));
	assert_int_equal(uuid[15], 2);
	assert_false(vifdb_txn_inserted(txn, 2, uuid));
	assert_non_null(vifdb_txn_result(txn, 2));
	assert_null(vifdb_txn_result(txn, 3));
	vifdb_txn_free(txn);
	vifdb_free(db);
}

static void test_failures(void **state)
{
	static const struct {
		const char *answer;
		enum vifdb_txn_status status;
		int operation;
		const char *error;
	} cases[] = {
		{ "'error':null,'result':[{},{},{'error':'constraint violation','details':"
		  "'5000 is not in the range 0 to 4094'}]", VIFDB_TXN_REFUSED, 2,
		  "P: tag: 5000 is not in the range 0 to 4094 (constraint violation)" },
		{ "'error':null,'result':[{},{},{'error':'constraint violation','details':"
		  "'table P column tag: 5000 is too much'},null]", VIFDB_TXN_REFUSED, 2,
		  "table P column tag: 5000 is too much (constraint violation)" },
		{ "'error':null,'result':[{},{},{'error':'referential integrity violation'}]",
		  VIFDB_TXN_REFUSED, 2, "P: referential integrity violation" },
		{ "'error':null,'result':[{},{},{},{},{'error':'constraint violation','details':'two'}]",
		  VIFDB_TXN_REFUSED, -1, "two (constraint violation)" },
		{ "'error':null,'result':[{'error':'timed out','details':'x'}]", VIFDB_TXN_CONFLICT, 0,
		  "P: x (timed out)" },
		{ "'error':null,'result':[null,{'error':'not owner'}]", VIFDB_TXN_NOT_LOCKED, 1,
		  "not owner" },
		{ "'error':'canceled','result':null", VIFDB_TXN_REFUSED, -1, "canceled" },
		{ "'error':{'error':'syntax error','details':'x'},'result':null", VIFDB_TXN_REFUSED, -1,
		  "x (syntax error)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct vifdb *db = with_row();
		struct vifdb_txn *txn = insert_two(db);
		char text[1024];

		assert_int_equal(vifdb_txn_commit(txn, on_txn, NULL), 0);
		snprintf(text, sizeof(text), "{'id':3,%s}", cases[i].answer);
		says(db, text);
		assert_int_equal(vifdb_txn_status(txn), cases[i].status);
		assert_int_equal(vifdb_txn_error_operation(txn), cases[i].operation);
		assert_string_equal(vifdb_txn_error(txn), cases[i].error);
		assert_null(vifdb_txn_result(txn, 0));
		vifdb_txn_free(txn);
		vifdb_free(db);
	}
}

static void test_bad_answers(void **state)
{
	static const char *const bad[] = { "{}", "[]", "[{},{},{}]", "null", "1" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vifdb *db = with_row();
		char text[256];

		assert_int_equal(vifdb_txn_commit(insert_two(db), on_txn, db), 0);
		snprintf(text, sizeof(text), "{'id':3,'error':null,'result':%s}", bad[i]);
		refused(db, text);
		assert_told("txn 6;");
		vifdb_free(db);
	}
}

static void test_mistakes(void **state)
{
	struct vifdb *db = with_row();
	struct vifdb_txn *txn = txn_of(db);
	json_t *uuid;

	vifdb_txn_comment(txn, "good");
	vifdb_txn_insert(txn, "P", json_array(), &uuid);
	json_decref(uuid);
	vifdb_txn_update(txn, "P", NULL, json_object());
	vifdb_txn_operation(txn, NULL);
	assert_int_equal(vifdb_txn_commit(txn, on_txn, NULL), -EINVAL);
	assert_string_equal(vifdb_txn_error(txn), "operation 1: insert: the row is no JSON object");
	assert_string_equal(vifdb_error(db), vifdb_txn_error(txn));
	vifdb_txn_free(txn);
	txn = txn_of(db);
	vifdb_txn_need_lock(txn);
	assert_int_equal(vifdb_txn_commit(txn, on_txn, NULL), -EINVAL);
	vifdb_txn_free(txn);
	assert_string_equal(sent(db), "");
	vifdb_free(db);
}

static void test_lost(void **state)
{
	struct vifdb *db = with_row();
	struct vifdb_txn *sent_one = insert_two(db), *queued = insert_two(db);

	assert_int_equal(vifdb_txn_commit(sent_one, on_txn, NULL), 0);
	/* Freed by its callback. */
	assert_int_equal(vifdb_txn_commit(insert_two(db), on_txn, db), 0);
	connection_breaks(db);
	assert_told("state 0;txn 6;txn 6;");
	vifdb_txn_free(sent_one);
	/* One that was never sent waits for the next connection. */
	assert_int_equal(vifdb_txn_commit(queued, on_txn, NULL), 0);
	assert_int_equal(vifdb_txn_status(queued), VIFDB_TXN_PENDING);
	db->last_request = 0;
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}");
	sent(db);
	says(db, "{'id':2,'error':null,'result':[true,'" T1 "',{}]}");
	assert_non_null(strstr(sent(db), "'id':3,'method':'transact'"));
	vifdb_free(db);
	assert_int_equal(vifdb_txn_status(queued), VIFDB_TXN_LOST);
	assert_int_equal(vifdb_txn_commit(queued, on_txn, NULL), -EINVAL);
	vifdb_txn_free(queued);
}

static void test_json(void **state)
{
	json_t *json = vifdb_json_map(json_pack("{ss}", "k", "v")), *want;

	want = json_pack("[s[[ss]]]", "map", "k", "v");
	assert_true(json_equal(json, want));
	json_decref(json);
	json_decref(want);
	json = vifdb_json_set(json_pack("[ii]", 1, 2));
	want = json_pack("[s[ii]]", "set", 1, 2);
	assert_true(json_equal(json, want));
	json_decref(json);
	json_decref(want);
	assert_null(vifdb_json_set(NULL));
	assert_null(vifdb_json_map(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operations), cmocka_unit_test(test_committed),
		cmocka_unit_test(test_failures), cmocka_unit_test(test_bad_answers),
		cmocka_unit_test(test_mistakes), cmocka_unit_test(test_lost),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
