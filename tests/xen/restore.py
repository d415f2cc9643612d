# SPDX-License-Identifier: GPL-2.0-or-later
"""The world as "plug" made it, after a step that failed half-way: services run, no port
has policy, the guests are there, each on the host it is on, with one VIF, and ask nothing."""
from host import HostError
from steps_policy import NOTHING
from steps_service import PLUG
from world import GUESTS


def host(one):
    for name in list(one.jobs):
        try:
            one.collect(name, 15)
        except HostError:
            pass        # it never began
    one.run("vifctl pool leave --yes >/dev/null 2>&1; systemctl start vifdbd vifswitchd;"
            " until vifctl show >/dev/null 2>&1; do sleep 0.3; done", 180)
    one.put("/run/nothing.yaml", NOTHING)
    # Its database may wait for a host that shared it and is not missed yet: saved it is all the same.
    one.run("vifctl apply /run/nothing.yaml --prune", 60, check=False)


def domid(where, name):
    done = where.run(f"xl domid {name}", 20, check=False)
    return None if done.rc else int(done.out)


def guest(w, name, hosts):
    """The same one where it still runs, made anew where it is gone."""
    one = w.guests.get(name)
    found = next(((h, domid(h, name)) for h in hosts if domid(h, name) is not None), None)
    if not one or not found:
        w.create(name)
        return
    if found != (one.host, one.domid):
        one.lines.clear()
        one.follow(found[0])
        one.wait_ready()
        w.set_up(one)
    one.stop_all()
    for devid in set(w.ports(one.host, name)) - {0}:
        one.host.run(f"xl network-detach {name} {devid}; {PLUG} del {one.domid} {devid}", 60,
                     check=False)


def world(w):
    hosts = [h for h in (w.a, w.b) if h.vm.alive()]
    for name in [name for name in w.guests if name not in GUESTS]:
        for one in hosts:
            one.run(f"xl destroy {name}", 60, check=False)
        del w.guests[name]
    for one in hosts:
        host(one)
    if not w.guests:
        return          # "plug" is still to come
    for name, row in GUESTS.items():
        if w.lab.host(row[0]) in hosts:
            guest(w, name, hosts)
    w.policy = {row[1]: row[4] for row in GUESTS.values()}
