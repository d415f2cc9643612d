/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Would a VM's policy hold on another host? Documents in, findings out, as doctor.h has them. */
#ifndef VIFCTL_DOCTOR_MIGRATE_H
#define VIFCTL_DOCTOR_MIGRATE_H

#include <jansson.h>

/*
 * @facts: {"ports": the VM's of "show", "to": the name of the host, "next_cfg": n, "hosts":
 * [every host's name], "host": {"cur_cfg": n|null, "last_error": s|null, "switches": {NAME:
 * {"mtu": n, "pvid": n|null, "tagged": ["1-100", ...]}}|null, "lacks": s|null}|null,
 * "owners": {MAC: "VM UUID" that has it locked as its first and is on that host}}.
 */
json_t *migrate_findings(const json_t *facts);

#endif /* VIFCTL_DOCTOR_MIGRATE_H */
