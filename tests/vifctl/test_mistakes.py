# SPDX-License-Identifier: GPL-2.0-or-later
"""What people mistype: each is answered with one line that names the word and what would be
accepted, or near it, and changes nothing. And what help there is at each level."""

import os
import shlex
import subprocess

from world import SQL, TOP, VIFCTL, WEB

WORLD = [f"vm set {WEB} name=web", f"vm set {SQL} name=sql", "acl create web from-vm-default=allow",
         "acl rule add web ssh direction=to-vm action=allow proto=tcp dst-port=22",
         "group create admins addresses=10.0.0.0/8", "qos create gold rate-from-vm=1Gbit",
         "switch add xenbr0 uplinks=eth0", f"port set {WEB} acl=web qos=gold"]
VLANS = "100, trunk, trunk:10,20-30, native-untagged:5+10,20-30 or native-tagged:5+10,20-30 " \
    "(VLANs 0 to 4094) is needed"
RATE = "a rate with its unit (bit, kbit, Mbit, Gbit, Tbit a second) from 8kbit to 1Tbit is needed, " \
    "like 100Mbit"
MAC = "a single station's MAC address is needed, like 00:16:3e:12:34:56"
# (exit status: what is typed, what is answered); an answer that ends in "..." is only its beginning
MISTAKES = {
    1: [
        ("switch add xenbr0", "switch \"xenbr0\": the database has it already"),
        ("acl create web", "acl \"web\": the database has it already"),
        ("acl delete web", "acl web: port web/0 uses it; change that first"),
        ("acl rule add web ssh direction=to-vm action=allow",
         "acl web has a rule \"ssh\" already"),
        ("group create admins", "group \"admins\": the database has it already"),
        ("qos delete gold", "qos gold: port web/0 uses it; change that first"),
    ],
    2: [
        ("sho", "unknown command \"sho\"; near: show"),
        ("prot show web", "unknown command \"prot\"; near: port"),
        ("ports list", "unknown command \"ports\"; near: port"),
        ("port sho web", "unknown command \"port sho\"; near: port show, port set"),
        ("port",
         "\"port\" is not one of port list, port show, port rates, port policy, port set, ..."),
        ("acl",
         "\"acl\" is not one of acl list, acl show, acl create, acl set, acl rename, acl ..."),
        ("switch lst", "unknown command \"switch lst\"; near: switch list, switch set"),
        ("port set", "more is needed: vifctl port set VM[/DEVID] KEY=VALUE..."),
        ("port set web", "more is needed: vifctl port set VM[/DEVID] KEY=VALUE..."),
        ("port set web/70000 vlan=7",
         "web/70000: DEVID \"70000\": a whole number from 0 to 65535 is needed"),
        ("port set web vlan", "vlan: a value is needed: vlan=VALUE"),
        ("port set web vlan=4095", "vlan=4095: " + VLANS),
        ("port set web vlan=10-20", "vlan=10-20: " + VLANS),
        ("port set web vlan=trunk:", "vlan=trunk:: " + VLANS),
        ("port set web vlan+=20", "vlan+=20: it is no list of VLANs yet, but empty; " + VLANS),
        ("port set web rate-from-vm=100", "rate-from-vm=100: " + RATE),
        ("port set web rate-from-vm=100MB", "rate-from-vm=100MB: " + RATE),
        ("port set web rate-from-vm=1kbit", "rate-from-vm=1kbit: " + RATE),
        ("port set web mac-lock=01:00:5e:00:00:01", "mac-lock=01:00:5e:00:00:01: " + MAC),
        ("port set web mac-lock=hello", "mac-lock=hello: " + MAC),
        ("port set web mac-lock+=00:16:3e:00:00:01",
         "mac-lock+=00:16:3e:00:00:01: it is empty, which stands for what the VM's config ..."),
        ("port set web lock-ip=10.0.0.1/8",
         "lock-ip=10.0.0.1/8: \"10.0.0.1/8\" has bits set beyond its length; the prefix is ..."),
        ("port set web lock-ip=10.0.0.256",
         "lock-ip=10.0.0.256: \"10.0.0.256\" is not an address or prefix, like 192.0.2.1, ..."),
        ("port set web lock-ip=::ffff:10.0.0.5",
         "lock-ip=::ffff:10.0.0.5: \"::ffff:10.0.0.5\" is in no packet: it is IPv4 in a ..."),
        ("port set web guard=on", "guard=on: one of off, mac or mac+ip is needed"),
        ("port set web alow=control", "alow=control: a port has no such field; near: allow"),
        ("port set web allow=everything",
         "allow=everything: one of router-advertisement, dhcp-server, control or stacked ..."),
        ("port set web mtu=67", "mtu=67: a whole number of octets from 68 to 65535 is needed"),
        ("port set web mtu=big", "mtu=big: a whole number of octets from 68 to 65535 is needed"),
        ("port set web state=off", "state=off: one of up or down is needed"),
        ("port set web connections-max=0",
         "connections-max=0: a whole number from 1 to 1000000 is needed"),
        ("port set web colour=red",
         "colour=red: a port has no such field; it has switch, vlan, state, guard, ..."),
        ("port clear web colour",
         "colour=: a port has no such field; it has switch, vlan, state, guard, mac-lock, ..."),
        ("port clear web vlan=7", "\"vlan=7\": clear takes keys without values"),
        ("port attach tap0 xenbr0 vlan=7",
         "port tap0: vm-macs is needed, the addresses that the VM may use"),
        ("port attach tap0 xenbr0 vm-macs=01:00:00:00:00:01 vlan=7", "vm-macs=01:00:00:00:00:01: ..."),
        ("port attach a/b xenbr0 vm-macs=02:00:00:00:00:01",
         "uplinks+=a/b: a network device's name of 1 to 15 octets is needed, like eth0"),
        ("switch add way-too-long-name",
         "\"way-too-long-name\": a switch's name has 1 to 15 octets without spaces, '/', ..."),
        ("switch add a/b",
         "\"a/b\": a switch's name has 1 to 15 octets without spaces, '/', ':' and '%'"),
        ("switch set xenbr0 uplinks=eth0,",
         "uplinks=eth0,: a network device's name of 1 to 15 octets is needed, like eth0"),
        ("switch set xenbr0 uplinks-=eth9", "uplinks-=eth9: that is not in it; it has eth0"),
        ("acl rule add web dns direction=to-vm", "rule dns: action is missing"),
        ("acl rule add web dns action=allow direction=sideways",
         "direction=sideways: one of from-vm or to-vm is needed"),
        ("acl rule add web dns direction=to-vm action=allow dst-port=53",
         "rule dns: dst-port needs proto=tcp, udp, dccp, sctp or udplite"),
        ("acl rule add web dns direction=to-vm action=allow proto=udp dst-port=99999",
         "dst-port=99999: ports from 0 to 65535 are needed, like 80,443,1000-2000"),
        ("acl rule add web dns at=0 direction=to-vm action=allow",
         "at=0: a whole number from 1 to 2 is needed"),
        ("acl rule move web ssh sideways=3",
         "\"sideways=3\" is none of before=RULE, after=RULE, at=N"),
        ("group add admins addresses=10.0.0.1/8",
         "addresses=10.0.0.1/8: \"10.0.0.1/8\" has bits set beyond its length; the prefix ..."),
        ("qos set gold uplink-min=2Gbit uplink-max=1Gbit",
         "qos gold: uplink-min is more than uplink-max"),
        ("qos set gold dscp=64", "dscp=64: a whole number from 0 to 63 is needed"),
        ("apply /nonexistent", "/nonexistent: No such file or directory"),
        ("diff /nonexistent", "/nonexistent: No such file or directory"),
        ("export colours", "\"colours\" is none of switches, vms, groups, acls, qos, ports, mirrors, exporters, uplinks, networks"),
        ("db set Switch xenbr0 mtu=big", "mtu: \"big\": an integer is needed"),
        ("acl list --columns=name,colour",
         "\"colour\" is no column of this table; it has NAME, RULES, IN FORCE, POLICY"),
        ("acl list --sort=colour",
         "\"colour\" is no column of this table; it has NAME, RULES, IN FORCE, POLICY"),
        ("acl list --filter=web", "--filter \"web\": COLUMN=PATTERN or COLUMN!=PATTERN is needed"),
        ("acl list --sort=name --json", "--sort is about tables, and does not go with --json"),
        ("show --sort=name", "--sort does not go with \"vifctl show\""),
        ("show --watch=0", "--watch \"0\": a number from 1 to 2147483 is needed"),
        ("log loud", "\"loud\" is not one of error, warning, notice, info, debug"),
        ("show --follow", "--follow does not go with \"vifctl show\""),
        ("port list --pcap=x", "--pcap does not go with \"vifctl port list\""),
        ("why web", "more is needed: vifctl why PORT PACKET"),
        ("why web tpc 10.0.0.1 10.0.0.2",
         "packet \"tpc\": tcp, udp, sctp, icmp, icmp6, ip:PROTOCOL, arp, arp-reply, ns, na, ..."),
        ("drops --count=0", "--count \"0\": a number from 1 to 2147483 is needed"),
        ("session flush", "more is needed: vifctl session flush PORT [FILTER...]"),
        ("session list web proto=xyz",
         "\"proto=xyz\": accepted: icmp, igmp, tcp, udp, dccp, gre, esp, ah, icmpv6, ospf, ..."),
        ("help prot", "unknown command \"prot\"; near: port"),
        ("port show web --format=xml", "--format \"xml\" is not one of table, json"),
        ("uplink adopt", "more is needed: vifctl uplink adopt UPLINK|BRIDGE"),
        ("--what", "unknown option \"--what\"; see vifctl help"),
        ("port set web vlan=100 vlan", "vlan: a value is needed: vlan=VALUE"),
        ("acl rule add web dns direction=to-vm action=allow proto=udp dst-port=53 colour=red",
         "colour=red: a rule has no such field; it has direction, action, ethertype, ..."),
        ("switch set xenbr0 ageing=300",
         "ageing=300: a time with its unit (s, min, h, d) from 1s to 86400s is needed, like 300s"),
        ("group set admins adresses=10.0.0.0/8",
         "adresses=10.0.0.0/8: a group has no such field; near: addresses"),
        ("session list web addr=10.0.0.0/33",
         "\"addr=10.0.0.0/33\": accepted: an address or prefix, like 10.0.0.5 or 2001:db8::/64"),
        ("why web tcp 10.0.0.1 ::1",
         "tcp 10.0.0.1 ::1: two addresses of one family are accepted, each with :PORT if ..."),
        ("why web tcp 10.0.0.1 10.0.0.2 vlan=4095", "vlan=4095: 0 to 4094 is accepted"),
        ("port set web vlan-=20", "vlan-=20: it is no list of VLANs yet, but empty; " + VLANS),
        ("switch set xenbr0 uplinks-=eth0",
         "uplinks-=eth0: nothing would be left; uplinks= empties it, if that is meant"),
    ],
    3: [
        ("port set nobody vlan=7",
         "\"nobody\": no VM of that name in the database or running here; by its UUID any ..."),
        ("port set wbe vlan=7",
         "\"wbe\": no VM of that name in the database or running here; near: web"),
        ("port set web acl=wbe", "acl=wbe: there is no acl of that name; near: web"),
        ("port set web acl=nothing",
         "acl=nothing: there is no acl of that name; see vifctl acl list"),
        ("port set web qos=silver",
         "qos=silver: there is no qos of that name; see vifctl qos list"),
        ("port set eth0 vlan=7",
         "\"eth0\": no VM of that name in the database or running here; by its UUID any VM ..."),
        ("switch set nothing mtu=1500",
         "the database has no switch \"nothing\"; see vifctl switch list"),
        ("switch del nothing", "the database has no switch \"nothing\"; see vifctl switch list"),
        ("acl show wbe", "the database has no acl \"wbe\"; near: web"),
        ("acl rule add web dns before=nothing direction=to-vm action=allow",
         "before=nothing: acl web has no other rule of that name"),
        ("acl rule add wbe dns direction=to-vm action=allow",
         "the database has no acl \"wbe\"; near: web"),
        ("acl rule set web shs proto=udp", "acl web has no rule \"shs\"; near: ssh"),
        ("acl rule del web nothing", "acl web has no rule \"nothing\"; see vifctl acl show web"),
        ("group add admins vms=nobody",
         "\"nobody\": no VM of that name in the database or running here; by its UUID any ..."),
        ("vm set nobody name=x",
         "\"nobody\": no VM of that name in the database or running here; by its UUID any ..."),
        ("vm del nobody",
         "\"nobody\": no VM of that name in the database or running here; by its UUID any ..."),
        ("db list Prot",
         "\"Prot\" is none of the tables ACL, Exporter, Global, Group, ..."),
        ("db get Port nothing vlan", "Port has no record \"nothing\"; see vifctl db list Port"),
        ("db set Switch xenbr0 colour=red",
         "\"colour\" is none of Switch's columns ageing_s, controller, controller_trusted, ..."),
        ("monitor Prot",
         "\"Prot\" is none of the tables ACL, Exporter, Global, Group, ..."),
        ("port set web,sql vlan=7",
         "\"web,sql\": no VM of that name in the database or running here; by its UUID any ..."),
    ],
}
HELP = [("help port", "port rates [PORT]"), ("port --help", "port rates [PORT]"),
        ("acl rule --help", "acl rule move ACL RULE"), ("help port set", "rate-from-vm=100Mbit"),
        ("help acl add", "vifctl acl create"),          # another verb for it
        ("switch rm --help", "vifctl switch del"), ("db delete --help", "vifctl db destroy"),
        ("group add --help", "adds addresses or VMs")]  # a verb of its own


def test_mistakes(w):
    for line in WORLD:
        w.run(*shlex.split(line), "--no-wait")
    before = w.run("export").out
    for status, mistakes in MISTAKES.items():
        for typed, wanted in mistakes:
            done = w.run(*shlex.split(typed), code=status)
            said = done.err.removeprefix("vifctl: ").rstrip("\n")
            begins = wanted.endswith(" ...") and said.startswith(wanted[:-4])
            assert said == wanted or begins, (typed, said, wanted)
            assert "\n" not in said and not done.out, (typed, said, done.out)
    assert w.run("export").out == before, "a mistake has changed something"


def test_lists(w):
    """KEY+= and KEY-= take VMs by name, as the group shows them."""
    for line in WORLD + ["group create shops vms=web"]:
        w.run(*shlex.split(line), "--no-wait")
    w.run("group", "set", "shops", "vms+=sql", "--no-wait")
    w.run("group", "set", "shops", "vms-=web", "addresses+=10.0.0.1", "--no-wait")
    assert w.rows("Group", "vms", where=[["name", "==", "shops"]]) == [{"vms": ["uuid", SQL]}], w.rows("Group")
    w.run("group", "set", "shops", "vms-=nobody", code=3)


def test_help(w):
    for typed, part in HELP:
        assert part in w.run(*shlex.split(typed)).out, (typed, part)


def test_verbs(w):
    """The verbs of other tools do as well, where a noun has none of its own by that name."""
    w.run("acl", "add", "a", "--no-wait")
    w.run("switch", "create", "xenbr1", "--no-wait")
    assert "acls" in w.run("export").out and "xenbr1" in w.run("switch", "ls").out
    w.run("acl", "rm", "a", "--no-wait")
    w.run("switch", "delete", "xenbr1", "--no-wait")
    assert not w.rows("ACL", "name") and not w.rows("Switch", "name")


def test_may_and_if(w):
    """--may-exist makes what is there so, --if-exists takes what is not there for done."""
    for typed in ("acl create a from-vm-default=deny", "acl rule add a r direction=to-vm action=allow",
                  "acl rule add a s direction=to-vm action=deny", "switch add lan mtu=1500"):
        w.run(*shlex.split(typed), "--no-wait")
        w.run(*shlex.split(typed), "--no-wait", code=1)
        assert "nothing to change" in w.run(*shlex.split(typed), "--no-wait", "--may-exist").out, typed
    w.run("acl", "create", "a", "from-vm-default=allow", "--may-exist", "--no-wait")
    assert w.rows("ACL", "from_vm_default") == [{"from_vm_default": "allow"}], w.rows("ACL")
    w.run("acl", "rule", "add", "a", "s", "at=1", "direction=to-vm", "action=deny", "--may-exist", "--no-wait")
    assert w.run("acl", "show", "a").out.index(" s ") < w.run("acl", "show", "a").out.index(" r ")
    for typed in ("acl rule del a r", "acl delete a", "switch del lan", "vm del nobody"):
        w.run(*shlex.split(typed), "--no-wait", "--if-exists")
        w.run(*shlex.split(typed), "--no-wait", "--if-exists")
        w.run(*shlex.split(typed), "--no-wait", code=3)
    w.run("acl", "create", "a", "--if-exists", code=2)


def test_rename(w):
    """The same rows under another name: who refers to them notices nothing, and waits for it."""
    for line in WORLD + ["acl rule add web in direction=to-vm action=allow src-group=admins"]:
        w.run(*shlex.split(line), "--no-wait")
    w.host("one", vms=[(WEB, 0)])
    rows = w.rows("Port", "_uuid", "acl", "qos"), w.rows("Rule", "_uuid", "src_groups")
    told = w.run("acl", "rename", "web", "shop").out
    assert "~ acl web name: web -> shop" in told and "in force" in told, told
    w.run("group", "rename", "admins", "staff")
    w.run("qos", "rename", "gold", "silver")
    assert rows == (w.rows("Port", "_uuid", "acl", "qos"), w.rows("Rule", "_uuid", "src_groups"))
    text = w.run("export").out
    assert all(word in text for word in ("acl: shop", "qos: silver", "src-group: [staff]")), text
    w.run("acl", "create", "web", "--no-wait")
    for words, code, said in ((["acl", "rename", "web", "shop"], 1, "has it already"),
                              (["acl", "rename", "web", "a b"], 2, "without spaces"),
                              (["acl", "rename", "wbe", "x"], 3, "near: web")):
        assert said in w.run(*words, code=code).err, words


COMPLETION = """. {script}
COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_vifctl 2>&1
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(w, *words):
    """What bash would offer for the last of these words."""
    script = COMPLETION.format(script=os.path.join(TOP, "dom0/vifctl/completion.bash"),
                               words=" ".join(shlex.quote(word) for word in words))
    path = w.dir + ":" + os.environ["PATH"]
    done = subprocess.run(["bash", "-c", script], env=dict(w.environment(), PATH=path), cwd=w.dir, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return [line for line in done.stdout.splitlines() if line and "compopt" not in line]


def test_completion(w):
    """Commands, names, rules, keys and their values, by bash; a name that is a command is none."""
    os.symlink(os.path.abspath(VIFCTL), os.path.join(w.dir, "vifctl"))
    for line in WORLD:
        w.run(*shlex.split(line), "--no-wait")
    w.run("acl", "create", "$(touch${IFS}found)", "--no-wait")
    for words, wanted in (
            (["vifctl", "acl", "ru"], ["rule"]), (["vifctl", "acl", "rule", "set", "we"], ["web"]),
            (["vifctl", "acl", "rule", "set", "web", ""], ["ssh"]),
            (["vifctl", "port", "set", "web", "gu"], ["guard="]),
            (["vifctl", "port", "set", "web", "guard", "="], ["mac", "mac+ip", "off"]),
            (["vifctl", "port", "set", "web", "guard", "=", "m"], ["mac", "mac+ip"]),
            (["vifctl", "port", "set", "web", "qos", "="], ["gold"]),
            (["vifctl", "acl", "rule", "move", "web", "ssh", "b"], ["before="]),
            (["vifctl", "acl", "delete", "--if"], ["--if-exists"]),
            (["vifctl", "acl", "rule", "add", "web", "x", "action", "=", "d"], ["deny"]),
            (["vifctl", "db", "list", "Por"], ["Port"]), (["vifctl", "why", "web", "icmp"], ["icmp", "icmp6"]),
            (["vifctl", "drops", "--re"], ["--reset"]), (["vifctl", "edit", "a"], ["acl"]),
            (["vifctl", "edit", "acl", "w"], ["web"]),
            (["vifctl", "acl", "show", "$"], ["\\$\\(touch\\$\\{IFS\\}found\\)"])):
        got = sorted(completed(w, *words))
        assert got == wanted, (words, got, wanted)
    assert not os.path.exists(os.path.join(w.dir, "found")), "a name was run"
