# SPDX-License-Identifier: GPL-2.0-or-later
"""A cable with a middle that can be told to lose frames.

    NAME ==== m [ a namespace of its own ] n ==== NAMEp
"""
import subprocess

from world import Namespace, ip


class Cable:
    """The ends are NAME here and NAMEp in the namespace @far (here, without one), which is up."""

    def __init__(self, name, far=None, mtu=1500):
        self.name, self.middle = name, Namespace()
        ip(f"link add name {name} mtu {mtu} type veth peer name m mtu {mtu} netns {self.middle.path}",
           f"link add name {name}p mtu {mtu} type veth peer name n mtu {mtu} netns {self.middle.path}")
        if far:
            ip(f"link set dev {name}p netns {far.path}")
            with far:
                ip(f"link set dev {name}p up")
        else:
            ip(f"link set dev {name}p up")
        with self.middle:
            ip("link set dev m up", "link set dev n up")
            for at, other in ("mn", "nm"):
                self._tc("qdisc", "add", at, "clsact")
                self._tc("filter", "add", at, f"ingress pref 2 matchall action mirred egress redirect dev {other}")
        self.lost = ""

    @staticmethod
    def _tc(what, verb, at, words):
        subprocess.run(["tc", what, verb, "dev", at, *words.split()], check=True)

    def lose(self, ways):
        """All frames, and no link goes down: "out" is what leaves by NAME, "in" what comes to it."""
        with self.middle:
            for at in (at for way, at in (("out", "m"), ("in", "n")) if way in ways):
                self._tc("filter", "add", at, "ingress pref 1 matchall action drop")
                self.lost += at

    def pull(self):
        """Both ends see that the link is down."""
        with self.middle:
            ip("link set dev m down", "link set dev n down")

    def plug(self):
        """As it was at first."""
        with self.middle:
            ip("link set dev m up", "link set dev n up")
            for at in self.lost:
                self._tc("filter", "del", at, "ingress pref 1")
        self.lost = ""
