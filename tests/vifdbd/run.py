#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""vifdbd's tests against the running server. Last line: "N passed, N failed"."""

import argparse
import os
import random
import sys
import tempfile
import time
import traceback
import uuid

import test_clients  # noqa: F401
import test_convert  # noqa: F401
import test_corners  # noqa: F401
import test_docs  # noqa: F401
import test_durable  # noqa: F401
import test_hostile  # noqa: F401
import test_journal  # noqa: F401
import test_memory  # noqa: F401
import test_protocol  # noqa: F401
import test_remotes  # noqa: F401
import test_scale  # noqa: F401
import test_service  # noqa: F401
import test_since  # noqa: F401
import test_slow  # noqa: F401
from client import HERE, Server
from registry import TESTS


class Setting:
    """What a test gets: a directory, a running server, a random source."""

    def __init__(self, directory, args):
        self.dir = directory
        self.args = args
        self.schema = os.path.join(HERE, "test.ovsschema")
        self.random = random.Random(args.seed)
        self.servers = []
        self.main = self.server(name="main")
        self.main.start().close()

    def server(self, **kwargs):
        server = Server(self.dir, kwargs.pop("schema", self.schema), **kwargs)
        self.servers.append(server)
        return server

    def client(self):
        return self.main.client_now()

    def restart(self):
        self.main.stop()
        self.main.start().close()

    def fresh_uuid(self):
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def close(self):
        for server in self.servers:
            server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only these tests")
    parser.add_argument("--rounds", type=int, default=20, help="of kill -9")
    parser.add_argument("--transactions", type=int, default=10000, help="of kill -9, in all")
    parser.add_argument("--seeds", type=int, default=12, help="of the differential test")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    passed = failed = skipped = 0
    for function, _ in TESTS:
        if args.names and function.__name__ not in args.names:
            continue
        start = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="vifdbd-") as directory:
            setting = Setting(directory, args)
            try:
                detail = function(setting) or ""
                setting.main.stop()
                if detail.startswith("skipped"):
                    skipped += 1
                else:
                    passed += 1
                    if setting.main.process.poll() not in (None, 0):
                        raise RuntimeError("the server died: " + setting.main.output())
                print(f"ok   {function.__name__} ({time.monotonic() - start:.1f} s) {detail}", flush=True)
            except Exception:  # a test may fail in any way
                failed += 1
                print(f"FAIL {function.__name__}\n{traceback.format_exc()}{setting.main.output()}",
                      flush=True)
            finally:
                setting.close()
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
