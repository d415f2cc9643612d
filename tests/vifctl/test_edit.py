# SPDX-License-Identifier: GPL-2.0-or-later
"""vifctl edit, with editors that are commands."""

import glob
import os
import shlex

from world import VIFCTL, WEB

WORLD = [f"vm set {WEB} name=web labels=role=web", "acl create web from-vm-default=allow",
         "acl rule add web ssh direction=to-vm action=allow proto=tcp dst-port=22",
         f"port set {WEB} vlan=100 acl=web"]


def edit(w, editor, *words, code=0):
    return w.run("edit", *words, *(("--no-wait",) if code == 0 else ()), code=code, stdin="",
                 VISUAL=editor, TMPDIR=w.dir)


def left(w):
    """Texts that were kept."""
    found = glob.glob(os.path.join(w.dir, "vifctl-*.yaml"))
    for path in found:
        os.unlink(path)
    return len(found)


def test_edit(w):
    """What is saved is put into the database, of every kind; what is not changed stays."""
    for line in WORLD:
        w.run(*shlex.split(line), "--no-wait")
    assert "22 -> 2222" in edit(w, "sed -i s/22/2222/", "acl", "web").out
    edit(w, "sed -i s/100/200/", "port", "web")
    edit(w, "sed -i s/web/shop/", "vm", "web")
    assert w.rows("Port", "tag") == [{"tag": 200}] and w.rows("VM", "name") == [{"name": "shop"}]
    assert w.rows("Rule", "dst_ports") == [{"dst_ports": ["map", [[2222, 2222]]]}]
    for editor in ("true", "truncate -s 0"):
        assert "nothing to change" in edit(w, editor, "acl", "web").out
    assert "2222 -> 99" in w.run("edit", "acl", "web", "--dry-run", VISUAL="sed -i s/2222/99/", TMPDIR=w.dir).out
    assert left(w) == 1     # what was typed is not thrown away
    edit(w, "sed -i /labels:/,+1d", "vm", "shop")
    assert w.rows("VM", "labels") == [{"labels": ["map", []]}], w.rows("VM")
    assert left(w) == 0


def test_edit_refused(w):
    """Nothing is changed, and what was typed is kept, whatever goes wrong."""
    for line in WORLD:
        w.run(*shlex.split(line), "--no-wait")
    meanwhile = f"sh -c 'sed -i s/22/23/ \"$1\"; {os.path.abspath(VIFCTL)} acl set web to-vm-default=deny --no-wait' sh"
    before = w.run("export").out
    for editor, words, code, said in (
            ("sed -i s/allow/alow/", ("acl", "web"), 2, "one of allow, deny or reject"),
            ("sed -i s/acls:/alcs:/", ("acl", "web"), 2, '"alcs" is none of'),
            ("sed -i 's/- name: web/- name: other/'", ("acl", "web"), 2, "has another name now"),
            ("sed -i '$avms: []'", ("acl", "web"), 0, ""),
            ("sed -i '$aqos: [{name: gold}]'", ("acl", "web"), 2, "nothing else"),
            ("sed -i s/web/gone/", ("port", "web"), 2, "gone"),
            ("false", ("acl", "web"), 1, 'the editor "false" failed'),
            ("true", ("acl", "wbe"), 3, "near: web"), ("true", ("cow", "web"), 2, "none of switch"),
            ("true", ("port", "web/7"), 3, "no port")):
        done = edit(w, editor, *words, code=code)
        assert said in done.err, (editor, done.err)
        assert left(w) == ("the text is in" in done.err), (editor, done.err)
        assert w.run("export").out == before, editor
    done = edit(w, meanwhile, "acl", "web", code=1)
    assert "was changed meanwhile; nothing of yours was" in done.err, done.err
    assert left(w) == 1
    assert w.rows("Rule", "dst_ports") == [{"dst_ports": ["map", [[22, 22]]]}]
    assert w.rows("ACL", "to_vm_default") == [{"to_vm_default": "deny"}]
