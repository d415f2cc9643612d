// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/mem.h"
#include "mesh/mesh-proved.h"

struct mesh_proved {
	char *name;
	uint64_t digest;		/* of row and proof */
	uint64_t at;			/* when it was looked at: microseconds, CLOCK_MONOTONIC */
	int64_t sequence;		/* of the last that was good */
	char *doubt;
};

void mesh_proved_forget(struct mesh *m)
{
	for (size_t i = 0; i < m->proved_count; i++) {
		free(m->proved[i].name);
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

static uint64_t digest_of(const struct pool_host *row)
{
	const char *const parts[] = {
		row->keys[0], row->keys[1], row->proof[0], row->proof[1], row->proof[2],
	};
	uint64_t sum = 1;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++)
		sum = sum * 0x100000001b3ULL ^
		      (parts[i] ? bytes_sum(parts[i], strlen(parts[i]), (uint32_t)sum) : i);
	return sum;
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
		uint64_t digest = digest_of(&rows[i]);
		struct mesh_proved *p;

		if ((!rows[i].keys[0] && !rows[i].keys[1]) || strcmp(rows[i].name, m->name) == 0)
			continue;
		p = proved_of(m, rows[i].name);
		if (p->digest != digest || now - p->at > MESH_PROVED_US) {
			look(p, files, &rows[i]);
			p->digest = digest;
			p->at = now;
		}
		rows[i].doubt = p->doubt;
	}
}
