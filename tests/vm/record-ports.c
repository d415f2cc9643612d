// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * record-ports NETDEV...: adds them to one recorder, waiting for a line of stdin before each
 * but the first, and once more before it listens; prints how many frames it has then.
 */
#include <net/if.h>
#include <stdio.h>
#include <string.h>

#include "datapath/ko/recorder.h"

#define FRAMES_MAX 1000000

static void ignore(uint32_t ifindex, const struct vifswitch_recorded *data, const uint8_t *packet,
		   uint32_t len, void *arg)
{
}

static int failed(const struct recorder *r, const char *what)
{
	fprintf(stderr, "record-ports: %s: %s\n", what, recorder_error(r));
	return 1;
}

static void wait_for_line(const char *done)
{
	puts(done);
	fflush(stdout);
	getchar();
}

int main(int argc, char **argv)
{
	struct recorder *r;

	if (recorder_new(&r) < 0)
		return failed(r, "new");
	for (int i = 1; i < argc; i++) {
		if (recorder_add(r, if_nametoindex(argv[i]), VIFSWITCH_RECORD_OCTETS_MAX,
				 FRAMES_MAX) < 0)
			return failed(r, argv[i]);
		wait_for_line(argv[i]);
	}
	if (recorder_listen(r) < 0)
		return failed(r, "listen");
	wait_for_line("listening");
	printf("%d\n", recorder_take(r, FRAMES_MAX, ignore, NULL));
	recorder_freep(&r);
	return 0;
}
