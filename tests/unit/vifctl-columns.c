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
	table_width_set(wide);
	table_print(table, f);
	table_width_set(0);
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

	table_width_set(80);
	view_tree(doc, false, f);
	view_port_list(ports, f);
	view_drops(drops, f);
	table_width_set(0);
	fclose(f);
	lines_fit(text, 80);
	assert_non_null(strstr(text, "DROPPED"));
	assert_non_null(strstr(text, "untagged, tagged 1-4094"));
	assert_non_null(strstr(text, "mac-guard"));
	json_decref(drops);
	json_decref(doc);
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
		"UUID                                  NAME\n" WEB "  web\n" THREE "  3\n");
	model_deinit(&m);
	json_decref(doc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(narrow_tables_lose_what_they_can),
		cmocka_unit_test(any_width),
		cmocka_unit_test(eighty_columns),
		cmocka_unit_test(lists_have_what_is_here),
	};

	setlocale(LC_ALL, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
