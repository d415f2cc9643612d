// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "of-model.h"
#include "of/of-plain.h"

/* The key as the short way has it, where it does. */
static void short_key(struct vs_of_key *key, u8 needs, const uint8_t *frame, size_t len,
		      const struct vs_frame *f, const struct model_packet *p)
{
	bool ip4 = f->type == VS_TYPE_IP4;
	struct vs_packet pkt;

	memset(key, 0xa5, sizeof(*key));
	if (p->tag == VS_NO_TAG && (ip4 || f->type == VS_TYPE_IP6) &&
	    vs_packet_parse_usual(&pkt, frame, len, len, f, ip4))
		vs_of_key_usual(key, needs, frame, &pkt, model_in_port(p), ip4);
	else
		vs_of_key_read(key, needs, frame, len, len, f, p->tag,
			       model_in_port(p));
}

bool short_compare(const struct vs_of *of, const struct model_packet *p,
		   const struct model_list *want)
{
	uint8_t frame[MODEL_FRAME_MAX];
	size_t len = model_packet_octets(p, frame);
	struct vs_of_plain plain;
	struct vs_of_key key;
	struct vs_frame f;

	assert_true(vs_frame_parse(&f, frame, len, p->tag));
	short_key(&key, vs_of_needs(of), frame, len, &f, p);
	if (!vs_of_plain_find(&plain, of, of->version, &key))
		return false;
	assert_int_equal(want->count, 1);
	assert_int_equal(want->out[0].port, plain.port);
	assert_int_equal(want->out[0].tag, p->tag);
	assert_int_equal(want->out[0].vlan, VS_OF_VLAN_CAME);
	assert_int_equal(want->out[0].len, len);
	assert_memory_equal(want->out[0].octets, frame, len);
	return true;
}
