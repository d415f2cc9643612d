# SPDX-License-Identifier: GPL-2.0-or-later
"""LACP of uplinks: what partners know this host by, and what is done without a partner."""
import re

import ctl
import ovspeer
import wait
from dom0 import Dom0
from registry import check, same, test
from test_bond import MEMBERS, cables, cables_to_peer, members, numbered, numbers, plugged, settled_lacp
from test_doctor import doctor, mend
from world import Namespace, Tap, exists, ip


def uplink(dom0, name="bond0"):
    shown, = ctl.document(dom0, "uplink", "show", name)["uplinks"]
    return shown


@test(limit=240)
def lacp_identity():
    """system id and priority, key and ports' priorities are as said, and Open vSwitch sees them"""
    peer = cables_to_peer()
    with peer:
        ovs = ovspeer.Ovs().start()
        ovs.vsctl("add-br", "ext", "--", "add-bond", "ext", "lag", "e1p", "e2p", "bond_mode=balance-tcp",
                  "lacp=active", "other_config:lacp-time=fast")
    dom0 = Dom0("switch xenbr0 { }\n", uplink=False, database=True)
    ctl.run(dom0, "switch", "add", "xenbr0", "uplinks=bond0")
    ctl.run(dom0, "uplink", "add", "bond0", "members=e1,e2", "bond-mode=balance-tcp", "lacp-time=fast",
            "lacp-system-id=00:16:3e:aa:bb:cc", "lacp-system-priority=4096", "lacp-port-priority=e1=10,e2=20")
    plugged(dom0, "bond0")
    try:
        wait.until("both ends to use both cables", 90, lambda: settled_lacp(ovs))
    except wait.Timeout as e:
        with open("/proc/net/bonding/bond0") as f:
            raise AssertionError(f"{e}: {ovs.appctl('lacp/show')} {f.read()} {dom0.log(3000)}") from None
    shown = lambda: ovs.appctl("lacp/show")  # noqa: E731
    for member, priority in (("e1p", "10"), ("e2p", "20")):
        part = re.split(rf"(?:member|slave): {member}", shown())[1]
        same([re.search(rf"partner {key}: (\S+)", part).group(1) for key in (
            "sys_id", "sys_priority", "port_priority")], ["00:16:3e:aa:bb:cc", "4096", priority], member)
    key = lambda: int(re.search(r"partner key: (\d+)", shown()).group(1))  # noqa: E731
    before = key()
    # What partners know it by is asked about first.
    said = ctl.run(dom0, "uplink", "set", "bond0", "lacp-aggregation-key=5", status=(1,)).said
    check("its members become others" in said and "--yes" in said, said)
    ctl.run(dom0, "uplink", "set", "bond0", "lacp-aggregation-key=5", "lacp-system-priority=100", "--yes")
    wait.until("the partner to see that", 60, lambda: key() == before + (5 << 6) and
               "partner sys_priority: 100" in shown())
    wait.until("both ends to use both cables again", 90, lambda: settled_lacp(ovs))
    same({k: uplink(dom0)["lacp"][k] for k in ("system_id", "system_priority", "aggregation_key", "fallback")},
         {"system_id": "00:16:3e:aa:bb:cc", "system_priority": 100, "aggregation_key": 5, "fallback": True}, "shown")
    # Nothing is left to do.
    operations = dom0.ask("show")["operations"]
    ip("link add other0 type dummy", "link del dev other0")
    wait.until("a pass", 20, lambda: dom0.ask("version"))
    same(dom0.ask("show")["operations"], operations, "operations without a change")
    ovs.stop()


@test(limit=240)
def lacp_without_fallback():
    """fallback=false: nothing passes without a partner, before there was one and when it is gone"""
    peer = cables_to_peer()
    with peer:
        taps = [Tap(n + "p") for n in MEMBERS]
    dom0 = Dom0('switch xenbr0 {\n\tuplink bond0 { members = {e1, e2} bond_mode = "balance-tcp" '
                'lacp_time = "fast" lacp_fallback = false }\n}\n', uplink=False)
    wait.until("both members", 60, lambda: exists("bond0") and members() == sorted(MEMBERS))
    vif = dom0.vif(1)
    dom0.plugged(vif)
    vif.key("state", 4)
    wait.until("the VM to have its address", 20, lambda: dom0.nl.port(vif.ifindex).claim == 1)
    wait.until("it to be closed, and why", 30, lambda: uplink(dom0)["state"] == "closed" and
               "fallback=false" in uplink(dom0)["error"])
    found = doctor(dom0)["lacp", "bond0"]
    check("closed" in found["text"] and "fallback=" in found["command"], found)

    def dropped(number):
        """Is that frame of the VM dropped, and on no cable?"""
        before = sum(dom0.nl.port(vif.ifindex).drops.values())
        vif.send(numbered(number))
        wait.until("the frame to be dropped", 20, lambda: sum(dom0.nl.port(vif.ifindex).drops.values()) > before)
        return not any(number in numbers(t.received(0.1)) for t in taps)
    check(dropped(1), "a frame left without a partner")
    with peer:
        ip(*(f"link set dev {n}p down" for n in MEMBERS))
        ip("link add lag type bond mode 802.3ad miimon 100 lacp_rate fast",
           *(f"link set dev {n}p master lag" for n in MEMBERS), "link set dev lag up")
        wire = Tap("lag")
    wait.until("frames to pass", 90, lambda: vif.send(numbered(50)) or numbers(wire.received(0.1)))
    same((uplink(dom0)["state"], uplink(dom0)["error"]), ("up", None), "with a partner")
    # Without the service it stays as it is; the next one sees who is gone.
    dom0.kill()
    with peer:
        ip(*(f"link set dev {n}p nomaster" for n in MEMBERS), *(f"link set dev {n}p up" for n in MEMBERS))
    dom0.start()
    wait.until("it to be closed again", 120, lambda: uplink(dom0)["state"] == "closed")
    for tap in taps:
        tap.drain()
    check(dropped(60), "a frame left when the partner was gone")


@test(limit=240)
def lacp_with_two_partners():
    """two switches that are not one for LACP: doctor names both, and its command mends it"""
    cables()
    lags = {n: Namespace() for n in MEMBERS}
    for n, peer in lags.items():
        ip(f"link set dev {n}p netns {peer.path}")
        with peer:
            ip("link add lag type bond mode 802.3ad miimon 100 lacp_rate fast", f"link set dev {n}p master lag",
               "link set dev lag up")
    dom0 = Dom0("switch xenbr0 { }\n", uplink=False, database=True)
    ctl.run(dom0, "switch", "add", "xenbr0", "uplinks=bond0")
    ctl.run(dom0, "uplink", "add", "bond0", "members=e1,e2", "bond-mode=balance-tcp", "lacp-time=fast")
    plugged(dom0, "bond0")
    found = {}

    def both():
        found.update(doctor(dom0))
        return ("partners", "bond0") in found
    wait.until("both partners to be told of", 90, both)
    text = found["partners", "bond0"]["text"]
    check("at member e1" in text and "at member e2" in text, text)
    partners = [m["lacp"]["partner"] for m in uplink(dom0)["members"]]
    check(all(p and p in text for p in partners) and len(set(partners)) == 2, (partners, text))
    mend(dom0, found["partners", "bond0"])
    wait.until("that not to be found any more", 60, lambda: not {c for c, _ in doctor(dom0)} & {"partners", "lacp"})
    same(uplink(dom0)["bond_mode"], "balance-slb", "the mode")
