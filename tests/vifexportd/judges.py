# SPDX-License-Identifier: GPL-2.0-or-later
"""What the encoders write, as collectors that nobody here wrote read it: nfcapd, sfcapd,
nfacctd, sfacctd and tshark of Debian, and a decoder of our own.

$EXPORT_DRIVER tells made-up records, and what they come to.
"""
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import flowdecode  # noqa: E402

DRIVER = os.environ.get("EXPORT_DRIVER")
COUNT = 1000


def same(got, wanted, what):
    if got != wanted:
        raise AssertionError(f"{what}: got {got!r}, wanted {wanted!r}")


def told(form, sampling=1, count=COUNT):
    """(datagrams, what they should come to)."""
    done = subprocess.run([DRIVER, form, str(sampling), str(count)], check=True, capture_output=True,
                          timeout=120)
    datagrams, at = [], 0
    while at < len(done.stdout):
        length, = struct.unpack_from(">I", done.stdout, at)
        datagrams.append(done.stdout[at + 4:at + 4 + length])
        at += 4 + length
    assert max(len(d) for d in datagrams) <= 1400
    return datagrams, json.loads(done.stderr)


# ---- collectors ----

def queued(port):
    """(octets in the socket at that port, datagrams it has lost); None: there is none."""
    with open("/proc/net/udp", encoding="ascii") as table:
        for line in table.readlines()[1:]:
            words = line.split()
            if int(words[1].split(":")[1], 16) == port:
                return int(words[4].split(":")[1], 16), int(words[12])
    return None


def wait(condition, what):
    for _ in range(1200):
        if condition():
            return
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within a minute")


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


@contextlib.contextmanager
def collector(argv, port):
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        wait(lambda: queued(port) or process.poll() is not None, argv[0] + " listens")
        assert process.poll() is None, process.stdout.read()
        yield
        wait(lambda: queued(port)[0] == 0, argv[0] + " has taken all")
        same(queued(port)[1], 0, argv[0] + " lost datagrams")
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=120)


def send(port, datagrams):
    """A few at a time, so that the collector's socket has room."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for i, datagram in enumerate(datagrams):
            if i % 20 == 0:
                wait(lambda: queued(port)[0] == 0, "the collector takes")
            s.sendto(datagram, ("127.0.0.1", port))


def nfdump(form, datagrams):
    """What nfcapd or sfcapd says of all: "Packets", "Bytes", "Flows", "Sequence failures"..."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        program = "sfcapd" if form == "sflow" else "nfcapd"
        with collector([program, "-l", folder, "-p", str(port), "-b", "127.0.0.1", "-t", "3600"], port):
            send(port, datagrams)
        done = subprocess.run(["nfdump", "-R", folder, "-I"], check=True, capture_output=True, text=True,
                              timeout=120)
    found = dict(line.split(": ") for line in done.stdout.splitlines() if ": " in line)
    same(found["Sequence failures"], "0", form)
    return {name: int(found[name]) for name in ("Flows", "Packets", "Bytes")}


def write_pcap(path, form, datagrams):
    """A capture of what went from 192.0.2.1 to 192.0.2.2."""
    with open(path, "wb") as f:
        f.write(struct.pack("=IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
        for d in datagrams:
            udp = struct.pack(">HHHH", 40000, 6343 if form == "sflow" else 4739, 8 + len(d), 0) + d
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0,
                             bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
            frame = bytes(12) + b"\x08\x00" + ip + udp
            f.write(struct.pack("=IIII", 0, 0, len(frame), len(frame)) + frame)


def pmacct_once(form, datagrams, sampling):
    """Packets that nfacctd or sfacctd comes to, which read a capture and end; -1: it wrote none."""
    with tempfile.TemporaryDirectory() as folder:
        capture, out, config = (os.path.join(folder, name) for name in ("pcap", "out", "config"))
        program = "sfacctd" if form == "sflow" else "nfacctd"
        write_pcap(capture, form, datagrams)
        with open(config, "w", encoding="ascii") as f:
            f.write(f"""daemonize: false
plugins: print
aggregate: src_host, dst_host, src_port, dst_port, proto, in_iface, out_iface, src_mac, vlan
print_output: csv
print_output_file: {out}
print_refresh_time: 86400
print_history: 1h
plugin_pipe_size: 40960000
pcap_savefile: {capture}
{program}_renormalize: {'true' if sampling else 'false'}
""")
        done = subprocess.run([program, "-f", config], capture_output=True, text=True, timeout=300)
        said = done.stdout + done.stderr
        assert done.returncode == 0 and "malformed" not in said, said
        if not os.path.exists(out):
            return -1
        with open(out, encoding="ascii") as f:
            rows = [line.split(",") for line in f]
    return sum(int(r[-2]) for r in rows if r[-2].isdigit())


def pmacct(form, datagrams, wanted, sampling=False):
    """The same. Its plugin is given a time to read in, which a busy machine may not give it."""
    for _ in range(5):
        got = pmacct_once(form, datagrams, sampling)
        if got == wanted:
            break
    return got


def tshark(form, datagrams):
    """The text of all that it makes of them."""
    protocol = "sflow" if form == "sflow" else "cflow"
    with tempfile.TemporaryDirectory() as folder:
        capture = os.path.join(folder, "pcap")
        write_pcap(capture, form, datagrams)
        done = subprocess.run(["tshark", "-r", capture, "-d", f"udp.port==4739,{protocol}", "-O",
                               protocol, "-V"], check=True, capture_output=True, text=True, timeout=300)
    return done.stdout


# ---- tests ----

def test_own_decoder_reads_all_formats():
    for form in ("netflow5", "netflow9", "ipfix"):
        datagrams, sums = told(form, 100)
        d = flowdecode.Decoder()
        for datagram in datagrams:
            d.take(datagram)
        same(len(d.flows), sums["flows"], form)
        same(sum(f[2] for f in d.flows), sums["packets"], form)
        same(sum(f[1] for f in d.flows), sums["octets_l3"], form)
        if form != "netflow5":
            same(sum(f[352] for f in d.flows), sums["octets"], form)
            same(sum(f[2] for f in d.flows if f[89] >= 128), sums["dropped_packets"], form)
            same({f[10] for f in d.flows}, {1 << 20, (1 << 20) + 1, 4}, form)
            same({s[34] for s in d.sampling if 34 in s}, {100}, form)
        if form == "ipfix":
            same({(f[348], f[350], f[349][:2]) for f in d.flows},
                 {(b"vif3.0", b"web", b"\xf4\x07"), (b"vif4.1", b"db", b"\xf4\x08"),
                  (b"eth0", b"", b"")}, "IANA 348, 350, 349")
            same(sum(s.get(306, -1) == 99 for s in d.sampling), 1, "selector")


def test_own_decoder_reads_sflow():
    datagrams, sums = told("sflow", 100)
    d = flowdecode.Decoder()
    for datagram in datagrams:
        d.take(datagram)
    same((len(d.samples), len(d.discarded), len(d.counters)),
         (sums["samples"], sums["discarded"], sums["counters"]), "samples")
    same({(s["reason"], s["word"]) for s in d.discarded}, {(262, "to-mtu")}, "reasons")
    same({s["length"] for s in d.samples}, {68}, "frame length with its FCS")
    same({(c["name"], c.get("host")) for c in d.counters},
         {("vif3.0", "web"), ("vif4.1", "db"), ("eth0", None)}, "names")


def test_nfdump_counts_what_was_told():
    for form in ("netflow5", "netflow9", "ipfix"):
        datagrams, sums = told(form)
        same(nfdump(form, datagrams), {"Flows": sums["flows"], "Packets": sums["packets"],
                                       "Bytes": sums["octets_l3"]}, form)


def test_nfdump_scales_what_was_sampled():
    for form in ("netflow5", "netflow9", "ipfix"):
        datagrams, sums = told(form, 100)
        same(nfdump(form, datagrams)["Packets"], 100 * sums["packets"], form + " packets")


def test_sfcapd_counts_samples():
    datagrams, sums = told("sflow", 1)
    same(nfdump("sflow", datagrams), {"Flows": sums["samples"], "Packets": sums["samples"],
                                      "Bytes": 68 * sums["samples"]}, "sfcapd")


def test_pmacct_counts_what_was_told():
    for form, sampling in (("netflow5", 1), ("netflow9", 1), ("ipfix", 1), ("netflow9", 100),
                           ("ipfix", 100)):
        datagrams, sums = told(form, sampling)	# it leaves out what is not IP
        wanted = sampling * sums["ip_packets"]
        same(pmacct(form, datagrams, wanted, sampling > 1), wanted, f"{form} of 1 in {sampling}")


def test_sfacctd_counts_samples():
    datagrams, sums = told("sflow", 100)
    wanted = 100 * sums["samples"]
    same(pmacct("sflow", datagrams, wanted, True), wanted, "packets")


def test_tshark_finds_nothing_malformed():
    for form in ("netflow5", "netflow9", "ipfix", "sflow"):
        datagrams, _ = told(form, 100, 300)
        if form == "sflow":	# it reads neither sample 5 nor counters of VMs: the decoder above does
            datagrams = [d for d in datagrams if struct.unpack_from(">I", d, 28)[0] == 1]
            assert len(datagrams) > 10
        text = tshark(form, datagrams)
        for bad in ("Malformed", "No template found", "Expert Info (Error"):
            assert bad not in text, (form, bad, text[text.index(bad) - 2000:text.index(bad) + 200])


TESTS = [function for name, function in list(globals().items()) if name.startswith("test_")]
