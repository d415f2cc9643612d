/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LD_PRELOAD library that lets oxenstored run without a hypervisor: it answers
 * the few Xen calls the daemon makes at start with the least that keeps it
 * going. No event channel ever fires, and every client comes in by the socket.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

struct handle {
	int fd;
};

static struct handle xc_handle = { -1 }, evtchn_handle = { -1 }, gnttab_handle = { -1 };

/* oxenstored asks for more file descriptors than a container may grant. */
int setrlimit(__rlimit_resource_t resource, const struct rlimit *limit)
{
	(void)resource;
	(void)limit;
	return 0;
}

void *xc_interface_open(void *logger, void *dombuild_logger, unsigned int flags)
{
	(void)logger;
	(void)dombuild_logger;
	(void)flags;
	return &xc_handle;
}

int xc_interface_close(void *handle)
{
	(void)handle;
	return 0;
}

/* There is no domain but the one we run in, so nobody ever dies. */
int xc_domain_getinfolist(void *handle, uint32_t first, unsigned int max, void *info)
{
	(void)handle;
	(void)first;
	(void)max;
	(void)info;
	return 0;
}

void *xenevtchn_open(void *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	evtchn_handle.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return evtchn_handle.fd < 0 ? NULL : &evtchn_handle;
}

int xenevtchn_close(void *handle)
{
	(void)handle;
	return close(evtchn_handle.fd);
}

int xenevtchn_fd(void *handle)
{
	(void)handle;
	return evtchn_handle.fd;
}

int xenevtchn_bind_virq(void *handle, unsigned int virq)
{
	(void)handle;
	return (int)virq + 1;
}

int xenevtchn_unmask(void *handle, unsigned int port)
{
	(void)handle;
	(void)port;
	return 0;
}

int xenevtchn_pending(void *handle)
{
	(void)handle;
	errno = EAGAIN;
	return -1;
}

void *xengnttab_open(void *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	return &gnttab_handle;
}
