# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl in the VM, as it was built; its JSON is checked against docs/schema.

dom0 may be None: then no daemon answers, and the kernel is asked.
"""
import collections
import os
import subprocess

import documents
import wait
from dom0 import RELEASE
from registry import check


def start(dom0, *words):
    environment = {**os.environ, "LC_ALL": "C.UTF-8",
                   "VIFSWITCH_CONTROL": dom0.control if dom0 else "/nowhere"}
    if dom0 and dom0.db:
        environment["VIFDB"] = dom0.db.remote
    return subprocess.Popen([os.path.join(RELEASE, "vifctl"), *words], text=True, env=environment,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


Done = collections.namedtuple("Done", "out said status")


def run(dom0, *words, status=(0,)):
    process = start(dom0, *words)
    out, said = process.communicate(timeout=wait.limit(60))
    check(process.returncode in status, f"vifctl {' '.join(words)[:80]}: exit status "
          f"{process.returncode}, not {status}: {out}{said}")
    return Done(out, said, process.returncode)


def document(dom0, *words, status=(0,)):
    return documents.read(words, run(dom0, *words, "--json", status=status).out)


def here(dom0, noun, name):
    """How a mirror or an exporter does on this host."""
    return document(dom0, noun, "show", name)[noun + "s"][0]["here"]


def in_state(dom0, noun, name, state):
    try:
        return wait.until(f"{noun} {name} to be {state}", 30,
                          lambda: (h := here(dom0, noun, name)) and h["state"] == state and h, 0.05)
    except wait.Timeout as e:
        raise AssertionError(f"{e}: {here(dom0, noun, name)}; log: {dom0.log()}") from None
