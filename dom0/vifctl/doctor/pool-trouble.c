// SPDX-License-Identifier: GPL-2.0-or-later
#include "vifctl/doctor/pool-trouble.h"

#include <string.h>

#include "base/mem.h"
#include "vifctl/view/text.h"

/* In the words of OpenSSL, of curl, or of the member that refused ours. */
static bool says(const char *problem, const char *word)
{
	return strcasestr(problem, word) != NULL;
}

/* Why the pool is away, by what is said of it. */
static void tell_away(struct doctor *d, const json_t *pool, const char *problem)
{
	const char *host = get_text(pool, "host");
	char *text = xprintf("its pool is away, so nothing can be changed here; what is in force is %lld s old: %s",
			     (long long)number(pool, "away_s"), problem);

	if (says(problem, "not yet valid"))
		find(d, ERROR, "pool-clock", host, text,
		     xprintf("a certificate is valid later than this host has it: date tells its clock, timedatectl "
			     "sets it; then: systemctl restart vifdbd"));
	else if (says(problem, "certificate") || says(problem, "SSL") || says(problem, "TLS"))
		find(d, ERROR, "pool-certificate", host, text,
		     xprintf("openssl x509 -noout -subject -dates -in /etc/vifswitch/db/etcd-cert.pem, and date: has it "
			     "expired, or is the clock off? With a new one in its place: systemctl restart vifdbd"));
	else
		find(d, ERROR, "pool", host, text,
		     xprintf("vifctl pool status names the members; on theirs: systemctl start etcd"));
}

static void check_member(struct doctor *d, const json_t *member)
{
	const char *url = get_text(member, "url");

	if (!json_is_false(json_object_get(member, "answers")) && !*get_text(member, "error"))
		return;
	find(d, WARNING, "pool-member", url,
	     xprintf("this member of the pool %s%s%s", json_is_false(json_object_get(member, "answers")) ?
		     "does not answer" : "complains", *get_text(member, "error") ? ": " : "",
		     get_text(member, "error")),
	     xprintf("on that host: systemctl status etcd"));
}

void check_pool(struct doctor *d)
{
	const json_t *pool = json_object_get(d->facts, "pool"), *member;
	const char *problem = get_text(pool, "problem");
	size_t i;

	if (!json_is_object(pool))
		return;
	if (is(pool, "state", "away")) {
		tell_away(d, pool, *problem ? problem : "no member answers");
		return;
	}
	if (*get_text(pool, "refusal"))
		find(d, ERROR, "pool", get_text(pool, "host"),
		     xprintf("the pool stores nothing: %s", get_text(pool, "refusal")),
		     xprintf("vifctl pool status"));
	json_array_foreach(json_object_get(pool, "members"), i, member)
		check_member(d, member);
}
