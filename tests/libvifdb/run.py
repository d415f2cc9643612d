#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""libvifdb against servers, real ones and others. Last line: "N passed, N failed"."""

import os
import random
import socket
import sys
import tempfile
import time
import traceback
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[0:0] = [HERE, os.path.join(os.path.dirname(HERE), "vifdbd")]
import client  # noqa: E402
import test_alone  # noqa: E402
import test_servers  # noqa: E402
from driver import Driver  # noqa: E402

SCHEMA = os.path.join(client.HERE, "test.ovsschema")


class Setting:
    """What a test gets: a directory, servers, sessions."""

    def __init__(self, directory, kind):
        self.dir, self.kind = directory, kind
        self.servers, self.drivers, self.clients = [], [], []
        self.random = random.Random(1)
        self.server = self.main = self.start()

    def start(self, **kwargs):
        server = client.Server(self.dir, SCHEMA, self.kind, **kwargs)
        self.servers.append(server)
        server.start().close()
        return server

    def client(self):
        self.clients.append(self.server.client_now())
        return self.clients[-1]

    def driver(self, *tables):
        self.drivers.append(Driver("unix:" + self.server.socket, *tables))
        return self.drivers[-1]

    def fresh_uuid(self):
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def free_port(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            return probe.getsockname()[1]

    def close(self):
        for one in self.clients:
            one.close()
        for one in self.drivers + self.servers:
            one.kill()


def run(function, kind, name):
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="libvifdb-") as directory:
        setting = None
        try:
            setting = Setting(directory, kind)
            detail = function(setting) or ""
            print(f"ok   {name} ({time.monotonic() - start:.1f} s) {detail}", flush=True)
            return True
        except Exception:  # a test may fail in any way
            print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
            return False
        finally:
            if setting:
                setting.close()


def main():
    names = sys.argv[1:]
    jobs = [(function, kind, f"{function.__name__} {kind}") for function in test_servers.TESTS
            for kind in ("vifdbd", "ovsdb-server")]
    jobs += [(function, "vifdbd", function.__name__) for function in test_alone.TESTS]
    results = [run(*job) for job in jobs if not names or job[0].__name__ in names]
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
