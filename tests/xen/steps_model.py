# SPDX-License-Identifier: GPL-2.0-or-later
"""Step: a device model in a domain of its own, as libxl runs one for an HVM guest.

Here a guest without a VIF takes its part: domain 0 says whose device model it is, and
attaches a VIF with the other guest's MAC and number.
"""
import guest as guests
import wait
from world import GUESTS, check, step


def create(w):
    w.guests["model"] = guests.Guest(w.a, "model", [])
    w.model.create()


def say(w):
    """What libxl writes before the device model has any device."""
    model, vm = w.model.domid, w.one.domid
    w.a.run(f"xenstore-write /local/domain/{model}/target {vm}"
            f" /local/domain/{vm}/image/device-model-domid {model}")


def clean(w):
    w.a.run("xl destroy model", 60, check=False)
    w.a.run(f"xenstore-rm /local/domain/{w.one.domid}/image/device-model-domid", check=False)
    del w.guests["model"]


@step("model", "a device model's VIF is the other half of its VM's, with that one's address")
def model(w):
    address, identity = GUESTS["one"][5][0], w.port("one")["identity"]
    attach = f"xl network-attach model mac={w.mac('one')} bridge=xenbr0.100"
    create(w)
    try:
        check(w.a.run(attach, 60, check=False).rc,
              "one's MAC was given to who is not its device model")
        clean(w)
        create(w)
        say(w)
        w.a.run(attach, 60)
        port = w.port("model")
        check((port["identity"], port["error"]) == (identity, None), f"its port is {port}")
        w.model.sh(f"ip addr add {address}/24 dev eth0; ip link set eth0 up")
        for half in (w.model, w.one, w.model, w.one):
            wait.until(f"two to answer {half.name}", 60,
                       lambda half=half: half.ask("reach", 2, 500, "10.0.0.2")["10.0.0.2"])
        for name in ("one", "model"):
            check(not w.drops(name).get("mac-claimed"), f"drops of {name}: {w.drops(name)}")
    finally:
        clean(w)
    return "refused before domain 0 said so; then each half got the answers to what it asked"
