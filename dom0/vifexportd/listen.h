/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFEXPORTD_LISTEN_H
#define VIFEXPORTD_LISTEN_H

#include "base/problem.h"

/*
 * A listening socket at @where: "unix:PATH", or "ADDRESS:PORT" with an IPv6 address in
 * brackets. The descriptor or a negative errno with the problem.
 */
int listen_at(const char *where, struct problem *problem);

#endif /* VIFEXPORTD_LISTEN_H */
