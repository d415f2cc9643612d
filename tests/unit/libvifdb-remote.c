// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "libvifdb/connection.h"

static void test_remotes(void **state)
{
	static const char *const bad[] = {
		"", "unix:", "tcp:host", "tcp::1", "tcp:host:", "tcp:host:0", "tcp:host:65536",
		"tcp:host:1x", "tcp:::1:6640", "tcp:[]:6640", "ptcp:1", "host:1", "ssl:host:999999",
	};
	struct vdb_remote remote;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(vdb_remote_parse(bad[i], &remote), -EINVAL);
	assert_int_equal(vdb_remote_parse("ssl:[fe80::1]:6640", &remote), 0);
	assert_int_equal(remote.kind, VDB_SSL);
	assert_string_equal(remote.host, "fe80::1");
	assert_string_equal(remote.port, "6640");
	vdb_remote_free(&remote);
	assert_int_equal(vdb_remote_parse("unix:/a:b", &remote), 0);
	assert_string_equal(remote.host, "/a:b");
	vdb_remote_free(&remote);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_remotes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
