# SPDX-License-Identifier: GPL-2.0-or-later
"""Who may connect, to whom vifdbd connects, and what a remote may do to files."""

import os
import socket
import ssl
import subprocess
import time

from client import VIFDBD, Client, Gone
from registry import test
from test_clients import free_port, make_certificates


def tls_files(s, name):
    return [f"--private-key={s.dir}/{name}.key", f"--certificate={s.dir}/{name}.pem", f"--ca-cert={s.dir}/ca.pem"]


def is_open(sock):
    """False when the other side has closed it; what it says is skipped."""
    try:
        sock.setblocking(False)
        while True:
            if not sock.recv(1000):
                return False
    except BlockingIOError:
        return True
    except OSError:
        return False


def until_closed(sock, seconds):
    sock.settimeout(seconds)
    try:
        while sock.recv(1000):
            pass
    except ConnectionResetError:
        pass


@test("4 transport: who shows no certificate holds few connections, not for long, and none of others'")
def handshakes(s):
    make_certificates(s.dir)
    port = free_port()
    server = s.server(name="crowd", options=["--max-clients=64", "--inactivity-probe=0",
                                             f"--remote=pssl:{port}:0.0.0.0"] + tls_files(s, "server"))
    local = [server.start()]

    def silent(source, n):
        return [socket.create_connection(("127.0.0.1", port), 20, source_address=(source, 0)) for _ in range(n)]

    def trusted(source):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(f"{s.dir}/ca.pem")
        context.load_cert_chain(f"{s.dir}/client.pem", f"{s.dir}/client.key")
        client = Client(("127.0.0.1", port), source=source)
        client.sock = context.wrap_socket(client.sock)
        client.call("list_dbs")
        return client

    # A sixteenth from one address, a quarter by one remote.
    crowd = silent("127.0.0.2", 100)
    local += [server.client_now() for _ in range(40)]
    for client in local:
        client.call("echo")
    assert sum(is_open(c) for c in crowd) == 4, "handshakes of one address"
    first = trusted("127.0.0.1")
    for client in local[1:]:
        client.close()
    # An eighth from one address.
    served = 0
    try:
        for _ in range(20):
            local.append(trusted("127.0.0.1"))
            served += 1
    except (OSError, Gone):
        pass
    assert served == 7, served
    first.call("echo")
    for k in range(3, 30):
        crowd += silent(f"127.0.0.{k}", 4)
    server.client_now().call("echo")
    held = [c for c in crowd if is_open(c)]
    assert len(held) <= 16, len(held)
    for client in held:
        until_closed(client, 60)
    trusted("127.0.0.90").call("echo")


@test("4 transport: who comes by one remote, or by TCP at all, leaves places to others")
def places(s):
    ports = [free_port(), free_port()]
    server = s.server(name="places", options=["--max-clients=64", "--inactivity-probe=0"] +
                      [f"--remote=ptcp:{port}:127.0.0.1" for port in ports])
    local, held = [server.start()], []

    def served(port):
        """How many of many, from addresses with up to an eighth each."""
        before = len(held)
        for source in range(2, 12):
            for _ in range(8):
                try:
                    client = Client(("127.0.0.1", port), timeout=120, source=f"127.0.0.{source}")
                    client.call("list_dbs")
                    held.append(client)
                except (OSError, Gone):
                    pass
        return len(held) - before

    half = served(ports[0])
    assert half == 32, half
    quarter = served(ports[1])
    assert quarter == 16, quarter
    local += [server.client_now() for _ in range(15)]
    for client in local + held:
        client.call("echo")


@test("4 transport: a peer that ssl: connects to must have a certificate for its address, or a name that was given")
def peer_names(s):
    make_certificates(s.dir)

    def sign(name, san):
        with open(f"{s.dir}/san", "w") as f:
            f.write("subjectAltName=" + san)
        subprocess.run(["openssl", "x509", "-req", "-in", "client.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                        "-CAcreateserial", "-out", name + ".pem", "-days", "2", "-extfile", "san"],
                       check=True, cwd=s.dir, stderr=subprocess.DEVNULL)

    sign("right", "IP:127.0.0.1,DNS:peer.example")
    sign("wrong", "IP:127.0.0.2,DNS:other.example")

    def attempt(certificate, *options):
        """Whether vifdbd lets a peer with this certificate ask."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_verify_locations(f"{s.dir}/ca.pem")
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_cert_chain(f"{s.dir}/{certificate}.pem", f"{s.dir}/client.key")
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(60)
            server = s.server(name=f"peer{len(s.servers)}", options=[
                f"--remote=ssl:127.0.0.1:{listener.getsockname()[1]}", *options] + tls_files(s, "server"))
            server.start().close()
            sock, _ = listener.accept()
            try:
                sock.settimeout(60)
                peer = context.wrap_socket(sock, server_side=True)
                peer.sendall(b'{"id":1,"method":"list_dbs","params":[]}')
                return b"Test" in peer.recv(1000)
            except OSError:
                return False
            finally:
                server.stop()

    assert attempt("right") and not attempt("wrong")
    assert attempt("right", "--peer-name=peer.example")
    assert attempt("wrong", "--peer-name=peer.example", "--peer-name=other.example")
    assert not attempt("wrong", "--peer-name=peer.example")
    # One without subjectAltName is for its common name.
    assert not attempt("client") and attempt("client", "--peer-name=client")


@test("4 transport: a remote of the database's makes sockets beside the database only, and removes nothing else's")
def careful_remotes(s):
    outside = os.path.join(s.dir, "outside")
    os.mkdir(outside)
    server = s.server(name="careful", options=["--remote=db:Test,A,ss"])
    client = server.start()

    def want(path):
        client.transact({"op": "delete", "table": "A", "where": []},
                        {"op": "insert", "table": "A", "row": {"s1": 1, "ss": "punix:" + path}})
        client.call("echo")

    def listens(path):
        try:
            return "Test" in Client(path).call("list_dbs")
        except OSError:
            return False

    kept = os.path.join(s.dir, "kept")
    with open(kept, "w") as f:
        f.write("mine")
    want(kept)
    assert os.path.isfile(kept) and "kept\": exists and is not a socket" in server.output(), server.output()
    taken = os.path.join(s.dir, "taken")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(taken)
        other.listen()
        inode = os.stat(taken).st_ino
        want(taken)
        assert os.stat(taken).st_ino == inode and "taken\": " in server.output(), server.output()
    # Nobody listens there any more.
    want(taken)
    want(os.path.join(s.dir, "next"))
    assert not os.path.exists(taken) and listens(os.path.join(s.dir, "next"))
    want(taken)
    assert listens(taken) and not os.path.exists(os.path.join(s.dir, "next"))
    # It is another's by now.
    os.unlink(taken)
    with open(taken, "w") as f:
        f.write("another's")
    stale = os.path.join(outside, "stale")
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(stale)
    for path in (stale, os.path.join(s.dir, "outside/../outside/stale"), "relative"):
        want(path)
        assert os.path.exists(stale) and f"{path}\": a column may only name sockets in {s.dir}" in server.output(), \
            server.output()
    assert os.path.isfile(taken)
    # Who starts the server may name any directory, but no file.
    other = s.server(name="cli", options=["--remote=punix:" + stale])
    other.start().close()
    assert listens(stale)
    bad = s.server(name="bad", options=["--remote=punix:" + kept])
    try:
        bad.start()
        raise AssertionError("a file was taken for a socket")
    except RuntimeError as e:
        assert "exists and is not a socket" in str(e), e
    assert os.path.isfile(kept)


def claimed_early(s, ask, local, own, location, offer, where):
    """A host says that it has a VM while that is elsewhere, and waits until it migrates: in vain."""
    def hosts():
        rows = local.transact({"op": "select", "table": "Location", "where": where(vm)[:1]}, db="vifswitch")[0]["rows"]
        return sorted(row["host"] for row in rows)
    vm = ["uuid", s.fresh_uuid()]
    assert ask(local, location("xen-b", vm)) is None
    assert ask(own, location("xen-a", vm)) is None
    assert ask(local, location("xen-c", vm)) is None
    assert ask(local, offer("xen-b", vm)) is None
    assert hosts() == ["xen-a", "xen-b", "xen-c"]
    assert ask(local, {"op": "update", "table": "Handover", "where": where(vm),
                       "row": {"state": "taken", "taker": "xen-c"}}) is None
    assert hosts() == ["xen-b", "xen-c"]
    assert ask(local, {"op": "delete", "table": "Location", "where": where(vm)},
               {"op": "delete", "table": "Handover", "where": where(vm)}) is None
    assert ask(own, location("xen-a", vm)) is None
    assert ask(own, offer("xen-a", vm)) == "not allowed"
    # Who took it may offer it when it goes on.
    assert ask(own, {"op": "delete", "table": "Location", "where": where(vm, "xen-a")}) is None
    assert ask(local, offer("xen-c", vm), location("xen-b", vm)) is None
    assert ask(own, location("xen-a", vm)) is None
    assert ask(own, {"op": "update", "table": "Handover", "where": where(vm, "xen-c"),
                     "row": {"state": "taken", "taker": "xen-a"}}) is None
    assert hosts() == ["xen-a", "xen-c"]
    # Who takes an offer of its own deletes nothing.
    vm = ["uuid", s.fresh_uuid()]
    assert ask(own, location("xen-a", vm), offer("xen-a", vm)) is None
    assert ask(local, location("xen-b", vm)) is None
    assert ask(own, {"op": "update", "table": "Handover", "where": where(vm, "xen-a"),
                     "row": {"state": "taken", "taker": "xen-a"}}) is None
    assert hosts() == ["xen-a", "xen-b"]


def anothers_vm(s, server, ask, local, own, handover):
    """A host that says that it has a VM, too, offers no state in the name of the one that has it."""
    def location(host, vm, state="active"):
        return {"op": "insert", "table": "Location", "row": {"host": host, "vm": vm, "devid": 0, "state": state}}

    def offer(host, vm, **more):
        return {"op": "insert", "table": "Handover", "row": {**handover, "host": host, "vm": vm, "devid": 0, **more}}

    def where(vm, host="xen-b"):
        return [["vm", "==", vm], ["host", "==", host]]

    def presence(word):
        assert ask(local, {"op": "update", "table": "Host", "where": [["name", "==", "xen-b"]],
                           "row": {"presence": word}}) is None
    vm, saved, arrived = (["uuid", s.fresh_uuid()] for _ in range(3))
    presence("present")
    assert ask(local, location("xen-b", vm)) is None
    assert ask(own, offer("xen-a", vm)) == "not allowed"
    assert ask(own, location("xen-a", vm)) is None
    assert ask(own, offer("xen-a", vm)) == "not allowed"
    # A restarted server does not know yet how the other has it; then it does.
    for state in (["set", []], "plugged", "active"):
        assert ask(local, {"op": "update", "table": "Location", "where": where(vm), "row": {"state": state}}) is None
        assert ask(own, offer("xen-a", vm)) == "not allowed", state
    refused = "certificate xen-a was refused an offer"
    assert refused in server.output(), server.output()
    # Each is held against all that hosts say, so there are not many in one transaction.
    many = [offer("xen-a", ["uuid", s.fresh_uuid()]) for _ in range(65)]
    assert ask(own, *many) == "resources exhausted"
    assert ask(own, *many[:64]) is None
    # The other offers it, as its VM leaves: that is not replaced, but taken.
    assert ask(local, offer("xen-b", vm)) is None
    replace = {"op": "update", "table": "Handover", "where": where(vm), "row": {"host": "xen-a", "domid": 7}}
    assert ask(own, replace) == "not allowed"
    assert ask(own, {"op": "update", "table": "Handover", "where": where(vm),
                     "row": {"state": "taken", "taker": "xen-a"}}) is None
    assert ask(own, {**replace, "row": {**replace["row"], "state": "offered"}}) == "not allowed"
    # The other has it no more: now the VM is this one's, and may go on from here.
    assert ask(local, {"op": "delete", "table": "Location", "where": where(vm)}) is None
    assert ask(own, {**replace, "row": {**replace["row"], "state": "offered"}}) is None
    # Saved, so nowhere: whoever says that it has it does not replace what was saved, unless that is old.
    assert ask(local, offer("xen-b", saved)) is None
    assert ask(own, location("xen-a", saved)) is None
    replace = {**replace, "where": where(saved)}
    assert ask(own, replace) == "not allowed"
    assert ask(local, {"op": "update", "table": "Handover", "where": where(saved),
                       "row": {"since": handover["since"] - 700}}) is None
    assert ask(own, replace) is None
    claimed_early(s, ask, local, own, location, offer, where)
    # A host that died has no say.
    assert ask(local, location("xen-b", arrived)) is None
    assert ask(own, location("xen-a", arrived)) is None
    assert ask(own, offer("xen-a", arrived)) == "not allowed"
    presence("absent")
    assert ask(own, offer("xen-a", arrived)) is None


@test("4 transport: what a certificate allows: all, nothing but reading, or what a host says of itself")
def rights(s):
    make_certificates(s.dir)
    schema = os.path.join(os.path.dirname(VIFDBD), "../vifswitch.ovsschema")
    port = free_port()
    server = s.server(name="rights", schema=schema, options=[
        f"--remote=pssl:{port}:127.0.0.1", "--rights=*:read", "--rights=xen-a:host", "--rights=root:all"]
        + tls_files(s, "server"))
    local = server.start()

    def client(name):
        subprocess.run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{s.dir}/{name}.key", "-out",
                        f"{s.dir}/{name}.csr", "-subj", f"/CN={name}"], check=True, stderr=subprocess.DEVNULL)
        subprocess.run(["openssl", "x509", "-req", "-in", f"{s.dir}/{name}.csr", "-CA", f"{s.dir}/ca.pem", "-CAkey",
                        f"{s.dir}/ca.key", "-CAcreateserial", "-out", f"{s.dir}/{name}.pem"],
                       check=True, stderr=subprocess.DEVNULL)
        context = ssl.create_default_context(cafile=f"{s.dir}/ca.pem")
        context.check_hostname = False
        context.load_cert_chain(f"{s.dir}/{name}.pem", f"{s.dir}/{name}.key")
        made = Client(("127.0.0.1", port))
        made.sock = context.wrap_socket(made.sock)
        return made

    def ask(who, *operations):
        return who.transact(*operations, db="vifswitch")[-1].get("error")

    def insert(table, **row):
        return {"op": "insert", "table": table, "row": row}
    vm = ["uuid", s.fresh_uuid()]
    group = insert("Group", name="g")
    handover = {"vm": vm, "devid": 0, "domid": 1, "generation": 1, "since": 1, "policy": 0, "state": "offered"}
    clients = {name: client(name) for name in ("root", "xen-a", "stranger", "*")}
    for name in ("stranger", "*"):
        reader = clients[name]
        assert ask(reader, group) == "not allowed"
        assert ask(reader, {"op": "select", "table": "Group", "where": []}) is None
        assert reader.error("lock", "host_" + b"stranger".hex())["error"] == "not allowed"
        assert reader.error("compact")["error"] == "not allowed"
    own, root = clients["xen-a"], clients["root"]
    assert ask(root, group) is None
    history = local.transact({"op": "select", "table": "History", "where": []}, db="vifswitch")[0]["rows"]
    assert [row["who"] for row in history] == ["cert:root"] and history[0]["client"] == "127.0.0.1", history
    assert ask(own, insert("Host", name="xen-a"), insert("Location", host="xen-a", vm=vm, devid=0),
               insert("VM", uuid=vm, name="web"), insert("Handover", host="xen-a", **handover)) is None
    # What a host says pushes no entry out of the history, though VM is a table of policy.
    assert local.transact({"op": "select", "table": "History", "where": []}, db="vifswitch")[0]["rows"] == history
    assert own.call("lock", "host_" + b"xen-a".hex()) == {"locked": True}
    assert own.error("lock", "host_" + b"xen-b".hex())["error"] == "not allowed"
    assert own.error("steal", "host_" + b"xen-a".hex())["error"] == "not allowed"
    assert ask(local, insert("Host", name="xen-b"), insert("Location", host="xen-b", vm=vm, devid=1),
               insert("Handover", host="xen-b", **{**handover, "devid": 1, "record": "r"}),
               insert("Handover", host="xen-b", **{**handover, "devid": 2, "record": "r"})) is None
    at = [["host", "==", "xen-b"]]
    for operation in (group, insert("Host", name="xen-c"), insert("Location", host="xen-b", vm=vm, devid=9),
                      {"op": "delete", "table": "Host", "where": [["name", "==", "xen-b"]]},
                      {"op": "update", "table": "Host", "where": [["name", "==", "xen-b"]],
                       "row": {"wireguard": ["map", [["0", "A" * 43 + "= 51790"]]]}},
                      {"op": "update", "table": "Location", "where": at, "row": {"state": "gone"}},
                      {"op": "update", "table": "VM", "where": [], "row": {"name": "other"}},
                      {"op": "delete", "table": "VM", "where": []}, {"op": "delete", "table": "Handover", "where": at},
                      {"op": "delete", "table": "Group", "where": []}, insert("Trial", seconds=9, host="xen-a"),
                      {"op": "update", "table": "Handover", "where": at, "row": {"since": 5}},
                      insert("Handover", host="xen-b", taker="xen-a", **{**handover, "devid": 7}),
                      insert("Handover", host="xen-b", taker="xen-a", **{**handover, "devid": 7, "state": "taken"})):
        assert ask(own, operation) == "not allowed", operation
    # What was offered it may take, and then tell what came of it, but not another's part, and delete it.
    mine, taken = at + [["devid", "==", 1]], {"state": "taken", "taker": "xen-a"}

    def handed(**row):
        return ask(own, {"op": "update", "table": "Handover", "where": mine, "row": row})
    others = ({"host": "xen-c"}, {"domid": 2}, {"generation": 2}, {"since": 2}, {"policy": 1})
    for row in ({"taker": "xen-a"}, {"taker": "xen-a", "record": "forged"}, *({**taken, **other} for other in others)):
        assert handed(**row) == "not allowed", row
    assert ask(own, {"op": "delete", "table": "Handover", "where": mine}) == "not allowed"
    assert handed(**taken) is None and handed(outcome="{}") is None
    assert handed(record=["set", []]) == "not allowed"
    for row in ({"state": "offered"}, {"taker": "xen-b"}, {"taker": ["set", []]}, *others):
        assert handed(**row) == "not allowed", row
    # What another took is not its own to tell of, but it may take it as well.
    second = at + [["devid", "==", 2]]

    def to_second(**row):
        return ask(own, {"op": "update", "table": "Handover", "where": second, "row": row})
    assert ask(local, {"op": "update", "table": "Handover", "where": second,
                       "row": {"state": "taken", "taker": "xen-c"}}) is None
    assert to_second(outcome="{}") == "not allowed" and to_second(record=["set", []]) == "not allowed"
    assert to_second(**taken, record="forged") == "not allowed" and to_second(**taken) is None
    # Who took it deletes it when it has expired, and no sooner.
    assert ask(own, {"op": "delete", "table": "Handover", "where": mine}) is None
    assert ask(local, {"op": "update", "table": "Handover", "where": second, "row": {"since": int(time.time())}}) is None
    assert ask(own, {"op": "delete", "table": "Handover", "where": second}) == "not allowed"
    # Its own record it may clear when it was taken, and write no other.
    third = [["host", "==", "xen-a"], ["devid", "==", 3]]
    assert ask(own, insert("Location", host="xen-a", vm=vm, devid=3),
               insert("Handover", host="xen-a", **{**handover, "devid": 3, "record": "mine"})) is None
    assert ask(local, {"op": "update", "table": "Handover", "where": third,
                       "row": {"state": "taken", "taker": "xen-c"}},
               {"op": "delete", "table": "Location", "where": third},
               insert("Location", host="xen-c", vm=vm, devid=3, state="active")) is None
    for row, want in (({"record": "new"}, "not allowed"), ({"record": ["set", []], "domid": 3}, "not allowed"),
                      ({"record": ["set", []]}, None)):
        assert ask(own, {"op": "update", "table": "Handover", "where": third, "row": row}) == want, row
    anothers_vm(s, server, ask, local, own, {**handover, "since": int(time.time())})
    assert ask(own, {"op": "update", "table": "Location", "where": [["host", "==", "xen-a"]], "row": {"state": "active"}}) is None
