// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The session's descriptor may be closed and opened anew, under the same
 * number, within one vifdb_run(), and epoll forgets what is closed. So its
 * event source lives from the end of one run to the beginning of the next.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "policy/fields.h"
#include "policydb/cache.h"
#include "policydb/follow.h"

#define FIRST_WORD_US	1000000		/* how long VIFs wait for the database at start-up */
#define SAVE_DELAY_US	200000		/* after a change, for what follows it */
#define SAVE_FACTOR	20		/* or so much longer than the last writing took */
#define SAVE_RETRY_US	30000000
#define QUEUE_KEEP	4096		/* changes that there is room for between updates */

/* All but the record, which only who takes it reads. */
static const char *const handover_columns[] = {
	"vm", "devid", "host", "domid", "generation", "since", "policy", "state", "taker",
	"outcome", NULL,
};

static uint64_t now_us(const struct policy_db *p)
{
	uint64_t now = 0;

	sd_event_now(p->event, CLOCK_MONOTONIC, &now);
	return now;
}

static void arm(sd_event_source *timer, uint64_t at)
{
	sd_event_source_set_time(timer, at);
	sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static void save_later(struct policy_db *p, uint64_t delay)
{
	int enabled;

	p->copy_dirty = true;
	if (sd_event_source_get_enabled(p->save, &enabled) >= 0 && enabled != SD_EVENT_OFF)
		return;
	arm(p->save, now_us(p) + delay);
}

/* A row that came, changed or went, as it was told. */
struct policy_change {
	const struct policy_table *table;
	json_t *row;		/* NULL: there was no memory for it */
	bool gone;
};

/* What is not known whole may not be acted upon: read it all again, and hold until then. */
static void out_of_memory(struct policy_db *p)
{
	log_error("policy database: out of memory");
	p->synced = false;
	p->state = POLICY_UNHEARD;
}

static void obey(struct policy_db *p, const struct policy_change *c)
{
	const struct policy_table *table = c->table;
	int r = c->row ? 0 : -ENOMEM;

	if (c->row && c->gone)
		policies_remove(&p->policies, table->kind, c->row);
	else if (c->row)
		r = policies_put(&p->policies, table->kind, c->row);
	if (r == -ENOMEM)
		out_of_memory(p);
	else if (r < 0)
		log_error("a row of table %s in the policy database cannot be obeyed: %s",
			  object_kinds[table->kind].table,
			  r == -ENOSPC ? "there are too many" : strerror(-r));
}

/* Until the whole update was told nobody knows whether what it leads to is here. */
static void queue(struct policy_db *p, const struct policy_table *table,
		  const struct vifdb_row *row, enum vifdb_change change)
{
	size_t size = p->queue_size ? 2 * p->queue_size : 64;

	if (p->queued == p->queue_size) {
		void *grown = realloc(p->queue, size * sizeof(*p->queue));

		if (!grown) {
			out_of_memory(p);
			return;
		}
		p->queue = grown;
		p->queue_size = size;
	}
	p->queue[p->queued++] = (struct policy_change){
		table, policy_row_json(p->db, row), change == VIFDB_DELETED
	};
}

static void empty_queue(struct policy_db *p, bool in_force)
{
	for (size_t i = 0; i < p->queued; i++) {
		if (in_force)
			obey(p, &p->queue[i]);
		json_decref(p->queue[i].row);
	}
	p->queued = 0;
	if (p->queue_size <= QUEUE_KEEP)
		return;
	free(p->queue);
	p->queue = NULL;
	p->queue_size = 0;
}

static void read_next_cfg(struct policy_db *p)
{
	const struct vifdb_row *row = vifdb_first(p->db, "Global");

	p->next_cfg = 0;
	if (row)
		vifdb_integer(row, "next_cfg", &p->next_cfg);
}

static void on_change(struct vifdb *db, const struct vifdb_row *row, enum vifdb_change change,
		      void *arg)
{
	struct policy_db *p = arg;
	const char *table = vifdb_row_table(row);

	policy_report_row(p, row, change);
	policy_names_row(p, row, change);
	/* Before the first copy is whole: all of it is read at once in sync(). */
	if (!p->synced)
		return;
	p->leads |= needs_lead(table);
	p->touched |= strcmp(table, "Global") == 0;
	p->touched |= strcmp(table, HANDOVER_TABLE) == 0 && policy_report_concerns(p, row);
	for (size_t i = 0; i < POLICY_TABLES; i++) {
		if (strcmp(table, object_kinds[policy_tables[i].kind].table) != 0)
			continue;
		if (!p->held)
			queue(p, &policy_tables[i], row, change);
		p->touched = true;
		save_later(p, SAVE_DELAY_US);
	}
}

static bool is_large(const struct policy_db *p)
{
	return vifdb_count(p->db, "Port") > p->needs.whole_max;
}

/* For what rows and VMs lead to. Returns whether some of it is not here. */
static bool ask(struct policy_db *p)
{
	bool narrow = p->needs.whole && is_large(p);
	int r = 0;

	if (narrow) {
		log_notice("the policy database has %zu ports; this host follows those of its VMs",
			   vifdb_count(p->db, "Port"));
		r = needs_narrow(&p->needs);
		p->narrowed = true;
		save_later(p, SAVE_DELAY_US);
	}
	p->others_here = false;
	if (r < 0 || needs_ask(&p->needs, p->db, p->host) < 0) {
		out_of_memory(p);
		return true;
	}
	return !vifdb_settled(p->db);
}

static void on_done(struct vifdb *db, void *arg)
{
	struct policy_db *p = arg;

	if (p->synced && p->leads && !p->held)
		p->held = ask(p);
	p->leads = false;
	empty_queue(p, p->synced && !p->held);
	policy_place_settle(p);
	/* Hosts report all the time; only policy is a reason for a pass. */
	if (!p->synced || p->held || !p->touched)
		return;
	p->touched = false;
	read_next_cfg(p);
	p->changed(p->arg);
}

static uint64_t generations(const struct policies *p)
{
	return p->generation + p->switch_generation + p->mirror_generation +
	       p->exporter_generation + p->acl.generation;
}

/* The first whole copy: what the file had and the database has not is gone. */
static void sync_all(struct policy_db *p)
{
	struct policies *policies = &p->policies;
	uint64_t before = generations(policies);
	size_t ports = policies->ports.count;
	bool copied = p->state == POLICY_COPY;
	const struct vifdb_row *row;

	p->synced = true;
	p->held = false;
	p->touched = false;
	p->state = POLICY_FOLLOWED;
	policies_mark(policies);
	for (size_t i = 0; i < POLICY_TABLES; i++) {
		const char *table = object_kinds[policy_tables[i].kind].table;

		for (row = vifdb_first(p->db, table); row; row = vifdb_next(row)) {
			struct policy_change c = {
				&policy_tables[i], policy_row_json(p->db, row), false
			};

			obey(p, &c);
			json_decref(c.row);
		}
	}
	policies_sweep(policies);
	read_next_cfg(p);
	if (!copied || ports != policies->ports.count ||
	    before != generations(policies) || p->copy_dirty)
		save_later(p, 0);
	p->waits = false;
	if (p->narrowed)
		malloc_trim(0);
	p->narrowed = false;
	p->vms_stirred = true;
	policy_vms_settle(p);
	p->changed(p->arg);
}

/* What was asked for is here; it may lead to more, and then that is asked for. */
static void notice_settled(struct policy_db *p)
{
	bool wait = !p->synced || p->held;

	if ((wait || p->others_here) && ask(p))
		return;
	if (wait)
		sync_all(p);
	if (!p->synced || needs_came(&p->needs) <= 0)
		return;
	p->unknown_over += p->told_unknown;
	p->told_unknown = false;
	save_later(p, SAVE_DELAY_US);
	p->changed(p->arg);
}

/* The next process reads it off the copy, which is written only when policy changes. */
static void mark_heard(const struct policy_db *p)
{
	const struct timespec times[] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = p->heard } };

	if (p->synced && !p->copy_dirty && p->heard &&
	    utimensat(AT_FDCWD, p->copy_path, times, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
		log_warning("%s: %s", p->copy_path, strerror(errno));
}

static void notice_state(struct policy_db *p)
{
	bool ready = vifdb_state(p->db) == VIFDB_READY;

	if (ready && vifdb_settled(p->db))
		notice_settled(p);
	if (ready == p->was_ready)
		return;
	p->was_ready = ready;
	if (!ready) {
		p->heard = time(NULL);
		mark_heard(p);
		/* Whoever waited for rows does not get them. */
		p->changed(p->arg);
		log_warning("the policy database is gone (%s); ports keep their policy",
			    vifdb_error(p->db));
		return;
	}
	log_notice("connected to the policy database");
	policy_report_ready(p);
}

/* So few that all are followed. */
static void widen(struct policy_db *p)
{
	needs_widen(&p->needs);
	p->held |= ask(p);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg);

void policy_db_rearm(struct policy_db *p)
{
	int fd = vifdb_fd(p->db);
	uint64_t deadline = vifdb_deadline(p->db);

	p->io = sd_event_source_disable_unref(p->io);
	if (fd >= 0 && sd_event_add_io(p->event, &p->io, fd, vifdb_events(p->db), on_io, p) < 0) {
		log_warning("policy database: out of memory");
		deadline = now_us(p) + FIRST_WORD_US;
	}
	if (deadline == UINT64_MAX)
		sd_event_source_set_enabled(p->deadline, SD_EVENT_OFF);
	else
		arm(p->deadline, deadline);
}

static void run(struct policy_db *p)
{
	p->io = sd_event_source_disable_unref(p->io);
	vifdb_run(p->db);
	notice_state(p);
	policy_report_check(p);
	policy_names_check(p);
	policy_numbers_check(p);
	if (policy_size_check(p)) {
		widen(p);
		notice_state(p);
	}
	policy_db_rearm(p);
}

static int on_io(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	run(arg);
	return 0;
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *arg)
{
	run(arg);
	return 0;
}

static int on_wait(sd_event_source *source, uint64_t usec, void *arg)
{
	struct policy_db *p = arg;

	if (!p->waits)
		return 0;
	p->waits = false;
	log_warning("the policy database does not answer (%s); %s", vifdb_error(p->db),
		    p->state == POLICY_COPY ? "the copy of it on this host is in force" :
		    "ports in place stay as they are, others follow their VMs' own config");
	p->changed(p->arg);
	return 0;
}

static int on_save(sd_event_source *source, uint64_t usec, void *arg)
{
	struct policy_db *p = arg;
	_cleanup_(json_decrefp) json_t *copy = NULL;
	uint64_t started, took;
	int r;

	/* Rows that are not in force are not copied either; sync_all() comes back to it. */
	if (!p->synced || p->held || !p->copy_dirty)
		return 0;
	started = clock_us();
	copy = policy_db_copy(p);
	r = copy ? policy_copy_write(p->copy_path, copy) : -ENOMEM;
	p->copy_dirty = r < 0;
	if (r < 0 && !p->copy_failed)
		log_warning("%s: %s; a restart without the policy database would not know its policy",
			    p->copy_path, strerror(-r));
	p->copy_failed = r < 0;
	if (!p->was_ready)
		mark_heard(p);
	took = clock_us() - started;
	/* The next one not before: changes that come meanwhile are written together. */
	arm(p->save, r < 0 ? started + SAVE_RETRY_US : started + took * (SAVE_FACTOR + 1));
	return 0;
}

static bool socket_exists(const char *remote)
{
	if (strncmp(remote, "unix:", 5) != 0)
		return true;
	return access(remote + 5, F_OK) == 0;
}

/* What is known before the database was asked. */
static void first_state(struct policy_db *p, bool configured, bool reachable)
{
	struct uuid_set vms = {};
	struct problem problem;
	struct stat st;
	int r = policy_copy_read(p->copy_path, &p->policies, &vms, &problem);

	/* A host that knows nothing yet begins with its VMs: all others may be many. */
	p->needs.whole = r == 0;
	p->size.wanted = r < 0;
	if (r >= 0 && stat(p->copy_path, &st) == 0)
		p->heard = st.st_mtime;
	if (r >= 0) {
		p->state = POLICY_COPY;
		needs_here(&p->needs, &vms);
		p->needs.known = vms;
	} else if (r != -ENOENT) {
		log_error("%s: %s; it cannot be used", p->copy_path, problem.text);
		p->state = POLICY_UNHEARD;
	} else {
		p->state = configured || reachable ? POLICY_UNHEARD : POLICY_ABSENT;
	}
	p->waits = reachable;
}

/* By it the server knows that this host is there (vifdbd/net/presence.h). */
static int hold_host_lock(struct policy_db *p)
{
	char name[sizeof("host_") + 2 * HOST_NAME_MAX_LEN] = "host_";

	hex_format(p->host, strlen(p->host), name + strlen(name));
	return vifdb_lock(p->db, name, false);
}

static int open_session(struct policy_db *p, const char *remote,
			const struct policy_db_options *options)
{
	static const struct vifdb_ops ops = { .change = on_change, .done = on_done };
	int r = vifdb_new(remote, NULL, &p->db);

	if (r >= 0 && remote && strncmp(remote, "ssl:", 4) == 0)
		r = policy_db_prepare_tls(p->db, remote, options);
	for (const char *const *table = database_tables; r >= 0 && *table; table++)
		r = vifdb_follow(p->db, *table, NULL);
	if (r >= 0)
		r = vifdb_follow(p->db, HANDOVER_TABLE, handover_columns);
	if (r >= 0)
		r = hold_host_lock(p);
	if (r >= 0)
		vifdb_set_ops(p->db, &ops, p);
	return r;
}

static int add_timer(struct policy_db *p, sd_event_source **ret, sd_event_time_handler_t handler,
		     bool now)
{
	int r = sd_event_add_time(p->event, ret, CLOCK_MONOTONIC, 0, 1000, handler, p);

	return r < 0 || now ? r : sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
}

int policy_db_open(struct policy_db *p, sd_event *event, const struct policy_db_options *options,
		   void (*changed)(void *arg), void *arg)
{
	const char *remote = options->remote, *environment = getenv(VIFDB_REMOTE_ENV);
	struct utsname host;
	int r;

	p->event = sd_event_ref(event);
	p->changed = changed;
	p->arg = arg;
	uname(&host);
	strncpy(p->host, options->host_name ? options->host_name : host.nodename,
		HOST_NAME_MAX_LEN);
	if (remote && strcmp(remote, POLICY_DB_NONE) == 0)
		return 0;
	if (!remote && environment && *environment)
		remote = environment;
	p->needs.whole_max = options->whole_max;
	p->copy_path = strdup(options->copy_path);
	if (!p->copy_path)
		return -ENOMEM;
	r = open_session(p, remote, options);
	if (r < 0) {
		log_error("policy database %s: must be unix:PATH, tcp:HOST:PORT, ssl:ADDRESS:PORT (an IP address) or none",
			  remote ? remote : VIFDB_DEFAULT_REMOTE);
		return r;
	}
	first_state(p, remote, socket_exists(remote ? remote : VIFDB_DEFAULT_REMOTE));
	if (needs_ask(&p->needs, p->db, p->host) < 0)
		return -ENOMEM;
	if (p->state == POLICY_ABSENT)
		log_notice("there is no policy database at %s; VMs' own config decides",
			   VIFDB_DEFAULT_REMOTE);
	r = add_timer(p, &p->deadline, on_deadline, true);
	if (r >= 0)
		r = add_timer(p, &p->wait, on_wait, false);
	if (r >= 0)
		r = add_timer(p, &p->save, on_save, false);
	if (r >= 0 && p->waits) {
		uint64_t now;

		sd_event_now(event, CLOCK_MONOTONIC, &now);
		arm(p->wait, now + FIRST_WORD_US);
	}
	return r;
}

void policy_db_close(struct policy_db *p)
{
	/* What is not on disk yet would be missing if the next daemon finds no database. */
	if (p->db && p->copy_dirty)
		on_save(NULL, 0, p);
	if (p->db && p->was_ready) {
		p->heard = time(NULL);
		mark_heard(p);
	}
	policy_report_deinit(p);
	policy_names_deinit(p);
	policy_numbers_deinit(p);
	policy_size_deinit(p);
	empty_queue(p, false);
	free(p->queue);
	needs_deinit(&p->needs);
	p->io = sd_event_source_disable_unref(p->io);
	p->deadline = sd_event_source_disable_unref(p->deadline);
	p->wait = sd_event_source_disable_unref(p->wait);
	p->save = sd_event_source_disable_unref(p->save);
	p->db = vifdb_free(p->db);
	policies_deinit(&p->policies);
	free(p->copy_path);
	p->event = sd_event_unref(p->event);
}

void policy_db_here(struct policy_db *p, const struct uuid_set *vms)
{
	if (!p->db || needs_here(&p->needs, vms) == 0 || p->needs.whole)
		return;
	/* One change at a time, of all who came meanwhile. */
	p->others_here = true;
	if (vifdb_state(p->db) == VIFDB_READY && !vifdb_settled(p->db))
		return;
	ask(p);
	policy_db_rearm(p);
}

enum policy_known policy_db_knows(struct policy_db *p, const uint8_t vm[16])
{
	if ((p->state != POLICY_COPY && p->state != POLICY_FOLLOWED) ||
	    needs_knows(&p->needs, vm))
		return POLICY_KNOWN;
	if (vifdb_state(p->db) == VIFDB_READY)
		return POLICY_AWAITED;
	p->told_unknown = true;
	return POLICY_UNKNOWN;
}

const char *policy_db_state_word(const struct policy_db *p)
{
	if (p->state == POLICY_OFF)
		return "off";
	if (vifdb_state(p->db) == VIFDB_READY)
		return "connected";
	return p->state == POLICY_ABSENT ? "absent" : "disconnected";
}

int64_t policy_db_heard(const struct policy_db *p)
{
	return p->db && vifdb_state(p->db) != VIFDB_READY ? p->heard : 0;
}

const char *policy_db_error(const struct policy_db *p)
{
	return p->db && vifdb_state(p->db) != VIFDB_READY ? vifdb_error(p->db) : "";
}
