# SPDX-License-Identifier: GPL-2.0-or-later
"""A user-mode Linux kernel for measuring, built once and kept in the lab's cache.

  kernel = uml_kernel.kernel()     a fetch.Kernel: the program and its modules
  kernel.build                     the directory to build further modules in

The source is Debian's linux-source of the family the instruction figures are of. The
build lies in CACHE/uml-VERSION-KEY, where KEY is made of uml.config and the compiler;
one that was broken off has no file "complete" and is thrown away. What only compiling
the kernel itself takes is removed afterwards.
"""
import fcntl
import glob
import hashlib
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lab"))
import fetch  # noqa: E402

SOURCE = "linux-source-6.12"
CONFIG = os.path.join(HERE, "uml.config")
# Of other machines: Kconfig wants to see their folders, not their code.
LEAVE_OUT = [f"--exclude=*/{d}/*.[chS]" for d in ("drivers/gpu", "drivers/media", "sound")]
LEAVE_OUT += ["--exclude=*/Documentation/*.rst", "--exclude=*.dts*", "--exclude=*/tools/testing/*"]
SPENT = (".c", ".S", ".o", ".a")
SHOW_SECONDS = 15


def say(words):
    print(f"# user-mode Linux: {words}", flush=True)


def environment():
    path = os.environ.get("PATH", "")
    if os.path.isdir("/usr/lib/ccache"):
        path = "/usr/lib/ccache:" + path
    return dict(os.environ, PATH=path, ARCH="um", CCACHE_NOHASHDIR="1", CCACHE_DEPEND="1",
                CCACHE_BASEDIR=fetch.cache(), KBUILD_BUILD_TIMESTAMP="bench",
                MAKEFLAGS="")


def make(tree, *targets):
    """Runs make, with a line now and then that tells how far it is."""
    log = os.path.join(os.path.dirname(tree), "build.log")
    done, shown, start = 0, time.monotonic(), time.monotonic()
    with open(log, "a") as out:
        process = subprocess.Popen(["make", f"-j{os.cpu_count()}", *targets], cwd=tree, text=True,
                                   env=environment(), stdout=subprocess.PIPE, stderr=out)
        for line in process.stdout:
            out.write(line)
            done += line.startswith("  CC ")
            if time.monotonic() > shown + SHOW_SECONDS:
                shown = time.monotonic()
                say(f"{done} files compiled, {shown - start:.0f} s")
    if process.wait():
        with open(log) as f:
            raise SystemExit(f"uml: make {' '.join(targets)} failed; the end of {log}:\n"
                             + f.read()[-2000:])


def configure(tree):
    make(tree, f"KCONFIG_ALLCONFIG={CONFIG}", "allnoconfig")
    with open(CONFIG) as f, open(os.path.join(tree, ".config")) as g:
        wanted, have = f.read().splitlines(), set(g.read().splitlines())
    lost = [line for line in wanted if line.startswith("CONFIG_") and line not in have]
    if lost:
        raise SystemExit(f"uml: {SOURCE} does not take {', '.join(lost)} of {CONFIG}")


def prune(tree):
    """Leaves what building a module takes."""
    for where, directories, files in os.walk(tree):
        if where == tree:
            directories[:] = [d for d in directories if d not in ("scripts", ".git")]
        for name in files:
            if name.endswith(SPENT):
                os.unlink(os.path.join(where, name))


def build(final, package):
    tarball = glob.glob(os.path.join(package, "usr", "src", SOURCE + ".tar.*"))[0]
    tree, root = os.path.join(final, "src"), os.path.join(final, "root")
    os.makedirs(tree)
    say(f"unpacking {os.path.basename(tarball)}")
    fetch.run(["tar", "-xf", tarball, "-C", tree, "--strip-components=1", *LEAVE_OUT])
    say("about 700 files to compile: some 4 minutes on two idle CPUs")
    configure(tree)
    make(tree, "linux", "modules")
    make(tree, f"INSTALL_MOD_PATH={root}", "modules_install")
    release = os.listdir(os.path.join(root, "lib", "modules"))[0]
    os.makedirs(os.path.join(root, "boot"))
    shutil.copy(os.path.join(tree, "linux"), os.path.join(root, "boot", "vmlinuz-" + release))
    prune(tree)
    with open(os.path.join(final, "complete"), "w") as f:
        f.write(release + "\n")
    say(f"{release} is in {final}")


def kernel():
    for program in ("flex", "bison", "bc", "make", "gcc"):
        fetch.tool(program)
    package = fetch.package(SOURCE, fetch.BACKPORTS)
    with open(CONFIG, "rb") as f:
        key = hashlib.sha256(f.read() + fetch.run(["gcc", "--version"]).encode()).hexdigest()[:16]
    final = os.path.join(fetch.cache(), f"uml-{package.rsplit('_', 1)[1]}-{key}")
    with open(final + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = os.path.join(final, "complete")
        if not os.path.exists(complete):
            shutil.rmtree(final, ignore_errors=True)
            build(final, package)
    with open(complete) as f:
        found = fetch.Kernel(f.read().strip(), os.path.join(final, "root"))
    found.build = os.path.join(final, "src")
    return found


if __name__ == "__main__":
    print(kernel().image)
