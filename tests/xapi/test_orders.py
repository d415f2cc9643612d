# SPDX-License-Identifier: GPL-2.0-or-later
"""A VIF has its VM's identity and its policy at each step of what a XAPI host does to it."""
import contextlib
import json

import xenopsd

UUID = "1f0e93c4-5a1b-4c72-9c1d-7e1a55b0d201"
MAC = "00:16:3e:00:00:%02x"


def vm_of(*vifs):
    return xenopsd.Vm(UUID, list(vifs) or [xenopsd.Vif(0, MAC % 1)])


@contextlib.contextmanager
def host():
    it = xenopsd.Host()
    try:
        yield it
    finally:
        it.close()


def check(fact, what):
    if not fact:
        raise AssertionError(what)


def holds(it, domain, devid=0, switch="xenbr0", **facts):
    """The VIF is to have a port, with the VM's identity, and these members of "show"."""
    vif = it.seen.look().get((domain.domid, devid))
    check(vif, f"domain {domain.domid} VIF {devid} is not seen")
    check(vif["verdict"] == "wanted", f"{vif['verdict']}: {vif['problem']}")
    check(vif["cookie"] == f"{UUID}/{devid}", f"is taken for {vif['cookie']}")
    check(vif["switch"] == switch, f"in {vif['switch']}")
    for name, value in facts.items():
        check(vif[name] == value, f"{name} is {vif[name]}, not {value}")
    return vif


def gone(it, *domains):
    left = it.seen.look()
    check(not [key for key in left if key[0] in [d.domid for d in domains]], f"left: {left}")


def test_start_and_stop():
    with host() as it:
        vif = xenopsd.Vif(0, MAC % 1, rate="51200,50000", mtu=1400)
        domain = it.create(vm_of(vif))
        it.add_device(domain, vif)
        # Before netback has made anything, so before a first frame.
        holds(it, domain, guard="off", mtu=1400, closed=False,
              vlan={"mode": "native-untagged", "pvid": 0, "tagged": ["1-4094"]})
        domain.plugged.append(vif)
        check(it.netback_up(domain, vif).returncode == 0, "the script failed")
        it.wait_for_plug(domain, vif)
        path = it.paths(domain, vif)
        check(it.xs.read(path["backend"] + "/hotplug-status") == "connected", "netback waits")
        check(it.xs.read(path["hotplug"] + "/vif") == f"vif{domain.domid}.0", "vif")
        it.connect(domain)
        holds(it, domain, state=4)
        it.shutdown(domain)
        gone(it, domain)
        check(it.hooks() == [f"-action {action} -vifuuid {vif.uuid} -vmuuid {UUID}"
                             for action in ("online", "remove")], str(it.hooks()))


def test_reboot_suspend_resume():
    with host() as it:
        vm = vm_of(xenopsd.Vif(0, MAC % 1, locking=("locked", ["192.0.2.1"])),
                   xenopsd.Vif(1, MAC % 2, bridge="xenbr1"))
        domain = it.start(vm)
        for _ in range(2):
            it.shutdown(domain)
            gone(it, domain)
            domain = it.start(vm)
            holds(it, domain, guard="mac+ip", ip=["192.0.2.1"])
            holds(it, domain, devid=1, switch="xenbr1", guard="off")
        # Suspend: its VIFs go while it is shut down; after the resume it is another domain.
        it.handle(domain, UUID, "suspended")
        it.shutdown(domain)
        domain = it.start(vm)
        holds(it, domain, guard="mac+ip")
        it.shutdown(domain)


def test_hot_unplug():
    with host() as it:
        vm = vm_of(xenopsd.Vif(0, MAC % 1), xenopsd.Vif(3, MAC % 2))
        domain = it.start(vm)
        it.unplug(domain, vm.vifs[1])
        check((domain.domid, 3) not in it.seen.look(), "a VIF that is gone")
        holds(it, domain)
        it.plug(domain, vm.vifs[1])
        holds(it, domain, devid=3)
        it.shutdown(domain)
        gone(it, domain)


def test_locking():
    with host() as it:
        vif = xenopsd.Vif(0, MAC % 1, locking=("locked", ["192.0.2.1", "192.0.2.9"],
                                               ["2001:db8::1"]))
        domain = it.start(vm_of(vif))
        holds(it, domain, guard="mac+ip", mac=[MAC % 1],
              ip=["192.0.2.1", "192.0.2.9", "2001:db8::1"], allow=["dhcp-server"])
        it.set_locking(domain, vif, "unlocked")
        holds(it, domain, guard="off", allow=["router-advertisement", "dhcp-server", "stacked"])
        it.set_locking(domain, vif, "disabled")
        holds(it, domain, closed=True)
        it.set_locking(domain, vif, "locked", ["192.0.2.7"])
        holds(it, domain, closed=False, ip=["192.0.2.7"])
        # The database has the last word, field by field.
        it.seen.ask("row " + json.dumps({
            "_uuid": ["uuid", UUID], "vm": ["uuid", UUID], "devid": 0,
            "ip_lock": ["set", ["198.51.100.1"]], "tag": 7}))
        holds(it, domain, ip=["198.51.100.1"], guard="mac+ip",
              vlan={"mode": "access", "pvid": 7, "tagged": []})
        it.shutdown(domain)


def test_locking_refused():
    """What cannot be meant opens nothing, and XAPI is told why."""
    for mode, what in ((("locked", []), "no address"), (("locked", ["10.0.0.1", "x"]), "x"),
                       (("locked", ["127.0.0.1"]), "no VM may have"), (("half",), None)):
        with host() as it:
            vif = xenopsd.Vif(0, MAC % 1, locking=mode)
            domain = it.create(vm_of(vif))
            if what is None:
                it.plug(domain, vif)
                holds(it, domain, closed=True)
                continue
            try:
                it.plug(domain, vif)
                check(False, f"{mode} was plugged")
            except xenopsd.PlugError as error:
                check(what in str(error) and "XAPI" in str(error), str(error))
            # Mended, it plugs, and nothing is left of the error, which XAPI would raise.
            it.set_locking(domain, vif, "locked", ["192.0.2.1"])
            it.netback_up(domain, vif)
            it.wait_for_plug(domain, vif)


def test_move():
    with host() as it:
        vif = xenopsd.Vif(0, MAC % 1)
        domain = it.start(vm_of(vif))
        check(it.move(domain, vif, "xenbr1").returncode == 0, "move failed")
        holds(it, domain, switch="xenbr1")
        it.shutdown(domain)


def test_another_toolstacks():
    """A backend with a bridge is libxl's, whatever was there under its numbers before."""
    with host() as it:
        vif = xenopsd.Vif(0, MAC % 1)
        domain = it.start(vm_of(vif))
        holds(it, domain, guard="off")
        it.xs.write(it.paths(domain, vif)["backend"] + "/bridge", "xenbr1.7")
        it.seen.ask(f"asked {domain.domid} 0")
        holds(it, domain, switch="xenbr1", guard="mac",
              vlan={"mode": "access", "pvid": 7, "tagged": []})


def test_vlan_network():
    with host() as it:
        vif = xenopsd.Vif(0, MAC % 1, bridge="xapi1")
        domain = it.create(vm_of(vif))
        try:
            it.plug(domain, vif)
            check(False, "nobody knows xapi1")
        except xenopsd.PlugError as error:
            check("xapi1" in str(error) and "vifxapid" in str(error), str(error))
        it.seen.ask("row " + json.dumps({
            "_uuid": ["uuid", UUID], "vm": ["uuid", UUID], "devid": 0, "switch": "xenbr0",
            "vlan_mode": "access", "tag": 100}))
        it.netback_up(domain, vif)
        it.wait_for_plug(domain, vif)
        holds(it, domain, vlan={"mode": "access", "pvid": 100, "tagged": []}, guard="off")
        it.shutdown(domain)


def test_trunks():
    with host() as it:
        for trunks, vlan in (("10,20", {"mode": "trunk", "pvid": None, "tagged": ["10", "20"]}),
                             ("0,10", {"mode": "native-untagged", "pvid": 0, "tagged": ["10"]}),
                             ("0", {"mode": "access", "pvid": 0, "tagged": []})):
            vif = xenopsd.Vif(0, MAC % 1, trunks=trunks)
            domain = it.start(vm_of(vif))
            holds(it, domain, vlan=vlan)
            it.shutdown(domain)


def test_registered_twice():
    """Windows' drivers make netback register, unregister and register again."""
    with host() as it:
        vif = xenopsd.Vif(0, MAC % 1)
        domain = it.create(vm_of(vif))
        it.add_device(domain, vif)
        it.netback_up(domain, vif)
        it.script(domain, vif, "remove")
        it.netback_up(domain, vif)
        it.wait_for_plug(domain, vif)
        holds(it, domain)


def test_toolstack_restart():
    with host() as it:
        vif = xenopsd.Vif(0, MAC % 1, locking=("locked", ["192.0.2.1"]))
        domain = it.start(vm_of(vif))
        before = holds(it, domain)
        it.seen.ask("again")
        check(holds(it, domain) == before, "another VIF after the restart")
        it.set_locking(domain, vif, "unlocked")
        holds(it, domain, guard="off")
        it.shutdown(domain)


def test_removed_late():
    """Its domain has gone before udev ran the script."""
    with host() as it:
        vif = xenopsd.Vif(0, MAC % 1)
        domain = it.start(vm_of(vif))
        it.xs.remove(f"/local/domain/{domain.domid}")
        it.xs.write(it.paths(domain, vif)["backend"] + "/online", 0)
        it.netback_down(domain, vif)
        it.release(domain, vif)


STEPS = ("created", "vifs", "suspended", "source", "final", "unpaused")


def migrate(it, vm, source, stop=None):
    """A migration within one host: both halves in one XenStore. Returns the destination."""
    destination = it.create(vm, vm.temporary(1), final=vm.uuid)
    if stop == "created":
        return destination
    for vif in vm.vifs:
        it.plug(destination, vif)
        check(holds(it, destination)["arrives"], "nobody says that it arrives")
        holds(it, source)
    if stop == "vifs":
        return destination
    it.handle(source, source.uuid, "suspended")
    holds(it, source)
    if stop == "suspended":
        return destination
    for _ in it.rename_steps(source, vm.temporary(0)):
        holds(it, source, guard="mac+ip")
        holds(it, destination, guard="mac+ip")
    if stop == "source":
        return destination
    for step in it.rename_steps(destination, vm.uuid):
        holds(it, source, guard="mac+ip")
        holds(it, destination, guard="mac+ip")
        it.seen.ask("again")        # a restart finds the same at each of them
        if step != "domain":        # XenStore has no keys then, in neither place
            holds(it, destination, guard="mac+ip")
        holds(it, source)
    if stop == "final":
        return destination
    it.connect(destination)
    holds(it, destination, state=4)
    return destination


def test_migration():
    with host() as it:
        vm = vm_of(xenopsd.Vif(0, MAC % 1, locking=("locked", ["192.0.2.1"])))
        source = it.start(vm)
        destination = migrate(it, vm, source)
        it.shutdown(source)
        gone(it, source)
        holds(it, destination, guard="mac+ip", ip=["192.0.2.1"])
        it.set_locking(destination, vm.vifs[0], "locked", ["192.0.2.2"])
        holds(it, destination, ip=["192.0.2.2"])
        it.shutdown(destination)
        gone(it, destination)


def test_renamed_in_another_order():
    """Its keys are followed to where they are, whichever node is written first."""
    with host() as it:
        vm = vm_of(xenopsd.Vif(0, MAC % 1, locking=("locked", ["192.0.2.1"])))
        domain = it.create(vm, vm.temporary(1), final=vm.uuid)
        it.plug(domain, vm.vifs[0])
        for _ in it.rename_steps(domain, vm.uuid, ("/xapi", "domain", "/vm")):
            holds(it, domain, guard="mac+ip")
        it.set_locking(domain, vm.vifs[0], "unlocked")
        holds(it, domain, guard="off")
        it.shutdown(domain)
        gone(it, domain)


def test_started_while_renamed():
    """A daemon that starts between two steps leaves the port that is there as it is."""
    with host() as it:
        vm = vm_of(xenopsd.Vif(0, MAC % 1, locking=("locked", ["192.0.2.1"])))
        domain = it.create(vm, vm.temporary(1), final=vm.uuid)
        it.plug(domain, vm.vifs[0])
        verdicts = []
        for _ in it.rename_steps(domain, vm.uuid):
            it.start_again()
            it.seen.ask(f"port {domain.domid} 0 {UUID}/0")
            verdicts.append(it.seen.look()[(domain.domid, 0)]["verdict"])
        check(verdicts == ["wanted", "waiting", "wanted", "wanted"], str(verdicts))
        holds(it, domain, guard="mac+ip")
        # Without a port it is another script's, or nobody's yet.
        it.xs.remove(f"/xapi/{vm.uuid}")
        it.start_again()
        check(it.seen.look()[(domain.domid, 0)]["verdict"] == "foreign", "foreign")


def test_migration_fails():
    for stop in STEPS[:-1]:
        with host() as it:
            vm = vm_of(xenopsd.Vif(0, MAC % 1, locking=("locked", ["192.0.2.1"])))
            source = it.start(vm)
            destination = migrate(it, vm, source, stop)
            it.shutdown(destination)
            gone(it, destination)
            holds(it, source, guard="mac+ip")
            if stop in ("created", "vifs"):
                it.set_locking(source, vm.vifs[0], "unlocked")
                holds(it, source, guard="off")      # it runs on
                it.shutdown(source)
            else:
                it.shutdown(source)                 # xenopsd resumes nothing
            gone(it, source)
            for top in ("/xapi", "/vm"):
                check(not [name for name in it.xs.list(top) or [] if name], f"{stop}: {top}")
