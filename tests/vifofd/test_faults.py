# SPDX-License-Identifier: GPL-2.0-or-later
"""Peers that die, flood, send garbage, or do nothing; and vifofd killed."""
import os
import socket
import struct
import subprocess

from trial import Trial, free_port, until

HELLO = struct.pack("!BBHI", 4, 0, 8, 1)
ARP = "ff" * 6 + "020000000001" + "0806" + "00" * 46


def listener():
    s = socket.create_server(("127.0.0.1", 0))
    s.settimeout(60)
    return s, f"tcp:127.0.0.1:{s.getsockname()[1]}"


def connect(trial, name="br0"):
    s = socket.socket(socket.AF_UNIX)
    s.connect(trial.mgmt(name))
    s.settimeout(60)
    return s


def closed(s):
    try:
        while s.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


def accept(s):
    peer, _ = s.accept()
    peer.settimeout(60)
    return peer


def alive(trial):
    assert "n_tables:254" in trial.ofctl("show", "br0")


def octets(s, n):
    data = b""
    while len(data) < n:
        more = s.recv(n - len(data))
        assert more, "hung up"
        data += more
    return data


def message(s):
    header = octets(s, 8)
    _, kind, length, xid = struct.unpack("!BBHI", header)
    return kind, xid, octets(s, length - 8)


def test_garbage(trial):
    trial.switch("br0", [1], fail_mode="secure")
    for data in (b"GET / HTTP/1.1\r\n\r\n" * 10, b"\0" * 64, b"\xff" * 64, struct.pack("!BBHI", 4, 14, 8, 1),
                 struct.pack("!BBHI", 4, 0, 4, 1), HELLO + struct.pack("!BBHI", 4, 14, 3, 1)):
        with connect(trial) as s:
            s.sendall(data)
            message(s)                      # our hello: it was let in
            trial.command("warp 11000")     # what is no whole message is waited for
            assert closed(s)
    alive(trial)


def test_no_common_version(trial):
    trial.switch("br0", [1], fail_mode="secure")
    with connect(trial) as s:
        s.sendall(struct.pack("!BBHI", 3, 0, 8, 1))
        message(s)
        kind, _, body = message(s)
        assert kind == 1 and body[:4] == b"\0\0\0\0"    # HELLO_FAILED, INCOMPATIBLE
        assert closed(s)


def test_octet_by_octet(trial):
    trial.switch("br0", [1], fail_mode="secure")
    with connect(trial) as s:
        for octet in HELLO + struct.pack("!BBHI", 4, 2, 12, 7) + b"echo":
            s.sendall(bytes([octet]))
        assert message(s)[0] == 0
        assert message(s) == (3, 7, b"echo")


def test_half_open(trial):
    """A controller that accepts and says nothing, one that falls silent; others are served."""
    silent, where = listener()
    trial.switch("br0", [1], controller=[where, f"tcp:127.0.0.1:{free_port()}"], fail_mode="secure")
    peer = accept(silent)
    alive(trial)
    trial.command("warp 11000")
    assert closed(peer)
    peer = accept(silent)       # it is tried again
    peer.sendall(HELLO)
    assert message(peer)[0] == 0
    until("the session", lambda: probed(trial, peer))
    trial.command("warp 6000")
    assert closed(peer)


def probed(trial, peer):
    trial.command("warp 6000")
    return message(peer)[0] == 2


def test_flood(trial):
    """One who asks without end, and one who takes no answers, do not stop a third."""
    trial.switch("br0", [1], fail_mode="secure")
    with connect(trial) as flooder, connect(trial) as deaf:
        for s in (flooder, deaf):
            s.sendall(HELLO)
            message(s)
            s.setblocking(False)
        for s in (flooder, deaf):
            try:
                while True:
                    s.send(struct.pack("!BBHI", 4, 2, 8008, 7) + b"x" * 8000)
            except BlockingIOError:
                pass
        alive(trial)


def test_packet_ins_are_bounded(trial):
    """A controller that takes none costs memory up to a bound, and the switch nothing."""
    deaf, where = listener()
    trial.switch("br0", [1, 2], controller=where, fail_mode="secure")
    peer = accept(deaf)
    peer.sendall(HELLO + struct.pack("!BBHIHH", 4, 9, 12, 1, 0, 128))
    assert message(peer)[0] == 0
    trial.ofctl("add-flow", "br0", "actions=controller,output:2")
    frame = ARP + "00" * 1400
    before = memory(trial)
    for _ in range(6000):
        trial.command("receive br0 1 " + frame)
    assert memory(trial) - before < 64 << 20
    assert len(trial.sent("br0")) == 1024
    alive(trial)
    peer.close()


def test_length_of_ip(trial):
    """An IPv4 header that says less than its own length has nothing behind it."""
    trial.switch("br0", [1, 2], fail_mode="secure")
    trial.ofctl("add-flow", "br0", "actions=mod_nw_tos:4,mod_tp_src:5,output:2")
    for total in (0, 19, 20, 27, 28):
        frame = "02" * 12 + "0800" + f"4500{total:04x}00000000400600000a0000010a000002" + "00" * 20
        trial.command("receive br0 1 " + frame)
        assert [port for port, _ in trial.sent("br0")] == [2]
    alive(trial)


def memory(trial):
    with open(f"/proc/{trial.process.pid}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_fail_modes(trial):
    """Standalone: a plain switch when nobody is there, and flows again when somebody is. Secure: flows."""
    for mode, alone in (("secure", []), ("standalone", [2, 3])):
        s, where = listener()
        trial.switch("br0", [1, 2, 3], controller=where, fail_mode=mode)
        peer = accept(s)
        peer.sendall(HELLO)
        message(peer)
        trial.command("receive br0 1 " + ARP)
        assert trial.sent("br0") == []
        s.close()
        peer.close()
        until("its end", lambda: "hung up" in trial.log())
        trial.command("warp 1")
        trial.command("warp 16000")
        trial.command("receive br0 1 " + ARP)
        assert [port for port, _ in trial.sent("br0")] == alone, mode
        back = socket.create_server(("127.0.0.1", int(where.split(":")[2])))
        back.settimeout(60)
        peer = accept(back)
        peer.sendall(HELLO)
        message(peer)

        def flows_again():
            trial.command("receive br0 1 " + ARP)
            return trial.sent("br0") == []
        until("flows", flows_again)
        peer.close()
        back.close()


def test_many_connections(trial):
    trial.switch("br0", [1], fail_mode="secure")
    many = [connect(trial) for _ in range(70)]
    assert sum(bool(s.recv(8)) for s in many) == 64
    for s in many:
        s.close()
    until("room", lambda: subprocess.run(["ovs-ofctl", "show", f"unix:{trial.mgmt('br0')}"], capture_output=True,
                                         check=False).returncode == 0)


def test_connections_of_controllers(trial):
    """Those who come to a controller's socket, which asks nobody who he is, leave room for ovs-ofctl."""
    port = free_port()
    trial.switch("br0", [1], controller=f"ptcp:{port}", fail_mode="secure")
    many = [socket.create_connection(("127.0.0.1", port)) for _ in range(70)]
    for s in many:
        s.settimeout(60)
    assert sum(bool(s.recv(8)) for s in many) == 64
    alive(trial)
    for s in many:
        s.close()


def test_file_in_the_way(trial):
    """What is no socket, or somebody else's, is left alone."""
    path = os.path.join(trial.directory, "file")
    with open(path, "w", encoding="ascii") as f:
        f.write("kept")
    other = os.path.join(trial.directory, "other")
    with socket.socket(socket.AF_UNIX) as s:
        s.bind(other)
        s.listen()
        trial.switch("br0", [1], controller=[f"punix:{path}", f"punix:{other}"], fail_mode="secure")
        trial.switch("br0", [1], fail_mode="secure")
        assert os.path.exists(path) and os.path.exists(other)
    alive(trial)


def test_output_by_64_bits(trial):
    trial.switch("br0", [1, 2], fail_mode="secure")
    trial.ofctl("add-flow", "br0", "actions=set_field:2->metadata,output:OXM_OF_METADATA[]")
    trial.command("receive br0 1 " + ARP)
    assert [port for port, _ in trial.sent("br0")] == [2]


def test_killed(trial):
    """After kill -9 the sockets are there again, and 10,000 flows come back in one bundle."""
    flows = "".join(f"priority=5,ip,nw_dst=10.{i >> 8}.{i & 255}.1,actions=output:1\n" for i in range(10000))
    for _ in range(2):
        trial.switch("br0", [1], fail_mode="secure")
        trial.ofctl("-O OpenFlow14 --bundle add-flows", "br0", "-", stdin=flows)
        assert "flow_count=10000" in trial.ofctl("dump-aggregate", "br0")
        assert trial.ofctl("--no-stats dump-flows", "br0").count("actions=") == 10000
        trial.kill()
        trial.start()
    trial.switch("br0", [1], fail_mode="secure")
    alive(trial)


def pki(directory):
    """A key and a certificate that vouches for itself, of 127.0.0.1."""
    key, cert = (os.path.join(directory, name) for name in ("key.pem", "cert.pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", cert, "-subj", "/CN=test",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"], check=True, capture_output=True)
    return key, cert


def test_tls(trial):
    """pssl: and ssl:, each with the authority's certificate or not at all."""
    key, cert = pki(trial.directory)
    other = os.path.join(trial.directory, "other")
    os.mkdir(other)
    stranger = pki(other)
    port = free_port()
    tls = Trial(f"--private-key={key}", f"--certificate={cert}", f"--ca-cert={cert}")
    try:
        tls.switch("br0", [1], controller=f"pssl:{port}", fail_mode="secure")
        for k, c, expect in ((key, cert, 0), (*stranger, 1)):
            done = subprocess.run(["ovs-ofctl", "-p", k, "-c", c, "-C", cert, "show", f"ssl:127.0.0.1:{port}"],
                                  capture_output=True, timeout=60, check=False)
            assert done.returncode == expect, done.stderr
        port = free_port()
        with subprocess.Popen(["ovs-testcontroller", "-O", "OpenFlow13", "-p", key, "-c", cert, "-C", cert, f"pssl:{port}:127.0.0.1"],
                              stderr=subprocess.DEVNULL, env={**os.environ, "OVS_RUNDIR": tls.directory}) as controller:
            tls.switch("br0", [1, 2], controller=f"ssl:127.0.0.1:{port}", fail_mode="secure")

            def flooded():
                tls.command("receive br0 1 " + ARP)
                return [p for p, _ in tls.sent("br0")] == [2]
            until("a flood by a controller behind TLS", flooded)
            controller.kill()
        tls.stop()
    except BaseException:
        tls.kill()
        raise


def test_snoop(trial):
    """Who looks on sees what a controller and the switch say."""
    s, where = listener()
    trial.switch("br0", [1], controller=where, fail_mode="secure")
    peer = accept(s)
    peer.sendall(HELLO)
    message(peer)
    with subprocess.Popen(["ovs-ofctl", "-O", "OpenFlow13", "snoop", f"unix:{trial.directory}/br0.snoop"],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env={**os.environ, "OVS_RUNDIR": trial.directory}) as snoop:
        os.set_blocking(snoop.stdout.fileno(), False)
        seen = bytearray()

        def both():
            peer.sendall(struct.pack("!BBHI", 4, 2, 8, 7))
            message(peer)
            seen.extend(snoop.stdout.read() or b"")
            return b"ECHO_REPLY" in seen and b"ECHO_REQUEST" in seen
        try:
            until("a question and its answer", both)
        finally:
            snoop.kill()
    peer.close()
