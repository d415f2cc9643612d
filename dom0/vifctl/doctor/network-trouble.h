/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef VIFCTL_DOCTOR_NETWORK_TROUBLE_H
#define VIFCTL_DOCTOR_NETWORK_TROUBLE_H

#include <jansson.h>
#include <stdbool.h>

/* One thing that is wrong with a network (@wrong), or to know; both texts are to be freed. */
typedef void (*network_trouble_fn)(bool wrong, const char *name, char *text, char *command,
				   void *arg);

/* Of a network of the document "networks"; those of its netdev if @first of that netdev. */
void network_troubles(const json_t *network, bool first, network_trouble_fn fn, void *arg);

#endif /* VIFCTL_DOCTOR_NETWORK_TROUBLE_H */
