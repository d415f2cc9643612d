// SPDX-License-Identifier: GPL-2.0-or-later
/* Tables on terminals of any width. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "show/drops-document.h"
#include "tests/unit/show-sample.h"
#include "vifctl/policy/object-view.h"
#include "vifctl/view.h"
#include "vifctl/view/columns.h"
#include "vifctl/view/text.h"
#include "vifctl/view/wrap.h"

static const char *const titles[] = { "NETDEV", "~SWITCH", "~>BYTES", "REASON", "MEANING", NULL };
static const char *const cells[] = { "vif3.0", "xenbr0", "123456", "mac-guard",
				     "the source MAC is not one that this port may use" };

static char *table_text(const char *const *t, const char *const *row, int wide)
{
	_cleanup_(table_freep) struct table *table = table_new(t);
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	table_row(table, row);
	terminal_width_set(wide);
	table_print(table, f);
	terminal_width_set(0);
	fclose(f);
	return text;
}

static void table_is(int wide, const char *want)
{
	_cleanup_free_ char *got = table_text(titles, cells, wide);

	if (strcmp(got, want))
		fail_msg("%d columns:\n%s", wide, got);
}

static void narrow_tables_lose_what_they_can(void **state)
{
	static const char whole[] =
		"NETDEV  SWITCH   BYTES  REASON     MEANING\n"
		"vif3.0  xenbr0  123456  mac-guard  the source MAC is not one that this port may use\n";

	table_is(0, whole);
	table_is(83, whole);
	table_is(82,
		 "NETDEV  SWITCH   BYTES  REASON     MEANING\n"
		 "vif3.0  xenbr0  123456  mac-guard  the source MAC is not one that this port may\n"
		 "                                   use\n");
	table_is(51,
		 "NETDEV  SWITCH  REASON     MEANING\n"
		 "vif3.0  xenbr0  mac-guard  the source MAC is not\n"
		 "                           one that this port may\n"
		 "                           use\n");
	table_is(43,
		 "NETDEV  REASON     MEANING\n"
		 "vif3.0  mac-guard  the source MAC is not\n"
		 "                   one that this port may\n"
		 "                   use\n");
}

/* No line is wider, whatever a table has in it; none ends with blanks. */
static void lines_fit(const char *text, int wide)
{
	_cleanup_free_ char *copy = strdup(text);

	for (char *save = NULL, *line = strtok_r(copy, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		size_t len = mbstowcs(NULL, line, 0);

		if ((len > (size_t)wide || line[strlen(line) - 1] == ' ') && !strchr(line, '!') &&
		    !strstr(line, "domain"))
			fail_msg("%d columns: \"%s\"", wide, line);
	}
}

static void any_width(void **state)
{
	static const char *const wide_titles[] = { "<A", "~B", ">C", "D", NULL };
	static const char *const wide_cells[] = {
		"a-name-that-is-longer-than-any-terminal-should-have-to-be-for-it",
		"10,20-30", "123456", "\xc3\xa4\xc3\xb6\xc3\xbc words and-one-that-is-very-long-indeed more" };

	for (int wide = 40; wide < 160; wide++) {
		_cleanup_free_ char *text = table_text(wide_titles, wide_cells, wide);

		lines_fit(text, wide);
		assert_non_null(strstr(text, "more"));	/* nothing of the last column is lost */
		assert_non_null(strstr(text, "123456"));	/* nor any number cut */
		assert_int_equal(!strstr(text, "for-it "), !!strstr(text, "~"));
	}
}

/* A whole host: 80 columns hold its tables, with what matters in them. */
static void eighty_columns(void **state)
{
	json_t *doc = sample_show(), *ports = json_object_get(doc, "ports"), *drops = drops_of(ports);
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	terminal_width_set(80);
	view_tree(doc, false, f);
	view_port_list(ports, f);
	view_drops(drops, f);
	terminal_width_set(0);
	fclose(f);
	lines_fit(text, 80);
	assert_non_null(strstr(text, "DROPPED"));
	assert_non_null(strstr(text, "untagged, tagged 1-4094"));
	assert_non_null(strstr(text, "mac-guard"));
	json_decref(drops);
	json_decref(doc);
}

static void age_is(const char *status, const char *wanted)
{
	json_t *doc = json_loads(status, JSON_DECODE_ANY, NULL);
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(doc);
	view_pool_age(doc, f);
	fclose(f);
	assert_string_equal(text, wanted);
	json_decref(doc);
}

/* Only a copy that is old has one. */
static void age_of_a_copy(void **state)
{
	age_is("null", "");
	age_is("{\"state\":\"in-step\",\"away_s\":null}", "");
	age_is("{\"state\":\"away\",\"away_s\":200}",
	       "The pool is away for 3 min 20 s: policy is what this host's copy had then, and cannot "
	       "be changed.\n");
}

static void sentence_is(const char *text, int wide, const char *wanted)
{
	_cleanup_free_ char *printed = NULL;
	size_t len;
	FILE *f = open_memstream(&printed, &len);

	terminal_width_set(wide);
	fputs("hint     ", f);
	print_sentence(text, 9, 9, f);
	terminal_width_set(0);
	fclose(f);
	assert_string_equal(printed, wanted);
}

/* What can be pasted is in one piece, whatever the width. */
static void sentences(void **state)
{
	static const char text[] = "two words, or vifctl drops web and so on: vifctl port set web mtu=1";

	sentence_is(text, 0, "hint     two words, or vifctl drops web and so on: vifctl port set web mtu=1\n");
	sentence_is(text, 80, "hint     two words, or vifctl drops web and so on: vifctl port set web mtu=1\n");
	sentence_is(text, 40, "hint     two words, or vifctl drops web\n"
		    "         and so on:\n"
		    "         vifctl port set web mtu=1\n");
	sentence_is(text, 10, "hint     two words, or vifctl drops web and so on: vifctl port set web mtu=1\n");
	sentence_is("vifctl (database): it does not answer", 30,
		    "hint     vifctl (database): it\n         does not answer\n");
	sentence_is("vifctl port set web a=1234567890 b=12", 30,
		    "hint     vifctl port set web a=1234567890 b=12\n");
}

/* What runs here and the database does not know, each once. */
static void lists_have_what_is_here(void **state)
{
	json_t *doc = sample_show();
	struct object *known = object_new(OBJECT_VM, DB);
	_cleanup_free_ char *text = NULL;
	struct model m;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	model_init(&m);
	assert_true(model_add(&m, known));
	view_running(&m, OBJECT_SWITCH, doc, f);
	view_running(&m, OBJECT_VM, doc, f);
	view_running(&m, OBJECT_VM, NULL, f);
	fclose(f);
	assert_string_equal(text,
		"\non this host, and not in the database:\n"
		"NAME    STATE\nxenbr0  up\nxenbr1  missing\n"
		"\non this host, and not in the database:\n"
		"NAME\nweb\n3\n");
	free(TAKE_PTR(text));
	f = open_memstream(&text, &len);
	text_ids_set(true);
	view_running(&m, OBJECT_VM, doc, f);
	text_ids_set(false);
	fclose(f);
	assert_string_equal(text, "\non this host, and not in the database:\n"
			    "NAME  UUID\nweb   " WEB "\n3     " THREE "\n");
	model_deinit(&m);
	json_decref(doc);
}

/* The tree and a port, with -v. */
static void ids_are_told(void **state)
{
	json_t *doc = sample_show(), *port = json_array_get(json_object_get(doc, "ports"), 0);
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	text_ids_set(true);
	view_tree(doc, false, f);
	view_port(port, f);
	text_ids_set(false);
	fclose(f);
	assert_non_null(strstr(text, "|-- web  domain 3, " WEB "\n"));
	assert_non_null(strstr(text, "web (domain 3, " WEB ")\n"));
	assert_non_null(strstr(text, "identity         " WEB "/0\n"));
	json_decref(doc);
}

static void chosen_is(const struct table_choice *choice, const char *want)
{
	static const char *const t[] = { "NETDEV", "<VM", "~>FROM VM", "STATE", NULL };
	_cleanup_(table_freep) struct table *table = table_new(t);
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	table_row(table, (const char *[]){ "vif1.0", "web", "10 Mbit/s", "active" });
	table_row(table, (const char *[]){ "vif2.0", "db", "900 kbit/s", "failed" });
	table_span(table, "! no");
	table_row(table, (const char *[]){ "vif3.0", "web2", NULL, "active" });
	table_row(table, (const char *[]){ "vif4.0", "mail", "1.5 Gbit/s", "active" });
	table_choose(choice);
	table_print(table, f);
	table_choose(NULL);
	fclose(f);
	if (strcmp(text, want))
		fail_msg("%s", text);
}

/* Columns, order and rows as they are asked for; a row's error stays with it. */
static void chosen_tables(void **state)
{
	static const char *const both[] = { "vm=web*", "state!=failed" }, *const failed[] = { "STATE=failed" };

	chosen_is(&(struct table_choice){ .columns = "from-vm,vm", .sort = "from-vm" },
		  "   FROM VM  VM\n"
		  "900 kbit/s  db\n! no\n"
		  " 10 Mbit/s  web\n"
		  "1.5 Gbit/s  mail\n"
		  "            web2\n");
	chosen_is(&(struct table_choice){ .columns = "NETDEV", .sort = "-vm" },
		  "NETDEV\nvif3.0\nvif1.0\nvif4.0\nvif2.0\n! no\n");
	chosen_is(&(struct table_choice){ .filters = both, .filter_count = 2,
					  .columns = "vm" }, "VM\nweb\nweb2\n");
	chosen_is(&(struct table_choice){ .filters = failed, .filter_count = 1,
					  .columns = "vm" }, "VM\ndb\n! no\n");
	assert_null(table_problem());
}

static void numbers_with_units(void **state)
{
	static const char *const upwards[] = { "-3", "20 ms", "5 s", "2 min", "1 h", "4000", "4k",
					       "3 Mbit/s", "x", "y" };

	for (size_t i = 1; i < ARRAY_SIZE(upwards); i++) {
		assert_true(choice_compare(upwards[i - 1], upwards[i]) < 0);
		assert_true(choice_compare(upwards[i], upwards[i - 1]) > 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(narrow_tables_lose_what_they_can),
		cmocka_unit_test(any_width),
		cmocka_unit_test(eighty_columns),
		cmocka_unit_test(age_of_a_copy),
		cmocka_unit_test(sentences),
		cmocka_unit_test(lists_have_what_is_here), cmocka_unit_test(ids_are_told),
		cmocka_unit_test(chosen_tables),
		cmocka_unit_test(numbers_with_units),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
