# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl show --dot, as graphviz reads it, of a vifswitchd that is played."""

import os
import subprocess
import sys
import xml.etree.ElementTree

from world import TOP, VIFCTL

sys.path.insert(0, os.path.join(TOP, "tests/vifexportd"))
import daemon  # noqa: E402

SVG = "{http://www.w3.org/2000/svg}"
NAMES = [daemon.HOSTILE, 'a"];b[label="c', "back\\", "\\N\\l\\G", "&lt;&#34;", "<b>x</b>", "-->",
         "é"]


def shown(w, document, *words):
    path = os.path.join(w.dir, "control")
    played = daemon.Daemon(path)
    played.say(show=document)
    done = subprocess.run([VIFCTL, "show", *words], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120,
                          env=w.environment())
    played.close()
    return done


def drawn(text):
    """Texts of each node, and the number of edges."""
    done = subprocess.run(["dot", "-Tsvg"], input=text.encode(), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=120)
    # Fonts are the machine's; what is said of the graph is ours.
    said = [line for line in done.stderr.decode().splitlines()
            if "syntax" in line or "label" in line]
    assert done.returncode == 0 and not said, done.stderr
    groups = xml.etree.ElementTree.fromstring(done.stdout).iter(SVG + "g")
    groups = [(g.get("class"), [t.text for t in g.iter(SVG + "text")]) for g in groups]
    return [texts for kind, texts in groups if kind == "node"], sum(k == "edge" for k, _ in groups)


def test_a_graph_that_graphviz_draws(w):
    document = daemon.show(
        *(daemon.port(f"vif{n}.0", n, name=name) for n, name in enumerate(NAMES, 1)),
        daemon.port("vif1.0-emu", 1, role="tap", state="plugged", name=NAMES[0]),
        daemon.port("vif99.0", 99, state="failed", error='vlan is "5000"', switch="other"),
        daemon.port("eth0", role="uplink", counters=daemon.counters(4, to_mtu=3)))
    done = shown(w, document, "--dot")
    assert done.returncode == 0, done.stderr
    nodes, edges = drawn(done.stdout)
    heads = [texts[0] for texts in nodes]
    vifs = [f"vif{n}.0" for n in range(1, len(NAMES) + 1)]
    wanted = ["xenbr0", *NAMES, *vifs, "vif1.0-emu", "vif99.0", "web", "other", "eth0"]
    assert sorted(heads) == sorted(wanted), heads
    assert edges == 2 * (len(NAMES) + 2) + 1, edges
    texts = {texts[0]: texts[1:] for texts in nodes}
    assert texts["vif99.0"][-1] == 'vlan is "5000"', texts
    assert texts["eth0"] == ["uplink, active, VLAN 100", "dropped 3"], texts


def test_forms_of_show(w):
    document = daemon.show(daemon.port("vif1.0", 1))
    assert shown(w, document, "--tree").stdout == shown(w, document).stdout
    for words in (["--tree", "--dot"], ["--json", "--dot"]):
        done = shown(w, document, *words)
        assert done.returncode == 2 and "one of --tree, --dot and --json" in done.stderr, done
    assert drawn(shown(w, daemon.show(), "--dot").stdout)[1] == 0
