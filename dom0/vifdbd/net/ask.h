/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to a running server, from the command line. */
#ifndef VIFDBD_NET_ASK_H
#define VIFDBD_NET_ASK_H

/*
 * A request without parameters, to the Unix socket at path; waits for the answer.
 * *ret_message says what was wrong, and is the caller's to free.
 */
int ask_server(const char *path, const char *method, char **ret_message);

#endif
