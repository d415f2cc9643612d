// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/cleanup.h"
#include "base/json-value.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/prefix.h"
#include "oam/cfm.h"
#include "policy/uplink-shape.h"
#include "policy/words.h"
#include "uplink/oam-settings.h"

static const struct policy_row *of(const struct oam_rows *rows, const char *column)
{
	return row_given(rows->own, column) ? rows->own :
	       row_given(rows->uplink, column) ? rows->uplink : rows->file;
}

static bool given(const char *column, const void *arg)
{
	return row_given(of(arg, column), column);
}

static uint64_t number(const char *column, uint64_t otherwise, const void *arg)
{
	return row_number(of(arg, column), column, otherwise);
}

static const char *text(const struct oam_rows *rows, const char *column, const char *otherwise)
{
	return row_octets(of(rows, column), column, NULL) ?: otherwise;
}

static json_t *integer(const struct oam_rows *rows, const char *column, uint64_t otherwise)
{
	return json_integer((json_int_t)number(column, otherwise, rows));
}

/* "2,3", without @own, for one list may be all ends': NULL, and the problem, if it is none. */
static json_t *remotes_json(const char *list, uint64_t own, char **problem)
{
	json_t *ret = json_array();

	while (*list) {
		size_t len = strcspn(list, ",");
		uint64_t n;

		if (!number_parse(list, len, 1, CFM_MPID_MAX, &n) ||
		    json_array_size(ret) == CFM_REMOTES_MAX) {
			*problem = xprintf("cfm-remotes: must be at most %d numbers in 1-%d with commas between them, as in 2,3",
					   CFM_REMOTES_MAX, CFM_MPID_MAX);
			json_decref(ret);
			return NULL;
		}
		if (n != own)
			json_array_append_new(ret, json_integer((json_int_t)n));
		list += len + (list[len] == ',');
	}
	return ret;
}

/* 0, and the problem, if there is no such number. */
static uint64_t mpid(const struct oam_rows *rows, char **problem)
{
	uint64_t its = number("cfm_mpid", 0, rows);

	if (!row_given(rows->own, "cfm_mpid"))
		its += rows->place;
	if (its <= CFM_MPID_MAX)
		return its;
	*problem = xprintf("cfm-mpid: its members count up from there, and must not come beyond %d",
			   CFM_MPID_MAX);
	return 0;
}

static json_t *cfm_json(const struct oam_rows *rows, char **problem)
{
	const char *md = text(rows, "cfm_md", CFM_NAME_DEFAULT);
	const char *ma = text(rows, "cfm_ma", CFM_NAME_DEFAULT);
	uint8_t maid[CFM_MAID_LEN];
	json_t *remotes;
	uint64_t own;

	if (!given("cfm_mpid", rows))
		return json_null();
	if (!ccm_maid(md, ma, maid)) {
		*problem = xprintf("cfm-md and cfm-ma: must have at most %d characters together",
				   CFM_NAMES_MAX);
		return json_null();
	}
	own = mpid(rows, problem);
	remotes = own ? remotes_json(text(rows, "cfm_remotes", ""), own, problem) : NULL;
	if (!remotes)
		return json_null();
	return json_pack("{s:I, s:o, s:o, s:o, s:o, s:o}", "mpid", (json_int_t)own,
			 "interval_ms", integer(rows, "cfm_interval", CFM_INTERVAL_DEFAULT),
			 "level", integer(rows, "cfm_level", 0), "md", json_text(md), "ma",
			 json_text(ma), "remotes", remotes);
}

/* NULL: it is none of IPv4. */
static json_t *address_json(const struct oam_rows *rows, const char *column,
			    const char *otherwise)
{
	const struct prefix *p = row_octets(of(rows, column), column, NULL);
	char address[PREFIX_TEXT_MAX];

	if (!p)
		return json_string(otherwise);
	if (p->family != PREFIX_IP4 || p->len != prefix_bits(p))
		return NULL;
	prefix_format(p, address);
	return json_string(address);
}

static json_t *bfd_json(const struct oam_rows *rows, char **problem)
{
	const uint8_t *mac = row_octets(of(rows, "bfd_mac"), "bfd_mac", NULL);
	json_t *src, *dst;

	if (!number("bfd", 0, rows))
		return json_null();
	src = address_json(rows, "bfd_src", BFD_SRC_DEFAULT);
	dst = address_json(rows, "bfd_dst", BFD_DST_DEFAULT);
	if (!src || !dst) {
		json_decref(src);
		json_decref(dst);
		*problem = xprintf("bfd-src and bfd-dst: must be IPv4 addresses of single hosts");
		return json_null();
	}
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:o}",
			 "min_rx_ms", integer(rows, "bfd_min_rx", BFD_MIN_RX_DEFAULT),
			 "min_tx_ms", integer(rows, "bfd_min_tx", BFD_MIN_TX_DEFAULT),
			 "mult", integer(rows, "bfd_mult", BFD_MULT_DEFAULT), "src", src, "dst", dst,
			 "any_peer", !given("bfd_dst", rows), "mac",
			 mac ? json_mac(mac) : json_null());
}

json_t *oam_settings_json(const struct oam_rows *rows, char **ret_problem)
{
	const struct uplink_shape shape = { given, number, rows };
	_cleanup_free_ char *problem = NULL, *of_bfd = NULL;
	struct problem wrong;
	json_t *cfm = NULL, *bfd = NULL;

	/* Of a member's row nobody else looks at what is wrong. */
	if (rows->own && rows->own->problem)
		problem = xprintf("%s", rows->own->problem);
	else if (oam_shape_check(&shape, &wrong) < 0)
		problem = xprintf("%s", wrong.text);
	if (!problem) {
		cfm = cfm_json(rows, &problem);
		bfd = bfd_json(rows, &of_bfd);
	}
	*ret_problem = problem ? TAKE_PTR(problem) : TAKE_PTR(of_bfd);
	return json_pack("{s:s, s:o, s:o}", "lldp",
			 word_of(lldp_words, (uint32_t)number("lldp", LLDP_WORD_RX, rows)),
			 "cfm", cfm ?: json_null(), "bfd", bfd ?: json_null());
}

bool oam_settings_given(const struct oam_rows *rows)
{
	return given("cfm_mpid", rows) || number("bfd", 0, rows) || given("lldp", rows);
}
