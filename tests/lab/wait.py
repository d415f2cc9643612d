# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting with a limit.

until(what, timeout, probe) calls probe() until it returns something true, and
returns that; after timeout seconds it raises Timeout, whose text says what was
waited for and for how long. A limit is there to end what hangs, not to judge a
machine: LAB_SLOW (default 4) is how many times slower than ours one may be.
"""
import os
import time

SLOW = float(os.environ.get("LAB_SLOW", "4"))


def limit(seconds):
    """For calls that take one of their own."""
    return seconds * SLOW


class Timeout(Exception):
    pass


def until(what, timeout, probe, interval=0.05):
    most = limit(timeout)
    start = time.monotonic()
    while True:
        value = probe()
        if value:
            return value
        if time.monotonic() - start > most:
            raise Timeout(f"waited {most:g} s for {what}")
        time.sleep(interval)
