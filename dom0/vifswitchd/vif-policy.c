// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "base/hex.h"
#include "vifswitchd/vif-policy.h"

int mac_parse(const char *value, size_t len, uint8_t ret[6], struct problem *problem)
{
	static const uint8_t zero[6];
	uint8_t mac[6];

	if (len != 17)
		goto malformed;
	for (int i = 0; i < 6; i++) {
		int high = hex_digit(value[3 * i]), low = hex_digit(value[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && value[3 * i + 2] != ':'))
			goto malformed;
		mac[i] = high << 4 | low;
	}
	if (mac[0] & 1)
		return problem_set(problem, "mac=%s: a group address; the first octet must be even",
				   QUOTE(value, len));
	if (memcmp(mac, zero, 6) == 0)
		return problem_set(problem, "mac=%s: all zeros is no address", QUOTE(value, len));
	memcpy(ret, mac, 6);
	return 0;
malformed:
	return problem_set(problem, "mac=%s: must be six octets in hex, as 00:16:3e:01:02:03",
			   QUOTE(value, len));
}

int mtu_parse(const char *value, size_t len, uint32_t *ret, struct problem *problem)
{
	const char *p = value;
	size_t left = len;
	uint64_t mtu;

	if (!take_number(&p, &left, VIF_MTU_MAX, &mtu) || left || mtu < VIF_MTU_MIN)
		return problem_set(problem, "mtu=%s: must be a number in %d-%d",
				   QUOTE(value, len), VIF_MTU_MIN, VIF_MTU_MAX);
	*ret = mtu;
	return 0;
}

/* What the kernel accepts as a name, and no "%", which it would expand. */
int vifname_parse(const char *value, size_t len, char ret[IFNAMSIZ], struct problem *problem)
{
	bool good = len > 0 && len < IFNAMSIZ;

	for (size_t i = 0; good && i < len; i++)
		good = value[i] > 0x20 && value[i] < 0x7f && value[i] != '/' && value[i] != ':' &&
		       value[i] != '%';
	if (!good || (len == 1 && value[0] == '.') || (len == 2 && memcmp(value, "..", 2) == 0))
		return problem_set(problem,
				   "vifname=%s: must be 1-%d printable characters without space, '/', ':' or '%%'",
				   QUOTE(value, len), IFNAMSIZ - 1);
	memcpy(ret, value, len);
	ret[len] = '\0';
	return 0;
}
