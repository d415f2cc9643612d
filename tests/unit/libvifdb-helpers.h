/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A session without a server: the test says what the server says, in JSON with ' for ".
 * What the owner is told is written into a string.
 */
#ifndef LIBVIFDB_HELPERS_H
#define LIBVIFDB_HELPERS_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "libvifdb/protocol.h"

#define T1	"00000000-0000-4000-8000-000000000001"
#define T2	"00000000-0000-4000-8000-000000000002"
#define T3	"00000000-0000-4000-8000-000000000003"
#define ROW	"{'_version':['uuid','" T3 "'],"

#define SCHEMA                                                                             \
	"{'name':'Test','version':'1.0.0','tables':{'P':{'columns':{"                      \
	"'name':{'type':'string'},"                                                        \
	"'tag':{'type':{'key':'integer','min':0,'max':1}},"                                \
	"'up':{'type':'boolean'},"                                                         \
	"'trunks':{'type':{'key':'integer','min':0,'max':'unlimited'}},"                   \
	"'labels':{'type':{'key':'string','value':'string','min':0,'max':'unlimited'}},"   \
	"'peer':{'type':{'key':{'type':'uuid','refTable':'P'},'min':0,'max':1}}"           \
	"}},'Q':{'columns':{'n':{'type':'integer'}}}}}"

static char told[4096];

static void tell(const char *fmt, ...)
{
	size_t len = strlen(told);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(told + len, sizeof(told) - len, fmt, ap);
	va_end(ap);
}

static void on_state(struct vifdb *db, enum vifdb_state state, void *arg)
{
	tell("state %d;", state);
}

static void on_change(struct vifdb *db, const struct vifdb_row *row, enum vifdb_change change,
		      void *arg)
{
	const char *name = vifdb_string(row, "name");

	tell("%c%u %s;", "+*-"[change], vifdb_row_uuid(row)[15], name ? name : "");
}

static void on_done(struct vifdb *db, void *arg)
{
	tell("done;");
}

static void on_lock(struct vifdb *db, bool held, void *arg)
{
	tell("lock %d;", held);
}

static inline struct vifdb *session(void)
{
	static const struct vifdb_ops ops = {
		.state = on_state, .change = on_change, .done = on_done, .lock = on_lock,
	};
	struct vifdb *db;

	assert_int_equal(vifdb_new("unix:/nowhere", "Test", &db), 0);
	assert_int_equal(vifdb_follow(db, "P", NULL), 0);
	vifdb_set_ops(db, &ops, NULL);
	told[0] = '\0';
	return db;
}

/* The server says it; the result of the core. */
static inline int server(struct vifdb *db, const char *text)
{
	char copy[8192];

	assert_true(strlen(text) < sizeof(copy));
	strcpy(copy, text);
	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	told[0] = '\0';
	return vdb_protocol_input(db, copy, strlen(copy), 0);
}

#define says(db, text)		assert_int_equal(server(db, text), 0)
#define refused(db, text)	assert_int_equal(server(db, text), -EPROTO)
#define assert_told(text)	assert_string_equal(told, text)

/* What was sent since the last time, with ' for ". */
static inline const char *sent(struct vifdb *db)
{
	static char text[16384];

	assert_true(db->output.len < sizeof(text));
	memcpy(text, db->output.len ? db->output.data : "", db->output.len);
	text[db->output.len] = '\0';
	db->output.len = 0;
	for (char *c = text; *c; c++)
		if (*c == '"')
			*c = '\'';
	return text;
}

/* Up to VIFDB_READY, by monitor_cond_since, with @rows, a <table-updates2>. */
static inline struct vifdb *ready(const char *rows)
{
	struct vifdb *db = session();
	char text[4096];

	assert_int_equal(vdb_protocol_start(db, 0), 0);
	says(db, "{'id':1,'error':null,'result':" SCHEMA "}");
	snprintf(text, sizeof(text), "{'id':2,'error':null,'result':[false,'" T1 "',%s]}", rows);
	says(db, text);
	assert_int_equal(vifdb_state(db), VIFDB_READY);
	sent(db);
	return db;
}

/* As client-session.c does when the connection breaks. */
static inline void connection_breaks(struct vifdb *db)
{
	told[0] = '\0';
	vdb_set_state(db, VIFDB_DISCONNECTED);
	vdb_protocol_stop(db);
}

static inline const struct vifdb_row *row_of(struct vifdb *db, const char *uuid)
{
	uint8_t octets[16];

	assert_true(vifdb_uuid_parse(uuid, octets));
	return vifdb_get(db, "P", octets);
}

#endif /* LIBVIFDB_HELPERS_H */
