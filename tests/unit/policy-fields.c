// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The table of fields against everything that is to follow from it. Each field is
 * given a value made of its row of the table alone, so a new one is tested by
 * being there, and one that is forgotten somewhere fails.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "datapath/ko/features.h"
#include "datapath/ko/program-compile.h"
#include "datapath/ko/program-view.h"
#include "policy/fields.h"
#include "policy/merge.h"
#include "policy/program-json.h"
#include "policy/sources.h"
#include "policydb/rows.h"

#define UUID_2	"[\"uuid\", \"02000000-0000-0000-0000-000000000000\"]"
#define UUID	"[\"uuid\", \"01000000-0000-0000-0000-000000000000\"]"

/* What a column means nothing without; tables are Port and QoS. */
static const struct {
	const char *column, *needs;
} together[] = {
	{ "guard", "\"ip_lock\": \"192.0.2.7\"" },
	{ "trunks", "\"vlan_mode\": \"trunk\"" },
	{ "burst_from_vm", "\"rate_from_vm\": 8000" },
	{ "burst_to_vm", "\"rate_to_vm\": 8000" },
	{ "storm_burst", "\"storm_broadcast\": 1" },
	{ "connections_max", "\"acl\": " UUID },
	{ "more_acls", "\"acl\": " UUID },
};

/* Fields of a VIF that "show" tells from what is in place, or does not tell. */
static const char *const not_of_the_program[] = {
	"switch", "admin_state", "acl", "more_acls", "qos", "rate_to_vm", "burst_to_vm", "mtu", "uplink_min",
	"uplink_max", "uplink_weight", "trust", "vf",
};

/* Members of a program that no field stands for by itself. */
#define HEADER(m)	{ offsetof(struct vifswitch_program, m), \
			  sizeof(((struct vifswitch_program *)0)->m) }
static const struct {
	size_t place, size;
} no_fields[] = {
	/* The blob's form, and its sections. */
	HEADER(magic), HEADER(version), HEADER(header_len), HEADER(total_len), HEADER(pvid),
	HEADER(mac_count), HEADER(mac_offset), HEADER(vlan_allowed_offset),
	HEADER(vlan_untagged_offset), HEADER(prefix4_count), HEADER(prefix6_count),
	HEADER(prefix4_offset), HEADER(prefix6_offset), HEADER(reserved),
	/* Follow from others. */
	HEADER(mac_listed), HEADER(fdb_max), HEADER(acl), HEADER(rate_burst), HEADER(packet_burst),
	HEADER(queue),
	/* Chosen by mirrors. */
	HEADER(mirror_from), HEADER(mirror_to), HEADER(copy_vlan),
	/* Chosen by exporters. */
	HEADER(flow_entries), HEADER(flow_active), HEADER(flow_idle), HEADER(flow_rate),
	HEADER(sample_every), HEADER(sample_rate), HEADER(sample_drops), HEADER(sample_octets),
};

static const enum object_kind of_vifs[] = { OBJECT_PORT, OBJECT_QOS };

static bool is_one_of(const char *name, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static bool is_number(const struct column *column)
{
	return column->type == COLUMN_INTEGER && !column->words;
}

/* A value that the column accepts, in RFC 7047's notation. */
static void sample(const struct field *f, const struct column *column, char *ret, size_t size)
{
	if (column->words)
		snprintf(ret, size, "\"%s\"", column->words[1].word);
	else if (column->type == COLUMN_INTEGER || column->type == COLUMN_INTEGERS)
		snprintf(ret, size, "%" PRId64, column->max);
	else if (column->type == COLUMN_BOOLEAN)
		snprintf(ret, size, "true");
	else if (f->type == FIELD_MACS)
		snprintf(ret, size, "\"00:16:3e:00:00:77\"");
	else if (f->type == FIELD_PREFIXES || f->type == FIELD_ENDPOINTS)
		snprintf(ret, size, "\"192.0.2.7\"");
	else if (column->type == COLUMN_REFERENCE)
		snprintf(ret, size, UUID);
	else if (column->type == COLUMN_ORDERED)
		snprintf(ret, size, "[\"map\", [[%" PRId64 ", %s]]]", column->max, UUID_2);
	else if (f->type == FIELD_NETDEV || f->type == FIELD_NETDEVS || f->type == FIELD_TEXT)
		snprintf(ret, size, "\"db0\"");
	else if (f->type == FIELD_MAP)
		snprintf(ret, size, "[\"map\", [[\"a\", \"b\"]]]");
	else
		fail_msg("%s: this test has no value for its type", column->name);
}

/* A row of one column and what that needs; @value NULL: only the latter. */
static struct policy_row *row_of(const struct kind *kind, const char *column, const char *value)
{
	_cleanup_(json_decrefp) json_t *json = NULL;
	struct policy_row *row;
	const char *needs = "\"_version\": 0";
	char text[256];

	for (size_t i = 0; i < ARRAY_SIZE(together); i++)
		if (column && strcmp(together[i].column, column) == 0)
			needs = together[i].needs;
	if (value)
		snprintf(text, sizeof(text), "{%s, \"name\": \"g\", \"%s\": %s}", needs, column, value);
	else
		snprintf(text, sizeof(text), "{%s, \"name\": \"g\"}", needs);
	json = json_loads(text, 0, NULL);
	assert_non_null(json);
	assert_int_equal(policy_row_read(kind, json, &row), 0);
	return row;
}

/* -EINVAL, with the problem, if the datapath refuses what comes out. */
static int merge(const struct policy_row *row, struct vif_policy *ret, struct problem *problem)
{
	static const char names[][IFNAMSIZ] = { "xenbr0" };
	static const struct switch_names known = { names, 1 };
	char bridge[] = "xenbr0", mac[] = "00:16:3e:00:00:01";
	struct vif_keys keys = { .bridge = bridge, .mac = mac };
	struct policy_row *other = row_of(&object_kinds[OBJECT_QOS], NULL, NULL);
	bool of_port = row->kind->id == OBJECT_PORT;
	_cleanup_free_ struct port_policy *held = NULL;
	int r;

	memset(ret, 0, sizeof(*ret));
	r = vif_policy_merge(&keys, of_port ? row : NULL,
			     !of_port ? row : row_given(row, "qos") ? other : NULL, &known, ret,
			     problem);
	policy_row_free(other);
	if (r == 0) {
		ret->program.header.acl = ret->acls.count > 0;
		held = port_policy_of_vif(ret);
		r = program_check(NULL, NULL, held, problem);
	}
	return r;
}

/* The member of a field is there, and says something. */
static void check_shown(const struct field *f, const char *column, const struct vif_policy *policy)
{
	_cleanup_(json_decrefp) json_t *port = json_object();
	const char *member = f->told_by ? f->told_by : field_member(f);
	const json_t *value;

	if (!member) {
		if (!is_one_of(column, not_of_the_program, ARRAY_SIZE(not_of_the_program)))
			fail_msg("%s is in no member of \"show\"", column);
		return;
	}
	program_json(port, &policy->program);
	value = json_object_get(port, member);
	if (!value || json_is_null(value) || (json_is_array(value) && !json_array_size(value)))
		fail_msg("%s: \"%s\" of \"show\" does not tell it", column, member);
	if (f->show || f->told_by)
		return;
	if (is_number(&f->columns[0]))
		assert_int_equal(json_integer_value(value), f->columns[0].max);
	else
		assert_string_equal(json_string_value(json_array_get(value, 0)),
				    f->columns[0].words[1].word);
}

/* Each column of a VIF's policy changes it, alone or with what it needs, and is shown. */
static void test_in_force(void **state)
{
	for (size_t k = 0; k < ARRAY_SIZE(of_vifs); k++)
		kind_for_each_field(&object_kinds[of_vifs[k]], f)
			field_for_each_column(f, column) {
				struct vif_policy without, with;
				struct policy_row *row;
				struct problem problem;
				char value[96];

				if (f->kept)
					continue;
				sample(f, column, value, sizeof(value));
				row = row_of(&object_kinds[of_vifs[k]], column->name, NULL);
				assert_int_equal(merge(row, &without, &problem), 0);
				policy_row_free(row);
				row = row_of(&object_kinds[of_vifs[k]], column->name, value);
				if (merge(row, &with, &problem) < 0)
					fail_msg("%s=%s: %s", column->name, value, problem.text);
				policy_row_free(row);
				if (memcmp(&without, &with, sizeof(with)) == 0)
					fail_msg("%s=%s changes nothing", column->name, value);
				check_shown(f, column->name, &with);
			}
}

/* What the table accepts the datapath takes, to the last value; beyond that it is refused here. */
static void test_bounds(void **state)
{
	static const enum object_kind kinds[] = {
		OBJECT_PORT, OBJECT_QOS, OBJECT_SWITCH, OBJECT_UPLINK,
	};

	for (size_t k = 0; k < ARRAY_SIZE(kinds); k++)
		kind_for_each_field(&object_kinds[kinds[k]], f)
			field_for_each_column(f, column) {
				const int64_t values[] = {
					column->min, column->max, column->min - 1, column->max + 1,
				};

				for (size_t i = 0; is_number(column) && i < ARRAY_SIZE(values);
				     i++) {
					struct policy_row *row;
					struct problem problem;
					struct vif_policy policy;
					char value[32], said[96];

					snprintf(value, sizeof(value), "%" PRId64, values[i]);
					snprintf(said, sizeof(said), "%s=%s: must be ", column->name,
						 value);
					row = row_of(&object_kinds[kinds[k]], column->name, value);
					if (!row->problem != (i < 2))
						fail_msg("%s%s", said, row->problem ?: "taken");
					if (row->problem &&
					    strncmp(row->problem, said, strlen(said)) != 0)
						fail_msg("%s: %s", said, row->problem);
					if (i < 2 && kinds[k] != OBJECT_SWITCH &&
					    kinds[k] != OBJECT_UPLINK &&
					    merge(row, &policy, &problem) < 0)
						fail_msg("%s: %s", said, problem.text);
					policy_row_free(row);
				}
			}
}

/* No column is left out when rows are compared, so none of a running VM's changes is missed. */
static void test_equal(void **state)
{
	for (int k = 0; k < OBJECT_KINDS_ALL; k++) {
		struct policy_row *nothing = row_of(&object_kinds[k], NULL, NULL);

		if (k != OBJECT_PORT && k != OBJECT_QOS && k != OBJECT_SWITCH &&
		    k != OBJECT_UPLINK) {
			policy_row_free(nothing);
			continue;
		}
		kind_for_each_field(&object_kinds[k], f)
			field_for_each_column(f, column) {
				struct policy_row *a, *b;
				char value[96];

				if (f->kept)
					continue;
				sample(f, column, value, sizeof(value));
				a = row_of(&object_kinds[k], column->name, value);
				b = row_of(&object_kinds[k], column->name, value);
				assert_true(policy_row_equal(a, b));
				if (policy_row_equal(a, nothing) || policy_row_equal(nothing, a))
					fail_msg("%s makes no difference", column->name);
				if (is_number(column)) {
					policy_row_free(b);
					snprintf(value, sizeof(value), "%" PRId64, column->max - 1);
					b = row_of(&object_kinds[k], column->name, value);
					assert_false(policy_row_equal(a, b));
				}
				policy_row_free(a);
				policy_row_free(b);
			}
		policy_row_free(nothing);
	}
}

static bool is_field(size_t at)
{
	for (size_t k = 0; k < ARRAY_SIZE(of_vifs); k++)
		kind_for_each_field(&object_kinds[of_vifs[k]], f)
			if (f->size && at >= f->place && at < f->place + f->size)
				return true;
	return false;
}

/* Every octet of a program's header belongs to a field, or is known to belong to none. */
static void test_program(void **state)
{
	const size_t header = offsetof(struct vif_policy, program.header);

	for (size_t at = 0; at < sizeof(struct vifswitch_program); at++) {
		bool known = is_field(header + at);

		for (size_t i = 0; i < ARRAY_SIZE(no_fields); i++)
			known |= at >= no_fields[i].place &&
				 at < no_fields[i].place + no_fields[i].size;
		if (!known)
			fail_msg("octet %zu of struct vifswitch_program is in no field of fields.c, nor "
				 "in no_fields of this test", at);
	}
}

/* A program that is read back says what was compiled. */
static void test_read_back(void **state)
{
	const struct kind *kind = &object_kinds[OBJECT_QOS];

	kind_for_each_field(kind, f) {
		struct policy_row *row;
		struct vif_policy policy;
		struct problem problem;
		_cleanup_free_ struct port_policy *held = NULL, *read = NULL;
		struct program program;
		struct program_parts parts;
		_cleanup_(json_decrefp) json_t *before = json_object(), *after = json_object();
		char value[96];

		if (f->kept)
			continue;
		sample(f, &f->columns[0], value, sizeof(value));
		row = row_of(kind, f->columns[0].name, value);
		assert_int_equal(merge(row, &policy, &problem), 0);
		policy_row_free(row);
		held = port_policy_of_vif(&policy);
		assert_int_equal(program_compile(held, &program, &problem), 0);
		read = program_read(program.blob, program.len);
		assert_true(port_policy_equal(read, held));
		port_policy_parts(read, &parts);
		policy.program.header.connections_max = 0;
		program_json(before, &policy.program);
		program_json(after, &parts);
		assert_true(json_equal(before, after));
		program_deinit(&program);
	}
}

static void source_is(const struct policy_row *port, const struct policy_row *qos,
		      const char *field, const char *wanted)
{
	char bridge[] = "xenbr0.5", mac[] = "00:16:3e:00:00:01", empty[] = "";
	struct vif_keys keys = { .bridge = bridge, .mac = mac, .ip = empty };
	_cleanup_(json_decrefp) json_t *sources = policy_sources(&keys, port, qos, "copy");
	const char *got = json_string_value(json_object_get(sources, field));

	if (strcmp(got ?: "default", wanted))
		fail_msg("%s is from %s, not %s", field, got ?: "default", wanted);
}

/* A port's row, else its QoS's, else the VM's config, and else nobody. */
static void test_sources(void **state)
{
	for (size_t k = 0; k < ARRAY_SIZE(of_vifs); k++)
		kind_for_each_field(&object_kinds[of_vifs[k]], f) {
			struct policy_row *row;
			char value[96];

			if (f->kept)
				continue;
			sample(f, &f->columns[0], value, sizeof(value));
			row = row_of(&object_kinds[of_vifs[k]], f->columns[0].name, value);
			source_is(of_vifs[k] == OBJECT_PORT ? row : NULL,
				  of_vifs[k] == OBJECT_QOS ? row : NULL, f->name,
				  of_vifs[k] == OBJECT_PORT ? "copy" : "qos");
			policy_row_free(row);
		}
	source_is(NULL, NULL, "switch", "config");
	source_is(NULL, NULL, "vlan", "config");
	source_is(NULL, NULL, "mac-lock", "config");
	source_is(NULL, NULL, "lock-ip", "default");
	source_is(NULL, NULL, "guard", "default");
	/* The lines of "port show", by what their members are called. */
	assert_string_equal(policy_field_shown("mac")->name, "mac-lock");
	assert_string_equal(policy_field_shown("admin_state")->name, "state");
	assert_string_equal(policy_field_shown("rate_from_vm")->name, "rate-from-vm");
	assert_null(policy_field_shown("ifindex"));
}

/* What else each row of the table has to say, and how much of it there may be. */
static void test_table(void **state)
{
	size_t tables = 0;

	for (int k = 0; k < OBJECT_KINDS_ALL; k++) {
		const struct kind *kind = &object_kinds[k];
		size_t fields = 0, columns = 0;

		for (const char *const *table = database_tables; *table; table++)
			tables += strcmp(*table, kind->table) == 0;
		assert_int_equal(tables, k + 1);
		kind_for_each_field(kind, f) {
			fields++;
			assert_ptr_equal(kind_field(kind, f->name), f);
			field_for_each_column(f, column) {
				columns++;
				assert_ptr_equal(kind_column(kind, column->name, NULL), f);
				if (!column->doc || column->doc[strlen(column->doc) - 1] != '.')
					fail_msg("%s: no sentence says what it is", column->name);
				assert_true(column->type != COLUMN_NONE);
				assert_true(!is_number(column) || column->min <= column->max);
			}
			if (f->type != FIELD_NUMBER && f->type != FIELD_WORD &&
			    f->type != FIELD_WORDS && f->type != FIELD_BOOLEAN)
				assert_non_null(f->like);
		}
		assert_true(fields < OBJECT_FIELDS_MAX);
		assert_true(columns <= 64);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_in_force),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_program),
		cmocka_unit_test(test_read_back),
		cmocka_unit_test(test_sources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
