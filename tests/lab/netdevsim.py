# SPDX-License-Identifier: GPL-2.0-or-later
"""netdevsim, the kernel's simulated NIC, which Debian does not build: from its source package.

  netdevsim.build(release)    the module, built once and kept in the cache
  netdevsim.path(release)     where that is

It has virtual functions that keep what they are set to, and no traffic.
"""
import fcntl
import glob
import os
import shutil

import fetch

FOLDER = "drivers/net/netdevsim"
# What its Kconfig would say, and the objects that this makes of its Makefile.
OPTIONS = ["CONFIG_NETDEVSIM=m", "CONFIG_PSAMPLE=m"]


def path(release):
    return os.path.join(fetch.cache(), f"netdevsim-{release}", "netdevsim.ko")


def build(release):
    module = path(release)
    tree = os.path.dirname(module)
    source = "linux-source-" + ".".join(release.split(".")[:2])
    fetch.tool("make")
    package = fetch.package(source, fetch.BACKPORTS)
    with open(tree + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(module):
            return module
        shutil.rmtree(tree, ignore_errors=True)
        os.makedirs(tree)
        tarball = glob.glob(os.path.join(package, "usr", "src", source + ".tar.*"))[0]
        fetch.run(["tar", "-xf", tarball, "-C", tree, "--strip-components=4",
                   "--wildcards", f"*/{FOLDER}/*"])
        fetch.run(["make", "-s", "-C", f"/lib/modules/{release}/build", f"M={tree}", *OPTIONS,
                   "modules"])
    return module
