// SPDX-License-Identifier: GPL-2.0-or-later
/* handle DOMID UUID: gives a domain another UUID, as XAPI's toolstack does in a migration. */
#include <stdio.h>
#include <stdlib.h>
#include <xenctrl.h>

int main(int argc, char **argv)
{
	xc_interface *xc = xc_interface_open(NULL, NULL, 0);
	xen_domain_handle_t handle;
	unsigned int octet;

	if (!xc || argc != 3)
		return 2;
	for (size_t i = 0; i < sizeof(handle); i++) {
		while (*argv[2] == '-')
			argv[2]++;
		if (sscanf(argv[2], "%2x", &octet) != 1)
			return 2;
		handle[i] = octet;
		argv[2] += 2;
	}
	if (xc_domain_sethandle(xc, atoi(argv[1]), handle)) {
		perror("handle: xc_domain_sethandle");
		return 1;
	}
	return 0;
}
