# SPDX-License-Identifier: GPL-2.0-or-later
"""Steps: two hosts become a pool, as docs/pool.md has it: by three members of etcd, or, without
any, the one by the other's database (make check-xen-life)."""
import os
import subprocess
import tempfile
import time

import members
import wait
from steps_policy import uuid, vifctl
from world import check, document, step

PORT = 6640
ADDRESSES = {"xen-a": "10.9.9.1", "xen-b": "10.9.9.2"}
FILES = "/etc/vifswitch/db/{}-{}"


def certificates(owners):
    """{name: {file: text}}: an authority, and one certificate for each, in its name and addresses."""
    with tempfile.TemporaryDirectory() as at:
        def openssl(*words):
            subprocess.run(["openssl", *words], check=True, cwd=at, stderr=subprocess.DEVNULL)

        def text(name):
            with open(os.path.join(at, name)) as f:
                return f.read()

        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca-key", "-out", "ca",
                "-days", "2", "-subj", "/CN=authority")
        made = {}
        for owner, addresses in owners.items():
            with open(os.path.join(at, "ext"), "w") as f:
                f.write("subjectAltName=" + ",".join(f"IP:{a}" for a in addresses) + "\n")
            openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "key", "-out", "req",
                    "-subj", f"/CN={owner}")
            openssl("x509", "-req", "-in", "req", "-CA", "ca", "-CAkey", "ca-key", "-CAcreateserial",
                    "-out", "cert", "-days", "2", "-extfile", "ext")
            made[owner] = {"ca.pem": text("ca"), "cert.pem": text("cert"), "key.pem": text("key")}
        return made


def give_files(host, kind, files):
    host.run(f"date -s @{int(time.time())}")      # emulated clocks drift from boot on
    for name, text in files.items():
        host.put(FILES.format(kind, name), text, 0o600 if name == "key.pem" else 0o644)


def give_address(host):
    """dom0 is reached over the switch itself, in a VLAN of its own; once for all steps."""
    if not host.run("grep -q ^address /etc/vifswitch/vifswitch.conf", check=False).rc:
        return
    host.run("sed -i 's/^switch xenbr0 {/&\\n local { untagged = 900 }/' /etc/vifswitch/vifswitch.conf"
             f"; sed -i '1i address = \"{ADDRESSES[host.name]}\"' /etc/vifswitch/vifswitch.conf"
             f"; systemctl reload vifswitchd; ip link set xenbr0 address 52:54:00:00:09:0{host.number}"
             f" up; ip addr add {ADDRESSES[host.name]}/24 dev xenbr0")


def present(host):
    """Names of the hosts that are in one database and have in force what it says."""
    return {row["name"] for row in document(host, "db list Host")["rows"]
            if row["cur_cfg"] is not None and row["presence"] == "present"}


def written(w, host, target):
    """Policy that is written on a host for a VM on another is in force there when vifctl returns;
    the seconds that took."""
    begin = time.monotonic()
    vifctl(host, f"port set {uuid(w, target)} vlan=200")
    took = time.monotonic() - begin
    port = w.port(target)
    check(port["vlan"]["pvid"] == 200, f"{w.guests[target].host.name} has {port['vlan']} in force when vifctl returns")
    vifctl(host, f"port clear {uuid(w, target)} vlan")
    check(w.port(target)["vlan"]["pvid"] == 100, "what was cleared is in force")
    return took


def become_one(w, make):
    """How many of two's pings came back while the hosts became a pool: all."""
    ping = w.two.start("ping", "10.0.0.4", 0, 100, 5000)
    make()
    wait.until("both hosts to report to one database", 60, lambda: present(w.a) == set(ADDRESSES), 0.5)
    pings = ping.stop(60)
    check(pings["sent"] and pings["received"] == pings["sent"], f"pings meanwhile: {pings}")
    return pings["sent"]


def join_pair(w, limit=180):
    """xen-b is served by xen-a's database from then on."""
    at = f"ssl:{ADDRESSES['xen-a']}:{PORT}"
    files = certificates({name: [address] for name, address in ADDRESSES.items()})
    for host in (w.a, w.b):
        give_address(host)
        give_files(host, "host", files[host.name])
    vifctl(w.a, f"pool init {at} hosts={ADDRESSES['xen-b']}", timeout=limit)
    w.b.run("systemctl -q disable --now vifdbd.socket vifdbd 2>&1", limit)
    vifctl(w.b, f"pool join {at}", timeout=limit)


@step("pair", "vifctl pool init and join: two hosts share one database by TLS, without etcd")
def pair(w):
    sent = become_one(w, lambda: join_pair(w))
    # two is on xen-b, which asks nobody but xen-a's database.
    took = written(w, w.a, "two")
    return f"policy written on xen-a was in force on xen-b after {took:.1f} s, with the command;" \
        f" {sent} pings over both restarts, 0 lost"


def members_of(host):
    """How many members of etcd answer a host; None while it did not ask all."""
    answers = [m["answers"] for m in document(host, "pool status", 60)["members"]]
    return None if None in answers else answers.count(True)


@step("pool", "vifctl pool init and join: each host has its database, three members of etcd keep"
      " them the same", star=True)
def pool(w):
    hosts = {host.name: [w.lab.members.address(host)] for host in (w.a, w.b)}
    files = certificates({**hosts, "member": [*members.ADDRESSES, "127.0.0.1"]})
    w.lab.members.start(files["member"])

    def make():
        vifctl(w.a, f"pool init {members.URLS}", timeout=240)
        vifctl(w.b, f"pool join {members.URLS}", timeout=240)
    for host in (w.a, w.b):
        host.run(f"ip addr add {w.lab.members.address(host)}/24 dev eth1; ip link set eth1 up")
        give_files(host, "etcd", files[host.name])
    sent = become_one(w, make)
    took = written(w, w.a, "two"), written(w, w.b, "one")
    for host in (w.a, w.b):
        wait.until("all members to answer", 60, lambda h=host: members_of(h) == 3, 1)
    return f"policy written on xen-a was in force on xen-b after {took[0]:.1f} s, the other way after" \
        f" {took[1]:.1f} s, with the command; {sent} pings over both restarts, 0 lost"
