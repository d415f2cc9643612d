#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Open vSwitch's own tests of a database server, from Debian's openvswitch-source, run
on vifdbd. Programs of Open vSwitch that are clients are the real ones; those that
are servers, or use the server's library, are stood in for (server.py, tool.py,
test_ovsdb.py). tests.list says of every test in its ovsdb-*.at what must come out.

Three things are changed in their script when it is unpacked: of an error only the
error string of RFC 7047 is compared, since "details" is for people and "syntax"
beyond the RFC; the lines of the database file are not counted, since it is no
log of lines; and what is waited for is looked at more often.

Last line: "N passed, N failed".
"""

import argparse
import compileall
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
WORK = os.path.join(TOP, "build/ovsdb-suite")
SOURCE = os.path.join(WORK, "openvswitch")
BIN = os.path.join(WORK, "bin")
FAILED = os.path.join(WORK, "failed")
TARBALL = "/usr/src/openvswitch/openvswitch.tar.gz"
LIST = os.path.join(HERE, "tests.list")
LINE = re.compile(r"^ *(\d+): (.*?) +(ok|FAILED \(.*\)|skipped \(.*\)|expected failure \(.*\)|UNEXPECTED PASS)$")

sys.path.insert(0, HERE)
import pki  # noqa: E402
from vifdbd import TAGS  # noqa: E402

STAND_INS = {"ovsdb-server": "server", "ovsdb-tool": "tool", "test-ovsdb": "test_ovsdb"}

# What differs only in words, in the script's double quotes: its strings have \\\" for \".
TEXT = r'\\"(?:\\\\\\"|\\\\\\\\|[^"\\])*\\"'
DETAILS = [(r'\\"details\\":' + TEXT + ",", ""), (r',\\"syntax\\":' + TEXT, "")]


def unpack():
    """The sources, once for each version of the package."""
    stamp = os.path.join(WORK, "stamp")
    seen = str(os.stat(TARBALL).st_mtime_ns)
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as f:
            if f.read() == seen:
                return
    shutil.rmtree(WORK, ignore_errors=True)
    os.makedirs(WORK)
    with tarfile.open(TARBALL) as tar:
        tar.extractall(WORK)
    build()
    with open(stamp, "w", encoding="utf-8") as f:
        f.write(seen)


def build():
    """test-ovsdb, of which the commands that are clients are used."""
    first = "ofproto/ipfix-entities.def include/odp-netlink.h include/odp-netlink-macros.h lib/vswitch-idl.h " \
        "lib/ovsdb-server-idl.h tests/idltest.h tests/idltest.c vtep/vtep-idl.h"
    make = ["make", f"-j{os.cpu_count()}", "PYTHON3=/usr/bin/python3"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("MAKE") and k != "MFLAGS"}
    with open(os.path.join(WORK, "build.log"), "w", encoding="utf-8") as log:
        for command in (["./configure", "--disable-ssl", "--disable-libcapng", "--disable-dependency-tracking",
                         "CFLAGS=-O0 -w"], make + first.split(), make + ["tests/test-ovsdb"]):
            subprocess.run(command, cwd=SOURCE, stdout=log, stderr=log, env=environment, check=True)


def stand_ins():
    shutil.rmtree(BIN, ignore_errors=True)
    os.makedirs(BIN)
    for module in [*STAND_INS.values(), "vifdbd"]:
        shutil.copy(os.path.join(HERE, module + ".py"), BIN)
    for name, module in STAND_INS.items():
        path = os.path.join(BIN, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"#!/usr/bin/python3 -S\nimport sys\nsys.path.insert(0, {BIN!r})\n"
                    f"import {module}\nsys.exit({module}.main())\n")
        os.chmod(path, 0o755)


def compile_modules():
    """Their tests forbid Python to keep what it compiled, so each of the many processes would do it again."""
    for directory in (BIN, os.path.join(SOURCE, "python/ovs")):
        compileall.compile_dir(directory, quiet=1)


def without_details(text):
    for pattern, by in DETAILS:
        text = re.sub(pattern, by, text)
    return text


def tag_only(match):
    """An expected failure names its error, or is one of some other kind."""
    tag = next((t for t in TAGS if t in match.group(1)), None)
    return f'grep -E -e "{tag or "|".join(TAGS)}" stderr'


def prepare_script():
    tests = os.path.join(SOURCE, "tests")
    with open(os.path.join(tests, "testsuite"), encoding="latin-1") as f:
        script = without_details(f.read())
    script = re.sub(r'grep -F -e "((?:[^"\\]|\\.)*)" stderr', tag_only, script, flags=re.DOTALL)
    # What test-ovsdb prints of an error.
    script = re.sub(r'(^|printf "%%s\\n" ")((?:test-ovsdb: |row \d+: )?)(?:syntax \\".*\\": )?(%s): .*$' % "|".join(TAGS),
                    r"\1\2\3", script, flags=re.M)
    script = re.sub(r"test `wc -l < db` -eq \d+", "true", script)
    # It waits for what takes a little longer than a tenth of a second by the second, and counts with a process each.
    script = script.replace("`expr $1 + ${3-1}`", "$(($1 + ${3-1}))")
    script = script.replace('seq 1 "$OVS_CTL_TIMEOUT"`; do\n        sleep 1\n', 'seq 1 "${OVS_CTL_TIMEOUT}0"`; do\n        sleep 0.1\n')
    script = script.replace("after $d seconds", "after $d tenths of a second")
    # Nor is a machine to be judged that stands still for some seconds.
    script = re.sub(r" -t([123]0) ", r" -t\g<1>0 ", script)
    with open(os.path.join(tests, "testsuite.ours"), "w", encoding="latin-1") as f:
        f.write(script)
    original = os.path.join(tests, "uuidfilt-original.py")
    if not os.path.exists(original):
        os.rename(os.path.join(tests, "uuidfilt.py"), original)
    shutil.copy(os.path.join(HERE, "filter.py"), os.path.join(tests, "uuidfilt.py"))


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(("::1", 0))
            return True
    except OSError:
        return False


def configure(directory, vifdbd):
    """What Open vSwitch's configure would say about this machine."""
    real = os.path.join(SOURCE, "tests/test-ovsdb")
    settings = {
        "at_testdir": "tests", "abs_builddir": f"{SOURCE}/tests", "at_srcdir": f"{SOURCE}/tests",
        "abs_srcdir": f"{SOURCE}/tests", "at_top_srcdir": SOURCE, "abs_top_srcdir": SOURCE,
        "at_top_build_prefix": f"{SOURCE}/", "abs_top_builddir": SOURCE, "at_top_builddir": f"{SOURCE}/",
        "EXEEXT": "", "AUTOTEST_PATH": BIN, "SHELL": "/bin/sh", "PYTHON3": "/usr/bin/python3",
        "HAVE_OPENSSL": "yes", "OPENSSL_SUPPORTS_SNI": "no", "HAVE_UNBOUND": "no", "HAVE_IPV6": "yes" if has_ipv6() else "no",
        "IS_WIN32": "no", "IS_BSD": "no", "IS_ARM64": "no", "HAVE_PYTEST": "no", "TESTS_WITH_UBSAN": "no",
        "non_ascii_cwd": "false", "EGREP": "grep -E"}
    exported = {"PYTHONPATH": f"{SOURCE}/python", "PYTHONIOENCODING": "utf_8", "PYTHONDONTWRITEBYTECODE": "yes",
                "OVS_SYSLOG_METHOD": "null", "TMPDIR": directory, "OVS_CTL_TIMEOUT": "60", "VIFDBD": vifdbd, "REAL_TEST_OVSDB": real}
    with open(os.path.join(directory, "atconfig"), "w", encoding="utf-8") as f:
        f.writelines(f"{k}='{v}'\n" for k, v in settings.items())
        f.writelines(f"{k}='{v}'; export {k}\n" for k, v in exported.items())


def groups():
    """Numbers of the tests of a database, by name: {"FILE: TITLE": number}, with #N for one that is not the first."""
    out = subprocess.run(["sh", f"{SOURCE}/tests/testsuite", "-l"], stdout=subprocess.PIPE, cwd=WORK, text=True,
                         check=True).stdout
    found, count = {}, {}
    for match in re.finditer(r"^ *(\d+): (ovsdb-[\w-]+\.at):\d+ +(.*)$", out, re.M):
        name = f"{match.group(2)}: {match.group(3)}"
        count[name] = count.get(name, 0) + 1
        found[name if count[name] == 1 else f"{name} #{count[name]}"] = int(match.group(1))
    return found


def listed():
    """{name: (what is to be, why)} of tests.list."""
    what, why, tests = None, "", {}
    with open(LIST, encoding="utf-8") as f:
        for line in f.read().splitlines():
            heading = re.match(r"== (passes|differs|not run)(?:: (.*))?$", line)
            if heading:
                what, why = heading.groups()
            elif line and not line.startswith("#"):
                tests[line] = (what, why)
    return tests


def run_tests(numbers, jobs):
    """What came out, by number: ok, FAILED or skipped."""
    # Not on a disk: each test makes databases, and there are hundreds.
    directory = tempfile.mkdtemp(prefix="ovsdb-suite-", dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None)
    configure(directory, os.environ.get("VIFDBD") or os.path.join(TOP, "build/release/vifdbd"))
    process = subprocess.Popen(["sh", f"{SOURCE}/tests/testsuite.ours", "-C", directory, f"-j{jobs}",
                                *map(str, numbers)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               stdin=subprocess.DEVNULL, text=True, cwd=directory)
    results = {}
    for line in process.stdout:
        match = LINE.match(line.rstrip())
        if match:
            results[int(match.group(1))] = match.group(3).split()[0]
    process.wait()
    shutil.rmtree(FAILED, ignore_errors=True)
    for number, result in results.items():
        if result == "FAILED":
            shutil.copytree(os.path.join(directory, f"testsuite.ours.dir/{number}"), os.path.join(FAILED, str(number)),
                            ignore_dangling_symlinks=True, ignore=lambda d, names: [n for n in names if special(d, n)])
    shutil.rmtree(directory)
    return results


def special(directory, name):
    """Sockets, which cannot be copied."""
    path = os.path.join(directory, name)
    return not (os.path.isfile(path) or os.path.isdir(path))


def judge(name, what, result):
    """None, or what is wrong."""
    if what == "passes" and result not in ("ok", "skipped"):
        return f"FAIL {name}: {result or 'did not run'}"
    if what == "differs" and result == "ok":
        return f"note {name}: passes, though it is listed as one that differs"
    return None


def summary(expected, known, results):
    failed = [f"FAIL {name}: is not in {os.path.relpath(LIST, TOP)}" for name in known.keys() - expected.keys()]
    failed += [f"FAIL {name}: is listed, but the suite has no such test" for name in expected.keys() - known.keys()]
    for name in known.keys() & expected.keys():
        if known[name] in results or expected[name][0] == "passes":
            line = judge(name, expected[name][0], results.get(known[name]))
            if line:
                failed.append(line)
    print("\n".join(sorted(failed)))
    failed = [line for line in failed if line.startswith("FAIL")]
    ran = [result for number, result in results.items()]
    passed = ran.count("ok")
    skipped = ran.count("skipped")
    print(f"{len(expected) - sum(w == 'passes' for w, _ in expected.values())} do not apply, see "
          f"{os.path.relpath(LIST, TOP)}; logs of those that failed are in {os.path.relpath(FAILED, TOP)}")
    print(f"{passed} passed, {len(failed)} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed or not passed else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="only tests whose name has one of these in it, listed or not")
    parser.add_argument("--jobs", type=int, default=4, help="at once; they sleep most of the time")
    args = parser.parse_args()
    unpack()
    stand_ins()
    compile_modules()
    pki.make(os.path.join(SOURCE, "tests"))
    prepare_script()
    known, expected = groups(), listed()
    if args.names:
        wanted = {n: k for n, k in known.items() if any(a in n for a in args.names)}
        results = run_tests(sorted(wanted.values()), args.jobs)
        for name, number in wanted.items():
            print(results.get(number), name)
        return 0
    wanted = [number for name, number in known.items() if expected.get(name, ("",))[0] in ("passes", "differs")]
    return summary(expected, known, run_tests(sorted(wanted), args.jobs))


if __name__ == "__main__":
    sys.exit(main())
