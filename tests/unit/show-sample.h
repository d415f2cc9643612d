/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A host as vifswitchd would show it, for tests of what is made of its documents. */
#ifndef TESTS_UNIT_SHOW_SAMPLE_H
#define TESTS_UNIT_SHOW_SAMPLE_H

#include "show/port-document.h"

#define WEB	"f47ac10b-58cc-4372-a567-0e02b2c3d479"
#define DB	"11111111-2222-3333-4444-555555555555"
#define THREE	"99999999-2222-3333-4444-555555555555"

struct owner sample_owner(const char *name, const char *uuid, uint32_t domid, uint32_t devid);
/* Of VM web: vif3.0 in xenbr0, with everything a port can have. */
json_t *sample_port(void);
/* The same as the kernel alone tells it. */
json_t *sample_port_of_kernel(void);
/*
 * xenbr0 with web's vif3.0 and its twin, db's vif4.1 and the uplink eth0; xenbr1,
 * which is missing; a VIF of VM "3" that names a switch there is not.
 */
json_t *sample_show(void);

#endif /* TESTS_UNIT_SHOW_SAMPLE_H */
