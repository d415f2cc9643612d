// SPDX-License-Identifier: GPL-2.0-or-later
#include <locale.h>

#include "vifctl/vifctl.h"

int main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	return vifctl_main(argc, argv, stdout);
}
