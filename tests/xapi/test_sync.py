# SPDX-License-Identifier: GPL-2.0-or-later
"""vifxapid between a model of XAPI and vifdbd: the rows are what XAPI says, whatever happens."""
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile

import wait
from xapi_model import Xapi
from xenopsd import ASAN

TOP = os.path.dirname(os.path.dirname(ASAN))
sys.path.append(os.path.join(TOP, "tests", "vifdbd"))
import client  # noqa: E402

SCHEMA = os.path.join(TOP, "build", "vifswitch.ovsschema")
ALL = {"dhcp-server", "router-advertisement", "stacked"}


def check(fact, what):
    if not fact:
        raise AssertionError(what)


def plain(value):
    """Of RFC 7047's notation: a set of several is one of Python's, an empty one None."""
    if isinstance(value, list) and value[0] == "uuid":
        return value[1]
    if isinstance(value, list) and value[0] == "set":
        return {plain(one) for one in value[1]} or None
    if isinstance(value, list) and value[0] == "map":
        return dict(value[1])
    return value


class Bed:
    """A pool with two networks and a VM's VIF on the untagged one; vifdbd; vifxapid."""

    def __init__(self, directory):
        self.dir, self.process = directory, None
        self.server = client.Server(directory, SCHEMA)
        self.server.start().close()
        self.xapi = Xapi(os.path.join(directory, "xapi"))
        self.xenbr0 = self.xapi.network("xenbr0")
        self.xapi1 = self.xapi.network("xapi1", 100, self.xenbr0)
        self.vm = self.xapi.vm()
        self.vif = self.xapi.vif(self.vm, self.xenbr0)
        self.xapi.start()
        self.log = os.path.join(directory, "vifxapid.log")
        self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [os.path.join(ASAN, "vifxapid"), "-f", "-x", self.xapi.path,
                 "-d", "unix:" + self.server.socket], stderr=log)

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        code = self.process.wait(wait.limit(20))
        check(how == signal.SIGKILL or code == 0, f"vifxapid ended with {code}: {self.told()}")

    def told(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()

    def close(self):
        if self.process.poll() is None:
            self.stop()
        self.server.kill()

    def transact(self, *operations):
        with contextlib.closing(self.server.client_now(wait.limit(20))) as it:
            answers = it.transact(*operations, db="vifswitch")
        for answer in answers:
            check(not (answer or {}).get("error"), f"{answer}")
        return answers

    def rows(self):
        rows = self.transact({"op": "select", "table": "Port", "where": []})[0]["rows"]
        return {f"{plain(row['vm'])}/{row['devid']}":
                {name: plain(value) for name, value in row.items()} for row in rows}

    def changes(self):
        rows = self.transact({"op": "select", "table": "Global", "where": []})[0]["rows"]
        return rows[0]["next_cfg"] if rows else 0

    def key(self, vif=None, devid=0):
        return f"{self.xapi.get('vm', self.xapi.get('vif', vif or self.vif, 'VM'))}/{devid}"

    def until(self, vif=None, devid=0, gone=False, **facts):
        """The row of a VIF is to be so; returns it."""
        key = self.key(vif, devid) if not gone else gone

        def so():
            check(self.process.poll() is None, "vifxapid ended: " + self.told())
            row = self.rows().get(key)
            if gone:
                return row is None
            return row if row and all(row[n] == v for n, v in facts.items()) else None
        try:
            return wait.until(f"row {key} to be {facts}", 20, so)
        except wait.Timeout as late:
            raise AssertionError(f"{late}\n{self.rows()}\n{self.told()[-3000:]}") from None

    def settled(self):
        """It has heard all that XAPI had to say, and what it did is in force."""
        marker = self.xapi.vif(self.vm, self.xenbr0, 77)
        self.until(marker, 77)
        key = self.key(marker, 77)
        self.xapi.destroy("vif", marker)
        self.until(gone=key)


@contextlib.contextmanager
def bed():
    with tempfile.TemporaryDirectory(prefix="xapi-") as directory:
        it = Bed(directory)
        try:
            yield it
        finally:
            it.close()


def test_a_row_for_each_vif():
    with bed() as it:
        row = it.until(switch="xenbr0", vlan_mode="native-untagged", tag=0, guard="off")
        check(row["allow"] == ALL and row["mtu"] == 1500, f"{row}")
        check(row["vif_uuid"] == it.xapi.get("vif", it.vif), "vif_uuid")
        check(row["external_ids"]["xs-vif-uuid"] == it.xapi.get("vif", it.vif), "external_ids")
        other = it.xapi.vif(it.vm, it.xapi1, 1)
        it.until(other, 1, switch="xenbr0", vlan_mode="access", tag=100)
        # A template's and a snapshot's are nobody's.
        for what in ("is_a_template", "is_a_snapshot"):
            copy = it.xapi.vm("copy")
            it.xapi.set("vm", copy, **{what: True})
            it.xapi.vif(copy, it.xenbr0)
        it.settled()
        check(len(it.rows()) == 2, f"{it.rows()}")
        key = it.key(other, 1)
        it.xapi.destroy("vif", other)
        it.until(gone=key)


def test_what_changes():
    with bed() as it:
        xapi, vif = it.xapi, it.vif
        xapi.set("vif", vif, locking_mode="locked", ipv4_allowed=["192.0.2.1"],
                 ipv6_allowed=["2001:db8::1"])
        it.until(guard="mac+ip", ip_lock={"192.0.2.1", "2001:db8::1"}, allow="dhcp-server",
                 mac_lock="00:16:3e:00:00:01")
        xapi.set("vif", vif, locking_mode="network_default")
        it.until(guard="off", ip_lock=None, mac_lock=None, admin_state=None)
        xapi.set("network", it.xenbr0[0], default_locking_mode="disabled")
        it.until(admin_state="down")
        xapi.set("vif", vif, locking_mode="unlocked")
        it.until(admin_state=None)
        xapi.set("vif", vif, qos_algorithm_type="ratelimit", qos_algorithm_params={"kbps": "100"})
        it.until(rate_from_vm=819200)
        xapi.set("vif", vif, qos_algorithm_params={}, MTU=9000)
        it.until(rate_from_vm=None, mtu=9000)
        xapi.set("vif", vif, network=it.xapi1[0])
        it.until(tag=100, vlan_mode="access")
        xapi.set("vif", vif, network=it.xenbr0[0], trunks=["7", 9])
        it.until(tag=None, vlan_mode="trunk", trunks={7, 9})
        # What cannot be meant closes it, and is told.
        xapi.set("vif", vif, locking_mode="locked", ipv4_allowed=["x"], ipv6_allowed=[])
        it.until(admin_state="down", guard="off")
        check(it.told().count('ipv4_allowed: "x"') == 1, it.told())
        xapi.set("vif", vif, MTU=1300)
        it.until(mtu=1300, admin_state="down")
        check(it.told().count('ipv4_allowed: "x"') == 1, "told again")


def test_others_columns_stay():
    with bed() as it:
        row = it.until(guard="off")
        where = [["_uuid", "==", ["uuid", row["_uuid"]]]]
        other = {"vm": ["uuid", "1f0e93c4-5a1b-4c72-9c1d-7e1a55b0d201"], "devid": 3,
                 "switch": "xenbr9"}
        it.transact({"op": "insert", "table": "Port", "row": other},
                    {"op": "mutate", "table": "Port", "where": where, "mutations": [
                        ["external_ids", "insert", ["map", [["mine", "yes"]]]]]},
                    {"op": "update", "table": "Port", "where": where,
                     "row": {"packets_from_vm": 1000, "switch": "xenbr7", "guard": "mac"}})
        # What is XAPI's comes back; the rest is the operator's.
        row = it.until(switch="xenbr0", guard="off")
        it.xapi.set("vif", it.vif, MTU=1400)
        row = it.until(mtu=1400)
        check(row["packets_from_vm"] == 1000 and row["external_ids"]["mine"] == "yes", f"{row}")
        it.settled()
        check(it.rows()["1f0e93c4-5a1b-4c72-9c1d-7e1a55b0d201/3"]["switch"] == "xenbr9", "gone")


def test_nothing_is_written_twice():
    with bed() as it:
        it.settled()
        before = it.changes()
        it.xapi.set("vif", it.vif, currently_attached=True)
        it.xapi.expire()
        it.stop(signal.SIGKILL)
        it.start()
        it.settled()
        # The marker of settled() itself, put in and taken out.
        check(it.changes() == before + 2, f"{it.changes()} changes after {before}")


def test_lost_events_and_sessions():
    with bed() as it:
        it.until(mtu=1500)
        for trouble in (it.xapi.forget_events, it.xapi.expire):
            for mtu in (1300, 1400):
                trouble()
                it.xapi.set("vif", it.vif, MTU=mtu)
                it.until(mtu=mtu)
        # It was destroyed among what was lost.
        key = it.key()
        with it.xapi.change:
            del it.xapi.objects[("vif", it.vif)], it.xapi.log[("vif", it.vif)]
        it.xapi.forget_events()
        it.until(gone=key)
        # A deletion that nobody told of is found by the count.
        one, two = it.xapi.vif(it.vm, it.xenbr0, 1), it.xapi.vif(it.vm, it.xenbr0, 2)
        it.until(two, 2)
        key = it.key(one, 1)
        with it.xapi.change:
            del it.xapi.objects[("vif", one)], it.xapi.log[("vif", one)]
        it.xapi.set("vif", two, MTU=1499)
        it.until(gone=key)


def test_absence():
    """Without a XAPI, and without the database, nothing changes; then all that is due."""
    with bed() as it:
        it.until(mtu=1500)
        it.xapi.stop()
        it.xapi.set("vif", it.vif, MTU=1400)
        it.stop()
        it.start()
        wait.until("vifxapid to miss XAPI", 20, lambda: "does not answer" in it.told())
        check(it.rows()[it.key()]["mtu"] == 1500, "changed without a word")
        it.xapi.start()
        it.until(mtu=1400)
        # As on a member whose coordinator is away.
        it.xapi.status = 500
        it.xapi.set("vif", it.vif, MTU=1300)
        wait.until("vifxapid to be refused", 20, lambda: "HTTP status 500" in it.told())
        check(it.rows()[it.key()]["mtu"] == 1400, "changed without a word")
        it.xapi.status = 200
        it.until(mtu=1300)
        it.server.stop()
        it.xapi.set("vif", it.vif, MTU=1200)
        it.xapi.set("vif", it.vif, MTU=1201)
        it.server.start().close()
        it.until(mtu=1201)


def test_pool_join():
    """XAPI has another pool's database from one answer to the next, younger than ours was."""
    with bed() as it:
        it.until(mtu=1500)
        old = it.key()
        it.xapi.stop()
        with it.xapi.change:
            it.xapi.objects, it.xapi.log, it.xapi.generation = {}, {}, 0
        it.xapi.add("vm", name_label="Control domain", is_a_template=False, is_a_snapshot=False)
        xenbr0 = it.xapi.network("xenbr0")
        it.vm = it.xapi.vm()
        it.vif = it.xapi.vif(it.vm, xenbr0, MTU=1300)
        it.xapi.start()
        it.until(mtu=1300)
        it.until(gone=old)
        # One that is being restored has nothing at all, and is not believed.
        with it.xapi.change:
            kept, it.xapi.objects, it.xapi.log = it.xapi.objects, {}, {}
        it.xapi.expire()
        wait.until("an empty one to be refused", 20, lambda: "no VM at all" in it.told())
        check(len(it.rows()) == 1, f"{it.rows()}")
        with it.xapi.change:
            it.xapi.objects = kept
            for at, key in enumerate(kept):
                it.xapi.log[key] = (at + 1, "add")
        it.xapi.set("vif", it.vif, MTU=1301)
        it.until(mtu=1301)


def spoiled(**members):
    """A good answer but for these members of its result, or of the VIFs in it."""

    def spoil(xapi, body):
        answer = json.loads(xapi.answer(body))
        result = answer.get("result")
        if isinstance(result, dict):
            for event in result["events"]:
                if event["class"] == "vif":
                    event["snapshot"].update(members.get("vif", {}))
                    event.update(members.get("event", {}))
            result.update(members.get("result", {}))
        answer.update(members.get("answer", {}))
        return json.dumps(answer).encode()
    return spoil


HOSTILE = {
    "nothing": lambda xapi, body: b"",
    "no JSON": lambda xapi, body: b"<html>\xff</html>",
    "deep": lambda xapi, body: b"[" * 100000,
    "a list": lambda xapi, body: b"[]",
    "another id": spoiled(answer={"id": 7777}),
    "no result": spoiled(answer={"result": None}),
    "a word in it": spoiled(answer={"error": {"message": "HOST_IS_SLAVE\n" * 9, "data": []}}),
    "no events": spoiled(result={"events": 7}),
    "no token": spoiled(result={"token": ""}),
    "a long token": spoiled(result={"token": "x" * 5000}),
    "no VM": spoiled(result={"events": []}),
    "bad uuid": spoiled(vif={"uuid": "x"}),
    "bad device": spoiled(vif={"device": "-3"}),
    "bad device 2": spoiled(vif={"device": {"a": 1}}),
    "long MAC": spoiled(vif={"MAC": "0" * 300}),
    "NUL": spoiled(vif={"MAC": "00:16:3e:00:00:01\0x"}),
    "no MAC": spoiled(vif={"MAC": None}),
    "allowed": spoiled(vif={"ipv4_allowed": "192.0.2.1"}),
    "many": spoiled(vif={"ipv4_allowed": ["192.0.2.1"] * 5000}),
    "operation": spoiled(event={"operation": "explode"}),
    "no ref": spoiled(event={"ref": None}),
}


def test_hostile_answers():
    """None changes a row, and after each of them a good one is taken."""
    with bed() as it:
        it.until(mtu=1500)
        before = it.rows()
        for name, spoil in HOSTILE.items():
            asked = len(it.xapi.calls)
            seen = []

            def answer(body, spoil=spoil, seen=seen):
                seen.append(body)
                return spoil(it.xapi, body)
            it.xapi.spoil = answer
            it.xapi.expire()        # it begins anew: what is spoiled is the whole of it
            wait.until(f"{name}: two requests", 30, lambda seen=seen: len(seen) >= 3)
            check(it.process.poll() is None, f"{name}: vifxapid ended: {it.told()[-3000:]}")
            check(it.rows() == before, f"{name}: {it.rows()}")
            it.xapi.spoil = None
            check(len(it.xapi.calls) >= asked, name)
            it.stop(signal.SIGKILL)     # or it waits its half minute
            it.start()
            it.settled()


def test_refused_row():
    """One that the database does not take is told once, and keeps no other from its own."""
    with bed() as it:
        row = it.until(mtu=1500)
        where = [["_uuid", "==", ["uuid", row["_uuid"]]]]
        full = {"op": "update", "table": "Port", "where": where, "row": {
            "external_ids": ["map", [[f"id{n}", "x"] for n in range(256)]], "mtu": 1400}}
        it.stop(signal.SIGKILL)
        it.transact(full)
        it.start()
        wait.until("the row to be refused", 20, lambda: "does not take the row" in it.told())
        it.settled()
        check(it.told().count("does not take the row") == 1, it.told())
        check(it.rows()[it.key()]["mtu"] == 1400, "taken")
        full["row"]["external_ids"] = ["map", []]
        it.transact(full)
        it.xapi.set("vif", it.vif, MTU=1450)
        it.until(mtu=1450)


def test_two_hosts():
    """Each host of a pool writes the same rows: whoever is later finds them there."""
    with bed() as it:
        with it.xapi.change:
            for n in range(300):
                it.xapi.vif(it.xapi.vm(), it.xenbr0)
        it.stop(signal.SIGKILL)
        it.transact({"op": "delete", "table": "Port", "where": []})
        it.start()
        first = it.process
        it.start()
        try:
            wait.until("all rows", 60, lambda: len(it.rows()) == 301)
            for n in range(5):
                it.xapi.set("vif", it.vif, MTU=1300 + n)
                it.until(mtu=1300 + n)
            it.settled()
            check(len(it.rows()) == 301, f"{len(it.rows())} rows")
            # What is settled is so by one of them: the other may still be at what was before.
            writes = []
            while not writes or writes[-1] > 2 and len(writes) < 10:
                before, mtu = it.changes(), 1400 + len(writes)
                it.xapi.set("vif", it.vif, MTU=mtu)
                it.until(mtu=mtu)
                writes.append(it.changes() - before)
            check(writes[-1] <= 2, f"they write in turns: {writes}")
        finally:
            first.terminate()
            check(first.wait(wait.limit(20)) == 0, "the first ended badly")


def test_impossible_vifs():
    """Two of one number, a network that hosts disagree on, one without a bridge."""
    with bed() as it:
        it.until(mtu=1500)
        twin = it.xapi.vif(it.vm, it.xenbr0, 0)
        it.until(admin_state="down")
        it.xapi.destroy("vif", twin)
        it.until(admin_state=None)
        it.xapi.set("vif", it.vif, network=it.xapi1[0])
        it.until(tag=100)
        pif = it.xapi.add("pif", network=it.xapi1[0], VLAN=101, device="eth0",
                          VLAN_master_of=it.xapi.get("pif", it.xapi1[1], "VLAN_master_of"))
        it.until(admin_state="down")
        it.xapi.destroy("pif", pif)
        it.until(admin_state=None, tag=100)
        it.xapi.set("vif", it.vif, network="OpaqueRef:NULL")
        it.until(admin_state="down")


def test_many():
    with bed() as it:
        with it.xapi.change:
            vifs = [it.xapi.vif(it.xapi.vm(), it.xenbr0) for _ in range(1000)]
        it.until(vifs[-1], mtu=1500)
        it.settled()
        check(len(it.rows()) == 1001, f"{len(it.rows())} rows")
