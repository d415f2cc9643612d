# SPDX-License-Identifier: GPL-2.0-or-later
"""
When is a change of policy in force? For databases with vifswitch's own schema.

A change has a number: it raises Global.next_cfg in its own transaction. Each host's daemon
says in Host.cur_cfg up to which number it has applied all, and in last_error of Host and
Location what was not possible. The Database must follow FOLLOWED; a wait is over when every
host concerned has applied the change, whether it was possible there or not.

>>> from vifdb import force
>>> db = vifdb.Database(tables=["Port", *force.FOLLOWED])               # doctest: +SKIP
>>> with db.transaction() as txn:                                       # doctest: +SKIP
...     txn.update("Port", [("vm", "==", web)], tag=100)
...     force.number(txn)
>>> force.wait(db, [web])                                               # doctest: +SKIP
{'host-a': None}
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from typing import Any

from .errors import Timeout

FOLLOWED = ("Global", "Host", "Location")


def number(txn: Any) -> None:
    """Number the transaction's change, so that hosts tell when they have applied it."""
    if txn.tables["Global"]:
        txn.mutate("Global", [], ("next_cfg", "+=", 1))
    else:
        txn.insert("Global", next_cfg=1)


def _hosts(db: Any, vms: Iterable[uuid.UUID] | None) -> dict[str, str | None]:
    """Those concerned, with what they say is wrong: of these VMs, or None: every host's own."""
    hosts = {host.name: host for host in db.tables["Host"].values()
             if host.cur_cfg is not None and getattr(host, "presence", None) != "absent"}
    if vms is None:
        return {name: host.last_error for name, host in hosts.items()}
    wanted, found = set(vms), {}
    for place in db.tables["Location"].values():
        if place.vm in wanted and place.state != "gone" and place.host in hosts:
            found[place.host] = found.get(place.host) or place.last_error
    return found


def missing(db: Any, vms: Iterable[uuid.UUID] | None = None) -> list[str]:
    """The hosts concerned that have not applied the last change yet, by name."""
    last = max((row.next_cfg for row in db.tables["Global"].values()), default=0)
    applied = {host.name for host in db.tables["Host"].values()
               if host.cur_cfg is not None and host.cur_cfg >= last}
    return sorted(set(_hosts(db, vms)) - applied)


def wait(db: Any, vms: Iterable[uuid.UUID] | None = None, timeout: float = 10.0) -> dict[str, str | None]:
    """
    Wait until the hosts of these VMs (None: every host) have applied the last change that was
    committed. {host: what was not possible there, or None}; empty if no such VM runs: then it
    is in force when one starts. Timeout, which names the hosts, after timeout seconds.
    """
    vms = None if vms is None else frozenset(vms)
    end = time.monotonic() + timeout
    while late := missing(db, vms):
        left = end - time.monotonic()
        if left <= 0:
            raise Timeout(f"not applied within {timeout:g} s on {', '.join(late)}", sent=True)
        db.wait(left)
    return _hosts(db, vms)
