/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scope-bound cleanup: a variable marked with one of these is released when it
 * leaves scope; TAKE_PTR() and TAKE_FD() hand it over to somebody else.
 */
#ifndef VIFSWITCH_CLEANUP_H
#define VIFSWITCH_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(f)	__attribute__((cleanup(f)))

static inline void freep(void *p)
{
	free(*(void **)p);
}

static inline void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _cleanup_free_	_cleanup_(freep)
#define _cleanup_close_	_cleanup_(closep)

#define TAKE_PTR(p)	({ __typeof__(p) _taken = (p); (p) = NULL; _taken; })
#define TAKE_FD(fd)	({ int _taken = (fd); (fd) = -1; _taken; })

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#endif /* VIFSWITCH_CLEANUP_H */
