# SPDX-License-Identifier: GPL-2.0-or-later
"""What vifswitchd follows of a database (follower.c), and policy for it to follow."""

import json
import os
import subprocess
import uuid

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCHEMA = os.path.join(TOP, "build/vifswitch.ovsschema")
KNOWN, UNKNOWN = 0, 2


class Follower:
    def __init__(self, remote, copy, whole_max=0, variant="asan", **files):
        self.process = subprocess.Popen(
            [os.path.join(TOP, "build", variant, "pool-follower"),
             remote if ":" in remote else "unix:" + remote, copy, str(whole_max)],
            env={**os.environ, **{"FOLLOWER_" + name.upper(): path for name, path in files.items()}}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def ask(self, *words):
        self.process.stdin.write(" ".join(words) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def here(self, *vms):
        self.ask("here", *vms)

    def known(self, vm):
        return self.ask("known", vm)["known"]

    def place(self, vm):
        found = self.ask("place", vm)
        return found["host"], found["address"]

    def what(self):
        return self.ask("is")

    def close(self):
        """Its exit code."""
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait()


def vm_of(n):
    return str(uuid.UUID(int=n + 1, version=4))


def port(n, **row):
    return {"op": "insert", "table": "Port", "row": {"vm": ["uuid", vm_of(n)], "devid": 0, "tag": n % 4000 + 1, **row}}


def committed(client, *operations):
    results = client.transact(*operations, db="vifswitch")
    assert not any("error" in (result or {}) for result in results), results
    return results


def number():
    """As vifctl does with each change of policy."""
    return {"op": "mutate", "table": "Global", "where": [], "mutations": [["next_cfg", "+=", 1]]}
