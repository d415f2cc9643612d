/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the mapping share. */
#ifndef OVS_MAP_STATE_H
#define OVS_MAP_STATE_H

#include <jansson.h>

#include "ovs/ovs-scope.h"

struct ovs_mapping {
	const json_t *db, *facts;
	json_t *rows;		/* of bridges that are done */
	json_t *interfaces;
	json_t *outputs;	/* {PORT UUID: true}: mirrors' */
};

/* A bridge while it is mapped. */
struct ovs_bridge {
	struct ovs_mapping *m;
	const char *name, *uuid;
	const json_t *row;
	struct ovs_scope scope;
	json_t *rows;		/* {TABLE: {NAME: ...}}, added to m->rows unless it is closed */
	json_t *uplinks;	/* names */
	json_t *local;		/* the columns of its own that it is given: mtu */
	bool flows;		/* it has flow tables */
};

/* A port while it is mapped. */
struct ovs_port {
	struct ovs_bridge *bridge;
	const char *name, *uuid;
	const json_t *row;
	struct ovs_scope scope;
};

/* An interface while it is mapped. */
struct ovs_interface {
	struct ovs_port *port;
	const char *name, *uuid;
	const json_t *row;
	struct ovs_scope scope;
	const char *kind;
	char device[16];	/* the bond that it is in, or its other end; "": itself is the port */
};

/*
 * The row of that name in @rows, made if there is none; its columns, borrowed. The interface
 * @for_uuid wants it, unless that is NULL.
 */
json_t *ovs_row(json_t *rows, const char *table, const char *name, const char *for_uuid);
/* Columns of one atom. */
void ovs_set_text(json_t *columns, const char *column, const char *text);
void ovs_set_integer(json_t *columns, const char *column, int64_t number);
void ovs_set_true(json_t *columns, const char *column, bool value);
/* One more in a set. */
void ovs_add_text(json_t *columns, const char *column, const char *text);
/* A number of one of the row's maps, if it is there; says it where it is not of @low to @high. */
void ovs_map_number(struct ovs_scope *s, const json_t *row, const char *map, const char *key,
		    int64_t low, int64_t high, json_t *columns, const char *column);
/* What other systems say of it, kept in external_ids under names of ours. */
void ovs_keep_ids(json_t *columns, const json_t *row);

/* false: they are impossible, and the scope says so. */
bool ovs_map_vlans(struct ovs_scope *s, const json_t *port, json_t *columns);

/* Which VM's interface is behind this one: "UUID/DEVID"; false: none's. */
bool ovs_identity(const struct ovs_mapping *m, const json_t *interface, char ret[48]);

void ovs_map_vif(struct ovs_interface *i, const char *identity);
/* What a VM may send, and is sent, at most. */
void ovs_map_rates(struct ovs_interface *i, json_t *columns);
void ovs_map_uplink(struct ovs_interface *i);
/* One end of a cable between two bridges; @other, if it is made with this one, or NULL. */
void ovs_map_end(struct ovs_interface *i, const char *other);
void ovs_map_patch(struct ovs_interface *i);
void ovs_map_internal(struct ovs_interface *i);
/* A device of dom0's, whose other end is the Uplink @uplink. */
void ovs_map_cable(struct ovs_interface *i, const char *uplink);
void ovs_map_bond(struct ovs_port *p, struct ovs_interface *members, size_t count);
void ovs_map_tunnel(struct ovs_interface *i);
/* False: it is not switched on, and @columns stay as they are. */
bool ovs_map_bfd(struct ovs_interface *i, json_t *columns);
void ovs_map_switch(struct ovs_bridge *b);
/* Of a VM's: it is closed where its port is protected, which is not known of VMs. */
void ovs_refuse_protected(struct ovs_interface *i);
/* Whether a multicast router is there. */
void ovs_map_router(struct ovs_port *p, json_t *columns);
void ovs_map_mirrors(struct ovs_bridge *b);
void ovs_map_exporters(struct ovs_bridge *b);

#endif /* OVS_MAP_STATE_H */
