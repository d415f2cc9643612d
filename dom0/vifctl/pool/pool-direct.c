// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/pool/pool-direct.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "policydb/cache.h"
#include "vifctl/ask/fetch.h"
#include "vifctl/view/safe.h"
#include "vifctl/view/text.h"
#include "vifdb/vifdb.h"

#define OWN_MS		1000	/* for this host's own database to answer */
#define CONNECT_MS	20000	/* for vifswitchd, which may wait 8 s between two tries */
#define SLOW_MS		60000	/* as long as it names no problem */
#define LOOK_US		200000

/* Whatever database commands are told to ask. */
static const char *own_remote(const struct vifctl *v)
{
	const char *remote = v->db ?: getenv(VIFDB_REMOTE_ENV);

	return remote && !strncmp(remote, "unix:", 5) ? remote : VIFDB_DEFAULT_REMOTE;
}

/* Its Port rows; -1: it does not answer. */
static ssize_t own_ports(const struct vifctl *v)
{
	struct vifdb *db = NULL;
	ssize_t n = -1;

	if (vifdb_new(own_remote(v), NULL, &db) == 0 && vifdb_follow(db, "Port", NULL) == 0 &&
	    vifdb_wait_ready(db, OWN_MS) == 0)
		n = (ssize_t)vifdb_count(db, "Port");
	vifdb_free(db);
	return n;
}

/* Of the copy that vifswitchd has; a test has a folder of its own. */
static size_t copied_ports(void)
{
	const char *own = getenv("VIFSWITCH_UNIT_DIR");
	_cleanup_free_ char *path = own ? xprintf("%s/policy.json", own) :
					  xprintf("%s", POLICY_COPY_PATH);
	json_t *copy = json_load_file(path, 0, NULL);
	size_t n = json_array_size(json_object_get(copy, "Port"));

	json_decref(copy);
	return n;
}

void direct_warn_own(struct vifctl *v)
{
	if (own_ports(v) >= 0)
		vifctl_say("warning: this host's own vifdbd runs, and is not asked any more: "
			   "systemctl disable --now vifdbd.socket vifdbd");
}

/* Whether it is connected; if not, *ret_why is replaced. */
static bool is_connected(char **ret_why)
{
	_cleanup_(control_client_close) struct control_client c = CONTROL_CLIENT_INIT;
	const json_t *database;
	json_t *doc = NULL;
	bool connected;

	free(*ret_why);
	*ret_why = NULL;
	if (control_client_open(&c, control_client_path(), FETCH_LINE_MAX) < 0 ||
	    fetch_call(&c, "show", &doc) != VIFCTL_OK)
		return false;
	database = json_object_get(doc, "database");
	connected = !strcmp(get_text(database, "state"), "connected");
	if (*get_text(database, "error"))
		*ret_why = safe_text(get_text(database, "error"));
	json_decref(doc);
	return connected;
}

int direct_settle(void)
{
	int64_t start = clock_ms();
	_cleanup_free_ char *why = NULL;

	while (clock_ms() - start < (why ? CONNECT_MS : SLOW_MS) && !vifctl_stopped()) {
		if (is_connected(&why))
			return VIFCTL_OK;
		usleep(LOOK_US);
	}
	return vifctl_fail(VIFCTL_FAILED, "vifswitchd is not connected to that host's database: %s; it "
			   "goes on trying, vifctl pool leave goes back. In its sandbox it reads no file "
			   "below /root, /home or /tmp, and none that root may not read by its mode",
			   why ?: "it does not answer");
}

int direct_check_leave(struct vifctl *v)
{
	size_t copied = copied_ports();

	if (v->yes || !copied || own_ports(v) != 0)
		return VIFCTL_OK;
	return vifctl_fail(VIFCTL_FAILED, "this host's own database answers, and has no ports: the policy "
			   "of %zu that this host has from the other's would be gone; systemctl disable "
			   "--now vifdbd.socket vifdbd keeps it, --yes does without", copied);
}
