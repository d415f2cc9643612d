// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What vifswitchd follows, without its VIFs: policydb on a database, told by lines of
 * standard input which VMs are here. Each line gets one of JSON:
 *
 *   here UUID...   from now on these VMs are here
 *   known UUID     run until it is decided whether the VM is known: 0 known, 2 unknown
 *   is             how many rows are followed, the memory, and each VM's tag and its ACL's
 *                  addresses as they are in force
 *
 * In between every pass looks at all of the ACLs, and counts those whose addresses are
 * not a multiple of 10: the tests' groups never have others.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/uuid.h"
#include "policydb/follow.h"

#define LINE_MAX_LEN	65536

static struct policy_db policy;
static unsigned int passes, halves;
static struct uuid_set here;

/* The addresses that VMs of the ACL's first group have, or -1. */
static int addresses(const uint8_t acl[16])
{
	struct problem problem;
	struct acl built = {};
	int n = -1;

	if (acl_policies_build(&policy.policies.acl, acl, &built, &problem) < 0)
		return -1;
	if (built.rule_count && built.rules[0].src)
		n = built.rules[0].src->count;
	acl_deinit(&built);
	return n;
}

static const struct policy_row *port_of(const uint8_t vm[16])
{
	const struct policy_row *qos;
	uint64_t generation;

	return policies_find(&policy.policies, vm, 0, &qos, &generation);
}

static int addresses_of(const uint8_t vm[16])
{
	const struct policy_row *port = port_of(vm);
	const uint8_t *acl = port ? row_octets(port, "acl", NULL) : NULL;

	return acl ? addresses(acl) : -1;
}

static bool has_half(const uint8_t vm[16])
{
	return policy_db_knows(&policy, vm) == POLICY_KNOWN &&
	       row_octets(port_of(vm), "acl", NULL) && addresses_of(vm) % 10;
}

static void on_pass(void *arg)
{
	passes++;
	for (size_t i = 0; i < here.n; i++)
		halves += has_half(here.v[i]);
}

static void read_here(char *words)
{
	uint8_t uuid[16];

	here.n = 0;
	for (char *word = strtok(words, " \n"); word; word = strtok(NULL, " \n"))
		if (uuid_parse(word, strlen(word), uuid))
			uuid_set_add(&here, uuid);
	uuid_set_seal(&here);
	policy_db_here(&policy, &here);
	printf("{}\n");
}

static void wait_known(sd_event *event, char *word)
{
	enum policy_known known;
	uint8_t uuid[16];

	word[strcspn(word, "\n")] = '\0';
	if (!uuid_parse(word, strlen(word), uuid))
		exit(EXIT_FAILURE);
	while (policy.waits || (known = policy_db_knows(&policy, uuid)) == POLICY_AWAITED)
		sd_event_run(event, UINT64_MAX);
	printf("{\"known\": %d}\n", known);
}

/* Where vifswitchd would send what mirrors copy for that VM's first VIF. */
static void tell_place(char *word)
{
	char address[PREFIX_TEXT_MAX] = "";
	struct policy_place place;
	struct row_vif vif = {};

	if (!uuid_parse(word, strcspn(word, "\n"), vif.vm))
		exit(EXIT_FAILURE);
	policy_place_find(&policy, &vif, &place);
	if (place.address.family)
		prefix_format(&place.address, address);
	printf("{\"host\": \"%s\", \"address\": \"%s\"}\n", place.host, address);
}

static long resident(void)
{
	long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");

	if (f && fscanf(f, "%*d %ld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void tell(void)
{
	static const char *const tables[] = {
		"Port", "VM", "Host", "Location", "ACL", "Rule", "Group", NULL,
	};

	printf("{\"passes\": %u, \"halves\": %u, \"kib\": %ld, \"next_cfg\": %lld, \"heard\": %lld",
	       passes, halves, resident(), (long long)policy.next_cfg,
	       (long long)policy_db_heard(&policy));
	for (const char *const *t = tables; *t; t++)
		printf(", \"%s\": %zu", *t, vifdb_count(policy.db, *t));
	printf(", \"vms\": {");
	for (size_t i = 0; i < here.n; i++) {
		const struct policy_row *port = port_of(here.v[i]);
		char text[UUID_TEXT_LEN + 1];

		uuid_format(here.v[i], text);
		printf("%s\"%s\": [%lld, %d]", i ? ", " : "", text,
		       port ? (long long)row_number(port, "tag", -1) : -2, addresses_of(here.v[i]));
	}
	printf("}}\n");
}

static char line[LINE_MAX_LEN];
static bool asked;

static int on_input(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	/* The tests send one line and wait for the answer. */
	asked = fgets(line, sizeof(line), stdin);
	return asked ? 0 : sd_event_exit(arg, 0);
}

static void answer(sd_event *event)
{
	asked = false;
	if (strncmp(line, "here", 4) == 0)
		read_here(line + 4);
	else if (strncmp(line, "known ", 6) == 0)
		wait_known(event, line + 6);
	else if (strncmp(line, "place ", 6) == 0)
		tell_place(line + 6);
	else
		tell();
	fflush(stdout);
}

int main(int argc, char **argv)
{
	struct policy_db_options options = { .host_name = "here" };
	sd_event *event = NULL;

	if (argc != 4 || sd_event_new(&event) < 0)
		return EXIT_FAILURE;
	options.remote = argv[1];
	options.copy_path = argv[2];
	options.whole_max = strtoul(argv[3], NULL, 10);
	/* For ssl: remotes. */
	options.private_key = getenv("FOLLOWER_KEY");
	options.certificate = getenv("FOLLOWER_CERT");
	options.ca_certificate = getenv("FOLLOWER_CA");
	if (policy_db_open(&policy, event, &options, on_pass, NULL) < 0 ||
	    sd_event_add_io(event, NULL, STDIN_FILENO, EPOLLIN, on_input, event) < 0)
		return EXIT_FAILURE;
	while (sd_event_get_state(event) != SD_EVENT_FINISHED) {
		sd_event_run(event, UINT64_MAX);
		if (asked)
			answer(event);
	}
	policy_db_close(&policy);
	uuid_set_deinit(&here);
	sd_event_unref(event);
	return EXIT_SUCCESS;
}
