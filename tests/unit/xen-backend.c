// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What is asked of XenStore for a VIF, with a store of a few nodes in a child process, which
 * counts. A VM waits for each request.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/io/xs_wire.h>
#include <cmocka.h>

#include "base/cleanup.h"
#include "xen/backend.h"

#define VIF	"backend/vif/7/0"
#define UUID	"8ce36a8e-9e39-4a5b-a3d8-1f2f0a4e5b66"

struct node {
	char path[64], value[64];
};

/* Shared with the store. */
static struct shared {
	struct node nodes[32];
	size_t count;
	unsigned int requests, reads;	/* reads: with how many of its own they came in */
	char fault[8];			/* what each list is answered with */
} *shared;

static struct store store;
static struct xen_vifs vifs;
static struct xen_pcis pcis;
static struct domains domains;
static struct links links;
static char path[64];
static pid_t child;

static struct xen_vif *make(void)
{
	return calloc(1, sizeof(struct xen_vif));
}

static void unmake(struct xen_vifs *all, struct xen_vif *vif)
{
	free(vif);
}

static void set(const char *at, const char *value)
{
	for (size_t i = 0; i < shared->count; i++) {
		if (strcmp(shared->nodes[i].path, at) == 0) {
			strcpy(shared->nodes[i].value, value);
			return;
		}
	}
	strcpy(shared->nodes[shared->count].path, at);
	strcpy(shared->nodes[shared->count++].value, value);
}

static size_t list(const char *at, char *ret)
{
	size_t len = strlen(at), used = 0;

	for (size_t i = 0; i < shared->count; i++) {
		const char *name = shared->nodes[i].path;

		if (strncmp(name, at, len) != 0 || name[len] != '/' || strchr(name + len + 1, '/'))
			continue;
		strcpy(ret + used, name + len + 1);
		used += strlen(ret + used) + 1;
	}
	return used;
}

static void answer(int fd, uint32_t type, uint32_t id, const char *data, size_t len)
{
	struct xsd_sockmsg head = { .type = type, .req_id = id, .len = len };
	char message[4200];

	memcpy(message, &head, sizeof(head));
	memcpy(message + sizeof(head), data, len);
	/* It may be gone before the event that a watch begins with. */
	if (send(fd, message, sizeof(head) + len, MSG_NOSIGNAL) < 0)
		_exit(errno == EPIPE || errno == ECONNRESET ? 0 : 2);
}

static void serve_one(int fd, const struct xsd_sockmsg *head, const char *data)
{
	char text[2048] = "";
	size_t len;

	shared->requests++;
	if (head->type == XS_WATCH) {
		answer(fd, XS_WATCH, head->req_id, "OK", 3);
		answer(fd, XS_WATCH_EVENT, 0, data, head->len);
		return;
	}
	if (head->type == XS_DIRECTORY && *shared->fault) {
		answer(fd, XS_ERROR, head->req_id, shared->fault, strlen(shared->fault) + 1);
		return;
	}
	if (head->type == XS_DIRECTORY) {
		len = list(data, text);
		if (len)
			answer(fd, XS_DIRECTORY, head->req_id, text, len);
		else
			answer(fd, XS_ERROR, head->req_id, "ENOENT", 7);
		return;
	}
	for (size_t i = 0; head->type == XS_READ && i < shared->count; i++) {
		if (strcmp(shared->nodes[i].path, data) == 0) {
			answer(fd, XS_READ, head->req_id, shared->nodes[i].value,
			       strlen(shared->nodes[i].value));
			return;
		}
	}
	if (head->type == XS_READ)
		answer(fd, XS_ERROR, head->req_id, "ENOENT", 7);
	else
		answer(fd, head->type, head->req_id, "OK", 3);
}

static void serve(int fd)
{
	char in[8192];
	ssize_t n;

	while ((n = read(fd, in, sizeof(in))) > 0) {
		shared->reads++;
		for (ssize_t at = 0; at < n;) {
			struct xsd_sockmsg head;

			memcpy(&head, in + at, sizeof(head));
			serve_one(fd, &head, in + at + sizeof(head));
			at += sizeof(head) + head.len;
		}
	}
	_exit(0);
}

static int set_up(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM, 0), fd;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	snprintf(path, sizeof(path), "/tmp/vifswitch-store-%d", (int)getpid());
	strcpy(addr.sun_path, path);
	unlink(path);
	assert_int_equal(bind(listener, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(listener, 1), 0);
	setenv("XENSTORED_PATH", path, 1);
	child = fork();
	if (!child) {
		fd = accept(listener, NULL, NULL);
		serve(fd);
	}
	close(listener);

	domains = (struct domains){};
	links = (struct links){};
	vifs = (struct xen_vifs){ .domains = &domains, .make = make, .unmake = unmake };
	pcis = (struct xen_pcis){ .domains = &domains };
	store = (struct store){
		.vifs = &vifs, .pcis = &pcis, .domains = &domains, .links = &links,
	};
	assert_int_equal(store_connect(&store), 0);
	set("domid", "0");
	return 0;
}

static int tear_down(void **state)
{
	int status;

	xen_vifs_deinit(&vifs);
	xen_pcis_deinit(&pcis);
	domains_deinit(&domains);
	store_deinit(&store);
	wait(&status);
	assert_int_equal(status, 0);
	unlink(path);
	munmap(shared, sizeof(*shared));
	return 0;
}

static struct xen_vif *plug(void)
{
	set("/local/domain/7/name", "web");
	set("/local/domain/7/vm", "/vm/" UUID);
	set(VIF "/frontend-id", "7");
	set(VIF "/script", "vif-vifswitch");
	set(VIF "/bridge", "xenbr0.5");
	set(VIF "/mac", "00:16:3e:00:00:01");
	set(VIF "/online", "1");
	set(VIF "/state", "1");
	store_look_at(&store, 7, 0);
	assert_int_equal(store_refresh(&store), 0);
	return xen_vifs_get(&vifs, 7, 0);
}

/* Until nothing arrives any more: each request has the events before it come first. */
static void take_events(void)
{
	assert_true(xenstore_alive(store.xs));
	assert_int_equal(store_events(&store), 0);
}

static void settle(void)
{
	take_events();
	while (store_dirty(&store)) {
		assert_int_equal(store_refresh(&store), 0);
		take_events();
	}
}

static void test_plug(void **state)
{
	struct xen_vif *vif;

	settle();
	shared->requests = shared->reads = 0;
	vif = plug();
	assert_non_null(vif);
	assert_string_equal(vif->keys.bridge, "xenbr0.5");
	assert_string_equal(vif->keys.mac, "00:16:3e:00:00:01");
	assert_null(vif->keys.vlan);
	assert_string_equal(vif->script, "vif-vifswitch");
	assert_int_equal(vif->state, XENBUS_INITIALISING);
	assert_true(vif->online);
	assert_string_equal(vif->domain->name, "web");
	assert_true(vif->domain->has_uuid);
	/* The VIF's keys are listed, then read; the name is watched, then read with the rest. */
	assert_int_equal(shared->requests, 1 + 5 + 1 + 3);
	assert_int_equal(shared->reads, 4);
	/* What the watch begins with is no reason to ask again. */
	take_events();
	assert_false(store_dirty(&store));
}

static void test_renamed(void **state)
{
	struct xen_vif *vif;

	settle();
	vif = plug();
	settle();
	set("/local/domain/7/name", "mail");
	/* As a second watch there has it said. */
	assert_int_equal(xenstore_watch(store.xs, "/local/domain/7/name", "domain"), 1);
	take_events();
	assert_true(store_dirty(&store));
	settle();
	assert_string_equal(vif->domain->name, "mail");
}

static void test_state(void **state)
{
	struct xen_vif *vif;

	settle();
	vif = plug();
	settle();
	set(VIF "/state", "4");
	vif->dirty_state = true;
	shared->requests = shared->reads = 0;
	assert_int_equal(store_refresh(&store), 0);
	assert_int_equal(vif->state, XENBUS_CONNECTED);
	assert_int_equal(shared->requests, 2);
	assert_int_equal(shared->reads, 1);
}

static void test_gone(void **state)
{
	settle();
	plug()->dirty_state = true;
	shared->count = 0;
	assert_int_equal(store_refresh(&store), 0);
	assert_null(xen_vifs_get(&vifs, 7, 0));
	assert_null(domains_get(&domains, 7));
}

/* A store that cannot answer does not say that a VIF is gone. */
static void test_fault(void **state)
{
	settle();
	plug();
	settle();
	strcpy(shared->fault, "ENOMEM");
	store_look_at(&store, 7, 0);
	assert_int_equal(store_refresh(&store), -ENOMEM);
	assert_non_null(xen_vifs_get(&vifs, 7, 0));
}

/* What is read again, events being lost, is the domains as well. */
static void test_renamed_unseen(void **state)
{
	struct xen_vif *vif;

	settle();
	vif = plug();
	settle();
	set("/local/domain/7/name", "mail");
	store.rescan = true;
	settle();
	assert_string_equal(vif->domain->name, "mail");
}

#define PCI	"backend/pci/7/0"

/* In the order of their numbers, whatever else stands there; the domain is known by them alone. */
static void test_pci(void **state)
{
	const struct xen_pci *pci;

	settle();
	set("backend/pci/7", "");
	set("/local/domain/7/vm", "/vm/" UUID);
	set(PCI "/num_devs", "5");
	set(PCI "/dev-10", "0000:07:10.2");
	set(PCI "/dev-0", "0000:00:1f.0");
	set(PCI "/dev-2", "0000:07:10.1");
	set(PCI "/dev-3", "0000:07:10");
	set(PCI "/dev-x", "0000:07:10.5");
	assert_true(xen_pcis_event(&pcis, "backend/pci"));
	settle();
	pci = map_get(&pcis.by_domid, 7);
	assert_non_null(pci);
	assert_int_equal(pci->domid, 7);
	assert_int_equal(pci->count, 3);
	assert_string_equal(pci->devices[0], "0000:00:1f.0");
	assert_string_equal(pci->devices[1], "0000:07:10.1");
	assert_string_equal(pci->devices[2], "0000:07:10.2");
	assert_true(pci->domain->has_uuid);
	assert_true(pci->numbers == 0);
	set("xenserver/backend/net-sriov-vf/7/3", "");
	set("xenserver/backend/net-sriov-vf/7/63", "");
	set("xenserver/backend/net-sriov-vf/7/64", "");
	set("xenserver/backend/net-sriov-vf/8/1", "");
	assert_true(xen_pcis_event(&pcis, "xenserver/backend/net-sriov-vf/7/3/frontend"));
	settle();
	assert_true(pci->numbers == (1ULL << 63 | 1 << 3));
	shared->count = 0;
	assert_true(xen_pcis_event(&pcis, PCI "/dev-0"));
	settle();
	assert_null(map_get(&pcis.by_domid, 7));
	assert_null(domains_get(&domains, 7));
	assert_false(xen_pcis_event(&pcis, "backend/pcix/7"));
	assert_false(xen_pcis_event(&pcis, "xenserver/backend/net-sriov-vfs/7"));
	assert_false(xen_pcis_event(&pcis, "backend/vif/7/0"));
}

/* A store that had a socket is not looked for elsewhere while that is away. */
static void test_socket_away(void **state)
{
	struct store other = {
		.vifs = &vifs, .pcis = &pcis, .domains = &domains, .links = &links,
	};

	unlink(path);
	assert_int_equal(store_connect(&other), -ENOENT);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORE(test_plug),
		WITH_STORE(test_pci),
		WITH_STORE(test_renamed),
		WITH_STORE(test_state),
		WITH_STORE(test_gone),
		WITH_STORE(test_fault),
		WITH_STORE(test_renamed_unseen),
		WITH_STORE(test_socket_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
