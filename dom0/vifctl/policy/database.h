/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The database as vifctl uses it: one session for one command, policy read into
 * a model, changes written in one transaction, and the wait until hosts have
 * applied it. Functions that return int give an exit status after saying what
 * is wrong.
 */
#ifndef VIFCTL_POLICY_DATABASE_H
#define VIFCTL_POLICY_DATABASE_H

#include <vifdb/vifdb.h>

#include "policy/fields.h"
#include "vifctl/policy/diff.h"
#include "vifctl/policy/object.h"
#include "vifctl/vifctl.h"

#define DATABASE_READY_MS	10000
#define DATABASE_COMMIT_MS	60000
#define DATABASE_ATTEMPTS	50	/* somebody else may be faster that often */

struct database {
	struct vifdb *db;
	struct model current;
	json_t *running;	/* "show" of vifswitchd, when it was asked for; or NULL */
	bool asked, untold;	/* vifswitchd refused to say */
};

void database_close(struct database *d);
/* Those that a command about ports needs: ACLs are seen without their rules. */
extern const char *const database_ports[];
/* Those that say what objects of a kind are; a port's, everything. */
const char *const *database_objects(enum object_kind kind);
int database_open(struct vifctl *v, struct database *d, const char *const *tables);
/* Of these tables, with the rows of the VM of @word, "VM[/DEVID]", alone; NULL: of all. */
int database_open_port(struct vifctl *v, struct database *d, const char *word);
/*
 * Of all tables, with the ports alone that an ACL, a QoS or a group concerns, and their VMs;
 * @names: with all VMs, for some are named.
 */
int database_open_object(struct vifctl *v, struct database *d, enum object_kind kind,
			 const char *name, bool names);
/* A session in three steps: it may be told what it is to follow before it is waited for. */
int database_begin(struct vifctl *v, const char *const *tables, struct vifdb **ret);
int database_ready(struct vifctl *v, struct vifdb *db);
int database_unavailable(struct vifctl *v, const struct vifdb *db);
/* A session that follows @tables, whole, ready; freed with vifdb_free(). */
int database_session(struct vifctl *v, const char *const *tables, struct vifdb **ret);
/* With callbacks; *ret is set before the first of them, and NULL on failure. */
int database_session_with(struct vifctl *v, const char *const *tables,
			  const struct vifdb_ops *ops, void *arg, struct vifdb **ret);
/* The copy as objects, into d->current. */
void database_read(struct database *d);
/* What runs here, asked for once and quietly; NULL if nobody answers. */
const json_t *database_running(struct database *d);
/* Opened and read. */
int database_load(struct vifctl *v, struct database *d, const char *const *tables);

/* The UUID of a VM by UUID or name, to be freed; else an exit status, told. */
int database_vm(struct database *d, const char *word, char **ret_uuid);
/* The same without saying anything: NULL, a problem to be freed, and a status. */
char *database_find_vm(struct database *d, const char *word, char **ret_problem,
		       int *ret_status);
/* What a field refers to must exist: the server would only tell its UUID. */
int database_check_references(struct database *d, const struct object *o);
/* Tells that there is none of that name, and which may have been meant; the exit status. */
int database_not_found(const struct database *d, enum object_kind kind, const char *name);
/* The VM's part of "VM[/DEVID]", to be freed; *ret_devid, in @word, NULL: there is none. */
char *database_vm_word(const char *word, const char **ret_devid);
/* "VM[/DEVID]": to be freed. */
int database_port(struct database *d, const char *word, char **ret_uuid, int *ret_devid);

/*
 * Adds to *c what has to change of d->current. Called again after a conflict,
 * with what is then current.
 */
typedef int (*planner)(void *arg, struct database *d, struct changes *c);
/* Opens, plans, prints the changes, commits, waits: everything a changing command is. */
int database_change(struct vifctl *v, const char *const *tables, planner plan, void *arg);
/* The same of the ports of one VM, database_open_port(). */
int database_change_port(struct vifctl *v, const char *word, planner plan, void *arg);

/* ... and of an object, database_open_object(). */
int database_change_object(struct vifctl *v, enum object_kind kind, const char *name, bool names,
			   planner plan, void *arg);

/* The operations that make the changes; the rows they are based on must not change. */
void commit_changes(struct vifdb *db, struct vifdb_txn *txn, const struct changes *c);
/*
 * Commit: 0; -EAGAIN if it is to be built anew from the copy; else an error
 * that was told.
 */
int commit_try(struct vifdb *db, struct vifdb_txn *txn, int *ret_status);

struct commit {
	/* Fills @txn from the copy as it is now: an exit status. May say that there is nothing. */
	int (*build)(void *arg, struct vifdb_txn *txn, bool *nothing);
	/* Looks at what came of it, if not NULL. */
	void (*done)(void *arg, const struct vifdb_txn *txn);
	void *arg;
	bool numbered;		/* hosts look at it: raises Global.next_cfg */
	int64_t number;		/* what next_cfg became; -1 if it was not raised */
};

/* Builds and commits, except in a dry run, until nobody is faster. */
int commit_repeat(struct vifctl *v, struct vifdb *db, struct commit *c);

/* Whom a change concerns. */
struct concern {
	json_t *vms;		/* UUID -> true */
	bool every_host;
	json_t *unmet;		/* unmet_find(): what its VMs would not start with; or NULL */
};

void concern_deinit(struct concern *c);
bool acl_names_group(const struct object *acl, const char *group);
void concern_of_changes(const struct changes *changes, const struct model *current,
			struct concern *ret);
/*
 * Waits until the hosts have applied change @number and tells what came of it,
 * on v->out, or into @report in JSON.
 */
int wait_applied(struct vifctl *v, struct database *d, const struct concern *concern,
		 int64_t number, json_t *report);
/* Every host that is connected. */
int wait_all_applied(struct vifctl *v, struct vifdb *db, int64_t number, json_t *report);

#endif /* VIFCTL_POLICY_DATABASE_H */
