# SPDX-License-Identifier: GPL-2.0-or-later
"""libvifdb with servers that do not behave, without a server, with TLS, and as installed."""

import os
import re
import subprocess
import time

from driver import HERE, TOP, Driver, changes
from fake import ROW, Fake

HEADER = os.path.join(TOP, "include/vifdb/vifdb.h")
GARBAGE = (
    b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\0", b"[" * 100000, b'{"a":' * 100,
    b'{"id":1}', b'{"id":99,"result":{},"error":null}', b'{"method":"update3","params":{}}',
    b'{"id":null,"method":"update3","params":["vifdb","x",{"C":{"y":{}}}]}',
    b'{"id":null,"method":"update3","params":["vifdb","x",{"C":{"' + ROW.encode() +
    b'":{"modify":{"n":"one"}}}}]}', b'{"\xff":1}', b'{"a":"\\ud800"}', b'{"a":1e999}',
)


def test_garbage(s):
    """Each ends the connection with a sentence; the copy is kept, and comes anew."""
    fake = Fake(s.dir)
    for garbage in GARBAGE:
        d = Driver("unix:" + fake.path, "C", wait=False)
        fake.serve({ROW: {"initial": {"name": "a"}}})
        d.until(event="state", state="ready")
        fake.octets(garbage)
        told = d.until(event="state", state="disconnected")
        assert told[-1]["error"], (garbage[:40], told)
        assert not changes(told), told
        assert [r["name"] for r in d.dump("C")] == ["a"]
        asked = fake.serve({ROW: {"initial": {"name": "a", "n": 2}}})
        # what it had is not to be relied on
        assert asked == "00000000-0000-0000-0000-000000000000", asked
        assert changes(d.until(event="state", state="ready")) == ["modified a"]
        d.close()
    fake.close()
    return f"{len(GARBAGE)} kinds"


def test_no_end(s):
    """A message that does not end is not read for ever, nor one that is too large."""
    fake = Fake(s.dir)
    d = Driver("unix:" + fake.path, "C", wait=False)
    fake.serve()
    d.until(event="state", state="ready")
    try:
        fake.octets(b'{"a":"')
        for _ in range(257):
            fake.octets(b"x" * (1 << 20))
    except (BrokenPipeError, ConnectionResetError):
        pass
    told = d.until(event="state", state="disconnected")
    assert "268435456" in told[-1]["error"], told
    d.close()
    fake.close()


def test_slow(s):
    """A server that takes its time, octet by octet."""
    fake = Fake(s.dir)
    d = Driver("unix:" + fake.path, "C", wait=False)
    real, delay = fake.octets, .001

    def dribble(data):
        for octet in data:
            real(bytes([octet]))
            time.sleep(delay)

    fake.octets = dribble
    fake.serve({ROW: {"initial": {"name": "a"}}})
    assert changes(d.until(event="state", state="ready")) == ["inserted a"]
    d.do("commit", tag="t", operations=[])
    fake.answer([{}])
    assert d.until(event="txn", tag="t")[-1]["status"] == "committed"
    d.close()
    fake.close()


def test_silent(s):
    """A server that says nothing is asked, and an answer is enough."""
    fake = Fake(s.dir)
    d = Driver("unix:" + fake.path, "C", wait=False)
    fake.serve()
    d.until(event="state", state="ready")
    started = time.monotonic()
    assert fake.answer([])["method"] == "echo"
    assert fake.answer([])["method"] == "echo"
    assert time.monotonic() - started > 9
    fake.say({"id": "x", "method": "echo", "params": ["y"]})
    assert fake.request() == {"id": "x", "result": ["y"], "error": None}
    d.close()
    fake.close()


def test_backoff(s):
    """Tries again later and later, and says what is in the way."""
    path = os.path.join(s.dir, "nobody.sock")
    d = Driver("unix:" + path, "C", wait=False)
    times = []
    for _ in range(5):
        told = d.until(event="state", state="disconnected")
        times.append(time.monotonic())
        assert told[-1]["error"] == f"unix:{path}: No such file or directory", told
    # at least 0.1, 0.2, 0.4 and 0.8 s
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert all(gap > .09 * 2 ** n for n, gap in enumerate(gaps)), gaps
    d.do("wait_ready", ms=10)
    told = d.until(event="wait_ready")[-1]
    assert told["returned"] == -110 and path in told["error"], told
    d.close()


def test_no_database(s):
    d = Driver("unix:" + s.main.socket, "C", database="Nobody", wait=False)
    told = d.until(event="state", state="disconnected")
    assert '"Nobody"' in told[-1]["error"], told
    d.close()


def certificates(directory):
    def openssl(*args):
        subprocess.run(["openssl", *args], check=True, cwd=directory, stderr=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL)

    for ca in ("ca", "other-ca"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", ca + ".key", "-out",
                ca + ".pem", "-subj", "/CN=" + ca, "-days", "2")
    for name, ca, san in (("server", "ca", "IP:127.0.0.1"), ("wrong", "ca", "DNS:example.org"),
                          ("foreign", "other-ca", "IP:127.0.0.1"), ("client", "ca", "DNS:client")):
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out",
                name + ".csr", "-subj", "/CN=" + name)
        with open(os.path.join(directory, name + ".ext"), "w") as f:
            f.write("subjectAltName=" + san + "\n")
        openssl("x509", "-req", "-in", name + ".csr", "-CA", ca + ".pem", "-CAkey", ca + ".key",
                "-CAcreateserial", "-out", name + ".pem", "-days", "2", "-extfile", name + ".ext")


def test_tls(s):
    """The server's certificate must be the CA's, and be for the host."""
    certificates(s.dir)

    def path(name):
        return os.path.join(s.dir, name)

    def tls(who, ca="ca"):
        return [path(who + ".key"), path(who + ".pem"), path(ca + ".pem")]

    for who, says in (("server", None), ("wrong", "mismatch"), ("foreign", "certificate")):
        port = s.free_port()
        key, certificate, _ = tls(who)
        server = s.start(name=who, options=[
            f"--private-key={key}", f"--certificate={certificate}",
            f"--ca-cert={path('ca.pem')}", f"--remote=pssl:{port}:127.0.0.1"])
        d = Driver(f"ssl:127.0.0.1:{port}", "C", tls=tls("client"), wait=False)
        if says:
            told = d.until(event="state", state="disconnected")
            assert says in told[-1]["error"], told
        else:
            d.until(event="state", state="ready")
            operations = [{"op": "insert", "table": "A", "row": {"i": 1}, "uuid-name": "a"}]
            operations += [{"op": "comment", "comment": "x" * 100000}] * 9
            assert d.commit(*operations)[0]["status"] == "committed"
        d.close()
        server.kill()
    d = Driver("ssl:127.0.0.1:1", "C", wait=False)
    told = d.until(event="state", state="disconnected")
    assert told[-1]["error"], told
    d.close()


def test_installed(s):
    """A program with the installed header and library alone; exported is what the header has."""
    tree = os.path.join(s.dir, "root")
    subprocess.run(["make", "--no-print-directory", "-C", TOP, "install-libvifdb",
                    "install-libvifdb-dev", "DESTDIR=" + tree, "PREFIX=/usr",
                    "LIBDIR=/usr/lib/here"], check=True, stdout=subprocess.DEVNULL)
    library = os.path.join(tree, "usr/lib/here")
    environment = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=tree,
                       PKG_CONFIG_PATH=os.path.join(library, "pkgconfig"))
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "vifdb"], env=environment,
                           check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    program = os.path.join(s.dir, "installed")
    subprocess.run(["gcc", "-std=gnu11", "-Wall", "-Werror", "-o", program,
                    os.path.join(HERE, "driver.c"), *flags], check=True)
    subprocess.run(["g++", "-fsyntax-only", "-Wall", "-Werror", "-x", "c++", *flags,
                    os.path.join(tree, "usr/include/vifdb/vifdb.h")], check=True)
    found = subprocess.run(["nm", "-D", "--defined-only", os.path.join(library, "libvifdb.so.0")],
                           check=True, stdout=subprocess.PIPE, text=True).stdout
    exported = set(re.findall(r" T (\S+)", found))
    with open(HEADER) as f:
        declared = set(re.findall(r"^[a-z].*?\b(vifdb_\w+)\(", f.read(), re.M))
    assert exported == {name + "@@VIFDB_0.1" for name in declared}, \
        exported ^ {name + "@@VIFDB_0.1" for name in declared}
    needs = subprocess.run(["readelf", "-d", os.path.join(library, "libvifdb.so.0")], check=True,
                           stdout=subprocess.PIPE, text=True).stdout
    assert "[libvifdb.so.0]" in needs, needs
    assert not re.search(r"libsystemd|libnl", needs), needs
    os.environ["LD_LIBRARY_PATH"] = library
    try:
        d = Driver("unix:" + s.main.socket, "C", program=program)
        assert d.commit({"op": "comment", "comment": "x"})[0]["status"] == "committed"
        d.close()
    finally:
        del os.environ["LD_LIBRARY_PATH"]
    return f"{len(exported)} functions"


TESTS = [test_garbage, test_no_end, test_slow, test_silent, test_backoff, test_no_database,
         test_tls, test_installed]
