/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_UNIX_SOCKET_H
#define BASE_UNIX_SOCKET_H

/* A stream to the local socket at @path, to be closed; @flags: SOCK_NONBLOCK or 0. */
int unix_connect(const char *path, int flags);
/* A socket at @path that nobody listens at any more is in the way. */
void unix_remove_stale(const char *path);

#endif /* BASE_UNIX_SOCKET_H */
