# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl flow beside Debian's ovs-ofctl: the same text gives the same tables, and each reads what the other prints."""
import json
import os
import re
import subprocess
import sys

from trial import PATIENCE, VIFOFD

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../lab"))
import documents  # noqa: E402

VIFCTL = os.environ.get("VIFCTL", os.path.join(os.path.dirname(VIFOFD), "vifctl"))
SECURE = {"fail_mode": "secure", "dpid": "0102030405060708"}

MATCHES = """
in_port=1
in_port=LOCAL
in_port=p1,dl_vlan=9,dl_src=00:0A:E4:25:6B:B0
dl_dst=01:00:00:00:00:00/01:00:00:00:00:00
dl_dst=aa:bb:cc:dd:ee:ff/fe:ff:ff:ff:ff:ff
eth_src=02:00:00:00:00:07,eth_type=0x88cc
dl_vlan=0
dl_vlan=5,dl_vlan_pcp=3
dl_vlan_pcp=7
dl_vlan=0xffff
vlan_tci=0x0000
vlan_tci=0x1123/0x1fff
vlan_tci=0x1000/0x1000
vlan_vid=0x1005/0x100f
arp
arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.0/8
arp,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_proto=2
arp,dl_src=00:0A:E4:25:6B:B0,arp_sha=00:0A:E4:25:6B:B0
arp,arp_tha=02:00:00:00:00:00/ff:00:00:00:00:00
rarp
ip
ip,nw_src=192.168.0.3
ip,nw_src=10.1.2.3/8,nw_dst=10.0.0.0/255.0.255.0
ip,ip_src=10.1.2.0/24
ip,nw_proto=47
ip,nw_tos=32
ip,ip_dscp=9
ip,nw_ecn=2
ip,nw_ttl=64
ip,nw_frag=no
ip,nw_frag=yes
ip,nw_frag=first
ip,nw_frag=later
ip,nw_frag=not_later
ip,ip_frag=later
icmp
icmp,icmp_type=8,icmp_code=0
icmp,tp_src=3
tcp,tp_src=123
tcp,tcp_dst=80
tcp,nw_src=192.168.0.3,tp_dst=80
tcp,tp_src=0x400/0xfc00
tcp,tcp_flags=+syn-ack
tcp,tcp_flags=0x2/0x12
tcp,tcp_flags=0x010
tcp,tcp_flags=+fin+syn+rst+psh+ack+urg+ece+cwr+ns
udp,tp_dst=53
udp,udp_src=1024/0xfc00
sctp,tp_dst=309
sctp,sctp_src=7
ipv6
ipv6,ipv6_label=0x12345
ipv6,ipv6_label=0x12340/0xffff0
ipv6,ipv6_src=2001:db8:3c4d:1:2:3:4:5
ipv6,ipv6_src=2001:db8:3c4d:1:2:3:4:5/64
ipv6,ipv6_dst=2001:db8:3c4d:1:2:3:4:5/127
ipv6,ipv6_dst=::1/::ffff
ipv6,nw_ttl=9,nw_tos=8
tcp6,ipv6_src=2001:db8:3c4d:1::1,tp_dst=80
udp6,ipv6_src=2001:db8:3c4d:1::3,tp_dst=53
sctp6,ipv6_src=2001:db8:3c4d:1::5,tp_dst=309
in_port=3,icmp6,ipv6_src=2001:db8:3c4d:1::1,icmp_type=134
icmp6,icmp_type=135,nd_target=FEC0::1234:F045:8FFF:1111:FE4E:0571
icmp6,icmp_type=135,nd_target=FEC0::1234:F045:8FFF:1111:FE4F:0571/112
icmp6,icmp_type=135,nd_sll=00:0A:E4:25:6B:B0
icmp6,icmp_type=136,nd_target=FEC0::1234:F045:8FFF:1111:FE4E:0571,nd_tll=00:0A:E4:25:6B:B1
icmp6,icmpv6_type=1,icmpv6_code=4
tun_id=0x1234
tun_id=0x1234000056780000/0xffff0000ffff0000
metadata=0x5
metadata=0x1/0xf
reg0=123
reg3=0x5/0xff
reg0=1,reg1=2,reg15=3
ct_state=-trk,tcp
ct_state=+trk+new,ip
ct_state=+trk+est+rpl-new-rel-inv,tcp
ct_state=0x21/0x23,ipv6
ct_zone=7,ct_state=+trk
xxreg1=0x10001
""".split()

ACTIONS = """
drop
flood
normal
all
local
in_port
1
p2
output:2
LOCAL
controller
controller:128
CONTROLLER
controller(max_len=200)
controller(reason=no_match,max_len=99,id=7)
controller(userdata=01.02.03)
strip_vlan,output:1
pop_vlan,output:1
mod_vlan_vid:7,output:1
mod_vlan_pcp:3,output:1
push_vlan:0x8100,set_field:4103->vlan_vid,output:1
mod_dl_src:00:11:22:33:44:55,mod_dl_dst:10:20:30:40:50:60,output:1
mod_nw_src:1.2.3.4,mod_nw_dst:5.6.7.8,output:1
mod_nw_tos:16,output:1
mod_nw_ttl:7,output:1
mod_tp_src:1,mod_tp_dst:2,output:1
set_field:00:11:22:33:44:55->eth_src,output:1
set_field:10.0.0.9->ip_dst,output:1
set_field:0x50/0xf0->reg2,output:1
set_field:5->tun_id,output:1
load:0x5->NXM_NX_REG0[8..15],output:1
load:55->reg2,move:reg0[0..5]->reg1[26..31],output:1
load:0->OXM_OF_METADATA[],load:0x1->NXM_OF_ETH_DST[0..3],output:1
move:OXM_OF_ETH_DST[]->OXM_OF_ETH_SRC[],output:1
move:reg0->tun_id[0..31],move:reg0[0..15]->vlan_tci,output:1
set_tunnel:7,output:1
set_tunnel64:0x123456789,output:1
resubmit:1
resubmit(1,2)
resubmit(,5)
dec_ttl,output:1
group:5
note:01.02.03.00.00.00,note:00.01.02.03.04.05.06.07
exit
output:NXM_NX_REG1[0..15]
output:reg1[]
output(port=1,max_len=100)
clone(output:1,output:2),output:3
fin_timeout(idle_timeout=5,hard_timeout=9)
conjunction(3,1/2)
learn(table=1,hard_timeout=60,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])
learn(table=2,idle_timeout=9,priority=7,cookie=0x5,send_flow_rem,eth_type=0x800,nw_proto=6,NXM_OF_IP_DST[]=NXM_OF_IP_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0..15],load:0x3->NXM_NX_REG1[])
learn(NXM_NX_REG0[0..15]=NXM_OF_IN_PORT[],output:NXM_NX_REG1[])
ct
ct(table=1)
ct(commit),output:1
ct(commit,table=9,zone=7)
ct(zone=reg1[16..31],table=2)
ct(commit,zone=NXM_NX_REG0[0..15]),output:2
ct_clear,output:1
set_queue:3,output:1,pop_queue
write_metadata:0x5/0xff,goto_table:9
clear_actions,write_actions(pop_vlan,output:2),goto_table:3
""".split()

OTHERS = """
table=3,cookie=0x123456789abcdef,hard_timeout=10000,priority=60000,actions=controller
priority=0,idle_timeout=5000,send_flow_rem,udp,dl_vlan_pcp=7,actions=drop
cookie=0x5678,table=253,priority=65535,importance=7,actions=drop
""".split()


def vifctl(trial, command, *args, name="br1", code=0, stdin=None):
    words = [*command.split(), "unix:" + trial.mgmt(name), *args]
    done = subprocess.run([VIFCTL, *words], input=stdin, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == code, f"{words}: {done.returncode}\n{done.stdout}{done.stderr}\n{trial.log()}"
    assert "Sanitizer" not in done.stderr, done.stderr
    if documents.wants_json(words):
        document = json.loads(done.stdout)
        return documents.check(documents.schema_of(words), document)
    return done.stdout + done.stderr


def tables(trial, name, version):
    out = trial.ofctl(f"-O {version} --no-stats --no-names dump-flows", name)
    return sorted(line.strip() for line in out.splitlines() if "actions=" in line)


def flows():
    """Each match and each list of actions, with a priority of its own."""
    lines = [f"priority={1000 + n},{match},actions=drop" for n, match in enumerate(MATCHES)]
    lines += [f"priority={2000 + n},tcp,actions={actions}" for n, actions in enumerate(ACTIONS)]
    return lines + OTHERS


def begin(trial):
    for name in ("br0", "br1", "br2"):
        trial.switch(name, [1, 2, 3], **SECURE)
        trial.ofctl("-O OpenFlow13 add-group", name, "group_id=5,type=all,bucket=output:1")


def add(trial, name, line):
    """By 1.4, or what ovs-ofctl has a form for in 1.0 only, or another one (mod_vlan_vid)."""
    for version in ("OpenFlow10",) if "mod_vlan" in line else ("OpenFlow14", "OpenFlow10"):
        done = subprocess.run(["ovs-ofctl", "-O", version, "add-flow", "unix:" + trial.mgmt(name), line],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        if done.returncode == 0:
            return
        assert "none of the usable flow formats" in done.stderr, f"{line}: {done.stderr}"
    raise AssertionError(f"{line}: {done.stderr}")


def test_the_same_tables(trial):
    """Each flow by ovs-ofctl, all at once by vifctl; then each reads the other's list."""
    begin(trial)
    lines = flows()
    assert len(lines) > 100
    for line in lines:
        add(trial, "br0", line)
    for line in OTHERS:
        vifctl(trial, "flow add", line)
    vifctl(trial, "flow replace", "-", stdin="\n".join(["# all", ""] + lines))
    for version in ("OpenFlow13", "OpenFlow14", "OpenFlow15"):
        one, other = tables(trial, "br0", version), tables(trial, "br1", version)
        assert one == other, (version, sorted(set(one) ^ set(other)))
    assert len(tables(trial, "br1", "OpenFlow14")) == len(lines)
    listed = vifctl(trial, "flow list")
    for line in listed.splitlines():
        add(trial, "br2", line)
    one, other = tables(trial, "br0", "OpenFlow14"), tables(trial, "br2", "OpenFlow14")
    assert one == other, sorted(set(one) ^ set(other))
    assert vifctl(trial, "flow diff", "-", stdin=listed) == ""
    assert vifctl(trial, "flow diff", "-", stdin="\n".join(lines) + "\n") == ""
    dumped = trial.ofctl("-O OpenFlow14 --no-names dump-flows", "br0").splitlines()
    assert vifctl(trial, "flow diff", "-", stdin="\n".join(line for line in dumped if "actions=" in line)) == ""


def test_of_each_version(trial):
    """Where the switch speaks one version only, that one is spoken."""
    for bits, version in ((1 << 4, "OpenFlow13"), (1 << 6, "OpenFlow15")):
        trial.switch("br1", [1, 2], versions=bits, **SECURE)
        text = "priority=7,tcp,nw_src=10.0.0.0/8 actions=load:0x5->reg0[],output:2"
        vifctl(trial, "flow replace", "-", stdin=text)
        listed = vifctl(trial, "flow list", "--json")["flows"]
        assert [(f["priority"], f["match"]) for f in listed] == [(7, "tcp,nw_src=10.0.0.0/8")], listed
        assert (listed[0]["idle_ms"] is None) == (version != "OpenFlow15")
        assert vifctl(trial, "flow diff", "-", stdin=text) == ""
    trial.switch("br1", [1, 2], versions=1 << 1, **SECURE)
    assert "1.3 or later is needed" in vifctl(trial, "flow list", code=5)


def test_change(trial):
    trial.switch("br1", [1, 2, 3], **SECURE)
    vifctl(trial, "flow replace", "-", stdin="""
        priority=10,ip,nw_src=10.0.0.0/8,actions=output:1
        cookie=7,priority=20,tcp,tp_dst=80,actions=output:2
        cookie=9,table=1,priority=20,tcp,tp_dst=80,actions=output:2
    """)
    made = vifctl(trial, "flow mod", "tcp", "actions=output:3", "--json")
    assert made["done"] and [one["to"]["table"] for one in made["changed"]] == [0, 1]
    assert "priority=20: only with --strict" in vifctl(trial, "flow mod", "priority=20,tcp,tp_dst=80,actions=drop", code=2)
    made = vifctl(trial, "flow mod", "--strict", "table=1,priority=20,tcp,tp_dst=80,actions=drop", "--json")
    assert [one["to"]["flow"] for one in made["changed"]] == [
        "table=1,cookie=0x9,priority=20,tcp,tcp_dst=80 actions=drop"], made
    assert "no flow matches" in vifctl(trial, "flow mod", "--strict", "priority=21,tcp,actions=drop", code=3)
    made = vifctl(trial, "flow add", "priority=10,ip,nw_src=10.0.0.0/8,actions=drop", "--json")
    assert made["changed"][0]["from"]["actions"] == "output:1" and not made["added"]
    assert [f["table"] for f in vifctl(trial, "flow list", "cookie=0x9/-1", "--json")["flows"]] == [1]
    assert len(vifctl(trial, "flow list", "ip", "--json")["flows"]) == 3
    assert len(vifctl(trial, "flow list", "priority=10", "--json")["flows"]) == 1
    assert len(vifctl(trial, "flow list", "out_port=3", "--json")["flows"]) == 1
    assert len(vifctl(trial, "flow del", "cookie=7/-1", "--json")["removed"]) == 1
    assert "--yes" in vifctl(trial, "flow del", code=2)
    assert vifctl(trial, "flow del", "--yes").count("\n") == 2
    assert vifctl(trial, "flow list") == ""


def test_all_or_nothing(trial):
    """The last of many flows is refused: nothing was changed, and it is said which line it was."""
    trial.switch("br1", [1, 2], **SECURE)
    vifctl(trial, "flow add", "priority=9,actions=output:1")
    before = tables(trial, "br1", "OpenFlow14")
    lines = [f"priority=5,ip,nw_src=10.0.{n // 250}.{n % 250},actions=output:2" for n in range(2000)] + ["actions=group:77"]
    out = vifctl(trial, "flow replace", "-", stdin="\n".join(lines), code=1)
    assert "standard input:2001:1: refused: ACTION_OUT_GROUP: there is no group of that number" in out, out
    assert tables(trial, "br1", "OpenFlow14") == before
    vifctl(trial, "flow replace", "-", stdin="\n".join(lines[:-1]))
    assert len(tables(trial, "br1", "OpenFlow14")) == 2000


def test_points_at_the_fault(trial):
    trial.switch("br1", [1, 2], **SECURE)
    out = vifctl(trial, "flow add", "priority=5,ip,nw_src=10.0.0.300,actions=drop", code=2)
    text, mark = out.splitlines()[-2:]
    assert text[mark.index("^"):mark.rindex("~") + 1] == "10.0.0.300", out
    made = vifctl(trial, "flow replace", "-", "--json", stdin="# one\n\npriority=1,actions=drop\nip,actions=output:nine\n", code=2)
    error = made["error"]
    assert (error["file"], error["line"], error["column"], error["length"]) == ("standard input", 4, 19, 4), error
    assert not made["done"]
    out = vifctl(trial, "flow replace", "-", stdin="ip,actions=1\nip,actions=2\n", code=2)
    assert "standard input:2:1: line 1 has the same table, priority and match" in out, out
    long = "actions=" + ",".join(["output:1"] * 40 + ["outputt:1"] + ["output:1"] * 40)
    text, mark = vifctl(trial, "flow add", long, code=2).splitlines()[-2:]
    assert text[mark.index("^"):].startswith("outputt") and len(text) < 100, text
    assert re.search("does not listen", vifctl(trial, "flow list", name="nowhere", code=5))


WALKED = """
table=0,priority=100,arp,actions=FLOOD
table=0,priority=90,tcp,tp_dst=22,actions=drop
table=0,priority=80,tcp,actions=load:0x7->reg1[],resubmit(,5),output:3
table=0,priority=70,udp,actions=mod_dl_src:02:00:00:00:00:99,goto_table:2
table=0,priority=60,icmp,actions=group:1
table=0,priority=50,ip,nw_src=10.9.0.0/16,actions=dec_ttl,output:2
table=0,priority=45,ip,nw_src=10.8.0.0/16,actions=clone(mod_nw_dst:10.9.9.9,output:2),output:3
table=0,priority=40,dl_vlan=7,actions=pop_vlan,output:2
table=0,priority=39,ipv6,actions=push_vlan:0x8100,set_field:4102->vlan_vid,output:3
table=2,priority=10,udp,tp_dst=53,actions=meter:4,mod_nw_dst:10.0.0.53,output:2
table=2,priority=9,udp,in_port=2,actions=IN_PORT
table=5,priority=10,reg1=7,tcp,tp_dst=80,actions=output:2
table=5,priority=9,reg1=7,actions=output:1
"""
PACKETS = ["arp 10.0.0.1 10.0.0.2", "tcp 10.0.0.1:9 10.0.0.2:22", "tcp 10.0.0.1:9 10.0.0.2:80", "tcp 10.0.0.1:9 10.0.0.2:81",
           "udp 10.0.0.1:9 10.0.0.2:53", "udp 10.0.0.1:9 10.0.0.2:54", "icmp 10.0.0.1 10.0.0.2", "ip:47 10.9.0.1 10.0.0.2",
           "ip:47 10.7.0.1 10.0.0.2", "ip:47 10.0.0.1 10.0.0.2 vlan=7", "ip:47 fe80::1 fe80::2", "eth:0x88b5",
           "tcp 10.0.0.1:9 10.0.0.2:80 vlan=9", "udp 10.0.0.1:9 10.0.0.2:53 fragment=later"]


def without_checksums(octets):
    """vifctl's packets have none; the switch in memory makes them."""
    frame = bytearray(octets)
    l3 = 18 if frame[12:14] == b"\x81\x00" else 14
    if frame[l3 - 2:l3] == b"\x08\x00":
        at = {6: 16, 17: 6, 1: 2}.get(frame[l3 + 9])
        frame[l3 + 10:l3 + 12] = bytes(2)
        if at:
            frame[l3 + 20 + at:l3 + 22 + at] = bytes(2)
    return bytes(frame).hex()


def test_flow_why(trial):
    """The core, filled with what vifofd tells, foretells what the switch in memory then does."""
    trial.switch("br1", [1, 2, 3], **SECURE)
    trial.ofctl("-O OpenFlow13 add-group", "br1", "group_id=1,type=all,bucket=set_field:02:00:00:00:00:77->eth_dst,output:2,bucket=output:3")
    trial.ofctl("-O OpenFlow13 add-meter", "br1", "meter=4,pktps,band=type=drop,rate=1000000")
    lines = [line for line in WALKED.splitlines() if line and "clone" not in line]
    vifctl(trial, "flow replace", "-", stdin="\n".join(lines))
    number = {"IN_PORT": 2, "p1": 1, "p2": 2, "p3": 3}
    for words in PACKETS:
        done = subprocess.run([VIFCTL, "flow", "why", "unix:" + trial.mgmt("br1"), "p2", *words.split(), "--json"],
                              capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert done.stdout, (words, done.stderr)
        told = documents.check("flow-why.json", json.loads(done.stdout))
        assert done.returncode == (told["verdict"] == "dropped"), (words, done)
        foretold = []
        for one in told["to"]:
            assert one["changed"] == (one["frame"] != told["frame"]), (words, one)
            to = [1, 3] if one["port"] == "FLOOD" else [number[one["port"]]]
            foretold += [(port, without_checksums(bytes.fromhex(one["frame"]))) for port in to]
        trial.command(f"receive br1 2 {told['frame']}")
        seen = [(port, without_checksums(octets)) for port, octets in trial.sent("br1")]
        # A frame to the port it came from is for IN_PORT alone.
        assert sorted(seen) == sorted(foretold), (words, seen, foretold, told["steps"])
    text = vifctl(trial, "flow why", "p1", *"tcp 10.0.0.1:9 10.0.0.2:80".split())
    assert [line.split()[0] for line in text.splitlines()] == ["flow", "flow", "out", "out"], text
    assert "table=5,priority=10,tcp,reg1=0x7,tcp_dst=80 actions=output:2" in text, text
    assert "dropped: flow-drop" in vifctl(trial, "flow why", "1", *"tcp 10.0.0.1:9 10.0.0.2:22".split(), code=1)
    assert "dropped: flow-miss" in vifctl(trial, "flow why", "1", "eth:0x88b5", code=1)
    assert "it has no port 9" in vifctl(trial, "flow why", "9", "eth:0x88b5", code=3)


def test_flows_of_vms(trial):
    """They follow the VM's port, wait while it has none, come back when a controller deletes them, and leave others alone."""
    web, db = "6a2b8f0e-2c5d-4a53-9b58-3a1d3a7a0001/0", "6a2b8f0e-2c5d-4a53-9b58-3a1d3a7a0002/0"
    trial.switch("br1", [1, 2, 3], **SECURE)
    trial.ofctl("-O OpenFlow13 add-flow", "br1", "priority=3,cookie=9,actions=output:3")
    flows = f"in_port=vm:{web},actions=output:vm:{db};priority=5,tcp,in_port=vm:{db},actions=drop"

    def table():
        return [(f["match"], f["actions"], f["cookie"]) for f in vifctl(trial, "flow list", "--json")["flows"]]

    other = ("", "output:3", "0x9")
    trial.command(f"vms br1 flows={flows} p1={web}")
    assert table() == [other], "it waits for the other VM"
    trial.command(f"vms br1 flows={flows} p1={web} p2={db}")
    both = [("in_port=1", "output:2", "0x7669667300000001"), ("tcp,in_port=2", "drop", "0x7669667300000002"), other]
    assert table() == both, table()
    trial.ofctl("-O OpenFlow13 del-flows", "br1", "in_port=1")
    trial.ofctl("-O OpenFlow13 mod-flows", "br1", "tcp,actions=output:3")
    trial.command(f"vms br1 flows={flows} p1={web} p2={db}")
    assert table() == both, table()
    assert vifctl(trial, "flow diff", "-", stdin="priority=3,cookie=9,actions=output:3") == ""
    trial.command("no-port br1 2")      # the VM starts again, elsewhere
    trial.command("port br1 7 vif9.0 02:00:00:00:00:07")
    trial.command(f"vms br1 flows={flows} p1={web} vif9.0={db}")
    assert table() == [("in_port=1", "output:7", "0x7669667300000001"), ("tcp,in_port=7", "drop", "0x7669667300000002"), other]
    refused = f"vms br1 flows=in_port=vm:{web},actions=output:vm:{db};in_port=vm:{db},actions=group:77 p1={web} vif9.0={db}"
    said, = trial.command(refused)      # all or nothing, and it is known which
    assert said.startswith("in_port=vm:") and said.endswith(": there is no group of that number"), said
    trial.ofctl("-O OpenFlow13 add-group", "br1", "group_id=77,type=all,bucket=output:3")
    assert trial.command(refused) == [said], "nothing of it changed"
    assert trial.command(f"vms br1 flows= p1={web}") == []
    assert table() == [other], table()
