// SPDX-License-Identifier: GPL-2.0-or-later
/* Which host is believed to have a VM, and what an offer replaces, from rows of a copy. */
#include "handover/exchange.h"
#include "libvifdb-helpers.h"

#define VM	"00000000-0000-4000-8000-00000000000a"
#define TEXT	"{'type':{'key':'string','min':0,'max':1}}"
#define NUMBER	"{'type':{'key':'integer','min':0,'max':1}}"
#define TABLES	"{'name':'Vifswitch','version':'1.0.0','tables':{'Host':{'columns':{'name':" TEXT   \
		",'presence':" TEXT "}},'Location':{'columns':{"          \
		"'host':" TEXT ",'vm':{'type':'uuid'},'devid':" NUMBER ",'state':" TEXT           \
		",'since':" NUMBER "}},'Handover':{'columns':{'host':" TEXT                       \
		",'vm':{'type':'uuid'},'devid':" NUMBER ",'domid':" NUMBER ",'generation':" NUMBER \
		",'since':" NUMBER ",'policy':" NUMBER ",'state':" TEXT ",'record':" TEXT         \
		",'taker':" TEXT ",'outcome':" TEXT "}}}}"

static const struct handover_identity id = { .vm = { [6] = 0x40, [8] = 0x80, [15] = 0x0a } };

/* Host "b", with @rows, a <table-updates2>. */
static void follow(struct policy_db *p, const char *rows)
{
	static const struct vifdb_ops ops = {
		.state = on_state, .change = on_change, .done = on_done, .lock = on_lock,
	};
	char text[4096];

	*p = (struct policy_db){ .host = "b" };
	assert_int_equal(vifdb_new("unix:/nowhere", "Vifswitch", &p->db), 0);
	assert_int_equal(vifdb_follow(p->db, "Host", NULL), 0);
	assert_int_equal(vifdb_follow(p->db, "Location", NULL), 0);
	assert_int_equal(vifdb_follow(p->db, HANDOVER_TABLE, NULL), 0);
	vifdb_set_ops(p->db, &ops, NULL);
	assert_int_equal(vdb_protocol_start(p->db, 0), 0);
	says(p->db, "{'id':1,'error':null,'result':" TABLES "}");
	snprintf(text, sizeof(text), "{'id':2,'error':null,'result':[false,'" T1 "',%s]}", rows);
	says(p->db, text);
	assert_int_equal(vifdb_state(p->db), VIFDB_READY);
	sent(p->db);
	map_put(&p->elsewhere, map_identity_key(id.vm, id.devid), (void *)1);
}

static void end(struct policy_db *p)
{
	map_deinit(&p->elsewhere);
	vifdb_free(p->db);
}

static void located(struct policy_db *p, const char *writer, const char *want)
{
	const char *got = exchange_located(p, &id, writer);

	assert_string_equal(got ? got : "", want);
}

#define LOCATION(uuid, host, state, since)                                                         \
	"'" uuid "':{'initial':{'host':'" host "','vm':['uuid','" VM "'],'devid':0,'state':" state \
	",'since':" #since "}}"

/* Host c died with the VM, long before host a got it; the copy's order must not matter. */
static void test_located(void **state)
{
	static const char *const orders[] = {
		"{'Location':{" LOCATION(T1, "c", "'active'", 100) "," LOCATION(T2, "a", "'active'", 200) "}}",
		"{'Location':{" LOCATION(T1, "a", "'active'", 200) "," LOCATION(T2, "c", "'active'", 100) "}}",
	};
	struct policy_db p;

	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		follow(&p, orders[i]);
		located(&p, "a", "a");
		located(&p, "c", "c");
		located(&p, "d", "a");
		located(&p, "b", "a");
		located(&p, NULL, "a");
		end(&p);
	}
}

/* Only who says that it has the VM counts; a time that makes no sense is no way round it. */
static void test_not_located(void **state)
{
	struct policy_db p;

	follow(&p, "{'Location':{" LOCATION(T1, "b", "'active'", 300) ","
	       LOCATION(T2, "a", "'gone'", 200) "," LOCATION(T3, "c", "['set',[]]", 100) "}}");
	located(&p, "a", "");
	located(&p, "b", "");
	located(&p, NULL, "");
	end(&p);
	follow(&p, "{'Location':{" LOCATION(T1, "c", "'plugged'", -5) "}}");
	located(&p, "a", "c");
	end(&p);
}

/* Host c died with the VM, and nobody else has it: whoever offers it is believed. */
static void test_stale(void **state)
{
	struct policy_db p;

	follow(&p, "{'Location':{" LOCATION(T1, "c", "'active'", 100) "},'Host':{'" T2
	       "':{'initial':{'name':'c','presence':'absent'}}}}");
	located(&p, "a", "");
	located(&p, NULL, "");
	end(&p);
	follow(&p, "{'Location':{" LOCATION(T1, "c", "'active'", 100) "},'Host':{'" T2
	       "':{'initial':{'name':'c','presence':'present'}}}}");
	located(&p, "a", "c");
	end(&p);
}

/* What was not withdrawn is replaced, unless somebody takes it first. */
static void test_offer(void **state)
{
	struct policy_db p;
	struct vifdb_txn *txn;
	const char *text;

	follow(&p, "{'Handover':{'" T1 "':{'initial':{'host':'b','vm':['uuid','" VM "'],'devid':0,"
	       "'domid':9,'generation':5000,'since':5,'policy':3,'state':'offered'}}}}");
	txn = exchange_offer(&p, &id, 9, 4000, "{}");
	assert_non_null(txn);
	assert_int_equal(vifdb_txn_commit(txn, NULL, NULL), 0);
	text = sent(p.db);
	assert_non_null(strstr(text, "['generation','==',5000],['state','==','offered']"));
	assert_non_null(strstr(text, "'generation':5001"));
	vifdb_txn_free(txn);
	end(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_located),
		cmocka_unit_test(test_not_located),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_offer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
