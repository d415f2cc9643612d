// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifctl on canned documents: whole outputs compared, words resolved to ports,
 * and runs against a daemon played by a child process.
 */
#include <locale.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/control.h"
#include "base/mem.h"
#include "policy/fields.h"
#include "policy/program-json.h"
#include "show/drops-document.h"
#include "tests/unit/documents.h"
#include "tests/unit/show-sample.h"
#include "vifctl/view.h"
#include "vifctl/view/select.h"
#include "vifctl/view/text.h"
#include "vifctl/vifctl.h"

static char *show_text;
static json_t *doc, *ports;

static char *capture(void (*print)(FILE *out))
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	print(f);
	fclose(f);
	return text;
}

static void tree_ascii(FILE *out) { view_tree(doc, false, out); }
static void tree_utf8(FILE *out) { view_tree(doc, true, out); }
static void list(FILE *out) { view_port_list(ports, out); }
static void first_port(FILE *out) { view_port(json_array_get(ports, 0), out); }

static void drops(FILE *out)
{
	json_t *d = drops_of(ports);

	view_drops(d, out);
	json_decref(d);
}

static void same(void (*print)(FILE *out), const char *want)
{
	char *got = capture(print);
	bool equal = !strcmp(got, want);

	if (!equal)
		print_error("got:\n%s\nwanted:\n%s\n", got, want);
	free(got);
	assert_true(equal);
}

static const char tree_want[] =
"SWITCH, VM, PORT                  ROLE    STATE    VLAN                     RATE       FR"
"OM VM  TO VM  DROPPED\n"
"xenbr0  up, MTU 1500, 5 addresses\n"
"|-- eth0                          uplink  active   untagged, tagged 1-4094               "
"1 KiB   60 B        0\n"
"|-- web  domain 3\n"
"|   |-- vif3.0 (device 0)         vif     active   100                      1 Mbit/s  12."
"3 MiB   60 B        4\n"
"|   `-- vif3.0-emu (device 0)     tap     plugged  100\n"
"`-- db  domain 4\n"
"    `-- vif4.1 (device 1)         vif     plugged  tagged 20,30-40\n"
"xenbr1  missing\n"
"! no such netdev\n"
"in no switch\n"
"`-- 3  domain 12\n"
"    `-- no netdev yet (device 0)  vif     failed\n"
"        ! no switch \"nosuch\"\n";

static void test_tree(void **state)
{
	same(tree_ascii, tree_want);
}

static void test_tree_utf8(void **state)
{
	_cleanup_free_ char *got = capture(tree_utf8);

	assert_non_null(strstr(got, "\n├─ web  domain 3"));
	assert_non_null(strstr(got, "\n│  └─ vif3.0-emu (device 0)"));
	assert_non_null(strstr(got, "\n   └─ vif4.1 (device 1)"));
}

static const char port_list_want[] =
"NETDEV      SWITCH  VM   DEVICE  ROLE    STATE    VLAN                     RATE       FRO"
"M VM  TO VM  DROPPED\n"
"-           nosuch  3         0  vif     failed\n"
"! no switch \"nosuch\"\n"
"vif3.0      xenbr0  web       0  vif     active   100                      1 Mbit/s  12.3"
" MiB   60 B        4\n"
"vif3.0-emu  xenbr0  web       0  tap     plugged  100\n"
"eth0        xenbr0               uplink  active   untagged, tagged 1-4094               1"
" KiB   60 B        0\n"
"vif4.1      xenbr0  db        1  vif     plugged  tagged 20,30-40\n";

static void test_port_list(void **state)
{
	same(list, port_list_want);
}

static const char port_want[] =
"vif3.0\n"
"  switch           xenbr0 (VM's config)\n"
"  ifindex          9\n"
"  VM               web (domain 3)\n"
"  device           0\n  role             vif\n"
"  state            active\n"
"  admin state      up (default)\n"
"  interface number 1048600\n"
"  backend          /local/domain/0/backend/vif/3/0\n"
"  policy source    database\n"
"  QoS              gold (copy of the database)\n"
"  ACL              web (database)\n"
"  MTU              1500 (default)\n"
"  VLAN             100 (database)\n"
"  guard            mac (default)\n"
"  MAC              00:16:3e:00:00:01 (VM's config)\n"
"  rate from VM     1 Mbit/s, burst 6.10 KiB (QoS)\n"
"  rate to VM       5 Mbit/s (default)\n"
"  addresses seen   5\n  connections      2\n"
"  from VM          12.3 MiB in 7 packets\n"
"  to VM            60 B in 1 packet\n"
"  dropped          3 mac-guard: the source MAC is not one this port may use\n"
"                   1 new-reason: a reason this version of vifctl does not know\n";

static void test_port(void **state)
{
	same(first_port, port_want);
}

/* A member that nobody gave words to is shown all the same. */
static void newer_port(FILE *out)
{
	json_t *port = json_pack("{s:s, s:n, s:b, s:[s, s], s:{s:i, s:n}}", "netdev", "vif3.0",
				 "error", "new_flag", 1, "new_list", "a\033b", "c", "new_thing",
				 "size", 7, "none");

	view_port(port, out);
	json_decref(port);
}

static void test_newer_port(void **state)
{
	same(newer_port, "vif3.0\n"
			 "  new flag         yes\n"
			 "  new list         a?b\n"
			 "                   c\n"
			 "  new thing size   7\n");
}

static json_t *held;

static void held_port(FILE *out) { view_port(held, out); }

/* Each field of a program is told in its unit, whatever fields there are. */
static void test_port_fields(void **state)
{
	static const enum object_kind kinds[] = { OBJECT_PORT, OBJECT_QOS };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		kind_for_each_field(&object_kinds[kinds[i]], f) {
			const struct column *column = &f->columns[0];
			_cleanup_free_ char *text = NULL, *want = NULL, *value = NULL;
			json_t *json;

			if (!field_member(f) || f->show)
				continue;
			json = column->words ? json_pack("[s, s]", column->words[0].word,
							 column->words[1].word) :
				      json_integer(column->max);
			value = column->words ? xprintf("%s, %s", column->words[0].word,
							column->words[1].word) :
					unit_format(f->unit, column->max);
			held = json_pack("{s:s, s:o}", "netdev", "vif3.0", field_member(f), json);
			text = capture(held_port);
			want = xprintf(" %s\n", value);
			if (!strstr(text, want))
				fail_msg("%s: not \"%s\" in \"%s\"", f->name, want, text);
			json_decref(held);
		}
}

static const char drops_want[] =
"NETDEV  VM   DEVICE  DROPPED  REASON      MEANING\n"
"vif3.0  web       0        3  mac-guard   the source MAC is not one this port may use\n"
"vif3.0  web       0        1  new-reason  a reason this version of vifctl does not know\n";

static void test_drops(void **state)
{
	same(drops, drops_want);
}

static json_t *events_doc;

static void events(FILE *out)
{
	json_t *event;
	size_t i;

	json_array_foreach(events_doc, i, event)
		view_event(event, out);
}

static void test_events(void **state)
{
	events_doc = json_loads("[{\"time\":\"T\",\"event\":\"drop\",\"switch\":\"xenbr0\","
		"\"netdev\":\"vif3.0\",\"vm\":{\"name\":\"we\\u001bb\",\"uuid\":\"" WEB "\"},"
		"\"devid\":0,\"vlan\":100,\"reason\":\"rate\",\"length\":1514,\"suppressed\":0},"
		"{\"time\":\"T\",\"event\":\"lost\",\"switch\":null,\"netdev\":null,\"vm\":null,"
		"\"devid\":null,\"count\":7},"
		"{\"time\":\"T\",\"event\":\"rule-log\",\"switch\":\"xenbr0\",\"netdev\":\"vif3.0\","
		"\"rule\":\"ssh\",\"acl\":\"web\",\"length\":60,"
		"\"packet\":\"00163e00000200163e00000188cc0000\"}]", 0, NULL);
	assert_non_null(events_doc);
	same(events, "T  drop          xenbr0/vif3.0  VM we?b/0  vlan 100  length 1514"
		     "  reason: rate "
		     "(the port sends more bits per second than its policer allows)\n"
		     "T  lost          count 7\n"
		     "T  rule-log      xenbr0/vif3.0  length 60  (rule ssh of ACL web)"
		     "  00:16:3e:00:00:01 > 00:16:3e:00:00:02 type 0x88cc, 60 octets\n");
	json_decref(events_doc);
}

#define GUARD(mac, more)	"{\"switch\":\"xenbr0\",\"netdev\":\"vif3.0\",\"mac\":\"" mac "\"," \
	"\"static\":true,\"guard\":true,\"dormant\":true," more "\"vm\":{\"name\":\"web\",\"uuid\":\"" WEB "\"},\"devid\":0}"

static void fdb(FILE *out)
{
	json_t *e = json_loads("[" GUARD("m1", "") "," GUARD("m3", "\"listed\":true,") ",{\"vlan\":100,"
		"\"switch\":\"xenbr0\",\"netdev\":\"eth0\",\"mac\":\"m2\",\"age_ms\":200999}]", 0, NULL);

	view_fdb(e, out);
	json_decref(e);
}

static void test_fdb(void **state)
{
	same(fdb, "MAC  VLAN  SWITCH  NETDEV  VM   DEVICE  KIND                   AGE\n"
		  "m1   all   xenbr0  vif3.0  web       0  guard, dormant\n"
		  "m3   all   xenbr0  vif3.0  web       0  listed\n"
		  "m2   100   xenbr0  eth0                 learned         3 min 20 s\n");
}

static void text_is(char *text, const char *want)
{
	assert_string_equal(text, want);
	free(text);
}

static void test_units(void **state)
{
	text_is(text_rate(8000), "8 kbit/s");
	text_is(text_rate(999), "999 bit/s");
	text_is(text_rate(1000000), "1 Mbit/s");
	text_is(text_rate(2500000000), "2.50 Gbit/s");
	text_is(text_rate(1000000000000), "1 Tbit/s");
	text_is(text_bytes(0), "0 B");
	text_is(text_bytes(1023), "1023 B");
	text_is(text_bytes(12939428), "12.3 MiB");
	text_is(text_bytes(UINT64_MAX), "16 EiB");
	text_is(text_age(999), "0 s");
	text_is(text_age(61000), "1 min 1 s");
}

/* What a word selects: netdevs in order, or the status and a part of the text. */
static void test_select(void **state)
{
	static const struct {
		const char *word;
		int status;
		const char *want;
	} cases[] = {
		{ "web", 0, "vif3.0 vif3.0-emu " },
		{ "web/0", 0, "vif3.0 vif3.0-emu " },
		{ WEB, 0, "vif3.0 vif3.0-emu " },
		{ "F47AC10B-58CC-4372-A567-0E02B2C3D479/0", 0, "vif3.0 vif3.0-emu " },
		{ "domid:3", 0, "vif3.0 vif3.0-emu " },
		{ "name:3", 0, "- " },
		{ "12", 0, "- " },
		{ "4", 0, "vif4.1 " },
		{ "4/1", 0, "vif4.1 " },
		{ "vif3.0", 0, "vif3.0 " },
		{ "netdev:eth0", 0, "eth0 " },
		{ "eth0", 0, "eth0 " },
		{ "3", VIFCTL_AMBIGUOUS, "uuid:" WEB " (VM web, domain 3)" },
		{ "3", VIFCTL_AMBIGUOUS, "uuid:" THREE " (VM 3, domain 12)" },
		{ "3/0", VIFCTL_AMBIGUOUS, "could be" },
		{ "web/1", VIFCTL_NOT_FOUND, "near: web" },
		{ "wbe", VIFCTL_NOT_FOUND, "near: web" },
		{ "WEB", VIFCTL_NOT_FOUND, "near: web" },
		{ "vif3.1", VIFCTL_NOT_FOUND, "vif3.0" },
		{ "netdev:web", VIFCTL_NOT_FOUND, "no port or VM \"web\"" },
		{ "zzzzzzzzzz", VIFCTL_NOT_FOUND, "no port or VM \"zzzzzzzzzz\"" },
		{ "", VIFCTL_NOT_FOUND, "no port" },
		{ "name:", VIFCTL_NOT_FOUND, "no port" },
		{ "/0", VIFCTL_NOT_FOUND, "no port" },
		{ "web/99999999999999999999", VIFCTL_NOT_FOUND, "no port" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ char *problem = NULL;
		json_t *found = NULL, *port;
		char got[256] = "";
		int status;
		size_t j;

		status = select_ports(ports, cases[i].word, &found, &problem);
		json_array_foreach(found, j, port) {
			strcat(got, *get_text(port, "netdev") ? get_text(port, "netdev") : "-");
			strcat(got, " ");
		}
		json_decref(found);
		if (status != cases[i].status)
			fail_msg("%s: status %d", cases[i].word, status);
		if (status ? !strstr(problem, cases[i].want) : strcmp(got, cases[i].want) != 0)
			fail_msg("%s: %s%s", cases[i].word, got, problem ? problem : "");
	}
}

static char dir[] = "/tmp/vifctl-test.XXXXXX", path[64];

/* Plays a daemon for one connection: answers each request, then some events. */
static pid_t daemon_start(const char *result, const char *after)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char buf[1024];
	pid_t pid;
	int s, c;

	strcpy(addr.sun_path, path);
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(s, (struct sockaddr *)&addr, sizeof(addr)) | listen(s, 4), 0);
	pid = fork();
	if (pid) {
		close(s);
		return pid;
	}
	alarm(20);
	c = accept(s, NULL, NULL);
	if (read(c, buf, sizeof(buf)) <= 0 || dprintf(c, "{\"id\":1,%s}\n%s", result, after) < 0)
		_exit(1);
	while (read(c, buf, sizeof(buf)) > 0)
		;
	_exit(0);
}

/* What was printed as JSON: one document, or one a line. */
static void documents_seen(char *const *words, const char *text)
{
	char command[64] = "";
	json_t *one;

	for (; *words; words++) {
		strcat(command, *words);
		strcat(command, " ");
	}
	for (; (one = json_loads(text, JSON_DISABLE_EOF_CHECK, NULL));
	     text = strchr(text, '\n') ? strchr(text, '\n') + 1 : "") {
		document_seen(command, one);
		json_decref(one);
	}
}

static int run(const char *result, const char *after, char **ret_out, char *const *words)
{
	char *argv[16] = { "vifctl" }, *text = NULL;
	int argc = 1, status;
	pid_t pid = 0;
	size_t len;
	FILE *out;

	for (char *const *word = words; *word; word++)
		argv[argc++] = *word;
	if (result)
		pid = daemon_start(result, after ? after : "");
	out = open_memstream(&text, &len);
	status = vifctl_main(argc, argv, out);
	fclose(out);
	if (pid)
		waitpid(pid, NULL, 0);
	unlink(path);
	if (strchr(text, '{') == text)
		documents_seen(words, text);
	if (ret_out)
		*ret_out = text;
	else
		free(text);
	return status;
}

#define WORDS(...)	((char *[]){ __VA_ARGS__, NULL })

static void test_usage(void **state)
{
	_cleanup_free_ char *help = NULL, *one = NULL;

	assert_int_equal(run(NULL, NULL, NULL, WORDS("sho")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("port")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("port", "show")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("show", "web")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("drops", "a", "b", "c")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("show", "--format")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("show", "--format=xml")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("show", "--follow")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("events", "--count", "0")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("events", "--count=1x")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("events", "--seconds")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("--what")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("acl")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("acl", "rule")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("acl", "rule", "add", "a")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("port", "set", "web")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("switch", "del", "a", "b")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("show", "--db=x")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("switch", "list", "--no-wait")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("switch", "list", "--db=x")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("switch", "list", "--db=unix:/nobody")),
			 VIFCTL_UNAVAILABLE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("switch", "add", "no/slash")), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, NULL, (char *[]){ NULL }), VIFCTL_USAGE);
	assert_int_equal(run(NULL, NULL, &help, WORDS("help")), 0);
	assert_non_null(strstr(help, "port show PORT"));
	for (size_t i = 0; i < vifctl_command_count; i++) {
		const struct command *c = &vifctl_commands[i];
		char *words[5], *name;
		int n;

		free(one);
		words[0] = name = strdup(c->name);
		for (n = 1; n < 3 && (words[n] = strchr(words[n - 1], ' ')); n++)
			*words[n]++ = '\0';
		words[n] = "--help";
		words[n + 1] = NULL;
		assert_int_equal(run(NULL, NULL, &one, words), 0);
		assert_non_null(strstr(one, c->summary));
		assert_non_null(strstr(help, c->name));
		free(name);
	}
}

static void test_runs(void **state)
{
	char result[16384];
	_cleanup_free_ char *out = NULL, *table = NULL;
	json_t *got;

	snprintf(result, sizeof(result), "\"error\":null,\"result\":%s", show_text);
	assert_int_equal(run(result, NULL, &table, WORDS("show")), 0);
	assert_non_null(strstr(table, "web  domain 3"));
	assert_int_equal(run(result, NULL, NULL, WORDS("port", "show", "nobody")),
			 VIFCTL_NOT_FOUND);
	assert_int_equal(run(result, NULL, NULL, WORDS("drops", "3")), VIFCTL_AMBIGUOUS);
	assert_int_equal(run(result, NULL, &out,
			     WORDS("port", "show", "db", "--format", "json")), 0);
	got = json_loads(out, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(got, "format")), 1);
	assert_string_equal(get_text(got, "source"), "vifswitchd");
	assert_int_equal(json_array_size(json_object_get(got, "ports")), 1);
	assert_string_equal(get_text(json_array_get(json_object_get(got, "ports"), 0), "netdev"),
			    "vif4.1");
	json_decref(got);
}

static void test_runs_refused(void **state)
{
	assert_int_equal(run("\"result\":null,\"error\":{\"code\":\"internal\",\"message\":\"x\"}",
			     NULL, NULL, WORDS("show")), VIFCTL_FAILED);
	assert_int_equal(run("\"result\":null,\"error\":{\"code\":\"unavailable\"}",
			     NULL, NULL, WORDS("fdb", "list")), VIFCTL_UNAVAILABLE);
	assert_int_equal(run("\"result\":7", NULL, NULL, WORDS("show")), VIFCTL_FAILED);
	/* Nobody there: events need the daemon, version does not. */
	assert_int_equal(run(NULL, NULL, NULL, WORDS("events")), VIFCTL_UNAVAILABLE);
	assert_int_equal(run(NULL, NULL, NULL, WORDS("version")), 0);
}

#define NOON	"2026-01-02T12:00:00.00"
#define EVENT(n) "{\"id\":null,\"method\":\"event\",\"params\":[{\"format\":1,\"time\":\"" n \
	"\",\"event\":\"plugged\",\"netdev\":\"vif3.0\"}]}\n"

static void test_follow(void **state)
{
	_cleanup_free_ char *lines = NULL, *json = NULL;

	setenv("TZ", "UTC", 1);
	tzset();
	assert_int_equal(run("\"error\":null,\"result\":{}", EVENT(NOON "1Z") EVENT(NOON "2Z") EVENT(NOON "3Z"),
			     &lines, WORDS("events", "--follow", "--count", "2")), 0);
	assert_string_equal(lines, "2026-01-02 12:00:00.001  plugged       vif3.0\n"
			    "2026-01-02 12:00:00.002  plugged       vif3.0\n");
	assert_int_equal(run("\"error\":null,\"result\":{}", EVENT(NOON "1Z"), &json,
			     WORDS("events", "--seconds=1", "--format=json")), 0);
	assert_string_equal(json, "{\"format\":1,\"time\":\"" NOON "1Z\",\"event\":\"plugged\","
			    "\"netdev\":\"vif3.0\"}\n");
}

static void complete_is(char *const *words, const char *want)
{
	_cleanup_free_ char *out = NULL;

	assert_int_equal(run(NULL, NULL, &out, words), 0);
	assert_string_equal(out, want);
}

static void test_complete(void **state)
{
	_cleanup_free_ char *out = NULL;
	char result[16384];

	snprintf(result, sizeof(result), "\"error\":null,\"result\":%s", show_text);
	assert_int_equal(run(result, NULL, &out, WORDS("--complete")), 0);
	assert_non_null(strstr(out, "vif3.0\nweb\nweb/0\n"));
	assert_int_equal(run(NULL, NULL, NULL, WORDS("--complete")), 0);
	complete_is(WORDS("--complete", "acl", "rule"), "add\nset\ndel\nmove\n");
	complete_is(WORDS("--complete", "port"), "list\nshow\nrates\npolicy\nset\nclear\nattach\ndetach\n");
	complete_is(WORDS("--complete", "acl", "set", "web"),
		    "from-vm-default=\nto-vm-default=\nexternal-ids=\n");
	complete_is(WORDS("--complete", "nosuch"), "");
	complete_is(WORDS("--complete", "show", "x"), "");
}

static void test_cannot_write(void **state)
{
	char result[16384], *argv[] = { "vifctl", "port", "list", NULL };
	FILE *full = fopen("/dev/full", "w");
	pid_t pid;

	snprintf(result, sizeof(result), "\"error\":null,\"result\":%s", show_text);
	pid = daemon_start(result, "");
	assert_int_equal(vifctl_main(3, argv, full), VIFCTL_FAILED);
	waitpid(pid, NULL, 0);
	unlink(path);
	fclose(full);
}

static int setup(void **state)
{
	json_t *drops;

	doc = sample_show();
	ports = json_object_get(doc, "ports");
	/* As of a newer kernel. */
	drops = json_object_get(json_object_get(json_array_get(ports, 0), "counters"), "drops");
	json_object_set_new(drops, "new-reason", json_integer(1));
	show_text = json_dumps(doc, 0);
	document_seen("show", doc);
	return !show_text;
}

static int teardown(void **state)
{
	free(show_text);
	json_decref(doc);
	return 0;
}
int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree), cmocka_unit_test(test_tree_utf8),
		cmocka_unit_test(test_port_list), cmocka_unit_test(test_port),
		cmocka_unit_test(test_newer_port), cmocka_unit_test(test_port_fields),
		cmocka_unit_test(test_drops), cmocka_unit_test(test_events),
		cmocka_unit_test(test_fdb), cmocka_unit_test(test_units),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_usage), cmocka_unit_test(test_runs),
		cmocka_unit_test(test_runs_refused), cmocka_unit_test(test_follow),
		cmocka_unit_test(test_complete), cmocka_unit_test(test_cannot_write),
	};
	int r;

	setlocale(LC_ALL, "C.UTF-8");
	if (!mkdtemp(dir))
		return 1;
	snprintf(path, sizeof(path), "%s/control", dir);
	setenv(VIFSWITCH_CONTROL_SOCKET_ENV, path, 1);
	r = cmocka_run_group_tests(tests, setup, teardown);
	rmdir(dir);
	return r;
}
