/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_UNIX_SOCKET_H
#define BASE_UNIX_SOCKET_H

/* A stream to the local socket at @path, to be closed; @flags: SOCK_NONBLOCK or 0. */
int unix_connect(const char *path, int flags);

#endif /* BASE_UNIX_SOCKET_H */
