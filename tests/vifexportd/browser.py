#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The status page in a browser: Chromium draws it, axe-core looks whether people can use it.

  tests/vifexportd/browser.py [NAME...]

$VIFEXPORTD is the program. Pictures are left in build/page. axe-core comes from npm, once,
and must be the one that is known here; without npm what it would find is left out, and said.
"""
import base64
import contextlib
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.keys import Keys

from daemon import (HOSTILE, UUID, acls, counters, documents, drop, mirrors, port, run_all,
                    show)
from run import check, same, world
from shipped import free_port

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
PICTURES = os.path.join(TOP, "build", "page")
AXE = "axe-core@4.10.2"
AXE_SHA512 = "RE3mdQ7P3FRSe7eqCWoeQ/Z9QXrtniSjp1wUjt5nRC3WIpz5rSCve6o3fsZ2aCpJtrZjSZgjwXAoTO5k4tEI0w=="
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
           "--disable-background-networking", "--disable-component-update", "--no-first-run",
           "--disable-extensions", "--force-device-scale-factor=1", "--window-size=1300,1000")
TESTS = []


def test(function):
    TESTS.append(function)
    return function


def until(what, condition):
    for _ in range(1200):
        found = condition()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited for {what}")


def listens(number):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", number)):
        return True
    return False


def axe_source():
    """What axe.min.js says; None: it cannot be had here."""
    kept = os.path.join(PICTURES, "axe.tgz")
    if not os.path.exists(kept):
        with tempfile.TemporaryDirectory() as folder:
            try:
                done = subprocess.run(["npm", "pack", "--silent", AXE], cwd=folder, timeout=300,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            except (OSError, subprocess.TimeoutExpired) as error:
                print(f"left out what axe-core would find: {error}")
                return None
            found = os.listdir(folder)
            if done.returncode or not found:
                print(f"left out what axe-core would find: {done.stdout.decode()[-300:]}")
                return None
            shutil.move(os.path.join(folder, found[0]), kept)
    with open(kept, "rb") as f:
        digest = hashlib.sha512(f.read()).digest()
    same(base64.b64encode(digest).decode(), AXE_SHA512, f"SHA-512 of {AXE}")
    with tarfile.open(kept) as archive:
        return archive.extractfile("package/axe.min.js").read().decode()


def vms(count, name="vm{}", **fields):
    return [port(f"vif{n}.0", n, name=name.format(n), counters=counters(n, **(
        {"mac_guard": n} if n % 7 == 0 else {})), **fields) for n in range(1, count + 1)]


def host(*ports):
    return show(*ports, port("eth0", role="uplink", counters=counters(10**6, to_mtu=4)),
                port("xenbr0", role="local"))


class Browser:
    def __init__(self, folder, axe):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for option in (*OPTIONS, f"--user-data-dir={folder}"):
            options.add_argument(option)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.driver.set_page_load_timeout(300)
        self.driver.set_script_timeout(300)
        self.axe = axe

    def open(self, exporter, query=""):
        self.driver.get(f"http://127.0.0.1:{exporter.port}/{query}")

    def run(self, script, *arguments):
        return self.driver.execute_script("return " + script, *arguments)

    def texts(self, selector):
        return self.run("[...document.querySelectorAll(arguments[0])].map(e => e.textContent)",
                        selector)

    def scheme(self, name):
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": name}]})

    def picture(self, name):
        answer = self.driver.execute_cdp_cmd("Page.captureScreenshot",
                                             {"captureBeyondViewport": True})
        with open(os.path.join(PICTURES, name + ".png"), "wb") as f:
            f.write(base64.b64decode(answer["data"]))

    def judged(self, what):
        """axe-core finds nothing that is serious."""
        if not self.axe:
            return
        self.driver.execute_script(self.axe)
        found = self.driver.execute_async_script(
            "const done = arguments[0];"
            "axe.run().then(r => done(r.violations.map("
            "v => [v.impact, v.id, v.nodes.slice(0, 3).map(n => n.html + n.failureSummary)])))")
        same([v for v in found if v[0] in ("serious", "critical")], [], f"axe-core, {what}")

    def quiet(self):
        """Nothing on the console, and nothing from elsewhere. What the browser's own start page
        says of a busy machine (in chrome://) is not the page's."""
        said = self.driver.get_log("browser")
        same([e for e in said if not e["message"].startswith("chrome://")], [], "console")
        origin = self.run("location.origin")
        loaded = self.run("performance.getEntriesByType('resource').map(e => e.name)")
        same([name for name in loaded if not name.startswith((origin, "data:"))], [], "elsewhere")


@contextlib.contextmanager
def opened(browser, document, **more):
    with world() as (exporter, daemon):
        daemon.say(**{"show": document, "acls": acls(), "mirrors": mirrors("span"), **more})
        browser.driver.get_log("browser")
        browser.open(exporter)
        yield daemon
        browser.quiet()
        browser.driver.get("about:blank")	# and asks no more


# Of what overlaps, leaves its frame, or is wider than what it is written in.
GEOMETRY = """(() => {
    const box = e => e.getBoundingClientRect();
    const cards = [...document.querySelectorAll("svg .card")].map(box);
    const frame = box(document.querySelector("svg"));
    let bad = 0;
    for (let i = 0; i < cards.length; i++) {
        const a = cards[i];
        bad += a.left < frame.left || a.right > frame.right || a.bottom > frame.bottom;
        for (let j = 0; j < i; j++) {
            const b = cards[j];
            bad += a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
        }
    }
    for (const text of document.querySelectorAll("svg text"))
        bad += text.getBBox().width > 190;
    return [cards.length, bad];
})()"""


def drawn(browser, count):
    same(browser.run(GEOMETRY), [count, 0], "cards, and what is out of place")
    for scheme in ("light", "dark"):
        browser.scheme(scheme)
        browser.picture(f"{count}-{scheme}")
    until("rates", lambda: "0bit/s" in "".join(browser.texts("svg [data-rate]")))


@test
def fifty_vms(browser):
    """50 VMs: nothing overlaps, and axe-core finds nothing serious, light and dark"""
    document = host(*vms(50))
    documents.reply("show", document)
    with opened(browser, document):
        drawn(browser, 50)
        browser.run("document.getElementById('pause').click()")
        for scheme in ("light", "dark"):
            browser.scheme(scheme)
            browser.judged(scheme)


@test
def five_hundred_vms(browser):
    """500 VMs: nothing overlaps, and one is found by a word"""
    with opened(browser, host(*vms(500))):
        drawn(browser, 500)
        browser.driver.find_element("css selector", "#filter input").send_keys("vm499")
        same(browser.run("document.querySelectorAll('#vms tbody tr:not([hidden])').length"), 1, "found")
        same(browser.run("document.querySelectorAll('svg .card:not(.dim)').length"), 1, "cards")


PLACES = """Object.fromEntries([...document.querySelectorAll('svg .card')].map(
    c => [c.dataset.port, [c.firstElementChild.getAttribute('x'),
                           c.firstElementChild.getAttribute('y')].join()]))"""


@test
def it_changes_while_it_is_looked_at(browser):
    """counts, states, VMs that come and go; what stays, stays where it is"""
    with opened(browser, host(*vms(20))) as daemon:
        before = browser.run(PLACES)
        later = [p for p in vms(22) if p["vm"]["domid"] not in (3, 9)]
        later[0].update(state="failed", error="vlan is 5000", counters=counters(777))
        daemon.say(show=host(*later), acls=acls(), mirrors=mirrors("span", "other"))
        until("the counts", lambda: any("777" in t for t in browser.texts("#vms td")))
        same(browser.texts("#vms tbody th")[0], "vm1", "faults come first")
        check("vlan is 5000" in browser.texts("#vms tbody tr")[0], "why it is not active")
        same(len(browser.texts("#vms tbody tr")), 20, "lines")
        same(len(browser.texts("#mirrors tbody tr")), 2, "mirrors")
        after = browser.run(PLACES)
        same(len(after), 20, "cards")
        same({k: v for k, v in after.items() if k in before and before[k] != v}, {}, "moved")
        same(len(set(after.values())), 20, "places")
        browser.driver.find_element("id", "pause").click()
        same(browser.texts("#live"), ["held"], "it says so")
        daemon.close()
        browser.driver.find_element("id", "pause").click()
        until("that nobody answers", lambda: browser.texts("#live") == ["no answer"])
        check("cannot be asked" in browser.texts("main [role=alert]")[0], "the reason")
        # The answer that says so is the browser's to tell of.
        said = browser.driver.get_log("browser")
        check(all("503" in e["message"] for e in said), f"console: {said}")


@test
def drops_as_they_are(browser):
    """a frame that is dropped is on the page, with its VM, reason and rule"""
    with opened(browser, host(*vms(3))) as daemon:
        until("vifexportd to follow", lambda: daemon.followers)
        same(browser.texts("#drops tbody tr"), [], "drops")
        daemon.tell({"format": 1, "time": "2026-11-29T07:00:00.000Z", "event": "lost", "count": 3})
        for n in range(120):
            daemon.tell(drop(f"vif{n}.0", 1, f"{HOSTILE}{n}"))
        until("the last one", lambda: any("119" in t for t in browser.texts("#drops tbody th + td")))
        rows = browser.texts("#drops tbody tr")
        same(len(rows), 100, "lines")
        for word in (HOSTILE + "119", "vif119.0", "no-telnet of web", "acl"):
            check(word in rows[0], f"{word} in {rows[0]}")


@test
def names_that_are_markup(browser):
    """<script> and its kin in every text that others choose: text, and nothing else"""
    evil = "<script>window.evil=1</script><img src=x onerror='window.evil=1'>\"'&"
    document = host(port(evil, 1, name=evil, state="failed", error=evil),
                    port("vif2.0", 2, name="</svg>" + evil), port(evil, role="uplink", error=evil))
    document["switches"][0].update(error=evil)
    document["database"]["error"] = evil
    document["host"] = evil
    with opened(browser, document, mirrors=mirrors(evil)) as daemon:
        until("vifexportd to follow", lambda: daemon.followers)
        daemon.tell(drop("vif1.0", 1, evil, rule=evil, acl=evil))
        until("the drop", lambda: browser.texts("#drops tbody tr"))
        until("a second time", lambda: browser.texts("#live") == ["live"])
        same(browser.run("window.evil"), None, "what a name did")
        same(browser.run("document.scripts.length"), 1, "scripts")
        same(browser.run("document.images.length"), 0, "images")
        same(browser.texts("#vms tbody th")[0], evil, "the name")
        same(browser.run("document.title"), "vifswitch on " + evil, "title")


@test
def by_keyboard(browser):
    """one way through the page; the keyboard stays where it is while the page changes"""
    document = host(*vms(3), port("vif9.0", 9, counters=counters(9, mac_guard=1)))
    with opened(browser, document) as daemon:
        def focused():
            return browser.run("(e => e.id || e.textContent || e.type)(document.activeElement)")
        way = []
        for _ in range(9):
            browser.driver.switch_to.active_element.send_keys(Keys.TAB)
            way.append(browser.run("(e => e.id || e.getAttribute('aria-labelledby') || e.className ||"
                                   " e.tagName)(document.activeElement)"))
        same(way, ["skip", "pause", "INPUT", "switches-name", "topology", "vms-name", "SUMMARY",
                   "others-name", "SUMMARY"], "where TAB leads")
        browser.run("document.querySelector('#vms summary').focus()")
        browser.driver.switch_to.active_element.send_keys(Keys.ENTER)
        check(browser.run("document.querySelector('#vms details').open"), "it does not open")
        document["ports"].insert(0, port("vif10.0", 10, name="new"))
        document["ports"][-3].update(counters=counters(99, mac_guard=1))
        daemon.say(show=document, acls=acls(), mirrors=mirrors())
        until("the new one", lambda: "new" in browser.texts("#vms tbody th"))
        check(browser.run("document.querySelector('#vms details').open"), "it was closed")
        same(browser.run("document.activeElement.tagName"), "SUMMARY", "where the keyboard is")
        check(focused(), "nothing is focused")


def cockpit_package(folder, socket_path):
    """The package as it is installed, but for the place of vifexportd's socket."""
    subprocess.run(["make", "-s", "-C", TOP, "install-cockpit", f"DESTDIR={folder}", "PREFIX="],
                   check=True, stdout=subprocess.DEVNULL)
    path = os.path.join(folder, "share/cockpit/vifswitch/index.html")
    with open(path) as f:
        text = f.read()
    check("/run/vifswitch/export" in text, "its socket")
    with open(path, "w") as f:
        f.write(text.replace("/run/vifswitch/export", socket_path))


def cockpit_port(folder):
    """Of a cockpit-ws of ours, which asks nobody who he is."""
    port_number = free_port()
    process = subprocess.Popen(
        ["/usr/lib/cockpit/cockpit-ws", "--no-tls", f"--port={port_number}", "--address=127.0.0.1",
         "--local-session=cockpit-bridge"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "XDG_DATA_DIRS": f"{folder}/share:/usr/share", "XDG_DATA_HOME": folder,
             "XDG_CONFIG_HOME": folder, "XDG_RUNTIME_DIR": folder,
             "DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder}/none"})
    return process, port_number


@test
def within_cockpit(browser):
    """Cockpit shows the same page by its own way to the socket, live, names harmless"""
    with world() as (exporter, daemon), tempfile.TemporaryDirectory(
            ignore_cleanup_errors=True) as folder:
        daemon.say(show=host(*vms(3), port("vif9.0", 9, name=HOSTILE)), acls=acls(),
                   mirrors=mirrors())
        cockpit_package(folder, exporter.unix)
        process, number = cockpit_port(folder)
        try:
            until("cockpit-ws", lambda: listens(number))
            browser.driver.get_log("browser")
            browser.driver.get(f"http://127.0.0.1:{number}/cockpit/@localhost/vifswitch/index.html")
            until("the page", lambda: browser.texts("#vms tbody th") == ["vm1", "vm2", "vm3", HOSTILE])
            browser.picture("cockpit")
            daemon.say(show=host(*vms(5)), acls=acls(), mirrors=mirrors())
            until("what is new", lambda: len(browser.texts("svg .card")) == 5)
            same([e for e in browser.driver.get_log("browser") if e["level"] == "SEVERE"], [],
                 "console")
        finally:
            browser.driver.get("about:blank")
            process.terminate()
            process.wait()


def main():
    os.makedirs(PICTURES, exist_ok=True)
    folder = tempfile.mkdtemp(prefix="vifexportd-browser-")
    browser = Browser(folder, axe_source())
    passed, failed = run_all(TESTS, browser)
    browser.driver.quit()
    shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return failed > 0 or not passed


if __name__ == "__main__":
    sys.exit(main())
