// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * vifctl port attach|detach: a netdev that a VM has beside Xen, such as the tap of a QEMU that
 * somebody started. It is an Uplink row with vm-macs, and its switch has it among its uplinks;
 * both come and go in one transaction.
 */
#include "base/cleanup.h"
#include "base/mem.h"
#include "vifctl/policy.h"
#include "vifctl/policy/database.h"

struct attach {
	const char *netdev, *sw;
	const char *const *words;
	int count;
	bool lenient;			/* it may be there already, or not be there */
};

static bool is_vms(const struct object *uplink)
{
	return json_array_size(json_object_get(uplink->columns, "vm_macs"));
}

static int set_fields(const struct attach *a, struct database *d, struct object *port)
{
	_cleanup_free_ char *problem = NULL;

	for (int i = 0; i < a->count; i++)
		if (!object_set_text(port, a->words[i], &problem))
			return vifctl_fail(VIFCTL_USAGE, "%s", problem);
	if (!is_vms(port))
		return vifctl_fail(VIFCTL_USAGE, "port %s: vm-macs is needed, the addresses that the "
				   "VM may use", a->netdev);
	if (!object_check(port, &problem))
		return vifctl_fail(VIFCTL_USAGE, "port %s: %s", a->netdev, problem);
	return database_check_references(d, port);
}

static int plan_attach(void *arg, struct database *d, struct changes *c)
{
	const struct attach *a = arg;
	const struct object *old = model_find(&d->current, OBJECT_UPLINK, a->netdev),
			    *sw = model_find(&d->current, OBJECT_SWITCH, a->sw);
	_cleanup_(object_freep) struct object *port = NULL, *wanted = NULL;
	_cleanup_free_ char *word = NULL, *problem = NULL;
	int status;

	if (!sw)
		return database_not_found(d, OBJECT_SWITCH, a->sw);
	if (old && !a->lenient)
		return vifctl_fail(VIFCTL_FAILED, "uplink \"%s\": the database has it already",
				   a->netdev);
	port = old ? object_copy(old) : object_new(OBJECT_UPLINK, a->netdev);
	status = set_fields(a, d, port);
	if (status)
		return status;
	wanted = object_copy(sw);
	word = xprintf("uplinks+=%s", a->netdev);
	if (!object_set_text(wanted, word, &problem))
		return vifctl_fail(VIFCTL_USAGE, "%s", problem);
	changes_add(c, old, TAKE_PTR(port));
	changes_add(c, sw, TAKE_PTR(wanted));
	return VIFCTL_OK;
}

static int plan_detach(void *arg, struct database *d, struct changes *c)
{
	const struct attach *a = arg;
	const struct object *old = model_find(&d->current, OBJECT_UPLINK, a->netdev);

	if (!old)
		return a->lenient ? VIFCTL_OK : database_not_found(d, OBJECT_UPLINK, a->netdev);
	if (!is_vms(old))
		return vifctl_fail(VIFCTL_FAILED, "uplink %s is no VM's: vifctl uplink del %s",
				   a->netdev, a->netdev);
	for (size_t i = 0; i < d->current.count[OBJECT_SWITCH]; i++) {
		const struct object *sw = d->current.objects[OBJECT_SWITCH][i];
		struct object *wanted = object_copy(sw);

		object_drop_name(wanted, "uplinks", a->netdev);
		changes_add(c, sw, wanted);
	}
	changes_add(c, old, NULL);
	return VIFCTL_OK;
}

int run_port_attach(struct vifctl *v)
{
	struct attach a = {
		.netdev = operand(v, 0), .sw = operand(v, 1), .words = v->operands + 2,
		.count = v->operand_count - 2, .lenient = v->lenient,
	};
	_cleanup_free_ char *problem = NULL;

	if (!object_name_check(&object_kinds[OBJECT_UPLINK], a.netdev, &problem))
		return vifctl_fail(VIFCTL_USAGE, "\"%s\": %s", a.netdev, problem);
	return database_change(v, database_tables, plan_attach, &a);
}

int run_port_detach(struct vifctl *v)
{
	struct attach a = { .netdev = operand(v, 0), .lenient = v->lenient };

	return database_change(v, database_tables, plan_detach, &a);
}
