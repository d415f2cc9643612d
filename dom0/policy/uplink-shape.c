// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/cleanup.h"
#include "oam/cfm-frame.h"
#include "policy/bounds.h"
#include "policy/fields.h"
#include "policy/uplink-shape.h"

/* Columns that mean nothing without members. */
static const char *const of_bond[] = {
	"bond_mode", "lacp", "lacp_time", "primary", "bond_updelay", "bond_downdelay",
	"bond_miimon", "lacp_fallback", "lacp_system_id", "lacp_system_priority",
	"lacp_aggregation_key", "lacp_port_priority",
};

/* And those that mean nothing without LACP. */
static const char *const of_lacp[] = {
	"lacp_time", "lacp_fallback", "lacp_system_id", "lacp_system_priority",
	"lacp_aggregation_key", "lacp_port_priority",
};

static const char *field_name(const char *column)
{
	return kind_column(&object_kinds[OBJECT_UPLINK], column, NULL)->name;
}

static int check_delay(const struct uplink_shape *s, const char *column, struct problem *problem)
{
	uint64_t every = s->number("bond_miimon", UPLINK_MIIMON_DEFAULT, s->arg);
	uint64_t delay = s->number(column, 0, s->arg);

	if (delay % every == 0)
		return 0;
	return problem_set(problem, "%s=%llu: must be a multiple of miimon, which is %llu",
			   field_name(column), (unsigned long long)delay,
			   (unsigned long long)every);
}

static int check_lacp(const struct uplink_shape *s, struct problem *problem)
{
	bool tcp = s->number("bond_mode", 0, s->arg) == BOND_WORD_BALANCE_TCP;
	uint64_t lacp = s->number("lacp", LACP_WORD_ACTIVE, s->arg);

	if (!tcp && s->given("lacp", s->arg) && lacp != LACP_WORD_OFF)
		return problem_set(problem, "lacp=%s: needs bond-mode=balance-tcp",
				   word_of(lacp_words, (uint32_t)lacp));
	for (size_t i = 0; i < ARRAY_SIZE(of_lacp) && (!tcp || lacp == LACP_WORD_OFF); i++)
		if (s->given(of_lacp[i], s->arg))
			return problem_set(problem, "%s needs LACP: bond-mode=balance-tcp, and lacp not off",
					   field_name(of_lacp[i]));
	if (tcp && s->given("primary", s->arg))
		return problem_set(problem, "primary needs bond-mode=active-backup or balance-slb");
	return 0;
}

/* Columns that mean nothing without a check, or a session. */
static const char *const of_cfm[] = {
	"cfm_interval", "cfm_level", "cfm_md", "cfm_ma", "cfm_remotes",
};
static const char *const of_bfd[] = {
	"bfd_min_rx", "bfd_min_tx", "bfd_mult", "bfd_src", "bfd_dst", "bfd_mac",
};

static int check_cfm(const struct uplink_shape *s, struct problem *problem)
{
	uint64_t ms = s->number("cfm_interval", CFM_INTERVAL_DEFAULT, s->arg);

	for (size_t i = 0; i < ARRAY_SIZE(of_cfm) && !s->given("cfm_mpid", s->arg); i++)
		if (s->given(of_cfm[i], s->arg))
			return problem_set(problem, "%s needs cfm-mpid", field_name(of_cfm[i]));
	if (!ccm_interval_code(ms))
		return problem_set(problem, "cfm-interval=%llu: must be 3, 10, 100, 1000, 10000, 60000 or 600000",
				   (unsigned long long)ms);
	return 0;
}

static int check_bfd(const struct uplink_shape *s, struct problem *problem)
{
	for (size_t i = 0; i < ARRAY_SIZE(of_bfd) && !s->number("bfd", 0, s->arg); i++)
		if (s->given(of_bfd[i], s->arg))
			return problem_set(problem, "%s needs bfd=true", field_name(of_bfd[i]));
	return 0;
}

int oam_shape_check(const struct uplink_shape *s, struct problem *problem)
{
	int r = check_cfm(s, problem);

	return r < 0 ? r : check_bfd(s, problem);
}

int uplink_shape_check(const struct uplink_shape *s, struct problem *problem)
{
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(of_bond) && !s->given("members", s->arg); i++)
		if (s->given(of_bond[i], s->arg))
			return problem_set(problem, "%s needs members", field_name(of_bond[i]));
	r = check_lacp(s, problem);
	if (r == 0)
		r = oam_shape_check(s, problem);
	if (r == 0)
		r = check_delay(s, "bond_updelay", problem);
	return r < 0 ? r : check_delay(s, "bond_downdelay", problem);
}
