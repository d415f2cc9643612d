# SPDX-License-Identifier: GPL-2.0-or-later
"""What ovs-vsctl asks for, the rows that come of it, and what it is told."""

import json
import os
import re
import signal
import subprocess
import threading

import played
import units
from bed import HOST, OVS_SCHEMA, TOP, VIFOVSD, ip, there

VM = "a1b2c3d4-0000-4000-8000-0000000000%02d"
MARK = "ovs@" + HOST


def same(got, want, what):
    if got != want:
        raise AssertionError(f"{what}: {got!r} instead of {want!r}")


def some(row, *columns):
    return tuple(row[c] for c in columns)


def test_schema_is_that_of_debian(bed):
    """tables, columns and types are those that Debian's own server has"""
    def facts(path):
        with open(path) as f:
            schema = json.load(f)
        return schema["version"], {
            name: ({c: (whole(v["type"]), v.get("ephemeral"), v.get("mutable"))
                    for c, v in table["columns"].items()},
                   table.get("isRoot"), table.get("maxRows"), table.get("indexes"))
            for name, table in schema["tables"].items()}

    def whole(kind):
        kind = dict(kind) if isinstance(kind, dict) else {"key": kind}
        for part in ("key", "value"):
            if isinstance(kind.get(part), str):
                kind[part] = {"type": kind[part]}
        return {"min": 1, "max": 1, **kind}
    theirs = bed.tools.removesuffix("/usr/bin") + "/usr/share/openvswitch/vswitch.ovsschema"
    same(facts(OVS_SCHEMA), facts(theirs), "schema")


def test_bridge_and_port(bed):
    """add-br, add-port, set, get, list, del-port, del-br; rows, and what is written back"""
    bed.vsctl("add-br br0")
    switch = bed.rows("Switch")["br0"]
    same((switch["uplinks"], MARK in switch["external_ids"]), ([], True), "switch")
    bed.vsctl("add-port br0 a0 tag=100 -- set interface a0 external_ids:iface-id=x1")
    uplink = bed.rows("Uplink")["a0"]
    same(some(uplink, "vlan_mode", "tag", "trunks", "transit"), ("access", 100, [], True), "uplink")
    same(uplink["external_ids"]["ovs:iface-id"], "x1", "who it is")
    same(bed.rows("Switch")["br0"]["uplinks"], "a0", "uplinks")
    with open("/sys/class/net/a0/address") as f:
        mac = f.read().strip()
    same(bed.vsctl("--bare --columns=ofport,mac_in_use,admin_state,link_state,mtu,error list interface a0").split("\n"),
         ["1", mac, "up", "down", "1500"], "written back")
    same(bed.vsctl("get interface br0 ofport"), "65534", "local port")
    ip("link", "set", "b0", "up")
    bed.until("link_state", lambda: bed.vsctl("get interface a0 link_state") == "up")
    same(bed.vsctl("get interface a0 statistics:rx_packets").isdigit(), True, "statistics")
    same(bed.vsctl("get interface a0 status:driver_name"), "veth", "driver")
    same(re.fullmatch('"0000[0-9a-f]{12}"', bed.vsctl("get bridge br0 datapath_id")) is not None, True, "datapath_id")
    same(bed.vsctl("get Open_vSwitch . ovs_version"), '"3.1.0"', "version")
    same(bed.vsctl("get Open_vSwitch . db_version"), '"8.3.1"', "version")
    bed.vsctl("set port a0 trunks=10,20 vlan_mode=native-untagged")
    same(some(bed.rows("Uplink")["a0"], "vlan_mode", "tag", "trunks"), ("native-untagged", 100, [10, 20]), "vlan")
    bed.vsctl("clear port a0 tag trunks vlan_mode")
    same(some(bed.rows("Uplink")["a0"], "vlan_mode", "tag", "trunks"), ("native-untagged", 0, []), "all VLANs")
    bed.vsctl("add-port br0 a1 -- set interface a1 ofport_request=7")
    same(bed.vsctl("get interface a1 ofport"), "7", "the number asked for")
    same(bed.vsctl("list-ports br0"), "a0\na1", "list-ports")
    same(bed.vsctl("port-to-br a1"), "br0", "port-to-br")
    bed.vsctl("del-port a0")
    same((bed.rows("Switch")["br0"]["uplinks"], list(bed.rows("Uplink"))), ("a1", ["a1"]), "del-port")
    bed.vsctl("del-br br0")
    same((bed.rows("Switch"), bed.rows("Uplink"), os.listdir("/sys/class/net/br0/brif")), ({}, {}, []), "del-br")


def test_vif(bed):
    """a VM's interface is a Port row; an operator's own columns stay"""
    vm = VM % 1
    bed.insert("Port", vm=["uuid", vm], devid=0, connections_max=77, rate_from_vm=5000000)
    bed.vsctl("add-br xenbr0")
    ids = f"external_ids:xs-vm-uuid={vm} external_ids:xs-vif-uuid={VM % 9} external_ids:attached-mac=00:16:3e:00:00:01"
    ip("link", "add", "vif3.0", "type", "veth", "peer", "name", "guest")
    bed.played.vifs = {f"{vm}/0": "vif3.0", f"{VM % 2}/0": "vif3.0"}
    bed.vsctl(f"add-port xenbr0 vif3.0 tag=5 -- set interface vif3.0 {ids}")
    port = bed.rows("Port")[vm + "/0"]
    same(some(port, "switch", "vlan_mode", "tag", "connections_max", "rate_from_vm", "vif_uuid"),
         ("xenbr0", "access", 5, 77, 5000000, VM % 9), "port")
    same(bed.vsctl("get interface vif3.0 ofport"), "1", "ofport")
    bed.vsctl("set interface vif3.0 ingress_policing_rate=10000 ingress_policing_burst=1000")
    same(some(bed.rows("Port")[vm + "/0"], "rate_from_vm", "burst_from_vm"), (10000000, 1000000), "policing")
    bed.vsctl("set interface vif3.0 ingress_policing_rate=0")
    same(some(bed.rows("Port")[vm + "/0"], "rate_from_vm", "burst_from_vm"), ([], []), "none any more")
    bed.vsctl("set port vif3.0 qos=@q -- --id=@q create qos type=linux-htb other_config:max-rate=20000000")
    same(bed.rows("Port")[vm + "/0"]["rate_to_vm"], 20000000, "QoS")
    bed.vsctl("--with-iface --if-exists del-port xenbr0 vif3.0")
    port = bed.rows("Port")[vm + "/0"]
    same(some(port, "switch", "vlan_mode", "connections_max", "external_ids"), ([], [], 77, {}), "left")
    # A row of ours alone goes.
    bed.vsctl(f"add-port xenbr0 vif3.0 -- set interface vif3.0 external_ids:xs-vm-uuid={VM % 2}")
    assert VM % 2 + "/0" in bed.rows("Port")
    bed.vsctl("del-port vif3.0")
    same(list(bed.rows("Port")), [vm + "/0"], "rows")


def test_vif_by_location(bed):
    """who says nothing of the VM is asked about at vifswitchd"""
    bed.vsctl("add-br br0")
    ip("link", "add", "vif4.1", "type", "veth", "peer", "name", "guest")
    bed.played.vifs = {f"{VM % 3}/1": "vif4.1"}
    assert "knows no VM behind vif4.1" in bed.complains("add-port br0 vif4.1")
    bed.insert("Location", host=HOST, vm=["uuid", VM % 3], devid=1, netdev="vif4.1")
    bed.until("its port", lambda: VM % 3 + "/1" in bed.rows("Port"))
    bed.until("its number", lambda: bed.vsctl("get interface vif4.1 ofport") == "1")


def test_patch(bed):
    """patch ports of two bridges are the ends of a cable, with VLANs of their own; no loop, no half of it"""
    def ports(name):
        return sorted(os.listdir(f"/sys/class/net/{name}/brif"))
    bed.vsctl("add-br br0 -- add-br br1 -- add-port br0 p9 tag=5 -- set interface p9 type=patch options:peer=p10 "
              "-- add-port br1 p10 -- set interface p10 type=patch options:peer=p9")
    bed.until("both ends", lambda: (ports("br0"), ports("br1")) == (["p9"], ["p10"]))
    rows = bed.rows("Uplink")
    same([some(rows[n], "dom0_device", "tag", "transit") for n in ("p10", "p9")], [("p9", 0, True), ([], 5, True)], "rows")
    bed.until("their numbers", lambda: bed.vsctl("--bare --columns=ofport list interface p9 p10").split() == ["1", "1"])
    same(bed.vsctl("--bare --columns=error list interface p9 p10"), "", "errors")
    bed.vsctl("del-port p10")
    assert "no patch port of that name" in bed.vsctl("get interface p9 error")
    same(list(bed.rows("Uplink")), [], "half of it")
    err = bed.complains("add-port br0 p10 -- set interface p10 type=patch options:peer=p9")
    assert "same bridge would be a loop" in err, err
    same(list(bed.rows("Uplink")), [], "a loop")


def test_refusals(bed):
    """what is not known is said on the terminal, in the error column, in show and in the log"""
    bed.vsctl("add-br br0")
    assert "No such device" in bed.complains("add-port br0 nothing0")
    err = bed.complains("add-port br0 p0 -- set interface p0 type=patch options:peer=p1")
    assert "options:peer=p1: there is no patch port" in err, err
    err = bed.complains("add-port br0 p2 -- set interface p2 type=erspan")
    assert "type=erspan" in err and "must be system" in err, err
    bed.vsctl("del-port p2")
    err = bed.complains("add-port br0 a0 vlan_mode=dot1q-tunnel")
    assert "vlan_mode: must be" in err, err
    same(bed.vsctl("get interface a0 ofport"), "-1", "closed")
    same(list(bed.rows("Uplink")), ["nothing0"], "nothing is open")
    bed.vsctl("del-port nothing0")
    assert "vlan_mode: must be" in bed.vsctl("show")
    assert "port a0" in bed.text() or "interface a0" in bed.text(), bed.text()
    # Works, and says what it lacks.
    bed.vsctl("set port a0 vlan_mode=trunk -- set interface a0 ingress_policing_rate=1000")
    same(bed.vsctl("get interface a0 ofport"), "1", "open")
    assert "only a VM's own" in bed.vsctl("get interface a0 error")
    bed.vsctl("set bridge br0 other_config:forward-bpdu=true")
    assert "forward-bpdu" in bed.vsctl("get bridge br0 status:refused")
    assert "forward-bpdu" in bed.vsctl("get interface br0 error")
    # A bridge that would not do what it is to do is none.
    bed.vsctl("set bridge br0 stp_enable=true")
    same((bed.rows("Switch"), bed.rows("Uplink")), ({}, {}), "a bridge with STP")
    bed.vsctl("set bridge br0 stp_enable=false -- remove bridge br0 other_config forward-bpdu")
    same(list(bed.rows("Switch")), ["br0"], "without")
    same(bed.vsctl("get interface br0 error"), "[]", "nothing is wrong")
    bed.vsctl("set-ssl /k /c /ca")
    assert "ssl" in bed.vsctl("get Open_vSwitch . statistics:refused")


def test_bond(bed):
    """a bond is an uplink with members"""
    bed.vsctl("add-br br0")
    bed.complains("add-bond br0 bond0 a0 a1 bond_mode=balance-tcp lacp=active tag=7 other_config:lacp-time=fast "
                  "bond_updelay=31000 bond_downdelay=250")
    uplink = bed.rows("Uplink")["bond0"]
    same(some(uplink, "members", "bond_mode", "lacp", "lacp_time", "lacp_fallback", "bond_updelay",
              "bond_downdelay", "tag"),
         (["a0", "a1"], "balance-tcp", "active", "fast", "false", 31000, 300, 7), "bond")
    same(bed.rows("Switch")["br0"]["uplinks"], "bond0", "uplinks")
    bed.vsctl("set port bond0 lacp=off")
    assert "needs lacp" in bed.vsctl("get interface a0 error")
    same((bed.rows("Uplink"), bed.rows("Switch")["br0"]["uplinks"]), ({}, []), "no bond")


def test_fake_bridge(bed):
    """XAPI's VLAN networks: ports of a fake bridge are in its VLAN"""
    bed.vsctl("add-br xenbr0")
    # A device of its name that somebody made for dom0 does as well.
    ip("link", "add", "xapi6", "type", "veth", "peer", "name", "peer6")
    bed.vsctl("add-br xapi6 xenbr0 6")
    same(bed.rows("Uplink"), {}, "uplinks")
    bed.vsctl("del-br xapi6")
    bed.vsctl("add-br xapi5 xenbr0 5")
    same(some(bed.rows("Uplink")["xapi5-sw"], "vlan_mode", "tag", "dom0_device"), ("access", 5, "xapi5"), "device")
    assert there("xapi5"), "no device"
    bed.vsctl("add-port xapi5 a0")
    same(some(bed.rows("Uplink")["a0"], "vlan_mode", "tag"), ("access", 5), "port")
    same(bed.vsctl("br-to-parent xapi5") + bed.vsctl("br-to-vlan xapi5"), "xenbr05", "fake bridge")
    same(list(bed.rows("Switch")), ["xenbr0"], "switches")
    bed.vsctl("del-br xapi5")
    same((bed.rows("Uplink"), list(bed.rows("Switch"))), ({}, ["xenbr0"]), "gone")
    assert not there("xapi5"), "its device is left"


# What os-vif of OpenStack's says to plug a VM's tap, and to unplug it.
OS_VIF = """
-- --may-exist add-br br-int -- set Bridge br-int datapath_type=system
-- --if-exists del-port a0 -- add-port br-int a0 -- set Interface a0 external_ids:iface-id=22222222-0000-4000-8000-000000000001 external_ids:iface-status=active external_ids:attached-mac=fa:16:3e:00:00:01 external_ids:vm-uuid=33333333-0000-4000-8000-000000000001
-- set Port a0 tag=7
-- --columns=ofport,external_ids list Interface a0
"""


def test_os_vif(bed):
    """OpenStack's taps are VMs, held to their address"""
    head = "--timeout=120 --oneline --format=json "
    for line in OS_VIF.strip().split("\n"):
        said = bed.vsctl(head + line)
    assert '"fa:16:3e:00:00:01"' in said.replace("\\", "") and '[[1,' in said, said
    same(some(bed.rows("Uplink")["a0"], "vm_macs", "tag", "transit"), ("fa:16:3e:00:00:01", 7, []), "its row")
    bed.vsctl(head + "-- set Interface a0 mtu_request=1450")
    assert "keeps its MTU" in bed.vsctl("get interface a0 error")
    bed.vsctl(head + "-- --if-exists del-port br-int a0")
    same(bed.rows("Uplink"), {}, "its row")


def test_tunnels(bed):
    """ports of one VLAN and key are one network"""
    bed.vsctl("add-br br0")
    for n in (2, 3):
        bed.vsctl(f"add-port br0 vx{n} tag=100 -- set interface vx{n} type=vxlan options:remote_ip=192.0.2.{n} options:key=5100")
    network = bed.rows("Network")["br0.100.5100.vxlan"]
    same(some(network, "switch", "vlan", "key", "kind", "remotes", "hosts"),
         ("br0", 100, 5100, "vxlan", ["192.0.2.2", "192.0.2.3"], "none"), "network")
    assert "set tag" in bed.complains("add-port br0 g1 -- set interface g1 type=gre options:remote_ip=192.0.2.9 options:key=1")
    assert "flow" in bed.complains("add-port br0 g2 tag=3 -- set interface g2 type=gre options:remote_ip=flow options:key=1")
    assert "encrypted" in bed.complains("add-port br0 g3 tag=3 -- set interface g3 type=gre options:remote_ip=192.0.2.9 "
                                        "options:key=1 options:psk=secret")
    bed.vsctl("del-port vx2")
    same(bed.rows("Network")["br0.100.5100.vxlan"]["remotes"], "192.0.2.3", "one left")


def test_mirror_and_exporters(bed):
    """mirrors, sFlow, NetFlow and IPFIX"""
    bed.vsctl("add-br br0 -- add-port br0 a0 -- add-port br0 a1")
    bed.vsctl("-- set bridge br0 mirrors=@m -- --id=@a get port a0 -- --id=@b get port a1 "
              "-- --id=@m create mirror name=m0 select-src-port=@a select-dst-port=@a output-port=@b")
    mirror = bed.rows("Mirror")["m0"]
    same(some(mirror, "netdevs", "direction", "output_netdev"), ("a0", "both", "a1"), "mirror")
    same(bed.rows("Switch")["br0"]["uplinks"], "a0", "an output is nothing else")
    bed.vsctl("-- set bridge br0 sflow=@s -- --id=@s create sflow agent=192.0.2.1 target=\\\"192.0.2.9:6343\\\" header=128 sampling=64 polling=10")
    same(some(bed.rows("Exporter")["br0.sflow"], "format", "collectors", "sampling", "polling_s", "header", "agent", "switches"),
         ("sflow", "192.0.2.9:6343", 64, 10, 128, "192.0.2.1", "br0"), "sFlow")
    bed.vsctl("-- set bridge br0 netflow=@n -- --id=@n create netflow targets=\\\"192.0.2.9:2055\\\" active-timeout=30")
    same(some(bed.rows("Exporter")["br0.netflow"], "format", "active_timeout_s"), ("netflow5", 30), "NetFlow")
    bed.vsctl("-- clear bridge br0 sflow netflow mirrors")
    same((bed.rows("Exporter"), bed.rows("Mirror")), ({}, {}), "gone")
    bed.until("a1", lambda: bed.rows("Switch")["br0"]["uplinks"] == ["a0", "a1"])


def test_not_ours(bed):
    """a switch of an operator's is not touched; what another host wants otherwise neither"""
    bed.insert("Switch", name="br0", uplinks="eth9")
    err = bed.complains("add-br br0")
    assert "made by vifctl" in err, err
    bed.complains("add-port br0 a0")
    same((bed.rows("Switch")["br0"]["uplinks"], bed.rows("Uplink")), ("eth9", {}), "as it was")
    bed.insert("Switch", name="br1", uplinks="eth9", external_ids=["map", [["ovs@host-b", "uplinks"]]])
    assert "host host-b wants it otherwise" in bed.complains("add-br br1")
    bed.insert("Switch", name="br2", external_ids=["map", [["ovs@host-b", "uplinks"]]])
    bed.vsctl("add-br br2")
    same(set(bed.rows("Switch")["br2"]["external_ids"]), {MARK, "ovs@host-b"}, "shared")
    bed.vsctl("del-br br2")
    same(set(bed.rows("Switch")["br2"]["external_ids"]), {"ovs@host-b"}, "theirs still")


def test_waits_for_what_is_in_force(bed):
    """cur_cfg is vifswitchd's word"""
    bed.vsctl("add-br br0")
    bed.played.held = True
    done = threading.Event()
    thread = threading.Thread(target=lambda: (bed.vsctl("add-port br0 a0"), done.set()))
    thread.start()
    bed.until("the row", lambda: "a0" in bed.rows("Uplink"))
    same(done.wait(0.3), False, "answered before it is in force")
    bed.played.held = False
    thread.join()
    same(done.is_set(), True, "answered")


def test_killed(bed):
    """killed at any moment, nothing is half done"""
    bed.vsctl("add-br br0")
    for n in range(12):
        subprocess.Popen([bed.tools + "/ovs-vsctl", "--no-wait", "--db=unix:" + bed.ovs.socket, "--",
                          "--if-exists", "del-port", "a0", "--", "--may-exist", "add-port", "br0", "a0",
                          f"tag={n + 1}", "--", "--may-exist", "add-port", "br0", "a1", f"tag={n + 1}", "--",
                          "set", "port", "a1", f"tag={n + 1}"]).wait(20)
        threading.Event().wait(0.01 * (n % 4))
        bed.kill(signal.SIGKILL)
        bed.start()
    bed.until("the last word", lambda: {(u["name"], u["tag"]) for u in bed.rows("Uplink").values()} ==
              {("a0", 12), ("a1", 12)})
    bed.until("cur_cfg", lambda: bed.vsctl("get Open_vSwitch . cur_cfg") == bed.vsctl("get Open_vSwitch . next_cfg"))
    same(bed.vsctl("get interface a0 ofport") != bed.vsctl("get interface a1 ofport"), True, "numbers")
    bed.vsctl("del-br br0")
    same((bed.rows("Switch"), bed.rows("Uplink")), ({}, {}), "all gone")


def test_databases_go_and_come(bed):
    """either server may be away; what was asked for meanwhile is done then"""
    bed.vsctl("add-br br0")
    bed.ovs.kill()
    bed.ovs.start().close()
    bed.vsctl("add-port br0 a0")
    same(os.path.exists("/sys/class/net/br0/brif/a0"), True, "plugged")


def test_manager(bed):
    """set-manager opens a socket of the database server"""
    bed.vsctl("set-manager ptcp:16641:127.0.0.1")
    out = bed.until("an answer", lambda: subprocess.run(
        ["ovsdb-client", "list-dbs", "tcp:127.0.0.1:16641"], text=True, capture_output=True).stdout)
    assert "Open_vSwitch" in out
    same(bed.vsctl("get-manager"), "ptcp:16641:127.0.0.1", "get-manager")


def test_manual_has_every_column(bed):
    """docs/openvswitch.md has what ovs-spec makes"""
    made = subprocess.run([os.path.join(TOP, "build/release/ovs-spec"), "columns"], check=True,
                          capture_output=True, text=True).stdout
    with open(os.path.join(TOP, "docs/openvswitch.md")) as f:
        assert f.read().endswith(made), "docs/openvswitch.md: build/release/ovs-spec columns"


class Documents(played.Daemon):
    """vifswitchd's control socket with a document for each question."""

    def __init__(self, path, **documents):
        self.documents = documents
        super().__init__(path, None)

    def answer(self, method):
        return self.documents[method]


def test_appctl(bed):
    """ovs-appctl finds it where ovs-vswitchd would be"""
    bed.vsctl("add-br br0")
    bed.complains("add-bond br0 bond0 a0 a1 bond_mode=active-backup")
    same(bed.appctl("ofproto/list"), "br0\n", "ofproto/list")
    assert "br0 65534/" in bed.appctl("dpif/show")
    assert "3.1.0" in bed.appctl("version")
    assert "fdb/show" in bed.appctl("list-commands")
    assert "not a valid command" in bed.appctl("no/such", status=2)
    assert "vifctl why" in bed.appctl("ofproto/trace", "br0", status=2)
    assert "at most" in bed.appctl("bond/show", "a", "b", status=2)
    assert "does not answer" in bed.appctl("bond/show", status=2)
    member = {"state": "active", "netdev": "a0", "lacp": None}
    uplink = {"uplink": "bond0", "bond_mode": "active-backup", "active": "a0", "lacp": None,
              "members": [member, {**member, "netdev": "a1", "state": "down"}]}
    entry = {"mac": "00:16:3e:00:00:01", "vlan": 5, "netdev": "br0", "switch": "br0", "local": True, "static": False,
             "age_ms": 2500, "listed": False, "dormant": False}
    Documents(bed.control, uplinks={"uplinks": [uplink]}, fdb={"entries": [entry, {**entry, "switch": "br9"}]})
    shown = bed.appctl("bond/show", "bond0")
    # What XAPI looks for.
    same(re.findall(r"^member (\S+): (\w+)", shown, re.M), [("a0", "enabled"), ("a1", "disabled")], shown)
    assert "active member mac: 00:00:00:00:00:00(a0)" in shown, shown
    assert "no such bond" in bed.appctl("bond/show", "bond9", status=2)
    assert "a0, a1" in bed.appctl("bond/list")
    same(bed.appctl("fdb/show", "br0"), " port  VLAN  MAC                Age\nLOCAL     5  00:16:3e:00:00:01    2\n", "fdb")
    assert "no such bridge" in bed.appctl("fdb/show", "br9", status=2)
    bed.kill(signal.SIGKILL)
    bed.start()
    bed.until("the next one", lambda: subprocess.run(["ovs-appctl", "-t", "ovs-vswitchd", "version"], env=bed.environment,
                                                     capture_output=True).returncode == 0)


def test_one_bad_row(bed):
    """a row that vifswitch's database refuses keeps no other one out"""
    bed.vsctl("add-br br0 -- add-port br0 a0 -- add-port br0 a1")
    bed.vsctl("-- set bridge br0 mirrors=@m -- --id=@b get port a1 -- --id=@m create mirror name=m0 select_all=true "
              "select_vlan=4095 output-port=@b -- set port a0 tag=5")
    same((bed.rows("Uplink")["a0"]["tag"], bed.rows("Mirror")), (5, {}), "rows")
    assert "database refuses" in bed.vsctl("get Open_vSwitch . statistics:refused")
    bed.vsctl("set mirror m0 select_vlan=40")
    same(bed.rows("Mirror")["m0"]["vlans"], 40, "mended")
    same(bed.vsctl("get Open_vSwitch . statistics"), "{}", "what is refused now")


def test_multicast(bed):
    """snooping as networkd of XAPI asks for it"""
    bed.vsctl("add-br br0 -- set bridge br0 mcast_snooping_enable=true other_config:enable-ipv6-mcast-snooping=true "
              "other_config:mcast-snooping-disable-flood-unregistered=true")
    same(some(bed.rows("Switch")["br0"], "multicast_snooping", "multicast_flood_unregistered"), (True, False), "snooping")
    same(bed.vsctl("get interface br0 error"), "[]", "nothing is refused")
    bed.vsctl("set bridge br0 mcast_snooping_enable=false")
    same(some(bed.rows("Switch")["br0"], "multicast_snooping", "multicast_flood_unregistered"), ([], []), "off")


def test_controllers(bed):
    """what is told of controllers; vifofd's sockets are where ovs-ofctl looks"""
    path = os.path.join(bed.dir, "br0.mgmt")
    bed.vsctl("add-br br0")
    same(os.path.lexists(path), False, "a socket of a bridge without tables")
    bed.vsctl("set-controller br0 tcp:192.0.2.9:6653 ptcp:6654 -- set-fail-mode br0 secure "
              "-- set bridge br0 protocols=OpenFlow13")
    switch = bed.rows("Switch")["br0"]
    same(some(switch, "openflow", "fail_mode", "protocols"), (True, "secure", "OpenFlow13"), "switch")
    same(sorted(switch["controller"].split(",")), ["ptcp:6654", "tcp:192.0.2.9:6653"], "controllers")
    bed.until("its link", lambda: os.path.islink(path))
    same(os.readlink(path), "/run/vifofd-of-a-test/br0.mgmt", "link")
    same(bed.vsctl("--bare --columns=is_connected list controller").split(), ["false"] * 2, "nobody knows")
    one = {"target": "tcp:192.0.2.9:6653", "state": "connected", "role": "primary", "version": "OpenFlow13",
           "connections": None, "error": None}
    other = {**one, "target": "ptcp:6654", "state": "listening", "role": None, "connections": 0, "error": "nobody came"}
    Documents(bed.control, openflow={"switches": [{"switch": "br0", "controllers": [one, other]}]})
    listed = "--bare --columns=is_connected,role,status list controller"
    bed.until("what is told", lambda: "master" in bed.vsctl(listed))
    said = bed.vsctl(listed)
    assert "true" in said and "state=ACTIVE" in said and "state=IDLE" in said and "last_error=" in said, said
    assert "is_connected: true" in bed.vsctl("show")
    bed.vsctl("set-controller br0 unix:/run/x")
    assert "controller=unix:/run/x: must be" in bed.vsctl("get interface br0 error")
    bed.vsctl("del-controller br0 -- del-fail-mode br0 -- clear bridge br0 protocols")
    same(some(bed.rows("Switch")["br0"], "openflow", "controller", "fail_mode"), ([], [], []), "no tables")
    bed.until("the link's end", lambda: not os.path.lexists(path))


def test_units_are_confined(bed):
    """systemd takes both units, and finds little that they leave open"""
    programs = {"vifovsd": VIFOVSD, "vifdbd": os.environ.get("VIFDBD", TOP + "/build/release/vifdbd")}
    units.confined("vifovsd.service", programs, 11, ["vifovsdb.service"])
    units.confined("vifovsdb.service", programs, 15)
