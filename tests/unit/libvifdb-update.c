// SPDX-License-Identifier: GPL-2.0-or-later
/* Updates into the copy: of monitor_cond_since, of monitor, and what is refused. */
#include "libvifdb-helpers.h"
#include "libvifdb/client-monitor.h"

#define UPDATE3(rows)	"{'id':null,'method':'update3','params':['vifdb','" T2 "'," rows "]}"

static void test_first_copy(void **state)
{
	struct vifdb *db = ready("{'P':{'" T1 "':{'initial':" ROW "'name':'a','tag':5,"
				 "'labels':['map',[['k','v'],['a','b']]],'trunks':['set',[3,1]]}},"
				 "'" T2 "':{'initial':" ROW "'peer':['uuid','" T1 "']}}}}");
	const struct vifdb_row *row = row_of(db, T1);
	int64_t tag;
	bool up;

	assert_told("+1 a;+2 ;done;state 2;");
	assert_int_equal(vifdb_count(db, "P"), 2);
	assert_int_equal(vifdb_generation(db), 1);
	assert_string_equal(vifdb_row_table(row), "P");
	assert_true(vifdb_integer(row, "tag", &tag));
	assert_int_equal(tag, 5);
	assert_true(vifdb_boolean(row, "up", &up));
	assert_false(up);
	assert_int_equal(vifdb_size(row, "trunks"), 2);
	assert_int_equal(vifdb_at(row, "trunks", 0).integer, 1);
	assert_int_equal(vifdb_at(row, "trunks", 2).type, VIFDB_NONE);
	assert_string_equal(vifdb_map_string(row, "labels", "k"), "v");
	assert_null(vifdb_map_string(row, "labels", "x"));
	assert_string_equal(vifdb_at(row, "labels", 0).string, "a");
	assert_string_equal(vifdb_value_at(row, "labels", 0).string, "b");
	assert_int_equal(vifdb_row_version(row)[15], 3);
	assert_null(vifdb_uuid(row, "peer"));
	assert_int_equal(vifdb_uuid(row_of(db, T2), "peer")[15], 1);
	assert_int_equal(vifdb_size(row, "none"), 0);
	assert_null(vifdb_json(row, "none"));
	/* Of another type than the column's. */
	assert_false(vifdb_integer(row, "name", &tag));
	assert_null(vifdb_string(row, "tag"));
	assert_null(vifdb_first(db, "Q"));
	assert_non_null(vifdb_next(vifdb_first(db, "P")));
	assert_null(vifdb_next(vifdb_next(vifdb_first(db, "P"))));
	vifdb_free(db);
}

static void test_changes(void **state)
{
	struct vifdb *db = ready("{'P':{'" T1 "':{'initial':" ROW "'name':'a','tag':5}}}}");
	int64_t tag;

	says(db, UPDATE3("{'P':{'" T1 "':{'modify':{'tag':['set',[]],'name':'b'}},"
			 "'" T2 "':{'insert':" ROW "'name':'c'}}}}"));
	assert_told("*1 b;+2 c;done;");
	assert_false(vifdb_integer(row_of(db, T1), "tag", &tag));
	assert_string_equal(db->last_id, T2);
	/* Nothing changes: nobody is told. */
	says(db, UPDATE3("{'P':{'" T1 "':{'modify':{'name':'b'}}}}"));
	assert_told("");
	assert_int_equal(vifdb_generation(db), 2);
	says(db, UPDATE3("{'P':{'" T1 "':{'delete':null}}}"));
	assert_told("-1 b;done;");
	assert_null(row_of(db, T1));
	assert_string_equal(vifdb_string(vifdb_first(db, "P"), "name"), "c");
	vifdb_free(db);
}

/* Every one of these ends the connection, and leaves the copy as it was. */
static void test_refused(void **state)
{
	static const char *const bad[] = {
		/* insert, then something that is wrong */
		"{'P':{'" T3 "':{'insert':{}},'" T2 "':{'modify':{}}}}",
		"{'P':{'" T3 "':{'insert':{'name':'x'}},'" T2 "':{'delete':null}}}",
		"{'P':{'" T3 "':{'insert':{'name':5}}}}",
		"{'P':{'" T3 "':{'insert':{'nothing':5}}}}",
		"{'P':{'" T1 "':{'modify':{'name':'x','tag':'5'}}}}",
		"{'P':{'" T1 "':{'modify':{'up':['set',[]]}}}}",
		"{'P':{'" T1 "':{'insert':{}}}}",
		"{'P':{'" T1 "':{}}}",
		"{'P':{'" T1 "':[]}}",
		"{'P':{'x':{'insert':{}}}}",
		"{'P':[]}", "{'Q':{}}", "[]", "null",
		"{'P':{'0000000a-0000-4000-8000-000000000001':{'insert':{}},"
		"'0000000A-0000-4000-8000-000000000001':{'insert':{}}}}",
		"{'P':{'" T1 "':{'modify':{'name':'x'}}},'Q':{'" T1 "':{'insert':{}}}}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct vifdb *db = ready("{'P':{'" T1 "':{'initial':" ROW "'name':'a','tag':5}}}}");
		char text[1024];

		snprintf(text, sizeof(text),
			 "{'id':null,'method':'update3','params':['vifdb','" T2 "',%s]}", bad[i]);
		refused(db, text);
		assert_told("");
		assert_true(vifdb_error(db)[0]);
		assert_int_equal(vifdb_count(db, "P"), 1);
		assert_string_equal(vifdb_string(row_of(db, T1), "name"), "a");
		assert_null(row_of(db, T3));
		vifdb_free(db);
	}
}

/* One row, written in two ways. */
static void test_twice(void **state)
{
	struct vifdb *db = ready("{'P':{'0000000a-0000-4000-8000-000000000001':{'initial':" ROW
				 "'name':'a'}}}}");

	refused(db, UPDATE3("{'P':{'0000000a-0000-4000-8000-000000000001':{'delete':null},"
			    "'0000000A-0000-4000-8000-000000000001':{'delete':null}}}"));
	assert_told("");
	assert_int_equal(vifdb_count(db, "P"), 1);
	vifdb_free(db);
}

static json_t *tag_is(int tag)
{
	return json_pack("[[s, s, i]]", "tag", "==", tag);
}

/* Rows that the owner asks for, then others in place of those; one change at a time. */
static void test_conditions(void **state)
{
	struct vifdb *db = session();

	assert_int_equal(vifdb_follow_where(db, "P", tag_is(1)), 0);
	assert_int_equal(vifdb_follow_where(db, "Q", NULL), -ENOENT);
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}");
	assert_non_null(strstr(sent(db), "'where':[['tag','==',1]]"));
	assert_false(vifdb_settled(db));
	/* Too late for that request. */
	assert_int_equal(vifdb_follow_where(db, "P", tag_is(2)), 0);
	says(db, "{'id':2,'error':null,'result':[false,'" T1 "',{'P':{'" T1 "':{'initial':" ROW
		 "'name':'a'}}}}]}");
	assert_told("+1 a;done;state 2;");
	assert_false(vifdb_settled(db));
	assert_int_equal(vifdb_deadline(db), 0);
	assert_int_equal(vdb_conditions_send(db), 0);
	assert_string_equal(sent(db), "{'id':3,'method':'monitor_cond_change','params':['vifdb','vifdb',"
				      "{'P':[{'where':[['tag','==',2]]}]}]}");
	/* What is asked for meanwhile waits, and goes out as it is then. */
	assert_int_equal(vifdb_follow_where(db, "P", tag_is(3)), 0);
	assert_int_equal(vifdb_follow_where(db, "P", NULL), 0);
	assert_int_equal(vdb_conditions_send(db), 0);
	assert_string_equal(sent(db), "");
	says(db, UPDATE3("{'P':{'" T1 "':{'delete':null},'" T2 "':{'insert':" ROW "'name':'b'}}}}"));
	assert_told("-1 a;+2 b;done;");
	assert_false(vifdb_settled(db));
	says(db, "{'id':3,'error':null,'result':{}}");
	assert_false(vifdb_settled(db));
	assert_int_equal(vdb_conditions_send(db), 0);
	assert_string_equal(sent(db), "{'id':4,'method':'monitor_cond_change','params':['vifdb','vifdb',"
				      "{'P':[{'where':[true]}]}]}");
	says(db, "{'id':4,'error':null,'result':{}}");
	assert_true(vifdb_settled(db));
	/* The same again is nothing. */
	assert_int_equal(vifdb_follow_where(db, "P", NULL), 0);
	assert_true(vifdb_settled(db));
	vifdb_free(db);
}

static const char *monitor_after_break(struct vifdb *db, int id)
{
	char text[2048];

	connection_breaks(db);
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	snprintf(text, sizeof(text), "{'id':%d,'error':null,'result':" SCHEMA "}", id);
	says(db, text);
	return sent(db);
}

/* A copy of other rows than those asked for is no place to go on from. */
static void test_conditions_and_breaks(void **state)
{
	struct vifdb *db = ready("{}");
	const char *request;

	assert_true(vifdb_settled(db));
	request = monitor_after_break(db, 3);
	assert_non_null(strstr(request, "'" T1 "'"));
	says(db, "{'id':4,'error':null,'result':[true,'" T1 "',{}]}");
	/* It breaks before the change is answered; */
	assert_int_equal(vifdb_follow_where(db, "P", tag_is(1)), 0);
	assert_int_equal(vdb_conditions_send(db), 0);
	request = monitor_after_break(db, 6);
	assert_null(strstr(request, "'" T1 "'"));
	assert_non_null(strstr(request, "'tag','==',1"));
	says(db, "{'id':7,'error':null,'result':[false,'" T1 "',{}]}");
	assert_true(vifdb_settled(db));
	/* before it is sent; */
	assert_int_equal(vifdb_follow_where(db, "P", tag_is(2)), 0);
	request = monitor_after_break(db, 8);
	assert_null(strstr(request, "'" T1 "'"));
	assert_non_null(strstr(request, "'tag','==',2"));
	says(db, "{'id':9,'error':null,'result':[false,'" T1 "',{}]}");
	/* or the server refuses: the next connection asks for a whole copy. */
	assert_int_equal(vifdb_follow_where(db, "P", tag_is(3)), 0);
	assert_int_equal(vdb_conditions_send(db), 0);
	refused(db, "{'id':10,'error':'resources exhausted','result':null}");
	assert_null(strstr(monitor_after_break(db, 11), "'" T1 "'"));
	vifdb_free(db);
}

/* A server without conditions sends all rows, and is not asked for others. */
static void test_no_conditions(void **state)
{
	struct vifdb *db = session();

	assert_int_equal(vifdb_follow_where(db, "P", tag_is(1)), 0);
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}");
	says(db, "{'id':2,'error':'unknown method','result':null}");
	assert_non_null(strstr(sent(db), "'where'"));
	says(db, "{'id':3,'error':'unknown method','result':null}");
	assert_null(strstr(sent(db), "'where'"));
	says(db, "{'id':4,'error':null,'result':{}}");
	assert_true(vifdb_settled(db));
	assert_int_equal(vifdb_follow_where(db, "P", tag_is(2)), 0);
	assert_int_equal(vdb_conditions_send(db), 0);
	assert_string_equal(sent(db), "");
	assert_true(vifdb_settled(db));
	vifdb_free(db);
}

static void test_plain_monitor(void **state)
{
	struct vifdb *db = session();

	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}");
	sent(db);
	says(db, "{'id':2,'error':'unknown method','result':null}");
	assert_non_null(strstr(sent(db), "'monitor_cond'"));
	says(db, "{'id':3,'error':'unknown method','result':null}");
	assert_non_null(strstr(sent(db), "'monitor'"));
	says(db, "{'id':4,'error':null,'result':{'P':{'" T1 "':{'new':" ROW "'name':'a'}}}}}");
	assert_told("+1 a;done;state 2;");
	says(db, "{'id':null,'method':'update','params':['vifdb',{'P':{'" T1 "':"
		 "{'old':{'name':'a'},'new':{'name':'b'}}}}]}");
	assert_told("*1 b;done;");
	says(db, "{'id':null,'method':'update','params':['vifdb',{'P':{'" T1 "':"
		 "{'old':{'name':'b'}},'" T2 "':{'new':{'name':'c'}}}}]}");
	assert_told("-1 b;+2 c;done;");
	refused(db, UPDATE3("{}"));
	vifdb_free(db);
}

static void reconnect(struct vifdb *db, const char *answer)
{
	char id[8192];

	connection_breaks(db);
	db->last_request = 0;
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}");
	snprintf(id, sizeof(id), "{'id':2,'error':null,'result':%s}", answer);
	says(db, id);
}

static void test_resume(void **state)
{
	struct vifdb *db = ready("{'P':{'" T1 "':{'initial':" ROW "'name':'a'}}}}");

	connection_breaks(db);
	assert_told("state 0;");
	assert_non_null(row_of(db, T1));
	db->last_request = 0;
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}");
	assert_non_null(strstr(sent(db), "},'" T1 "']"));
	says(db, "{'id':2,'error':null,'result':[true,'" T2 "',{'P':{'" T1 "':"
		 "{'modify':{'name':'z'}}}}]}");
	assert_told("*1 z;done;state 2;");
	vifdb_free(db);
}

/* The server does not remember: the copy comes anew, and only what differs is told. */
static void test_compare(void **state)
{
	struct vifdb *db = ready("{'P':{'" T1 "':{'initial':" ROW "'name':'a','tag':5}},"
				 "'" T2 "':{'initial':" ROW "'name':'b'}}}}");

	reconnect(db, "[false,'" T2 "',{'P':{'" T1 "':{'initial':" ROW "'name':'a','tag':5}},"
		      "'" T2 "':{'initial':" ROW "'name':'b'}}}}]");
	assert_told("state 2;");
	reconnect(db, "[false,'" T2 "',{'P':{'" T1 "':{'initial':" ROW "'name':'a'}},"
		      "'" T3 "':{'initial':" ROW "'name':'c'}}}}]");
	assert_told("*1 a;+3 c;-2 b;done;state 2;");
	/* A restarted server has new versions of the same rows; they are kept, not told. */
	reconnect(db, "[false,'" T2 "',{'P':{'" T1 "':{'initial':{'name':'a',"
		      "'_version':['uuid','" T1 "']}},'" T3 "':{'initial':" ROW "'name':'c'}}}}]");
	assert_told("state 2;");
	assert_int_equal(vifdb_row_version(row_of(db, T1))[15], 1);
	reconnect(db, "[false,'" T2 "',{}]");
	assert_told("-1 a;-3 c;done;state 2;");
	assert_int_equal(vifdb_count(db, "P"), 0);
	vifdb_free(db);
}

static void test_other_schema(void **state)
{
	struct vifdb *db = ready("{'P':{'" T1 "':{'initial':" ROW "'name':'a','tag':5,'up':true}}}}");
	bool up;

	connection_breaks(db);
	db->last_request = 0;
	sent(db);
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':{'tables':{'P':{'columns':{"
		 "'name':{'type':'string'},'new':{'type':'integer'},'tag':{'type':'integer'}}}}}}");
	/* Another layout: the server must not be asked for what changed since. */
	assert_null(strstr(sent(db), T1));
	assert_string_equal(vifdb_string(row_of(db, T1), "name"), "a");
	assert_false(vifdb_boolean(row_of(db, T1), "up", &up));
	says(db, "{'id':2,'error':null,'result':[false,'" T2 "',{'P':{'" T1 "':{'initial':" ROW
		 "'name':'a','tag':0}}}}]}");
	assert_told("*1 a;done;state 2;");
	/* The table is gone. */
	connection_breaks(db);
	db->last_request = 0;
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':{'tables':{}}}");
	assert_told("-1 a;done;state 2;");
	assert_non_null(strstr(vifdb_error(db), "\"P\""));
	vifdb_free(db);
}

/* One table goes, another stays: rows of the first must not stay for ever. */
static void test_table_goes(void **state)
{
	struct vifdb *db = session();

	assert_int_equal(vifdb_follow(db, "Q", NULL), 0);
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}{'id':2,'error':null,'result':"
		 "[false,'" T1 "',{'P':{'" T1 "':{'initial':" ROW "'name':'a'}}}}]}");
	connection_breaks(db);
	db->last_request = 0;
	assert_int_equal(vdb_protocol_start(db, 0), 0);
	sent(db);
	says(db, "{'id':1,'error':null,'result':{'tables':{'Q':{'columns':{'n':"
		 "{'type':'integer'}}}}}}");
	assert_null(strstr(sent(db), T1));
	says(db, "{'id':2,'error':null,'result':[false,'" T2 "',{}]}");
	assert_told("-1 a;done;state 2;");
	vifdb_free(db);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions), cmocka_unit_test(test_no_conditions),
		cmocka_unit_test(test_conditions_and_breaks),
		cmocka_unit_test(test_first_copy), cmocka_unit_test(test_changes),
		cmocka_unit_test(test_refused), cmocka_unit_test(test_plain_monitor),
		cmocka_unit_test(test_resume), cmocka_unit_test(test_compare),
		cmocka_unit_test(test_other_schema), cmocka_unit_test(test_twice),
		cmocka_unit_test(test_table_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
