/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a port of the document "show" is, in words. */
#ifndef VIFEXPORTD_PAGE_PORT_STATE_H
#define VIFEXPORTD_PAGE_PORT_STATE_H

#include <jansson.h>
#include <stdbool.h>

bool port_is_of_vm(const json_t *port);
bool port_in_trouble(const json_t *port);
/* By which page.js knows it: the same as long as the VM has it. To be freed. */
char *port_key(const json_t *port);
/* Why it is not active, or has not the policy that it should have; NULL: all is well. */
const char *port_why(const json_t *port);
/* Of all reasons; 0 if nothing is counted. */
json_int_t port_drops(const json_t *port);

#endif /* VIFEXPORTD_PAGE_PORT_STATE_H */
