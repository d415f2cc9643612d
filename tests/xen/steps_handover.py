# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: two hosts become a pool without etcd, as docs/pool.md has it, and what goes with a VM
that comes back to a host (make check-xen-life); the migration itself is in steps_migration.py."""
import os
import subprocess
import tempfile
import time

import wait
from steps_life import save_and_restore
from steps_migration import move
from steps_policy import apply, policy_of_its_own, uuid, vifctl
from steps_session import ANSWERS, sessions
from world import check, document, step

PORT = 6640
ADDRESSES = {"xen-a": "10.9.9.1", "xen-b": "10.9.9.2"}
FILES = "/etc/vifswitch/db/host-"
SERVICE, FROM = 5060, 5061


def certificates(hosts):
    """{host: {file: text}}: an authority, and one certificate for each, in its name and address."""
    with tempfile.TemporaryDirectory() as at:
        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, cwd=at, stderr=subprocess.DEVNULL)

        def text(name):
            with open(os.path.join(at, name)) as f:
                return f.read()

        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca-key", "-out", "ca",
                "-days", "2", "-subj", "/CN=authority")
        made = {}
        for host, address in hosts.items():
            with open(os.path.join(at, "ext"), "w") as f:
                f.write(f"subjectAltName=IP:{address}\n")
            openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "req",
                    "-subj", f"/CN={host}")
            openssl("x509", "-req", "-in", "req", "-CA", "ca", "-CAkey", "ca-key", "-CAcreateserial",
                    "-out", "cert", "-days", "2", "-extfile", "ext")
            made[host] = {"ca.pem": text("ca"), "cert.pem": text("cert"), "key.pem": text("key")}
        return made


def give_address(host):
    """dom0 is reached over the switch itself, in a VLAN of its own."""
    host.run(f"date -s @{int(time.time())}")      # emulated clocks drift from boot on
    host.run("sed -i 's/^switch xenbr0 {/&\\n local { untagged = 900 }/' /etc/vifswitch/vifswitch.conf"
             f"; systemctl reload vifswitchd; ip link set xenbr0 address 52:54:00:00:09:0{host.number}"
             f" up; ip addr add {ADDRESSES[host.name]}/24 dev xenbr0")


def present(w):
    """Names of the hosts that are in one database and have in force what it says."""
    return {row["name"] for row in document(w.a, "db list Host")["rows"]
            if row["cur_cfg"] is not None and row["presence"] == "present"}


@step("pool", "vifctl pool init and join: two hosts share one database by TLS, without etcd", star=True)
def pool(w):
    at = f"ssl:{ADDRESSES['xen-a']}:{PORT}"
    files = certificates(ADDRESSES)
    for host in (w.a, w.b):
        give_address(host)
        for name, text in files[host.name].items():
            host.put(FILES + name, text, 0o600 if name == "key.pem" else 0o644)
    ping = w.two.start("ping", "10.0.0.4", 0, 100, 5000)
    vifctl(w.a, f"pool init {at} hosts={ADDRESSES['xen-b']}", timeout=180)
    w.b.run("systemctl -q disable --now vifdbd.socket vifdbd 2>&1")
    vifctl(w.b, f"pool join {at}", timeout=180)
    wait.until("both hosts to report to one database", 60, lambda: present(w) == set(ADDRESSES), 0.5)
    pings = ping.stop(60)
    check(pings["sent"] and pings["received"] == pings["sent"], f"pings meanwhile: {pings}")
    # two is on xen-b, which asks nobody but xen-a's database.
    begin = time.monotonic()
    vifctl(w.a, f"port set {uuid(w, 'two')} vlan=200")
    took = time.monotonic() - begin
    port = w.port("two")
    check(port["vlan"]["pvid"] == 200, f"xen-b has {port['vlan']} in force when vifctl returns")
    vifctl(w.a, f"port clear {uuid(w, 'two')} vlan")
    check(w.port("two")["vlan"]["pvid"] == 100, "what was cleared is in force")
    return f"policy written on xen-a was in force on xen-b after {took:.1f} s, with the command;" \
        f" {pings['sent']} pings over both restarts, 0 lost"


# ---- a VM comes back to its host ----

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
              and story["connections"]["taken"] and not story["problem"], f"what came: {story}")
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


@step("back", "xl migrate there and back: each is a handover of its own", needs=("pool",))
def back(w):
    first = w.mover.host
    other = w.b if first is w.a else w.a
    there, again = goes_along(w, lambda: move(w, other), lambda: move(w, first))
    return f"{there} connections went along, {again} came back"


@step("localhost", "xl migrate to its own host: two domains, one identity, one row", needs=("pool",))
def localhost(w):
    host = w.mover.host

    def to_itself():
        done = host.run('xl migrate -s "" mover "xl migrate-receive"', 300, check=False)
        check(done.rc == 0, f"xl migrate: {done}")
        w.mover.follow(host)

    return f"{goes_along(w, to_itself)[0]} connections went along"


@step("restored", "xl save and restore: what the port had goes on", needs=("pool",))
def restored(w):
    return f"{goes_along(w, lambda: save_and_restore(w, 'mover'))[0]} connections went on"
