# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is believed in an encrypted network of a pool: keys that their host signed; and what is held
back when such a network is deleted."""
import base64
import subprocess
import time

import ctl
import wait
from charon import Authority
from registry import check, same, test
from test_daemon import numbered
from test_networks import in_state, vm
from test_sealed import FAR, OWN, PORTS, Member, Watch, add, arrives, frames, said, session, wg
from test_sealed import world as plain_world
from world import BROADCAST


def statement(name, sequence, keys):
    """What is signed."""
    return (f"vifswitch wireguard keys 1\n{name}\n{sequence}\n0 {keys.get('0', '-')}\n"
            f"1 {keys.get('1', '-')}\n").encode()


def sign(identity, name, keys, sequence):
    """Column wireguard_proof, as a host would write it."""
    certificate, key = identity
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], check=True,
                               input=statement(name, sequence, keys), stdout=subprocess.PIPE).stdout
    with open(certificate) as f:
        return {"certificate": f.read(), "sequence": str(sequence),
                "signature": base64.b64encode(signature).decode()}


def world(ca):
    own = ca.issue("host1", OWN)
    return plain_world([f"--certificate={own[0]}", f"--private-key={own[1]}", f"--ca-cert={ca.certificate}"])


@test(limit=400)
def forged_rows():
    """keys without their host's signature, with another's, an old one, of no CA: refused and said"""
    ca = Authority()
    wire, dom0, watch = world(ca)
    vif = vm(dom0, 1, access=100)
    add(dom0)
    member = Member(wire, dom0, "host2", FAR)
    keys = {str(p): f"{member.keys[p]} {PORTS[p]}" for p in (0, 1)}
    own, other = ca.issue("host2", FAR), ca.issue("host3", "192.0.2.3")
    now = int(time.time())

    def told(words, proof, its=None):
        dom0.db.update("Host", {"name": "host2"}, wireguard=its or keys, wireguard_proof=proof)
        try:
            wait.until(f"host2 to be refused: {words}", 30, lambda: any(
                "host2" in r and words in r for r in ctl.here(dom0, "network", "blue")["refused"]))
        except wait.Timeout as e:
            raise AssertionError(f"{e}: {ctl.here(dom0, 'network', 'blue')}") from None
        in_state(dom0, "blue", "no-remote")

    told("has no proof", {})
    told("another host's certificate, of host3", sign(other, "host2", keys, now))
    told("certificate is not good", sign(Authority().issue("host2", FAR), "host2", keys, now))
    good = sign(own, "host2", keys, now)
    dom0.db.update("Host", {"name": "host2"}, wireguard=keys, wireguard_proof=good)
    wait.until("host1's keys", 30, lambda: len(said(dom0, "host1")) == 2)
    member.follow()
    wait.until("the session", 90, lambda: session(dom0) == "up")
    there, back = frames(vif)
    arrives(vif, there, member, there, "from the VM")
    # A stranger with his own key and what host2 once signed.
    theirs = {"0": f"{wg('pubkey', key=wg('genkey'))} {PORTS[0]}"}
    told("not of these keys", good, theirs)
    same(subprocess.run(["wg", "show", "vsnet-wg0", "peers"], text=True, check=True,
                        stdout=subprocess.PIPE).stdout.strip(), "", "peers of a forged row")
    check("did not sign" in ctl.run(dom0, "doctor", status=(1,)).out, "doctor")
    told("older than", sign(own, "host2", theirs, now - 1000), theirs)
    dom0.db.update("Host", {"name": "host2"}, wireguard=keys,
                   wireguard_proof=sign(own, "host2", keys, now + 1))
    wait.until("the session again", 120, lambda: session(dom0) == "up")
    # What this host tells is signed, as anybody with the CA's certificate can see.
    row = dom0.db.rows("Host", name="host1")[0]
    proof, mine = dict(row["wireguard_proof"][1]), dict(row["wireguard"][1])
    again = sign(ca.issue("host1", OWN), "host1", mine, int(proof["sequence"]))
    check(again["signature"] != proof["signature"], "two signatures")
    public = subprocess.run(["openssl", "x509", "-noout", "-pubkey"], text=True, check=True,
                            input=proof["certificate"], stdout=subprocess.PIPE).stdout
    with open("/tmp/public.pem", "w") as f:
        f.write(public)
    with open("/tmp/signature", "wb") as f:
        f.write(base64.b64decode(proof["signature"]))
    subprocess.run(["openssl", "dgst", "-sha256", "-verify", "/tmp/public.pem", "-signature",
                    "/tmp/signature"], check=True, input=statement("host1", proof["sequence"], mine),
                   stdout=subprocess.DEVNULL)
    watch.clean("all of it")


@test(limit=300)
def deleted_under_its_vms():
    """a deleted encrypted network's VLAN stays off the uplinks until no VM uses it, or it is released"""
    wire, dom0, watch = plain_world()
    vif = vm(dom0, 1, access=100)
    shout = lambda: vif.send(numbered(BROADCAST, vif.mac) + b"99999999")
    add(dom0)
    in_state(dom0, "blue", "no-remote")
    ctl.run(dom0, "network", "del", "blue")

    def held():
        return dom0.ask("networks")["held_vlans"]
    wait.until("the network to go", 30, lambda: not dom0.nl.networks())
    wait.until("the VLAN to be held", 20, lambda: held() == [{"switch": "xenbr0", "vlan": 100}])
    shout()
    time.sleep(1)
    watch.clean("deleted under its VM")
    dom0.kill()
    dom0.start()
    wait.until("the VLAN to be held after a restart", 20, lambda: held())
    shout()
    time.sleep(1)
    watch.clean("after kill -9")
    check("vifctl network unseal xenbr0 100" in ctl.run(dom0, "doctor", status=(1,)).out, "doctor")
    ctl.run(dom0, "network", "unseal", "xenbr0", "100")
    same(held(), [], "what is held")

    def leaves():
        shout()
        watch.look()
        return watch.clear
    wait.until("the VM's frames on the wire", 20, leaves, 0.2)
    check("not held back" in ctl.run(dom0, "network", "unseal", "xenbr0", "100", status=(1,)).said,
          "unsealed twice")
    # By itself, when its last VM goes; and at once by a row that says so.
    add(dom0)
    said_ = ctl.run(dom0, "network", "unseal", "xenbr0", "100", status=(1,)).said
    check("encrypt=none" in said_, said_)
    ctl.run(dom0, "network", "del", "blue")
    wait.until("the VLAN to be held again", 20, lambda: held())
    vif.remove_netdev()
    wait.until("nothing to be held", 30, lambda: not held())
