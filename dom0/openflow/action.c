// SPDX-License-Identifier: GPL-2.0-or-later
#include "openflow/action.h"
#include "openflow/version.h"

struct of_action *actions_add(struct of_actions *list, enum of_action_kind kind)
{
	list->v = xgrow(list->v, list->count, &list->room, sizeof(*list->v));
	list->v[list->count] = (struct of_action){ .kind = kind };
	return &list->v[list->count++];
}

void action_deinit(struct of_action *a)
{
	free(a->data);
	if (a->inner)
		actions_deinit(a->inner);
	free(a->inner);
}

void actions_deinit(struct of_actions *list)
{
	for (size_t i = 0; i < list->count; i++)
		action_deinit(&list->v[i]);
	free(list->v);
	*list = (struct of_actions){};
}

void actions_copy(const struct of_actions *from, struct of_actions *to)
{
	for (size_t i = 0; i < from->count; i++) {
		struct of_action *a = actions_add(to, from->v[i].kind);

		*a = from->v[i];
		if (a->data) {
			a->data = xmalloc(a->len);
			memcpy(a->data, from->v[i].data, a->len);
		}
		if (a->inner) {
			a->inner = xzalloc(sizeof(*a->inner));
			actions_copy(from->v[i].inner, a->inner);
		}
	}
}

size_t actions_octets(const struct of_actions *list)
{
	size_t octets = list->room * sizeof(*list->v);

	for (size_t i = 0; i < list->count; i++) {
		octets += list->v[i].len;
		if (list->v[i].inner)
			octets += sizeof(*list) + actions_octets(list->v[i].inner);
	}
	return octets;
}

struct of_shared *shared_new(const struct of_actions *list, size_t *total)
{
	struct of_shared *shared = xzalloc(sizeof(*shared));

	shared->users = 1;
	actions_copy(list, &shared->list);
	charge(&shared->charge, total, sizeof(*shared) + actions_octets(&shared->list));
	return shared;
}

void shared_put(struct of_shared *shared)
{
	if (!shared || --shared->users)
		return;
	discharge(&shared->charge);
	actions_deinit(&shared->list);
	free(shared);
}

static bool any(const struct of_actions *list, bool (*is)(const struct of_action *a, uint32_t x),
		uint32_t x)
{
	for (size_t i = 0; i < list->count; i++)
		if (is(&list->v[i], x) || (list->v[i].inner && any(list->v[i].inner, is, x)))
			return true;
	return false;
}

static bool outputs(const struct of_action *a, uint32_t port)
{
	return ((a->kind == ACT_OUTPUT || a->kind == ACT_ENQUEUE || a->kind == ACT_TRUNCATE) &&
		a->a[0] == port) || (a->kind == ACT_CONTROLLER && port == OFPP_CONTROLLER);
}

static bool groups(const struct of_action *a, uint32_t group)
{
	return a->kind == ACT_GROUP && (a->a[0] == group || group == OFPG_ANY);
}

static bool meters(const struct of_action *a, uint32_t meter)
{
	return a->kind == ACT_METER && (a->a[0] == meter || meter == OFPM_ALL);
}

bool actions_output_to(const struct of_actions *list, uint32_t port)
{
	return any(list, outputs, port);
}

bool actions_use_group(const struct of_actions *list, uint32_t group)
{
	return any(list, groups, group);
}

bool actions_use_meter(const struct of_actions *list, uint32_t meter)
{
	return any(list, meters, meter);
}
