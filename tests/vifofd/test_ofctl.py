# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's ovs-ofctl on NAME.mgmt, in every version that both speak."""
import re

VERSIONS = ["OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15"]
SECURE = {"fail_mode": "secure", "dpid": "0102030405060708"}


def flows(trial, version="OpenFlow10", *args):
    """What dump-flows says, sorted, without times."""
    out = trial.ofctl(f"-O {version} --no-stats --no-names dump-flows", "br0", *args)
    return sorted(line.strip() for line in out.splitlines() if "actions=" in line)


def refused(trial, command, *args, version="OpenFlow10", by):
    out = trial.ofctl(f"-O {version} {command}", "br0", *args, expect=1)
    assert by in out, f"{by} is not in {out}"


def test_show(trial):
    trial.switch("br0", [1, 2], **SECURE)
    for version in VERSIONS:
        out = trial.ofctl(f"-O {version} show", "br0")
        assert "dpid:0102030405060708" in out and "n_tables:254, n_buffers:0" in out
        assert "1(p1): addr:02:00:00:00:00:01" in out and "2(p2)" in out
        assert "Manufacturer: vifswitch" in trial.ofctl(f"-O {version} dump-desc", "br0")
        assert "port  1: rx pkts=0" in trial.ofctl(f"-O {version} dump-ports", "br0", "1")
        assert trial.ofctl(f"-O {version} dump-tables", "br0")


def test_matches_come_back(trial):
    """What is matched is told as it was said, in each version."""
    trial.switch("br0", [1, 2], **SECURE)
    matches = ["in_port=1", "dl_src=02:00:00:00:00:01", "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00", "dl_vlan=5",
               "dl_vlan_pcp=3", "vlan_tci=0x0000", "arp,arp_spa=10.0.0.1,arp_tpa=10.0.0.0/8,arp_op=1",
               "ip,nw_src=10.0.0.0/8", "ip,nw_tos=16", "tcp,tp_dst=80", "udp,tp_src=53", "icmp,icmp_type=8,icmp_code=0",
               "ipv6,ipv6_src=fe80::/10", "icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1", "reg3=0x5/0xff", "tun_id=0x9",
               "metadata=0x1/0xf", "ip,nw_frag=later", "tcp,tcp_flags=+syn-ack", "sctp,tp_dst=7", "dl_type=0x88cc",
               "conj_id=7"]
    for version in VERSIONS:
        trial.ofctl(f"-O {version} del-flows", "br0")
        for priority, match in enumerate(matches):
            trial.ofctl(f"-O {version} add-flow", "br0", f"priority={priority},{match},actions=drop")
        told = {int(re.search(r"priority=(\d+)", line).group(1)): line for line in flows(trial, version)}
        assert sorted(told) == list(range(len(matches)))
        for priority, match in enumerate(matches):
            if match.startswith(("vlan_tci", "sctp", "ip,nw_tos", "icmp6")):
                continue        # said in other words
            for part in match.split(","):
                assert part in told[priority], f"{version}: {part} of {match} is not in {told[priority]}"


def test_actions_come_back(trial):
    trial.switch("br0", [1, 2], **SECURE)
    lists = ["output:1", "IN_PORT", "NORMAL", "FLOOD", "ALL", "LOCAL", "CONTROLLER:65535", "drop", "output:NXM_NX_REG1[0..15]",
             "resubmit(,5)", "resubmit(1,2)", "load:0x5->NXM_NX_REG0[8..15]", "move:NXM_NX_REG0[0..7]->NXM_NX_REG1[8..15]",
             "note:01.02.03.00.00.00", "exit", "dec_ttl(1,2)", "controller(reason=no_match,max_len=99,id=7)",
             "controller(userdata=01.02)", "clone(output:1,output:2)", "fin_timeout(idle_timeout=5)",
             "conjunction(3,1/2)"]
    for version in VERSIONS:
        trial.ofctl(f"-O {version} del-flows", "br0")
        for priority, actions in enumerate(lists):
            if actions.startswith("dec_ttl") and version != "OpenFlow10":
                actions = "dec_ttl"
            trial.ofctl(f"-O {version} add-flow", "br0", f"priority={priority},tcp,actions={actions}")
        told = {int(re.search(r"priority=(\d+)", line).group(1)): line for line in flows(trial, version)}
        for priority, actions in enumerate(lists):
            if version == "OpenFlow15" and actions.startswith("load"):
                actions = "set_field:0x500/0xff00->reg0"
            if actions.startswith("dec_ttl") and version != "OpenFlow10":
                actions = "dec_ttl"
            assert told[priority].endswith("actions=" + actions), f"{version}: {actions}: {told[priority]}"


def test_instructions(trial):
    trial.switch("br0", [1, 2], **SECURE)
    for version in VERSIONS[1:]:
        trial.ofctl(f"-O {version} del-flows", "br0")
        trial.ofctl(f"-O {version} add-meter", "br0", "meter=1,kbps,band=type=drop,rate=100")
        actions = "clear_actions,write_actions(pop_vlan,output:2),write_metadata:0x5/0xff,goto_table:9"
        trial.ofctl(f"-O {version} add-flow", "br0", f"ip,actions=dec_ttl,{actions}")
        trial.ofctl(f"-O {version} add-flow", "br0", "arp,actions=meter:1,output:1")
        told = flows(trial, version)
        assert any(line.endswith(actions) and "dec_ttl" in line for line in told), told
        assert any(line.endswith("meter:1,output:1") for line in told), told
        trial.ofctl(f"-O {version} del-meters", "br0")
        assert len(flows(trial, version)) == 1      # the meter's flow went with it


def test_modify_and_delete(trial):
    """By match, strictly and loosely, by cookie, by what they send to."""
    trial.switch("br0", [1, 2], **SECURE)
    trial.ofctl("add-flows", "br0", "-", stdin="cookie=1,priority=5,ip,actions=1\ncookie=2,priority=6,tcp,actions=2\n"
                "cookie=0x12,priority=7,arp,actions=1\n")
    trial.ofctl("--strict mod-flows", "br0", "cookie=2,priority=6,tcp,actions=1")
    assert sum("actions=output:1" in line for line in flows(trial)) == 3
    trial.ofctl("mod-flows", "br0", "cookie=1/-1,actions=2")
    assert sum("actions=output:2" in line for line in flows(trial)) == 1
    trial.ofctl("--strict del-flows", "br0", "priority=6,ip")
    assert len(flows(trial)) == 3
    trial.ofctl("del-flows", "br0", "cookie=2/0xf")
    assert len(flows(trial)) == 1, flows(trial)
    trial.ofctl("add-flow", "br0", "table=3,udp,actions=2")
    trial.ofctl("del-flows", "br0", "out_port=2")
    assert flows(trial) == []


def test_modify_without_match(trial):
    """In 1.0 it adds; since 1.2 it does nothing."""
    trial.switch("br0", [1], **SECURE)
    trial.ofctl("-O OpenFlow13 mod-flows", "br0", "arp,actions=1")
    assert flows(trial) == []
    trial.ofctl("-O OpenFlow10 mod-flows", "br0", "arp,actions=1")
    assert len(flows(trial)) == 1


def test_errors(trial):
    trial.switch("br0", [1], **SECURE)
    refused(trial, "add-flow", "actions=output:65280", by="OFPBAC_BAD_OUT_PORT")
    refused(trial, "add-flow", "actions=group:77", version="OpenFlow13", by="OFPBAC_BAD_OUT_GROUP")
    refused(trial, "add-flow", "actions=meter:77", version="OpenFlow13", by="OFPMMFC_INVALID_METER")
    refused(trial, "add-group", "group_id=1,type=indirect", version="OpenFlow13", by="OFPGMFC_INVALID_GROUP")
    trial.ofctl("-O OpenFlow13 add-group", "br0", "group_id=1,type=all,bucket=output:1")
    refused(trial, "add-group", "group_id=1,type=all,bucket=output:1", version="OpenFlow13", by="OFPGMFC_GROUP_EXISTS")
    refused(trial, "mod-group", "group_id=2,type=all,bucket=output:1", version="OpenFlow13", by="OFPGMFC_UNKNOWN_GROUP")
    trial.ofctl("add-flow", "br0", "priority=9,ip,nw_src=10.0.0.0/8,actions=1")
    refused(trial, "add-flow", "check_overlap,priority=9,ip,nw_dst=10.0.0.0/8,actions=1", by="OFPFMFC_OVERLAP")
    refused(trial, "add-flow", "ct_mark=1,ip,actions=1", by="OFPBMC_BAD_FIELD")
    refused(trial, "add-flow", "ct_state=+snat+trk,ip,actions=1", by="OFPBMC_BAD_VALUE")
    refused(trial, "add-flow", "ip,actions=ct(commit,nat(src=10.0.0.9)),1", by="OFPBAC_BAD_VENDOR_TYPE")
    refused(trial, "add-flow", "ip,actions=ct(commit,exec(set_field:1->ct_mark)),1", by="OFPBAC_BAD_SET_TYPE")
    refused(trial, "add-flow", "tcp,actions=ct(commit,alg=ftp),1", by="OFPBAC_BAD_ARGUMENT")
    refused(trial, "add-flow", "ip,actions=ct(commit,force),1", by="OFPBAC_BAD_ARGUMENT")
    refused(trial, "add-flow", "actions=learn(table=1,delete_learned)", by="OFPBAC_BAD_ARGUMENT")
    refused(trial, "add-flow", "tcp,actions=learn(table=1,fin_idle_timeout=5)", by="OFPBAC_BAD_ARGUMENT")
    refused(trial, "add-flow", "actions=learn(table=1,limit=5)", by="OFPBAC_BAD_VENDOR_TYPE")


def test_groups(trial):
    trial.switch("br0", [1, 2], **SECURE)
    for version in VERSIONS:
        trial.ofctl(f"-O {version} add-group", "br0", "group_id=7,type=select,bucket=weight:3,output:1,bucket=weight:4,output:2")
        out = trial.ofctl(f"-O {version} dump-groups", "br0")
        assert "weight:3,actions=output:1" in out and "weight:4,actions=output:2" in out, out
        trial.ofctl(f"-O {version} add-flow", "br0", "arp,actions=group:7")
        assert "ref_count=1" in trial.ofctl(f"-O {version} dump-group-stats", "br0")
        trial.ofctl(f"-O {version} del-groups", "br0")
        assert flows(trial) == []
    trial.ofctl("-O OpenFlow15 add-group", "br0", "group_id=8,type=all,bucket=bucket_id:5,output:1")
    trial.ofctl("-O OpenFlow15 insert-buckets", "br0", "group_id=8,command_bucket_id=first,bucket=bucket_id:6,output:2")
    out = trial.ofctl("-O OpenFlow15 dump-groups", "br0")
    assert out.index("bucket_id:6") < out.index("bucket_id:5"), out
    trial.ofctl("-O OpenFlow15 insert-buckets", "br0", "group_id=8,command_bucket_id=last")     # none
    trial.ofctl("-O OpenFlow15 remove-buckets", "br0", "group_id=8,command_bucket_id=last")
    assert "bucket_id:5" not in trial.ofctl("-O OpenFlow15 dump-groups", "br0")


def test_bundle_is_all_or_nothing(trial):
    trial.switch("br0", [1, 2], **SECURE)
    trial.ofctl("add-flow", "br0", "cookie=1,arp,actions=1")
    for version in VERSIONS[1:]:
        trial.ofctl(f"-O {version} --bundle add-flows", "br0", "-", expect=1,
                    stdin="ip,actions=1\ndelete arp\nadd udp,actions=group:9\n")
        assert len(flows(trial)) == 1, version
        trial.ofctl(f"-O {version} --bundle add-flows", "br0", "-", stdin="ip,actions=1\nadd tcp,actions=2\ndelete udp\n")
        assert len(flows(trial)) == 3, version
        trial.ofctl("del-flows", "br0", "ip")
    trial.ofctl("-O OpenFlow14 --bundle replace-flows", "br0", "-", stdin="udp,actions=2\n")
    assert len(flows(trial)) == 1 and "udp" in flows(trial)[0]


def test_timeouts(trial):
    trial.switch("br0", [1], **SECURE)
    trial.ofctl("add-flow", "br0", "idle_timeout=10,arp,actions=1")
    trial.ofctl("add-flow", "br0", "hard_timeout=20,ip,actions=1")
    trial.command("warp 9000")
    trial.command("receive br0 1 " + "ff" * 6 + "020000000001" + "0806" + "00" * 46)
    trial.command("warp 9000")
    assert len(flows(trial)) == 2
    trial.command("warp 3000")
    assert flows(trial) == []


def test_frames(trial):
    """What flows do to frames; XAPI's tables with registers and resubmit among them."""
    trial.switch("br0", [1, 2, 3], **SECURE)
    frame = bytes.fromhex("020000000002" "020000000001" "0800" "4500001c00000000401166cf0a0000010a000002" "0035003500080000")
    trial.ofctl("add-flows", "br0", "-", stdin="""
        table=0,priority=1,in_port=1,ip,actions=load:3->NXM_NX_REG0[],resubmit(,101)
        table=101,reg0=3,udp,actions=mod_nw_dst:10.0.0.9,mod_vlan_vid:5,output:2,strip_vlan,output:3
        table=101,actions=drop
    """)
    trial.command("receive br0 1 " + frame.hex())
    (two, tagged), (three, plain) = trial.sent("br0")
    assert (two, three) == (2, 3)
    assert tagged[12:16] == bytes.fromhex("81000005") and plain[12:14] == b"\x08\x00"
    assert plain[30:34] == bytes([10, 0, 0, 9]) and plain[24:26] == bytes.fromhex("66c8"), plain.hex()
    trial.command("receive br0 2 " + frame.hex())
    assert trial.sent("br0") == []
    assert "n_packets=1" in trial.ofctl("dump-flows", "br0", "table=0")


def test_default_flow(trial):
    """A switch without a controller, and not of fail mode secure, is a plain one."""
    trial.switch("br0", [1, 2])
    assert flows(trial) == ["priority=0 actions=NORMAL"] or flows(trial)[0].endswith("actions=NORMAL"), flows(trial)
    trial.switch("br0", controller="tcp:127.0.0.1:9")
    assert flows(trial) == []


def test_ports(trial):
    trial.switch("br0", [1, 2, 3], **SECURE)
    trial.ofctl("add-flow", "br0", "actions=FLOOD")
    trial.ofctl("mod-port", "br0", "2", "noflood")
    trial.command("receive br0 1 " + "ff" * 6 + "020000000001" + "0806" + "00" * 46)
    assert [port for port, _ in trial.sent("br0")] == [3]
    trial.ofctl("mod-port", "br0", "3", "down")
    assert "PORT_DOWN" in trial.ofctl("show", "br0")
    assert "BAD_PORT" in trial.ofctl("dump-ports", "br0", "9")
