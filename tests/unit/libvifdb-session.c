// SPDX-License-Identifier: GPL-2.0-or-later
/* The protocol around the copy: schema, echo, probes, locks, what is refused. */
#include "libvifdb-helpers.h"

static void test_schema(void **state)
{
	struct vifdb *db = session();
	json_t *columns;

	assert_int_equal(vdb_protocol_start(db, 0), 0);
	assert_string_equal(sent(db), "{'id':1,'method':'get_schema','params':['Test']}");
	assert_null(vifdb_schema(db));
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}");
	columns = json_object_get(json_object_get(vifdb_schema(db), "tables"), "P");
	assert_int_equal(json_object_size(json_object_get(columns, "columns")), 6);
	assert_string_equal(sent(db),
			    "{'id':2,'method':'monitor_cond_since','params':['Test','vifdb',{'P':[{'columns':"
			    "['_version','labels','name','peer','tag','trunks','up']}]},"
			    "'00000000-0000-0000-0000-000000000000']}");
	assert_int_equal(vifdb_follow(db, "P", NULL), -EEXIST);
	vifdb_free(db);
}

static void test_chosen_columns(void **state)
{
	static const char *const columns[] = { "n", "gone", "_version", "_uuid", "n", NULL };
	static const char *const none[] = { NULL };
	struct vifdb *db = session();

	assert_int_equal(vifdb_follow(db, "Q", columns), 0);
	assert_int_equal(vifdb_follow(db, "R", none), 0);
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	sent(db);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}");
	assert_non_null(strstr(sent(db), "'Q':[{'columns':['_version','n']}]}"));
	assert_string_equal(vifdb_error(db),
			    "left out, because the server's schema does not have it: \"Q.gone\", \"R\"");
	vifdb_free(db);
}

static void test_nothing_followed(void **state)
{
	struct vifdb *db;

	assert_int_equal(vifdb_new("tcp:127.0.0.1:1", "Test", &db), 0);
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}");
	assert_int_equal(vifdb_state(db), VIFDB_READY);
	vifdb_free(db);
}

static void test_bad_messages(void **state)
{
	static const char *const bad[] = {
		"x", "{'id':1}", "{'id':7,'result':{},'error':null}", "{'id':'1','result':{},'error':null}",
		"{'id':1,'result':{},'error':null}", "{'id':1,'result':{'tables':{'P':1}},'error':null}",
		"{'id':1,'result':{'tables':{'P':{'columns':{'a':1}}}},'error':null}",
		"{'id':1,'result':null,'error':'unknown database'}", "{'method':1,'params':[],'id':null}",
		"{'method':'echo','id':1}", "{'a':\\}", "{'id':null,'method':'locked','params':[]}",
		"{'id':null,'method':'update3','params':['vifdb','" T1 "',{}]}",
		"{'id':null,'method':'monitor_canceled','params':['vifdb']}",
		"{'id':1,'error':null,'result':" SCHEMA "}{'id':2,'error':null,'result':{}}",
		"{'id':1,'error':null,'result':" SCHEMA "}{'id':2,'error':null,'result':[true,'" T1 "',{}]}",
		"{'id':1,'error':null,'result':" SCHEMA "}{'id':1,'error':null,'result':{}}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vifdb *db = session();

		assert_int_equal(vdb_protocol_start(db, 0), 0);
		assert_true(server(db, bad[i]) < 0);
		assert_true(vifdb_error(db)[0]);
		vifdb_free(db);
	}
}

static void test_monitor_refused(void **state)
{
	struct vifdb *db = session();

	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}");
	says(db, "{'id':2,'error':'a','result':null}{'id':3,'error':'b','result':null}");
	refused(db, "{'id':4,'error':{'error':'no','details':'not\\nyou'},'result':null}");
	assert_string_equal(vifdb_error(db), "the server refuses to be followed: not you (no)");
	vifdb_free(db);
}

static void test_echo(void **state)
{
	struct vifdb *db = ready("{}");
	int r = 0;

	says(db, "{'method':'echo','params':[1,'x'],'id':'e'}");
	assert_string_equal(sent(db), "{'id':'e','result':[1,'x'],'error':null}");
	says(db, "{'method':'echo','params':[],'id':null}{'method':'other','params':[],'id':null}");
	assert_string_equal(sent(db), "");
	/* A server that asks and does not read. */
	for (int i = 0; i < 100000 && !r; i++)
		r = server(db, "{'method':'echo','params':['aaaaaaaaaaaaaaaaaaaaaaa'],'id':1}");
	assert_int_equal(r, -EPROTO);
	assert_true(db->output.len < 2 * VDB_ECHO_MAX);
	vifdb_free(db);
}

static void test_probe(void **state)
{
	struct vifdb *db = ready("{}");

	assert_true(vdb_protocol_deadline(db) == VDB_PROBE_IDLE_US);
	assert_int_equal(vdb_protocol_tick(db, VDB_PROBE_IDLE_US - 1), 0);
	assert_string_equal(sent(db), "");
	assert_int_equal(vdb_protocol_tick(db, VDB_PROBE_IDLE_US), 0);
	assert_string_equal(sent(db), "{'id':3,'method':'echo','params':[]}");
	assert_int_equal(vdb_protocol_tick(db, VDB_PROBE_IDLE_US + 1), 0);
	assert_string_equal(sent(db), "");
	assert_int_equal(vdb_protocol_input(db, " ", 1, 6000000), 0);
	assert_true(vdb_protocol_deadline(db) == 6000000 + VDB_PROBE_IDLE_US);
	assert_int_equal(vdb_protocol_tick(db, 12000000), 0);
	assert_int_equal(vdb_protocol_tick(db, 12000000 + VDB_PROBE_ANSWER_US), -ETIMEDOUT);
	assert_string_equal(vifdb_error(db), "no answer within 15 s");
	vifdb_free(db);
}

static void test_lock(void **state)
{
	struct vifdb *db = session();

	assert_int_equal(vifdb_lock(db, "L", true), 0);
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}");
	sent(db);
	says(db, "{'id':2,'error':null,'result':[false,'" T1 "',{}]}");
	assert_string_equal(sent(db), "{'id':3,'method':'steal','params':['L']}");
	/* About an older request: not believed before the answer. */
	says(db, "{'id':null,'method':'locked','params':['L']}");
	assert_false(vifdb_has_lock(db));
	says(db, "{'id':3,'error':null,'result':{'locked':true}}");
	assert_told("lock 1;");
	says(db, "{'id':null,'method':'stolen','params':['L']}");
	assert_told("lock 0;");
	says(db, "{'id':null,'method':'locked','params':['other']}");
	assert_told("");
	says(db, "{'id':null,'method':'locked','params':['L']}");
	assert_told("lock 1;");
	connection_breaks(db);
	assert_told("state 0;lock 0;");
	/* Asked for again, but not stolen again. */
	sent(db);
	db->last_request = 0;
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}{'id':2,'error':null,"
		 "'result':[true,'" T1 "',{}]}");
	assert_non_null(strstr(sent(db), "'lock','params':['L']}"));
	says(db, "{'id':3,'error':null,'result':{'locked':false}}");
	assert_int_equal(vifdb_lock(db, NULL, false), 0);
	assert_string_equal(sent(db), "{'id':4,'method':'unlock','params':['L']}");
	says(db, "{'id':4,'error':null,'result':{}}");
	says(db, "{'id':null,'method':'locked','params':['L']}");
	assert_false(vifdb_has_lock(db));
	vifdb_free(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_schema), cmocka_unit_test(test_chosen_columns),
		cmocka_unit_test(test_nothing_followed), cmocka_unit_test(test_bad_messages),
		cmocka_unit_test(test_monitor_refused), cmocka_unit_test(test_echo),
		cmocka_unit_test(test_probe), cmocka_unit_test(test_lock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
