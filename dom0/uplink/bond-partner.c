// SPDX-License-Identifier: GPL-2.0-or-later
#include "uplink/bond-partner.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mac.h"
#include "base/number.h"

/* What stands behind @name and a colon; NULL: it is another line. */
static const char *value_of(const char *line, const char *name, size_t *ret_len)
{
	size_t n = strlen(name);

	line += strspn(line, " ");
	if (strncmp(line, name, n) != 0 || strncmp(line + n, ": ", 2) != 0)
		return NULL;
	*ret_len = strcspn(line + n + 2, "\n");
	return line + n + 2;
}

static void take_number_of(const char *line, const char *name, uint32_t *ret)
{
	uint64_t number;
	size_t len;
	const char *value = value_of(line, name, &len);

	if (value && number_parse(value, len, 0, UINT32_MAX, &number))
		*ret = (uint32_t)number;
}

static void take_line(const char *line, struct bond_partner *ret)
{
	size_t len;
	const char *value = value_of(line, "system mac address", &len);

	if (value)
		mac_parse(value, len, ret->system);
	take_number_of(line, "oper key", &ret->key);
	take_number_of(line, "port number", &ret->port);
}

size_t bond_partners_parse(const char *text, struct bond_partner *ret, size_t max)
{
	bool of_partner = false;
	size_t count = 0, len;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *name = value_of(line, "Slave Interface", &len);

		if (name && (count == max || len >= IFNAMSIZ))
			break;
		if (name) {
			ret[count] = (struct bond_partner){};
			memcpy(ret[count++].member, name, len);
		}
		if (name || strncmp(line, "details ", 8) == 0)
			of_partner = strncmp(line, "details partner", 15) == 0;
		else if (of_partner && count)
			take_line(line, &ret[count - 1]);
	}
	return count;
}

size_t bond_partners_read(const char *bond, struct bond_partner *ret, size_t max)
{
	char path[64], text[32768];
	_cleanup_close_ int fd = -1;
	size_t len = 0;
	ssize_t n;

	snprintf(path, sizeof(path), "/proc/net/bonding/%s", bond);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	do {
		n = fd < 0 ? 0 : read(fd, text + len, sizeof(text) - 1 - len);
		len += n > 0 ? (size_t)n : 0;
	} while (n > 0);
	text[len] = '\0';
	return bond_partners_parse(text, ret, max);
}

const struct bond_partner *bond_partner_of(const struct bond_partner *list, size_t count,
					   const char *member)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].member, member) == 0)
			return &list[i];
	return NULL;
}

bool bond_partner_answers(const struct bond_partner *partner)
{
	static const uint8_t nobody[6];

	return partner && memcmp(partner->system, nobody, sizeof(nobody)) != 0;
}
