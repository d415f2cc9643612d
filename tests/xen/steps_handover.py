# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: what goes with a VM that comes back to a host (make check-xen-life); the migration
itself is in steps_migration.py."""
import wait
from steps_life import save_and_restore
from steps_migration import move
from steps_policy import apply, policy_of_its_own, uuid
from steps_session import ANSWERS, sessions
from world import check, step

SERVICE, FROM = 5060, 5061


class Talk:
    """two asks mover, which may only answer: a connection of that is there when it goes."""

    def __init__(self, w):
        self.w = w
        apply(w, "answers", ANSWERS.format(one=uuid(w, "mover")))
        self.server = w.mover.serve(SERVICE)
        self.asking = w.two.start("talk", "10.0.0.6", SERVICE, 0, 200, 4000, FROM)
        self.known()

    def known(self):
        host = self.w.mover.host
        wait.until("a connection of two's", 60, lambda: sessions(host, "mover", f"port={FROM}"), 0.5)

    def goes(self, how):
        """mover goes some way: its connections, so many, and counters go along."""
        w, source, before = self.w, self.w.mover.host.name, self.w.port("mover")["counters"]
        how()
        story = wait.until("what came with it", 60, lambda: w.port("mover").get("handover"), 0.5)
        after = w.port("mover")["counters"]
        check(story["from"] == source and story["taken"] and story["counters"]
              and story["connections"]["taken"] and story["rules"]["taken"] and not story["problem"],
              f"what came: {story}")
        for way in ("from_vm", "to_vm"):
            check(after[way]["packets"] >= before[way]["packets"],
                  f"{way} went back from {before[way]} to {after[way]}")
        check(len(w.ports(w.mover.host, "mover")) == 1, f"ports: {w.ports(w.mover.host, 'mover')}")
        return story["connections"]["taken"]

    def end(self):
        self.known()
        asked = self.asking.stop(60)
        self.server.stop()
        check(asked["udp"], f"what it answered: {asked}")


def goes_along(w, *ways):
    """How many connections went along each of the ways."""
    with policy_of_its_own(w):
        talk = Talk(w)
        came = [talk.goes(way) for way in ways]
        talk.end()
    return came


@step("back", "xl migrate there and back: each is a handover of its own", needs=("pair",))
def back(w):
    first = w.mover.host
    other = w.b if first is w.a else w.a
    there, again = goes_along(w, lambda: move(w, other), lambda: move(w, first))
    return f"{there} connections went along, {again} came back"


@step("localhost", "xl migrate to its own host: two domains, one identity, one row", needs=("pair",))
def localhost(w):
    host = w.mover.host

    def to_itself():
        done = host.run('xl migrate -s "" mover "xl migrate-receive"', 300, check=False)
        check(done.rc == 0, f"xl migrate: {done}")
        w.mover.follow(host)

    return f"{goes_along(w, to_itself)[0]} connections went along"


@step("restored", "xl save and restore: what the port had goes on", needs=("pair",))
def restored(w):
    return f"{goes_along(w, lambda: save_and_restore(w, 'mover'))[0]} connections went on"
