# SPDX-License-Identifier: GPL-2.0-or-later
"""A NIC that takes rules of tc, and carries none of them out: our own (offload-driver/).

  testnic.build(release)      the module, built once for what its source says, kept in the cache
  testnic.path(release)       where that is
"""
import fcntl
import hashlib
import os
import shutil

import fetch

SOURCE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "offload-driver")
NAME = "vstestnic"
PARAMETERS = f"/sys/module/{NAME}/parameters"


def path(release):
    digest = hashlib.sha256()
    for name in sorted(os.listdir(SOURCE)):
        with open(os.path.join(SOURCE, name), "rb") as f:
            digest.update(f.read())
    return os.path.join(fetch.cache(), f"testnic-{release}-{digest.hexdigest()[:12]}", NAME + ".ko")


def build(release):
    module = path(release)
    tree = os.path.dirname(module)
    fetch.tool("make")
    with open(tree + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(module):
            return module
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(SOURCE, tree)
        fetch.run(["make", "-s", "-C", f"/lib/modules/{release}/build", f"M={tree}", "modules"])
    return module
