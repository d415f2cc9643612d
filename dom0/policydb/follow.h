/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Our end of the policy database: a session in the event loop that keeps
 * `policies` as the database last said them, the copy of them on disk, and this
 * host's Host and Location rows. What happens here only marks and asks for a
 * pass; nothing here touches a port.
 *
 * The session may come and go at any time; `policies` then stay. The copy is
 * read once, at start-up, and written after changes; it exists only where there
 * was a database once.
 */
#ifndef POLICYDB_FOLLOW_H
#define POLICYDB_FOLLOW_H

#include <systemd/sd-event.h>
#include <vifdb/vifdb.h>

#include "policydb/locations.h"
#include "policydb/needs.h"
#include "policydb/place.h"
#include "policydb/rows.h"
#include "policydb/vm-places.h"

#define HANDOVER_TABLE	"Handover"	/* followed without its records; see dom0/handover */
#define DATABASE_FILES	"/etc/vifswitch/db/host-"	/* key.pem, cert.pem, ca.pem */
#define POLICY_DB_NONE		"none"	/* a remote that means: without a database */

enum policy_state {
	POLICY_OFF,		/* the operator wants none */
	POLICY_ABSENT,		/* nothing says there is one; it may still come */
	POLICY_UNHEARD,		/* there is one, but it has said nothing yet, and no copy helps */
	POLICY_COPY,		/* as the copy on disk has it */
	POLICY_FOLLOWED,	/* as the database has it, or last had it */
};

struct policy_db_options {
	const char *remote;	/* NULL: the default; "none" */
	const char *copy_path;
	const char *host_name;	/* NULL: this host's */
	size_t whole_max;	/* Port rows of a database that is followed whole */
	/* Files, for an ssl: remote; NULL: those of DATABASE_FILES. */
	const char *private_key, *certificate, *ca_certificate;
};

/* How many ports there are, where that is not known yet; see size.c. */
struct policy_size {
	bool wanted, asked;	/* in this connection */
	struct vifdb_txn *txn;
	bool over;
};

/* Numbers for identities that have none; see numbers.c. */
struct policy_numbers {
	bool open;		/* a pass is being told, and they are welcome */
	struct map taken;	/* while it is told */
	unsigned int count;
	struct vifdb_txn *txn;
	bool over;
	uint64_t next, delay;
	unsigned int tries;	/* that were refused, one after the other */
};

struct policy_db {
	struct policies policies;
	enum policy_state state;
	int64_t heard;		/* seconds since 1970: when it last was, while it is not there */
	bool waits;		/* for the first word; VIFs that are not judged yet wait too */
	int64_t next_cfg;	/* of the rows as they are now; 0 if nobody counts */

	struct policy_needs needs;
	bool leads;		/* a row changed that leads to others */
	bool held;		/* until they are here `policies` stay as they are */
	bool others_here;	/* VMs came or went since rows were asked for */
	bool narrowed;		/* and much memory is free for it */
	bool told_unknown;	/* somebody was told that a VM is unknown */
	uint64_t unknown_over;	/* counts: that may be over */
	struct policy_change *queue;	/* of the update that is being told */
	size_t queued, queue_size;

	struct vifdb *db;	/* NULL: off */
	bool synced;		/* the session's rows are in `policies` */
	bool touched;		/* a row that policy is made of changed */
	bool was_ready;
	sd_event *event;
	sd_event_source *io, *deadline, *wait, *save, *later;
	void (*changed)(void *arg);
	void *arg;

	char *copy_path;
	bool copy_dirty, copy_failed;

	/* What this host reports; see publish.c. */
	char host[HOST_NAME_MAX_LEN + 1];
	struct locations locations;
	bool has_host_row;
	uint8_t host_row[16];
	int64_t connected_since;
	int64_t cur_cfg;	/* what the last pass has applied */
	json_t *host_facts;	/* other columns of the Host row: "switches", "lacks" */
	char *host_error;	/* what it could not, of what is no VIF's business */
	bool half_told;		/* out of memory while a pass is told */
	bool reported;		/* a first complete pass was told */
	struct vifdb_txn *txn;	/* under way */
	bool txn_over;
	unsigned int txn_failures;
	uint64_t next_report;
	bool own_touched;	/* a row of ours changed */

	struct map elsewhere;	/* identities that other hosts' Location rows have: how many */
	uint64_t places;	/* counts: where a mirror's sensor is may be another place */
	bool places_stirred;	/* it may be; it was not looked yet */
	json_t *asked_places;	/* {VIF: where it was found} of those that were asked for */
	bool hosts_stirred;	/* a Host row of another host changed; it was not looked yet */
	uint32_t hosts_digest;	/* of the addresses that other hosts tell, for networks */
	json_t *asked_hosts;	/* {NAME: address} of those that were asked for; "": none */
	struct vm_places vms;	/* where VMs of networks over IP are; see vm-rows.c */
	bool vms_stirred;	/* they may be; it was not looked yet */
	struct map named;	/* VMs that have a row, by a hash of the UUID */
	struct map naming_now;	/* those that name_txn gives one */
	bool naming;		/* a pass is being told, and names are welcome */
	struct vifdb_txn *name_txn;
	bool name_txn_over;
	uint64_t next_name;
	struct policy_numbers numbers;
	struct policy_size size;
};

enum policy_known {
	POLICY_KNOWN,		/* or nothing can be known */
	POLICY_AWAITED,		/* it was asked for: soon */
	POLICY_UNKNOWN,		/* the database is away, and the copy is not of this VM */
};

/* -EINVAL: the remote is malformed. Otherwise the database's absence is no failure. */
int policy_db_open(struct policy_db *p, sd_event *event, const struct policy_db_options *options,
		   void (*changed)(void *arg), void *arg);
void policy_db_close(struct policy_db *p);
/* All VMs that are here now, with or without policy: theirs is followed. */
void policy_db_here(struct policy_db *p, const struct uuid_set *vms);
/* Is it known what the database says of this VM? */
enum policy_known policy_db_knows(struct policy_db *p, const uint8_t vm[16]);
/* For `show`: "off", "absent", "connected" or "disconnected", and why ("" if no matter). */
const char *policy_db_state_word(const struct policy_db *p);
const char *policy_db_error(const struct policy_db *p);
/* How old what is in force may be: when it was last heard, 0 if it is there or never was. */
int64_t policy_db_heard(const struct policy_db *p);

/*
 * In publish.c, names.c and numbers.c: tell the database what a complete pass has come
 * to. Begin (false: nobody reads it), each VIF, the name of each VM that has policy, each
 * VIF that needs a number, end.
 */
bool policy_db_report_begin(struct policy_db *p);
void policy_db_report_vif(struct policy_db *p, const struct location *at);
void policy_db_report_name(struct policy_db *p, const uint8_t uuid[16], const char *name);
void policy_db_report_number(struct policy_db *p, const uint8_t vm[16], uint32_t devid);
/* When a pass is to try again what was refused; 0: nothing was. */
uint64_t policy_db_numbers_due(const struct policy_db *p, uint64_t now);
/* @facts: {"switches": {NAME: text}, "lacks", "address": text or null, "wireguard": {PLANE: text},
 * "wireguard_proof": {NAME: text}}; stolen. NULL: as they were. */
void policy_db_report_end(struct policy_db *p, int64_t cur_cfg, const char *host_error,
			  json_t *facts);
/* For follow.c: a row of ours, the session is there, a transaction may be over. */
void policy_report_row(struct policy_db *p, const struct vifdb_row *row,
		       enum vifdb_change change);
void policy_report_ready(struct policy_db *p);
/* May another host's Location row have it? False: none has. */
bool policy_report_elsewhere(const struct policy_db *p, const uint8_t vm[16], uint32_t devid);
/* Is the row, which has vm and devid, of a VIF that this host has? */
bool policy_report_concerns(const struct policy_db *p, const struct vifdb_row *row);
void policy_report_check(struct policy_db *p);
void policy_report_deinit(struct policy_db *p);
/* In elsewhere.c: as the database has it, or last had it; of several the newest. */
void policy_place_find(struct policy_db *p, const struct row_vif *vif, struct policy_place *ret);
/*
 * In elsewhere.c: the addresses that other hosts tell, in order, each once; how many. Of
 * hosts that are absent, too: they may carry on without a daemon.
 */
size_t policy_hosts_addresses(const struct policy_db *p, struct prefix *ret, size_t most);
/* Is it a row of that VIF: columns "vm" and "devid"? */
bool policy_row_is_of(const struct vifdb_row *row, const uint8_t vm[16], uint32_t devid);
/* In elsewhere.c: the row of the host of that name; NULL: there is none. */
const struct vifdb_row *policy_host_row(const struct policy_db *p, const char *name);
/* Where a host is reached, by its row; NULL: it says nothing that is its own. */
const char *policy_host_address(const struct vifdb_row *row);
/* Its daemon is gone, and what it said last is stale (Host.presence). */
bool policy_row_absent(const struct vifdb_row *row);
bool policy_host_absent(const struct policy_db *p, const char *name);
/* For publish.c: a Location or a Host row of another host changed. */
void policy_place_location(struct policy_db *p, const uint8_t vm[16], int64_t devid);
void policy_place_host(struct policy_db *p, const struct vifdb_row *row);
/* For follow.c, when rows are what they are: is a sensor or a host elsewhere now? */
void policy_place_settle(struct policy_db *p);
/* In vm-rows.c: the same for VMs of networks over IP; true: one is elsewhere than before. */
bool policy_vms_settle(struct policy_db *p);
/* In names.c: names for VMs that have policy but no row. */
void policy_names_row(struct policy_db *p, const struct vifdb_row *row,
		      enum vifdb_change change);
void policy_names_begin(struct policy_db *p);
void policy_names_end(struct policy_db *p);
void policy_names_check(struct policy_db *p);
void policy_names_deinit(struct policy_db *p);
/* In numbers.c. */
void policy_numbers_begin(struct policy_db *p);
void policy_numbers_end(struct policy_db *p);
void policy_numbers_check(struct policy_db *p);
void policy_numbers_deinit(struct policy_db *p);
/* True once: there are so few ports that all rows may be followed. */
bool policy_size_check(struct policy_db *p);
void policy_size_deinit(struct policy_db *p);
/*
 * In copy-make.c: a row as policies and the copy want it, an object of the columns that are
 * not empty; NULL when out of memory: a column too few could open a port. And all of them.
 */
json_t *policy_row_json(const struct vifdb *db, const struct vifdb_row *row);
json_t *policy_db_copy(const struct policy_db *p);
/* In tls-files.c: for an ssl: remote. -EINVAL: it has no IP address. */
int policy_db_prepare_tls(struct vifdb *db, const char *remote,
			  const struct policy_db_options *options);
/* For publish.c, names.c and numbers.c: after giving the session something to do. */
void policy_db_rearm(struct policy_db *p);

#endif /* POLICYDB_FOLLOW_H */
