// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The text of a flow. What is read is sent, told and printed; what was printed is read again and is
 * the same flow. What is wrong is pointed at inside of the text.
 */
#include <stdio.h>

#include "base/cleanup.h"
#include "openflow/client/flow-wire.h"
#include "openflow/text/flow-text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct port_name ports[] = { { 1, "vif1.0" }, { 2, "uplink" } };
static const struct port_names names = { ports, 2 };

static bool taken(const char *text, size_t len, struct of_flow_mod *ret)
{
	struct flow_problem problem;

	if (flow_text_parse(text, len, FLOW_TEXT_ADD, &names, ret, NULL, &problem) == 0)
		return true;
	if (problem.at + problem.len > len || !*problem.text)
		abort();
	return false;
}

/* Frees @fm. False: no message has room for it. */
static bool sent(struct of_flow_mod *fm, struct of_out *ret)
{
	wire_flow_mod(ret, OF14, 7, fm);
	flow_mod_deinit(fm);
	return ret->len <= OF_MESSAGE_MAX;
}

static char *told(const struct of_out *wire, size_t *ret_len)
{
	struct of_flow_mod fm;
	struct of_message m;
	struct of_flow flow;
	char *text = NULL;
	FILE *f;

	if (!message_parse(wire->data, wire->len, &m) || flow_mod_decode(&m, false, &fm))
		abort();
	flow = wire_flow_of(&fm);
	f = open_memstream(&text, ret_len);
	flow_text_print(&flow, f);
	fclose(f);
	free(flow.match);
	flow_mod_deinit(&fm);
	return text;
}

static void compare(const struct of_out *one)
{
	_cleanup_(out_deinit) struct of_out other = {};
	_cleanup_free_ char *text = NULL, *again = NULL;
	struct of_flow_mod fm;
	size_t len, again_len;

	text = told(one, &len);
	if (len > FLOW_TEXT_MAX)
		return;
	if (!taken(text, len, &fm) || !sent(&fm, &other))
		abort();
	again = told(&other, &again_len);
	if (len != again_len || memcmp(text, again, len))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(out_deinit) struct of_out one = {};
	struct of_flow_mod fm;

	if (taken((const char *)data, size, &fm) && sent(&fm, &one))
		compare(&one);
	return 0;
}
