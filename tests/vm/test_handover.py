# SPDX-License-Identifier: GPL-2.0-or-later
"""A VM's live state on its way between hosts: a real vifdbd, vifswitchd and kernel. The
hypervisor is played (tests/lab/hypervisor-shim.c), and the other host by the test, which
writes to the database what another daemon would, or what a bad one might."""
import json
import time

import ctl
import wait
from dom0 import CONFIG, Dom0, HOST, Vif, uuid
from packet import udp
from registry import check, same, test
from test_policy_acl import arrives, stopped, vifctl
from world import frame, mac

SERVER, PEER = 1, 2
OTHER = "host2"


class Pool:
    """A server that may only answer, with its peer; both here."""

    def __init__(self, config=CONFIG):
        self.dom0 = Dom0(config, database=True, hypervisor=True)
        self.db, self.nudges = self.dom0.db, 0
        self.states = {SERVER: (uuid(SERVER), "running"), PEER: (uuid(PEER), "running")}
        self.dom0.hypervisor(self.states)
        self.server = self.dom0.vif(SERVER, access=100)
        self.peer = self.dom0.vif(PEER, access=100)
        for vif in (self.server, self.peer):
            self.dom0.plugged(vif)
            vif.key("state", 4)
        vifctl(self.dom0, "acl create answers from-vm-default=deny to-vm-default=allow")
        vifctl(self.dom0, f"port set {uuid(SERVER)}/0 acl=answers rate-from-vm=8kbit burst-from-vm=20KiB")

    def say(self, domid, state):
        """The domain is in another state, and the daemon has a reason to look."""
        if state:
            self.states[domid] = (self.states[domid][0] if domid in self.states else uuid(SERVER),
                                  state)
        else:
            self.states.pop(domid)
        self.dom0.hypervisor(self.states)
        self.nudges += 1
        other = Vif(self.dom0, 900 + self.nudges, 0, mac(900 + self.nudges))
        self.dom0.xs.write_many({**self.dom0.domain_nodes(other.domid), **self.dom0.vif_nodes(other)})
        other.key("state", 2)

    def arrive(self, domid, name="vm1"):
        """The server's VM on its way in, as another domain."""
        self.say(domid, "running")
        vif = Vif(self.dom0, domid, 0, mac(SERVER))
        me = uuid(SERVER)
        self.dom0.xs.write_many({
            f"/local/domain/{domid}/vm": f"/vm/{me}", f"/local/domain/{domid}/name": name,
            **self.dom0.vif_nodes(vif, bridge="xenbr0.100")})
        vif.make_netdev()
        vif.key("state", 2)
        return vif

    def row(self):
        rows = self.db.rows("Handover")
        check(len(rows) < 2, f"rows: {rows}")
        return rows[0] if rows else {}

    def wait_row(self, what, probe):
        try:
            return wait.until(what, 30, lambda: probe(self.row()) and (self.row() or True), 0.05)
        except wait.Timeout as e:
            row = {k: v for k, v in self.row().items() if k != "record"}
            raise AssertionError(f"{e}: {row}; {self.dom0.log()}") from None

    def offered(self):
        return self.wait_row("an offer", lambda row: row.get("state") == "offered" and row["record"])

    def leaves(self):
        """The server's VM, for another host; the row with what its port had."""
        self.say(SERVER, "suspended")
        row = self.offered()
        self.dom0.remove(self.server)
        self.say(SERVER, None)
        return row

    def story(self, vif, probe=lambda story: story["taken"]):
        try:
            return wait.until("its story", 30, lambda: (
                entry := self.dom0.entry(vif)) and entry["handover"] and probe(entry["handover"])
                and entry["handover"], 0.05)
        except wait.Timeout as e:
            raise AssertionError(f"{e}: {self.dom0.entry(vif)}; {self.dom0.log()}") from None

    def talk(self):
        arrives(self.peer, self.server, self.udp(self.peer, self.server), "the question")
        self.answer(self.server)

    def udp(self, a, b):
        """Between the addresses that the two have wherever they are."""
        ends = ("192.0.2.2", "192.0.2.1", 5060, 53)
        if a is not self.peer:
            ends = (ends[1], ends[0], 53, 5060)
        return frame(b.mac, a.mac, kind=0x0800, size=0, payload=udp(*ends))

    def answer(self, server):
        arrives(server, self.peer, self.udp(server, self.peer), "the answer")

    def no_answer(self, server):
        stopped(server, self.peer, self.udp(server, self.peer), "acl", "an answer to nothing")


@test(smoke=True, limit=150)
def travels():
    """what a suspended VM's port has is offered, and goes on at the port of its next domain"""
    pool = Pool()
    vifctl(pool.dom0, "acl rule add answers dns direction=to-vm proto=udp dst-port=53 action=allow")
    pool.db.applied(HOST)
    pool.talk()
    # a budget of 20 KiB at 1 KB/s is spent
    while not pool.server.drops().get("rate"):
        pool.server.send(pool.udp(pool.server, pool.peer) + b"\0" * 900)
    before = pool.server.state()
    pool.say(SERVER, "suspended")
    row = pool.offered()
    same((row["vm"], row["devid"], row["host"], row["domid"], row["policy"]),
         (uuid(SERVER), 0, HOST, SERVER, pool.db.host(HOST)["cur_cfg"]), "who offers what")
    record = json.loads(row["record"])
    same(record["counters"][:2], [before.from_packets, before.from_bytes], "counters told")
    check(record["debts"][0] > 10 ** 10, f"debts told: {record['debts']}")
    check(len(record["sessions"]) == 1 and abs(row["since"] - time.time()) < 100, f"the record: {record}")
    hits = pool.dom0.nl.port_hits(pool.server.ifindex)
    same({int(cookie, 16): n for cookie, n in record["hits"].items()}, hits, "hits told")
    check(1 in hits.values(), f"hits: {hits}")
    # as if another host had written it, which had one rule more; the domain here goes
    record["hits"]["0123456789abcdef"] = 5
    pool.db.update("Handover", {}, host=OTHER, record=json.dumps(record))
    pool.dom0.remove(pool.server)
    pool.say(SERVER, None)
    wait.until("the port to go", 20, lambda: not pool.dom0.is_open(pool.server))
    vif = pool.arrive(5)
    wait.until("its netdev to be plugged", 30, lambda: pool.dom0.is_open(vif))
    story = pool.story(vif)
    same((story["from"], story["counters"], story["problem"], story["connections"]["taken"],
          story["connections"]["refused"]), (OTHER, True, None, 1, 0), "its story")
    same(story["rules"], {"taken": len(hits), "refused": 1, "left": 0}, "hits that came")
    same(pool.dom0.nl.port_hits(vif.ifindex), hits, "hits of rules")
    told = ctl.document(pool.dom0, "port", "show", f"{uuid(SERVER)}/0", "--hits")["ports"]
    same([(p["acl"], r["name"], r["hits"]) for p in told for r in p["rules"] if r["name"] == "dns"],
         [("answers", "dns", 1)], "hits by vifctl")
    check("dns" in ctl.run(pool.dom0, "port", "show", f"{uuid(SERVER)}/0", "--hits").out, "the table")
    state = vif.state()
    check((state.from_packets, state.from_bytes) >= (before.from_packets, before.from_bytes)
          and state.drops["rate"] >= before.drops["rate"], f"counters: {state.from_packets} {state.drops}")
    same([(s.proto, s.state) for s in pool.dom0.nl.sessions(vif.ifindex)], [(17, "answered")], "sessions")
    check(pool.dom0.nl.state(vif.ifindex)[1][0] > 10 ** 10, "a second burst")
    row = pool.wait_row("taken", lambda r: r.get("state") == "taken" and r.get("outcome"))
    same((row["taker"], bool(row["record"])), (HOST, True), "the row, whose record its writer clears")
    text = ctl.run(pool.dom0, "port", "show", f"{uuid(SERVER)}/0").out
    check(f"came from        host {OTHER}" in text and "1 connection (0 more" in text, text)
    # a daemon that starts anew knows of it, and takes nothing twice
    pool.dom0.kill()
    pool.dom0.start()
    same(pool.story(vif), story, "after a restart")
    pool.db.update("Handover", {}, state="offered", record=json.dumps(record), taker=None)
    pool.db.applied(HOST)
    same((pool.row()["state"], vif.state().from_packets, pool.dom0.nl.port_hits(vif.ifindex)),
         ("offered", state.from_packets, hits), "once")


@test(limit=150)
def taken_first():
    """a host that takes an offer that is not for it keeps nothing from the one where the VM arrives"""
    pool = Pool()
    pool.talk()
    before = pool.server.state()
    pool.say(SERVER, "suspended")
    pool.offered()
    pool.db.update("Handover", {}, host=OTHER, state="taken", taker="bad")
    pool.dom0.remove(pool.server)
    pool.say(SERVER, None)
    wait.until("the port to go", 20, lambda: not pool.dom0.is_open(pool.server))
    # a VM that begins here takes nothing that was taken
    vif = pool.arrive(5)
    wait.until("its netdev to be plugged", 30, lambda: pool.dom0.is_open(vif))
    pool.db.applied(HOST)
    same((pool.row()["taker"], pool.dom0.entry(vif)["handover"]), ("bad", None), "a VM that begins here")
    pool.dom0.remove(vif)
    pool.say(5, None)
    wait.until("the port to go", 20, lambda: not pool.dom0.is_open(vif))
    vif = pool.arrive(6, "vm1--incoming")
    story = pool.story(vif)
    same((story["from"], story["counters"], story["connections"]["taken"]), (OTHER, True, 1), "its story")
    check(vif.state().from_packets >= before.from_packets, "counters")
    pool.wait_row("taken", lambda r: r.get("taker") == HOST)
    # its writer clears the record when its domain has left, and no sooner
    pool.say(6, "suspended")
    row = pool.offered()
    same((row["host"], row["domid"]), (HOST, 6), "whose offer")
    pool.db.update("Handover", {}, state="taken", taker=OTHER)
    pool.db.applied(HOST)
    check(pool.row()["record"] == row["record"], "the record went before the domain did")
    pool.dom0.remove(vif)
    pool.say(6, None)
    row = pool.wait_row("its record to go", lambda r: not r.get("record"))
    same((row["state"], row["taker"]), ("taken", OTHER), "the row")


@test(limit=150)
def goes_on():
    """a migration that is cancelled withdraws the offer; the next one has a higher generation"""
    pool = Pool()
    pool.talk()
    pool.say(SERVER, "suspended")
    first = pool.offered()
    check(not pool.server.state().claim, "its addresses are claimed while it is suspended")
    pool.say(SERVER, "running")
    pool.wait_row("the offer to be withdrawn", lambda row: not row)
    pool.answer(pool.server)
    # taken, but the other host failed
    pool.say(SERVER, "suspended")
    second = pool.offered()
    check(second["generation"] > first["generation"], "an offer looks like the one before")
    pool.db.update("Handover", {}, state="taken", taker=OTHER, record=None)
    pool.say(SERVER, "running")
    pool.wait_row("its row to go", lambda row: not row)
    # the daemon dies in the middle, either way
    pool.say(SERVER, "suspended")
    third = pool.offered()
    pool.dom0.kill()
    pool.dom0.start()
    pool.db.applied(HOST)
    same(pool.row()["generation"], third["generation"], "after a restart while it is suspended")
    pool.dom0.kill()
    pool.states[SERVER] = (uuid(SERVER), "running")
    pool.dom0.hypervisor(pool.states)
    pool.dom0.start()
    pool.wait_row("the offer to be withdrawn by the next daemon", lambda row: not row)
    pool.answer(pool.server)
    same(pool.dom0.entry(pool.server)["handover"], None, "it came from nowhere")


@test(limit=200)
def hostile():
    """what another host offers and must not be taken changes nothing, and show says why"""
    pool = Pool()
    pool.talk()
    good = pool.leaves()
    record = json.loads(good["record"])
    now = int(time.time())
    cases = (
        ({"since": now + 3600}, "clock of host host2 is ahead"),
        ({"since": now - 3600}, "older than 600 s"),
        ({"record": "[]"}, "no JSON object"),
        ({"record": json.dumps({**record, "counters": [2 ** 63 - 1, -1, 0, 0]})}, "counters"),
        ({"record": json.dumps({**record, "sessions": ["AAAA"]})}, "sessions"),
    )
    for n, (columns, told) in enumerate(cases):
        pool.db.update("Handover", {}, **{
            "host": OTHER, "state": "offered", "taker": None, "outcome": None,
            "generation": 100 + n, "since": now, "record": good["record"], **columns})
        vif = pool.arrive(10 + n)
        wait.until("its netdev to be plugged", 30, lambda: pool.dom0.is_open(vif))
        story = pool.story(vif, lambda s: s["problem"])
        check(told in story["problem"], f"{columns}: {story}")
        same((vif.state().from_packets, vif.state().connections, story["counters"]), (0, 0, False), told)
        pool.no_answer(vif)
        pool.dom0.remove(vif)
        pool.say(10 + n, None)
    # another host has the VM, so this one lies
    pool.db.insert("Location", host="host3", vm=["uuid", uuid(SERVER)], devid=0, state="active")
    pool.db.update("Handover", {}, host=OTHER, state="offered", generation=200, since=now,
                   record=good["record"])
    vif = pool.arrive(20)
    wait.until("its netdev to be plugged", 30, lambda: pool.dom0.is_open(vif))
    check("host host3 had the VM" in pool.story(vif, lambda s: s["problem"])["problem"], "the third host")
    pool.no_answer(vif)
    # addresses and sessions that the port may not have
    pool.db.delete("Location", host="host3")
    pool.dom0.remove(vif)
    pool.say(20, None)
    pool.db.update("Handover", {}, generation=300, since=int(time.time()), record=json.dumps(
        {**record, "addresses": [mac(77) + "@100", mac(PEER) + "@100", mac(SERVER) + "@200"]}))
    vifctl(pool.dom0, f"port set {uuid(SERVER)}/0 lock-ip=192.0.2.99")
    vif = pool.arrive(21)
    wait.until("its netdev to be plugged", 30, lambda: pool.dom0.is_open(vif))
    story = pool.story(vif)
    same((story["addresses"]["refused"], story["connections"]["refused"],
          story["connections"]["taken"], story["counters"]), (3, 1, 0, True), "what was refused")
    check(story["problem"].startswith("addresses: "), f"why: {story['problem']}")


@test(limit=150)
def never_older():
    """a host that knows an older policy than the VM had keeps its port closed, and says so"""
    pool = Pool()
    row = pool.leaves()
    pool.db.update("Handover", {}, host=OTHER, policy=row["policy"] + 1)
    vif = pool.arrive(5)
    entry = wait.until("the reason", 30, lambda: (e := pool.dom0.entry(vif)) and e["state"] == "waiting"
                       and "configuration" in (e["error"] or "") and e)
    check(f"host {OTHER} had {row['policy'] + 1} in force" in entry["error"], entry["error"])
    check(not pool.dom0.is_open(vif), "it is open")
    pool.db.applied(HOST)
    wait.until("its netdev to be plugged", 30, lambda: pool.dom0.is_open(vif))
    pool.story(vif)
    same(pool.row()["state"], "taken", "the row")


@test(limit=150)
def waits_for_it():
    """the hotplug helper waits for what a host that has the VM will offer, but not for long"""
    pool = Pool()
    pool.talk()
    good = pool.leaves()
    pool.db.delete("Handover")
    pool.db.insert("Location", host=OTHER, vm=["uuid", uuid(SERVER)], devid=0, state="active")
    # it never comes: the VIF is plugged all the same
    vif = pool.arrive(5)
    same(pool.dom0.hotplug(vif)[0], 0, "the helper's exit status")
    check(pool.dom0.is_open(vif), "it is closed")
    same(pool.dom0.entry(vif)["handover"], None, "it came from nowhere")
    pool.no_answer(vif)
    # it comes late, after the first frame: merged
    seen = vif.state()
    pool.db.insert("Handover", vm=["uuid", uuid(SERVER)], devid=0, domid=1, host=OTHER, generation=9,
                   since=int(time.time()), policy=0, state="offered", record=good["record"])
    same(pool.story(vif)["connections"]["taken"], 1, "sessions that were merged")
    check(vif.state().drops["acl"] >= seen.drops["acl"], "a counter went back")
    pool.answer(vif)


@test(limit=150)
def nobody_takes_it():
    """the host that the VM goes to is of an older release: the offer expires, and its writer deletes it"""
    pool = Pool()
    pool.talk()
    row = pool.leaves()
    pool.db.update("Handover", {}, since=row["since"] - 600)
    pool.dom0.kill()
    pool.dom0.start()
    pool.db.applied(HOST)
    same(pool.row()["state"], "offered", "what a host whose clock is behind may still take")
    pool.db.update("Handover", {}, since=row["since"] - 700)
    pool.wait_row("the offer to go", lambda r: not r)
    vif = pool.arrive(5)
    wait.until("its netdev to be plugged", 30, lambda: pool.dom0.is_open(vif))
    same((pool.dom0.entry(vif)["handover"], vif.state().from_packets), (None, 0), "it begins anew")
    pool.no_answer(vif)
