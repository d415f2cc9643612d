/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every column of the Open_vSwitch database, once: its type, and what becomes of it here.
 * The schema that vifovsd's database has, what it follows, what it refuses and the table in
 * docs/openvswitch.md are made of it. Names, types and meanings are those that
 * ovs-vswitchd.conf.db(5) of Open vSwitch 3.1 has.
 */
#ifndef OVS_COLUMNS_H
#define OVS_COLUMNS_H

#include <stdbool.h>

#define OVS_DATABASE		"Open_vSwitch"
#define OVS_SCHEMA_VERSION	"8.3.1"
#define OVS_VERSION		"3.1.0"		/* the release whose database it is */

/* vifswitch's own, of Bridge's other_config. */
#define OVS_KEY_OPENFLOW	"vifswitch-openflow"
#define OVS_KEY_LOOPS		"vifswitch-loop-protection"

enum ovs_verdict {
	OVS_SAME,
	OVS_DIFFERENT,
	OVS_REFUSED,	/* what has it works without it, and says so */
	OVS_CLOSED,	/* what has it is not made: without it it would do what was not meant */
};

enum { OVS_EPHEMERAL = 1, OVS_FIXED = 2, OVS_WRITTEN = 4 /* by vifovsd */ };

struct ovs_column {
	const char *name;	/* NULL: of the column before it, the key alone */
	const char *key;	/* of a map; NULL: the column */
	const char *type;	/* in JSON, RFC 7047, 3.2 */
	unsigned int flags;
	enum ovs_verdict verdict;
	const char *text;	/* what differs, or is refused; "" if nothing is to be said */
	const char *harmless;	/* a value that is not refused, beside the default; NULL */
};

struct ovs_table {
	const char *name;
	bool root, single;
	const char *index;	/* columns, with commas; NULL: none */
	const struct ovs_column *columns;	/* up to one with neither name nor key */
};

extern const struct ovs_table ovs_tables[];	/* up to one without a name */

const struct ovs_table *ovs_table_find(const char *name);
const char *ovs_verdict_word(enum ovs_verdict verdict);

#endif /* OVS_COLUMNS_H */
