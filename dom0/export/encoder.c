// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdlib.h>

#include "export/encoder.h"

void encoder_init(struct encoder *e, const struct encoder_settings *settings)
{
	*e = (struct encoder){ .set = *settings };
}

void encoder_deinit(struct encoder *e)
{
	void *source;

	map_for_each(&e->sources, i, source)
		free(source);
	map_deinit(&e->sources);
}

void encoder_reconnected(struct encoder *e)
{
	e->templates_ms = 0;
	e->out.len = e->other_out.len = 0;
	e->records = e->told = e->other_count = 0;
	e->set_at = 0;
}

void encoder_send(struct encoder *e)
{
	e->set.send(e->out.octets, e->out.len, e->records, e->set.arg);
	e->out.len = 0;
	e->records = e->told = 0;
	e->set_at = 0;
}
