// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "mesh/mesh-proved.h"

#define PARTS	5

struct mesh_proved {
	char *name;
	char *parts[PARTS];		/* what was looked at; a sum of it could be forged */
	uint64_t at;			/* when it was looked at: microseconds, CLOCK_MONOTONIC */
	int64_t sequence;		/* of the last that was good */
	char *doubt;
};

static void forget_parts(struct mesh_proved *p)
{
	for (size_t i = 0; i < PARTS; i++) {
		free(p->parts[i]);
		p->parts[i] = NULL;
	}
}

void mesh_proved_forget(struct mesh *m)
{
	for (size_t i = 0; i < m->proved_count; i++) {
		free(m->proved[i].name);
		forget_parts(&m->proved[i]);
		free(m->proved[i].doubt);
	}
	free(m->proved);
	m->proved = NULL;
	m->proved_count = m->proved_room = 0;
}

static struct mesh_proved *proved_of(struct mesh *m, const char *name)
{
	struct mesh_proved *p;

	for (size_t i = 0; i < m->proved_count; i++)
		if (strcmp(m->proved[i].name, name) == 0)
			return &m->proved[i];
	m->proved = xgrow(m->proved, m->proved_count, &m->proved_room, sizeof(*m->proved));
	p = &m->proved[m->proved_count++];
	*p = (struct mesh_proved){ .name = xstrdup(name), .sequence = -1 };
	return p;
}

/* Keys and proof; true: they are others than before. */
static bool take_parts(struct mesh_proved *p, const struct pool_host *row)
{
	const char *const parts[] = {
		row->keys[0], row->keys[1], row->proof[0], row->proof[1], row->proof[2],
	};
	bool same = true;

	_Static_assert(ARRAY_SIZE(parts) == PARTS, "all of them are kept");
	for (size_t i = 0; same && i < PARTS; i++)
		same = !parts[i] == !p->parts[i] && strcmp(parts[i] ?: "", p->parts[i] ?: "") == 0;
	if (same)
		return false;
	forget_parts(p);
	for (size_t i = 0; i < PARTS; i++)
		p->parts[i] = parts[i] ? xstrdup(parts[i]) : NULL;
	return true;
}

static void look(struct mesh_proved *p, const struct mesh_proof_files *files,
		 const struct pool_host *row)
{
	const struct mesh_proof proof = { row->proof[0], row->proof[1], row->proof[2] };
	struct problem problem;
	int64_t sequence = 0;
	int r = mesh_proof_check(files, row->name, row->keys, &proof, &sequence, &problem);

	if (r == 0 && sequence < p->sequence)
		r = problem_set(&problem, "they are older than what it told before");
	free(p->doubt);
	p->doubt = r < 0 ? xprintf("host %s did not sign the keys that its row has: %s", row->name,
				   problem.text) : NULL;
	if (r == 0)
		p->sequence = sequence;
}

void mesh_prove(struct mesh *m, const struct mesh_proof_files *files, struct pool_host *rows,
		size_t count, uint64_t now)
{
	if (!files->ca || !mesh_proof_wanted(files)) {
		mesh_proved_forget(m);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct mesh_proved *p;

		if ((!rows[i].keys[0] && !rows[i].keys[1]) || strcmp(rows[i].name, m->name) == 0)
			continue;
		p = proved_of(m, rows[i].name);
		if (take_parts(p, &rows[i]) || now - p->at > MESH_PROVED_US) {
			look(p, files, &rows[i]);
			p->at = now;
		}
		rows[i].doubt = p->doubt;
	}
}
