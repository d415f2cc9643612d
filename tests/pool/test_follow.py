# SPDX-License-Identifier: GPL-2.0-or-later
"""A host follows what its VMs need: all of it, nothing else, and no half of it is ever in force."""

import contextlib
import os
import tempfile

from follower import KNOWN, SCHEMA, UNKNOWN, Follower, committed, number, port, vm_of
from lab import LIMIT, Server, until
from registry import test

PORTS = 300


@contextlib.contextmanager
def database(ports=PORTS):
    with tempfile.TemporaryDirectory(prefix="pool-") as directory:
        server = Server(directory, SCHEMA, name="follow")
        try:
            client = server.start(wait=LIMIT)
            committed(client, {"op": "insert", "table": "Global", "row": {"next_cfg": 1}},
                      *[port(n) for n in range(ports)],
                      *[{"op": "insert", "table": "VM", "row": {"uuid": ["uuid", vm_of(n)], "name": "vm%d" % n}}
                        for n in range(ports)],
                      *[{"op": "insert", "table": "Location", "row": {
                          "host": "host%d" % (n % 40), "vm": ["uuid", vm_of(n)], "devid": 0, "state": "active"}}
                        for n in range(ports)],
                      *[{"op": "insert", "table": "Host", "row": {"name": "host%d" % n, "presence": "present"}}
                        for n in range(40)])
            yield server, client
        finally:
            server.kill()


@contextlib.contextmanager
def follower(server, whole_max=10, copy="policy.json"):
    follows = Follower(server.socket, os.path.join(server.dir, copy), whole_max)
    try:
        yield follows
    finally:
        assert follows.close() == 0


def counts(follows):
    what = follows.what()
    return [what[table] for table in ("Port", "VM", "Location", "Host")]


@test
def rows_of_its_vms(args):
    """Those that are here, and those that were, but no others."""
    with database() as (server, client):
        with follower(server) as follows:
            follows.here(vm_of(1), vm_of(2))
            assert [follows.known(vm_of(n)) for n in (1, 2)] == [KNOWN, KNOWN]
            assert follows.what()["vms"] == {vm_of(1): [2, -1], vm_of(2): [3, -1]}
            # And the hosts that have them.
            assert counts(follows) == [2, 2, 2, 2], counts(follows)
            follows.here(vm_of(2), *map(vm_of, range(5, 30)), vm_of(PORTS))
            assert [follows.known(vm_of(n)) for n in (29, 2, PORTS)] == [KNOWN] * 3
            assert follows.what()["vms"][vm_of(29)] == [30, -1]
            assert follows.what()["vms"][vm_of(PORTS)] == [-2, -1]      # it has no policy
            assert counts(follows) == [27, 27, 27, 27]
            # Policy of others is none of its business, that of its own is.
            passes = follows.what()["passes"]
            committed(client, *[{"op": "update", "table": "Port", "where": [["vm", "==", ["uuid", vm_of(n)]]],
                                 "row": {"tag": 77}} for n in range(100, 110)])
            committed(client, port(PORTS), {"op": "update", "table": "Port", "row": {"tag": 99},
                                            "where": [["vm", "==", ["uuid", vm_of(29)]]]}, number())
            until("both are in force", lambda: [follows.what()["vms"][vm_of(n)][0] for n in (29, PORTS)] ==
                  [99, PORTS + 1])
            assert follows.what()["next_cfg"] == 2
            assert follows.what()["passes"] <= passes + 2
            # Many more leave than are kept in mind.
            follows.here(*map(vm_of, range(PORTS)))
            assert follows.known(vm_of(PORTS - 1)) == KNOWN and counts(follows)[0] == PORTS + 1
            follows.here(vm_of(3))
            until("the others are let go", lambda: counts(follows)[0] == 257)
            assert follows.known(vm_of(3)) == KNOWN


@test
def where_a_mirrors_sensor_is(args):
    """Its Location and its host's address are followed, and a change of either is a reason for a pass."""
    def located(host, row):
        return {"op": "update", "table": "Host", "where": [["name", "==", host]], "row": row}

    def told(wanted, *operations):
        passes = follows.what()["passes"]
        committed(client, *operations)
        until(f"{wanted}, and a pass", lambda: follows.place(vm_of(250)) == wanted and
              follows.what()["passes"] > passes)
    with database() as (server, client), follower(server) as follows:
        follows.here(vm_of(1))
        assert follows.known(vm_of(1)) == KNOWN and counts(follows)[2:] == [1, 1], counts(follows)
        told(("host10", ""), {"op": "insert", "table": "Mirror", "row": {
            "name": "m", "vms": vm_of(1), "output_vif": vm_of(250) + "/0"}}, number())
        assert counts(follows)[2:] == [2, 2], counts(follows)
        told(("host10", "192.0.2.10"), located("host10", {"address": "192.0.2.10"}))
        # It moves: the newest word counts, then the only one.
        told(("host11", ""), {"op": "insert", "table": "Location", "row": {
            "host": "host11", "vm": ["uuid", vm_of(250)], "devid": 0, "since": 7}})
        told(("host11", "2001:db8::11"), located("host11", {"address": "2001:db8::11"}))
        told(("host10", "192.0.2.10"), {"op": "delete", "table": "Location", "where": [
            ["host", "==", "host11"], ["vm", "==", ["uuid", vm_of(250)]]]})
        # Where it cannot be it is not.
        told(("host10", "192.0.2.10"), {"op": "insert", "table": "Location", "row": {
            "host": "host12", "vm": ["uuid", vm_of(250)], "devid": 0, "state": "failed", "since": 99}})
        # What is no address is none.
        told(("host10", ""), located("host10", {"address": "192.0.2.0/24"}))
        told(("host10", "192.0.2.9"), located("host10", {"address": "192.0.2.9"}))


@test
def small_databases_are_followed_whole(args):
    with database() as (server, client), follower(server, whole_max=PORTS) as follows:
        until("all is here", lambda: counts(follows) == [PORTS, PORTS, PORTS, 40])
        assert follows.known(vm_of(7)) == KNOWN
        # It grows: those who are here stay known.
        follows.here(vm_of(8))
        committed(client, port(PORTS))
        until("the others are let go", lambda: counts(follows) == [1, 1, 1, 1])
        assert follows.known(vm_of(8)) == KNOWN and follows.what()["vms"][vm_of(8)] == [9, -1]


def group(name, members):
    return {"op": "insert", "table": "Group", "uuid-name": name, "row": {
        "name": name, "vms": ["set", [["uuid", vm_of(n)] for n in members]]}}


def acl(name, of):
    return [{"op": "insert", "table": "Rule", "uuid-name": "rule" + name, "row": {
        "name": "r", "priority": 1, "direction": "to-vm", "action": "deny", "src_groups": ["named-uuid", of]}},
        {"op": "insert", "table": "ACL", "uuid-name": name, "row": {
            "name": name, "rules": ["named-uuid", "rule" + name]}}]


def of_vm(n, **row):
    return {"op": "update", "table": "Port", "where": [["vm", "==", ["uuid", vm_of(n)]]], "row": row}


@test
def groups_are_whole_or_not_in_force(args):
    """A deny of half of a group's addresses would let the others in: members come in tens."""
    with database() as (server, client), follower(server) as follows:
        committed(client, *[of_vm(n, ip_lock="10.0.%d.1" % n) for n in range(100)])
        follows.here(vm_of(200), vm_of(201))
        assert follows.known(vm_of(200)) == KNOWN
        committed(client, group("g", range(10)), *acl("a", "g"), of_vm(200, acl=["named-uuid", "a"]), number())

        def addresses(n=200):
            return follows.what()["vms"][vm_of(n)][1]
        until("the group is in force", lambda: addresses() == 10)
        for count in range(20, 101, 10):
            committed(client, {"op": "update", "table": "Group", "where": [["name", "==", "g"]], "row": {
                "vms": ["set", [["uuid", vm_of(n)] for n in range(count)]]}}, number())
            until("the members are in force", lambda c=count: addresses() == c)
            assert follows.what()["next_cfg"] == 2 + count // 10 - 1
        assert counts(follows)[:3] == [102, 2, 2], counts(follows)
        # Another ACL and group with one change, and a VM that comes with one.
        committed(client, group("h", range(50, 80)), *acl("b", "h"), of_vm(201, acl=["named-uuid", "b"]),
                  of_vm(202, acl=["named-uuid", "b"]))
        until("it is in force", lambda: addresses(201) == 30)
        follows.here(vm_of(200), vm_of(201), vm_of(202))
        assert follows.known(vm_of(202)) == KNOWN and addresses(202) == 30
        # Several ACLs in an order.
        committed(client, group("i", range(10, 20)), *acl("c", "i"), *acl("d", "i"),
                  of_vm(202, more_acls=["map", [[2, ["named-uuid", "c"]], [3, ["named-uuid", "d"]]]]))
        until("they are there", lambda: [follows.what()[t] for t in ("ACL", "Rule", "Group")] == [4, 4, 3])
        # What is not used any more is not followed.
        committed(client, *[of_vm(n, acl=["set", []], more_acls=["map", []]) for n in (200, 201, 202)])
        until("all is let go", lambda: [follows.what()[t] for t in ("Port", "ACL", "Rule", "Group")] == [3, 0, 0, 0])
        assert follows.what()["halves"] == 0


@test
def without_the_database(args):
    """The copy has those that were here; of others nothing is known, not even that they have no policy."""
    with database() as (server, client):
        with follower(server) as follows:
            follows.here(vm_of(1), vm_of(PORTS))
            assert follows.known(vm_of(1)) == KNOWN
            server.kill()
            assert follows.known(vm_of(1)) == KNOWN
            follows.here(vm_of(1), vm_of(2), vm_of(PORTS))
            assert follows.known(vm_of(2)) == UNKNOWN
            server.start(wait=LIMIT).close()
            until("it is back", lambda: follows.known(vm_of(2)) == KNOWN)
            assert follows.what()["vms"][vm_of(2)] == [3, -1]
        server.kill()
        # Another daemon, with what the last one left.
        with follower(server) as follows:
            follows.here(vm_of(1), vm_of(2), vm_of(3), vm_of(PORTS))
            assert [follows.known(vm_of(n)) for n in (1, 2, PORTS, 3)] == [KNOWN] * 3 + [UNKNOWN]
            assert follows.what()["vms"][vm_of(1)] == [2, -1]
            client = server.start(wait=LIMIT)
            committed(client, of_vm(1, tag=55), {"op": "delete", "table": "Port",
                                                 "where": [["vm", "==", ["uuid", vm_of(2)]]]})
            until("it is back", lambda: follows.known(vm_of(3)) == KNOWN)
            until("and tells what changed", lambda: follows.what()["vms"] == {
                vm_of(1): [55, -1], vm_of(2): [-2, -1], vm_of(3): [4, -1], vm_of(PORTS): [-2, -1]})


@test
def vms_come_and_go_while_the_server_is_killed(args):
    """In whatever order: in the end everybody's policy is there."""
    with database() as (server, client), follower(server) as follows:
        for n in range(12):
            follows.here(*map(vm_of, range(n * 20, n * 20 + 30)))
            if n % 3 == 1:
                server.kill()
                server.start(wait=LIMIT).close()
        wanted = {vm_of(n): [n + 1, -1] for n in range(220, 250)}
        until("all have their policy", lambda: follows.what()["vms"] == wanted)
        assert follows.known(vm_of(249)) == KNOWN
