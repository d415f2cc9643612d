# SPDX-License-Identifier: GPL-2.0-or-later
"""Flow tables in the kernel: what they match and do, what they may not, and how they change."""
import os
import socket
import struct
import threading
import time

import abi
import acl
import genl
import openflow as of
import packet
import wait
from genl import Error
from openflow import (FLOOD, IN, LOCAL, NORMAL, PRESENT, Tables, Told, controller, delete, flow,
                      goto, output, put)
from packet import tcp, udp
from registry import check, same, test
from test_acl import A, B, C, wrap
from test_offload import GSO_TCPV4, NEEDS_CSUM, PACKET_VNET_HDR, SOL_PACKET
from test_vlan import access, native_untagged
from world import BROADCAST, Switch, deliver, frame, ip, mac, refused, tags_of


def plain(n, *vlans):
    """A port that may send anything from its address in VLAN 0 and others."""
    return native_untagged(0, *vlans).program([mac(n)])


def bed(count=3, standalone=False, vlans=(5, 6)):
    switch = Switch()
    switch.nl.port_set(switch.ifindex, access(0).program())
    ports = [switch.port("abcdef"[n], plain(n + 1, *vlans), claim=1) for n in range(count)]
    tables = Tables(switch.nl, switch.ifindex, standalone)
    numbers = tables.numbers()
    for p in ports:
        p.number = numbers[p.ifindex]
    return switch, tables, ports


def names(got):
    return {name: len(frames) for name, frames in got.items() if frames}


@test(smoke=True)
def off_and_on():
    """without flows nothing passes; standalone goes as before; off is as it was before"""
    switch, tables, (a, b, c) = bed()
    data = wrap(1, 2, udp(A, B, 1, 2))
    refused(a, data, [b, c], "flow-miss")
    tables.mode(3)
    same(names(deliver(a, data, [b, c])), {"bp": 1}, "standalone")
    tables.mode(1)
    refused(a, data, [b, c], "flow-miss")
    tables.mode(0)
    same(names(deliver(a, data, [b, c])), {"bp": 1}, "off")
    for mode in (2, 4, 8):
        try:
            tables.mode(mode)
            check(False, f"mode {mode} was accepted")
        except Error as e:
            check("accepted" in e.text, e.text)
    try:
        tables.change(flow(1))
        check(False, "a flow of a switch that is not in flow mode")
    except Error as e:
        check("flow mode" in e.text, e.text)


@test(smoke=True)
def matches_and_outputs():
    """by port, address, type, port numbers, masks; several outputs, NORMAL, FLOOD, IN_PORT, LOCAL"""
    switch, tables, (a, b, c) = bed()
    tables.change(
        flow(1, 0, 200, {"IN_PORT": a.number, "ETH_TYPE": 0x800, "IP_PROTO": 17, "L4_DST": 53},
             [output(b.number), output(c.number)]),
        flow(2, 0, 190, {"ETH_TYPE": 0x800, "IP4_DST": (0x0a000003, 0xffffffff)},
             [output(c.number)]),
        flow(3, 0, 180, {"ETH_DST": (1 << 40, 1 << 40)}, [output(FLOOD)]),
        flow(4, 0, 170, {"ETH_TYPE": 0x800, "IP_PROTO": 6, "L4_DST": (80, 0xfff0)},
             [output(IN)]),
        flow(5, 0, 160, {"ETH_TYPE": 0x800, "IP_PROTO": 17, "L4_DST": 54}, [output(NORMAL)]),
        flow(6, 0, 150, {"ETH_TYPE": 0x800, "IP_PROTO": 17, "L4_DST": 55}, [output(LOCAL)]),
        flow(7, 0, 0, {}, [of.op("DROP")]))
    same(names(deliver(a, wrap(1, 2, udp(A, B, 1, 53)), [b, c])), {"bp": 1, "cp": 1}, "two")
    same(names(deliver(b, wrap(2, 1, udp(B, C, 1, 9)), [a, c])), {"cp": 1}, "by address")
    same(names(deliver(b, frame(BROADCAST, mac(2)), [a, c])), {"ap": 1, "cp": 1}, "flood")
    same(names(deliver(a, wrap(1, 2, tcp(A, B, 1, 85)), [a, b, c])), {"ap": 1}, "back")
    same(names(deliver(a, wrap(1, 2, tcp(A, B, 1, 96)), [a, b, c])), {}, "beyond the mask")
    same(names(deliver(a, wrap(1, 2, udp(A, B, 1, 54)), [b, c])), {"bp": 1}, "normal")
    same(names(deliver(a, wrap(1, 2, udp(A, B, 1, 55)), [b, c, switch])), {"sw0": 1}, "local")
    same(a.drops()["flow-drop"], 1, "what the last flow dropped")
    floods = switch.port("d", abi.program(abi.PF_FLOOD, 0))
    tables.change(flow(8, 0, 300, {"L4_DST": 70}, [output(FLOOD)]),
                  flow(9, 0, 300, {"L4_DST": 71}, [output(of.ALL)]))
    everybody = [b, c, floods]
    same(names(deliver(a, wrap(1, 9, udp(A, B, 1, 70)), everybody)), {"dp": 1},
         "an unknown address, by FLOOD: not for guarded ports")
    same(names(deliver(a, wrap(1, 2, udp(A, B, 1, 70)), everybody)), {"bp": 1, "dp": 1},
         "by FLOOD to a guarded port's own address")
    same(names(deliver(a, wrap(1, 9, udp(A, B, 1, 71)), everybody)), {"bp": 1, "cp": 1, "dp": 1},
         "by ALL")
    uplink = switch.port("e", abi.program(abi.PF_UPLINK, 0))
    a.set(abi.program(abi.PF_GUARD | abi.PF_CONTROL, 0, macs=[mac(1)]))
    control = frame("01:80:c2:00:00:03", mac(1), kind=0x888e)
    for port in (FLOOD, of.ALL):
        tables.change(flow(10, 0, 400, {"ETH_TYPE": 0x888e}, [output(port)]))
        same(names(deliver(a, control, [*everybody, uplink])), {"ep": 1}, "what is for uplinks")
    seen = tables.flows()
    same([seen[n]["packets"] for n in range(1, 8)], [1, 1, 1, 1, 1, 1, 1], "packets of flows")
    same(seen[1]["bytes"], len(wrap(1, 2, udp(A, B, 1, 53))), "octets of a flow")


@test(smoke=True)
def changes_of_frames():
    """addresses, ports, TTL and tags are changed for outputs behind them, checksums mended"""
    switch, tables, (a, b, c) = bed()
    tables.change(flow(1, 0, 1, {"ETH_TYPE": 0x800}, [
        output(b.number), put("IP4_DST", 0x0a000009), put("L4_DST", 99),
        put("ETH_DST", 0x020000000077), of.op("DEC_TTL", 1), output(c.number)]))
    data = wrap(1, 2, udp(A, B, 1, 53))
    got = deliver(a, data, [b, c])
    want = frame("02:00:00:00:00:77", mac(1), kind=0x800,
                 payload=packet.ip4(A, "10.0.0.9", 17, packet.transport(
                     A, "10.0.0.9", 17, udp(A, B, 1, 53)[20:22] + b"\0\x63" +
                     udp(A, B, 1, 53)[24:26] + b"\0\0" + udp(A, B, 1, 53)[28:], 6), ttl=63))
    same(got["bp"], [data], "before the changes")
    same(got["cp"], [want], "behind them")
    tables.change(flow(1, 0, 1, {}, [
        of.op("PUSH_VLAN", 0x8100), put("VLAN_TCI", PRESENT | 5, PRESENT | 0xfff),
        output(b.number), of.op("POP_VLAN"), output(c.number)]))
    got = deliver(a, data, [b, c])
    same(([tags_of(f) for f in got["bp"]], got["cp"]), ([[5]], [data]), "pushed and popped")
    # a VLAN in which the port is not
    tables.change(flow(1, 0, 1, {}, [of.op("PUSH_VLAN", 0x8100),
                                     put("VLAN_TCI", PRESENT | 9, PRESENT | 0xfff),
                                     output(b.number)]))
    same(names(deliver(a, data, [b, c])), {}, "a VLAN that b is not in")
    same(b.drops(), {"to-vlan": 1}, "b's drops")


@test(smoke=True)
def no_way_round_policy():
    """flows that send everything everywhere: guards, VLANs and closed ports hold all the same"""
    switch = Switch()
    a = switch.port("a", access(100).program([mac(1)]), claim=1)
    b = switch.port("b", access(200).program([mac(2)]), claim=1)
    c = switch.port("c", access(100).program([mac(3)]), claim=1)
    d = switch.port("d")
    tables = Tables(switch.nl, switch.ifindex)
    numbers = tables.numbers()
    tables.change(flow(1, 0, 1, {}, [output(numbers[p.ifindex]) for p in (a, b, c, d)]))
    same(names(deliver(a, wrap(1, 3, udp(A, C, 1, 2)), [b, c, d])), {"cp": 1}, "its VLAN alone")
    same((b.drops(), d.drops()), ({"to-vlan": 1}, {"to-closed": 1}), "drops of others")
    refused(a, frame(mac(3), mac(9)), [b, c, d], "mac-guard")
    refused(a, frame(mac(3), mac(1), [200]), [b, c, d], "vlan-denied")
    same(tables.flows()[1]["packets"], 1, "frames that came to table 0")
    # into another VLAN only by a flow that says so
    tables.change(flow(1, 0, 1, {}, [of.op("PUSH_VLAN", 0x8100),
                                     put("VLAN_TCI", PRESENT | 200, PRESENT | 0xfff),
                                     output(numbers[b.ifindex])]))
    same(names(deliver(a, wrap(1, 3, udp(A, C, 1, 2)), [b, c, d])), {"bp": 1}, "told to")


@test(smoke=True)
def trusted_outputs():
    """only of a switch that says so are outputs not asked of a port's ACL; guards hold in any case"""
    switch, tables, (a, b, c) = bed()
    switch.nl.acl_load(1, acl.compile([acl.Rule("to", "deny", 1)]))
    b.set(abi.program(abi.PF_GUARD, 0, macs=[mac(2)], acl=1))
    tables.change(flow(1, 0, 1, {}, [output(b.number)]),
                  flow(2, 0, 9, {"ETH_TYPE": 0x9999}, [output(NORMAL)]))
    data, stolen = wrap(1, 2, udp(A, B, 1, 53)), wrap(3, 2, udp(A, B, 1, 53))
    same(names(deliver(a, data, [b, c])), {}, "as it is without being said")
    same(b.drops(), {"to-acl": 1}, "b's drops")
    tables.mode(5)
    same(names(deliver(a, data, [b, c])), {"bp": 1}, "trusted")
    same(names(deliver(a, stolen, [b, c])), {}, "another's address")
    same(names(deliver(a, frame(mac(2), mac(1), kind=0x9999), [b, c])), {}, "by NORMAL")
    tables.mode(1)
    same(names(deliver(a, data, [b, c])), {}, "not any more")


@test(smoke=True)
def tables_and_groups():
    """goto, write, resubmit, registers; all, indirect, failover; a group in another's place"""
    switch, tables, (a, b, c) = bed()
    data = wrap(1, 2, udp(A, B, 1, 53))
    tables.change(
        of.group(1, "FULL", [put("ETH_DST", 0x020000000055), output(b.number)], [output(c.number)]),
        flow(1, 0, 1, {}, [put("REG0", 7), of.write(of.op("GROUP", b=1)), goto(3)]),
        flow(2, 3, 5, {"REG0": 8}, [of.op("DROP")]),
        flow(3, 3, 4, {"REG0": (7, 7)}, [of.resubmit(9)]),
        flow(4, 9, 4, {}, [output(a.number)]))
    got = deliver(a, data, [a, b, c])
    same((got["bp"], got["cp"]), ([b"\x02\0\0\0\0\x55" + data[6:]], [data]),
         "of each bucket a frame of its own")
    tables.change(of.group(1, "FAILOVER", (c.number, 0, [output(c.number)]),
                           (b.number, 0, [output(b.number)])))
    same(names(deliver(a, data, [b, c])), {"cp": 1}, "the first")
    ip("link set dev cp down")
    same(names(deliver(a, data, [b])), {"bp": 1}, "the next")
    ip("link set dev cp up")
    for what, records in (("a group that is named", [of.delete(1, "GROUP_DEL")]),
                          ("a group that is not", [flow(9, 0, 9, {}, [of.op("GROUP", b=77)])])):
        try:
            tables.change(*records)
            check(False, f"{what} was accepted")
        except Error as e:
            check("accepted" in e.text, f"{what}: {e.text}")
    tables.change(of.CLEAR)
    same((tables.flows(), list(tables.get("GROUP"))), ({}, []), "nothing")
    refused(a, data, [b, c], "flow-miss")


@test(smoke=True)
def meters():
    """a meter lets its rate pass, in packets, and says what it dropped; raised precedence"""
    switch, tables, (a, b, c) = bed()
    data = wrap(1, 2, udp(A, B, 1, 53))
    tables.change(of.meter(1, (1, 20)),
                  flow(1, 0, 1, {}, [of.op("METER", b=1), output(b.number)]))
    got = len(deliver(a, data, [b], count=50)["bp"])
    check(19 <= got <= 30, f"{got} of 50 passed a meter of 20 at once and 1 a second")
    same(a.drops()["flow-meter"], 50 - got, "dropped")
    tables.change(of.meter(1, (1, 1, 1)))
    marked = wrap(1, 2, packet.ip4(A, B, 17, udp(A, B, 1, 53)[20:], tos=10 << 2))
    frames = deliver(a, marked, [b], count=5)["bp"]
    same(len(frames), 5, "remarked, none dropped")
    same(frames[-1][15] >> 2, 12, "AF11 becomes AF12")


def gso(port, segments=30, size=1000):
    """A frame of TCP that is to be cut, from what is behind the port."""
    data = wrap(2, 1, tcp(B, A, 9, 9, flags=packet.ACK, data=bytes(segments * size)))
    heads = len(data) - segments * size
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as s:
        s.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        s.bind((port.peer, 0))
        s.send(struct.pack("=BBHHHH", NEEDS_CSUM, GSO_TCPV4, heads, size, heads - 20, 16) + data)


@test(smoke=True)
def packet_in_and_out():
    """frames to a controller whole, with registers; bounded for each port; frames from it"""
    switch, tables, (a, b, c) = bed()
    told = of.Told(switch.nl)
    data = frame(mac(2), mac(1), [5], 0x800, udp(A, B, 1, 53))
    tables.change(flow(7, 0, 1, {"IN_PORT": a.number}, [
        put("REG3", 99), controller(1234, 6)], cookie=0xabc),
        flow(8, 0, 1, {"IN_PORT": b.number}, [controller()]))
    same(names(deliver(a, data, [b, c])), {}, "nobody else gets it")
    (head, got), = told.packets(5)
    same((got, head["cookie"], head["flow"], head["data"], head["in_port"], head["controller"],
          head["reg"][3], head["length"]),
         (data, 0xabc, 7, 1234, a.number, 6, 99, len(data)), "what is told")
    began = time.monotonic()
    deliver(a, data, [b], count=1500)
    took = time.monotonic() - began
    flood, (_, lost) = len(told.packets()), tables.told()[a.ifindex]
    same(flood + lost, 1500, "of all that came, told or not")
    most = of.constant("TOLD_BURST") + of.constant("TOLD_PER_SEC") * took + 1
    check(200 <= flood <= most, f"{flood} told of 1500, at most {most}")
    deliver(b, wrap(2, 1, udp(B, A, 1, 2)), [a])
    same(len(told.packets(5)), 1, "of the quiet port")
    tables.change(flow(7, 0, 1, {"IN_PORT": a.number}, [controller(length=20)]),
                  flow(8, 0, 1, {"IN_PORT": b.number}, [controller()]))
    short = []
    wait.until("room for one more", 10, lambda: deliver(a, data, [b]) and (
        short.extend(told.packets(0.05)) or short))
    head, got = short[0]
    same((got, head["length"]), (data[:20], len(data)), "20 octets, its length is the whole's")
    gso(b)
    (head, got), = told.packets(5)
    same((len(got), head["length"]), (14 + 40 + 1000, 14 + 40 + 30000), "of a GSO frame one segment")
    tables.out(data, [output(c.number)])
    wait.until("the frame from the controller", 10, lambda: data in c.received(0.05))
    tables.out(wrap(1, 3, udp(A, C, 1, 2)), [], a.number)
    wait.until("a frame from the controller through the tables", 10, lambda: told.packets(0.05))


@test(smoke=True, limit=120)
def timeouts():
    """idle and hard ones end flows, and who listens is told what they counted"""
    switch, tables, (a, b, c) = bed()
    told = of.Told(switch.nl)
    tell = of.constant("FLOW_TELL")
    data = wrap(1, 2, udp(A, B, 1, 53))
    tables.change(flow(1, 0, 9, {"ETH_TYPE": 0x800}, [output(b.number)], idle=3, flags=tell),
                  flow(2, 0, 8, {}, [output(c.number)], hard=4, flags=tell),
                  flow(3, 0, 7, {}, [output(c.number)]))
    deliver(a, data, [b])
    ended = {}
    wait.until("both to end", 60, lambda: ended.update(told.ended(0.2)) or len(ended) == 2)
    same(ended, {1: (0, 1), 2: (1, 0)}, "reason and packets")
    same(set(tables.flows()), {3}, "what is left")


def numbered(number, mark):
    """A set of flows over two tables that agree on a mark only among themselves."""
    return [flow(1000 * number + 1, 0, 10, {}, [put("REG0", number), goto(1)]),
            *(flow(1000 * number + 10 + i, 1, 10, {"REG0": i}, [
                *([put("ETH_DST", mark)] if i == number else [put("ETH_DST", 0x02000000dead)]),
                output(2)]) for i in (1, 2))]


@test(limit=120)
def atomic_under_traffic():
    """whole sets of flows replaced under traffic: each frame sees one set, and none is lost"""
    switch, tables, (a, b, c) = bed()
    same(b.number, 2, "number of the second port")
    marks = {1: 0x020000001111, 2: 0x020000002222}
    sets = {n: numbered(n, m) for n, m in marks.items()}
    tables.change(*sets[1])
    stop, sent = threading.Event(), [0]

    def traffic():
        data = frame(mac(2), mac(1))
        while not stop.is_set():
            a.send(data)
            sent[0] += 1
            time.sleep(0.0005)  # so that no socket on the way is full

    def keep(frames):
        got.extend(frames)
        return frames

    thread = threading.Thread(target=traffic)
    b.drain()
    got = []
    thread.start()
    for n in range(60):
        new, old = (2, 1) if n % 2 == 0 else (1, 2)
        tables.change(*(of.delete(1000 * old + i) for i in (1, 11, 12)), keep=True)
        tables.change(*sets[new])
        wait.until("a frame that saw the new set", 20, lambda m=marks[new]: any(
            int.from_bytes(f[:6], "big") == m for f in keep(b.received(0.01))))
    stop.set()
    thread.join()
    wait.until("all frames", 20, lambda: got.extend(b.received(0.05)) or len(got) >= sent[0])
    seen = {int.from_bytes(f[:6], "big") for f in got}
    same(seen, set(marks.values()), "destinations: one of the sets")
    same(len(got), sent[0], "frames")
    same(a.drops(), {}, "drops")


@test(limit=120)
def many_flows():
    """thousands of flows of one mask and of many, found as the first of them; refused beyond"""
    switch, tables, (a, b, c) = bed()
    tables.change(*(flow(n, 0, 5, {"ETH_TYPE": 0x800, "IP4_DST": 0x0a000000 + n},
                         [output(b.number)]) for n in range(1, 5001)),
                  flow(9000, 0, 1, {}, [of.op("DROP")]))
    same(names(deliver(a, wrap(1, 2, udp(A, "10.0.17.99", 1, 2)), [b, c])), {"bp": 1}, "one")
    same(names(deliver(a, wrap(1, 2, udp(A, "10.0.99.99", 1, 2)), [b, c])), {}, "none")
    tables.change(*(flow(10000 + n, 0, 100 + n,
                         {"ETH_TYPE": 0x800, "L4_DST": (n & ~(n >> 3), 0xffff & ~(n >> 3)),
                          "IP4_SRC": (0, 1 << n % 24)}, [output(c.number)])
                    for n in range(1, 1001)))
    same(names(deliver(a, wrap(1, 2, udp("10.0.0.0", B, 1, 700)), [b, c])), {"cp": 1}, "a mask")
    tables.change(*(of.delete(10000 + n) for n in range(1, 1001)))
    same(names(deliver(a, wrap(1, 2, udp(A, B, 1, 700)), [b, c])), {"bp": 1}, "without them")
    same(len(tables.flows()), 5001, "flows")
    tables.change(of.CLEAR)
    same(tables.flows(), {}, "none")


def without_capabilities(work):
    """What work() returns, as text, in a child that has none."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.setgid(65534)
            os.setuid(65534)
            said = str(work())
        except Exception as e:  # told, and judged by the parent
            said = f"{type(e).__name__}: {e}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as told:
        said = told.read()
    os.waitpid(child, 0)
    return said


@test(smoke=True)
def a_granted_socket():
    """without capabilities one switch's tables are changed and told of, with a socket that has OF_GRANT"""
    switch, tables, (a, b, c) = bed(standalone=True)
    other = Tables(switch.nl, Switch("sw1", switch.nl).ifindex)
    data = wrap(1, 2, udp(A, B, 1, 2))
    granted = Tables(genl.Genl(), switch.ifindex, None)
    elsewhere = Tables(granted.nl, other.ifindex, None)
    rule = flow(1, 0, 10, {}, [output(c.number), controller(7)])
    check("EPERM" in without_capabilities(lambda: granted.change(rule)) or
          "CAP_NET_ADMIN" in without_capabilities(lambda: granted.change(rule)), "before")
    same(names(deliver(a, data, [b, c])), {"bp": 1}, "standalone while nobody has it")
    granted.grant()
    refused(a, data, [b, c], "flow-miss")
    same(without_capabilities(lambda: granted.change(rule)), "None", "a change")
    same(names(deliver(a, data, [b, c])), {"cp": 1}, "the flow")
    got = Told.packets(granted.heard(), 5)
    same([(head["data"], head["in_port"], frame_) for head, frame_ in got], [(7, a.number, data)],
         "told to it alone")
    same(without_capabilities(lambda: sorted(granted.flows())), "[1]", "what there is")
    same(without_capabilities(lambda: granted.out(data, [output(b.number)])), "None", "packet-out")
    for what, work in (("another switch", lambda: elsewhere.change(rule)),
                       ("its flows", elsewhere.flows),
                       ("flow mode off", lambda: granted.mode(0)),
                       ("another grant", elsewhere.grant)):
        said = without_capabilities(work)
        check("CAP_NET_ADMIN" in said or "EPERM" in said, f"{what}: {said}")
    port = granted.ports()[b.ifindex]
    with open("/sys/class/net/b/address", encoding="ascii") as address:
        same((port["name"], port["mac"], port["flags"]), ("b", address.read().strip(), 3), "a port")
    granted.nl.close()
    same(names(deliver(a, data, [b, c])), {"cp": 1}, "its flows stay when it is closed")
    tables.change(delete(1))
    same(names(deliver(a, data, [b, c])), {"bp": 1}, "standalone again")


@test()
def a_full_socket_answers():
    """frames for a controller that does not read leave room for answers"""
    switch, tables, (a, b, c) = bed()
    granted = Tables(genl.Genl(), switch.ifindex, None)
    granted.grant()
    granted.change(flow(1, 0, 10, {}, [controller()]))
    for _ in range(40):
        deliver(a, wrap(1, 2, udp(A, B, 1, 2)) + bytes(900), [b, c], count=20)
    same(sorted(granted.flows()), [1], "answers")
    told, lost = granted.told()[a.ifindex]
    check(told and lost, f"{told} told, {lost} not")


@test(smoke=True)
def fields_of_one_word_in_a_set():
    """the action set has DSCP beside ECN, and VID beside PCP"""
    switch, tables, (a, b, c) = bed()
    tables.change(flow(1, 0, 10, {"ETH_TYPE": 0x800}, [of.write(
        put("IP_TOS", 10 << 2, 0xfc), put("IP_TOS", 1, 3), output(b.number))]))
    got = deliver(a, wrap(1, 2, udp(A, B, 1, 2)), [b, c])["bp"]
    same([f[15] for f in got], [10 << 2 | 1], "TOS")
