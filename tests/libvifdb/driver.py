# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/libvifdb/driver.c from outside: commands to it, what the library tells from it."""

import json
import os
import selectors
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
DRIVER = os.environ.get("DRIVER", os.path.join(TOP, "build/asan/vifdb-driver"))
SECONDS = 120


class Driver:
    """A libvifdb session; everything it tells is kept in self.events until asked for."""

    def __init__(self, remote, *tables, database="Test", tls=(), program=None, wait=True):
        command = [program or DRIVER, remote] + [database] * bool(database)
        if tls:
            command += ["--tls", *tls]
        environment = dict(os.environ, UBSAN_OPTIONS="print_stacktrace=1")
        self.process = subprocess.Popen(command + list(tables), stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=environment)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)
        self.events = []
        self.data = b""
        if wait:
            self.until(event="state", state="ready")

    def do(self, what, **arguments):
        line = json.dumps(dict(arguments, do=what)) + "\n"
        self.process.stdin.write(line.encode())
        self.process.stdin.flush()

    def read(self, seconds):
        """Whatever is told within that time; False: nothing."""
        if not self.selector.select(seconds):
            return False
        data = os.read(self.process.stdout.fileno(), 1 << 20)
        if not data:
            raise RuntimeError("the driver ended: " + self.process.stderr.read().decode())
        *lines, self.data = (self.data + data).split(b"\n")
        self.events += [json.loads(line) for line in lines]
        return True

    def until(self, seconds=SECONDS, **like):
        """Waits for an event with these members; it and all before it, which are forgotten."""
        deadline = time.monotonic() + seconds
        seen = 0
        while True:
            while seen < len(self.events):
                event = self.events[seen]
                seen += 1
                if all(event.get(key) == value for key, value in like.items()):
                    before, self.events = self.events[:seen], self.events[seen:]
                    return before
            left = deadline - time.monotonic()
            if left <= 0 or not self.read(left):
                raise RuntimeError(f"nothing like {like} within {seconds} s, but "
                                   f"{self.events[-5:]}")

    def commit(self, *operations, how="commit_wait", tag="t", **more):
        """The answer to a transaction, and what was told until then."""
        self.do(how, tag=tag, operations=list(operations), **more)
        before = self.until(event="txn", tag=tag)
        return before[-1], before[:-1]

    def hold(self, on):
        """While it is held a session reads nothing from its server."""
        self.do("hold", on=on)
        self.until(event="hold", on=on)

    def dump(self, table):
        self.do("dump", table=table)
        return self.until(event="dump", table=table)[-1]["rows"]

    def close(self):
        """Ends it; the sanitizers must have nothing to say."""
        self.process.stdin.close()
        rest = self.process.stdout.read()
        errors = self.process.stderr.read().decode()
        self.process.wait(SECONDS)
        if self.process.returncode or errors:
            raise RuntimeError(f"the driver ended with {self.process.returncode}: {errors}")
        return [json.loads(line) for line in (self.data + rest).splitlines()]

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def changes(events):
    """The changes among events, as "inserted NAME" and so on, sorted: their order is not told."""
    return sorted(f"{e['change']} {e['row'].get('name', '')}" for e in events
                  if e["event"] == "change")
