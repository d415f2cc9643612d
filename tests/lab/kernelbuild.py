# SPDX-License-Identifier: GPL-2.0-or-later
"""Kernels of our own configuration, each built once and kept in the lab's cache.

  kernel = kernelbuild.kernel("uml")     a fetch.Kernel: the image and its modules
  kernel.build                           the directory to build further modules in
  kernelbuild.module(kernel)             the path of vifswitch.ko for it, made if need be

"uml" is user-mode Linux for measuring, "debug" a kernel that tells of faults. The
source is Debian's linux-source of the family the instruction figures are of. A build
lies in CACHE/NAME-VERSION-KEY, where KEY is made of its configuration and the compiler;
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

import fetch

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
SOURCE = "linux-source-6.12"
# Of other machines: Kconfig wants to see their folders, not their code.
LEAVE_OUT = [f"--exclude=*/{d}/*.[chS]" for d in ("drivers/gpu", "drivers/media", "sound")]
LEAVE_OUT += ["--exclude=*/Documentation/*.rst", "--exclude=*.dts*", "--exclude=*/tools/testing/*"]
SPENT = (".c", ".S", ".o", ".a")
SHOW_SECONDS = 15


class Kind:
    """arch as make knows it, the target that links the image, where that lies."""

    def __init__(self, name, arch, target, image, effort):
        self.name, self.arch, self.target, self.image, self.effort = name, arch, target, image, effort
        self.configs = [os.path.join(HERE, f"{n}.config") for n in ("common", name)]

    def config(self):
        lines = []
        for path in self.configs:
            with open(path) as f:
                lines += [line for line in f if line.startswith("CONFIG_")]
        return "".join(lines)

    def say(self, words):
        print(f"# {self.name} kernel: {words}", flush=True)

    def environment(self):
        path = os.environ.get("PATH", "")
        if os.path.isdir("/usr/lib/ccache"):
            path = "/usr/lib/ccache:" + path
        return dict(os.environ, PATH=path, ARCH=self.arch, CCACHE_NOHASHDIR="1",
                    CCACHE_DEPEND="1", CCACHE_BASEDIR=fetch.cache(),
                    KBUILD_BUILD_TIMESTAMP="lab", MAKEFLAGS="")

    def make(self, tree, *targets):
        """Runs make, with a line now and then that tells how far it is."""
        log = os.path.join(os.path.dirname(tree), "build.log")
        done, shown, start = 0, time.monotonic(), time.monotonic()
        with open(log, "a") as out:
            process = subprocess.Popen(["make", f"-j{os.cpu_count()}", *targets], cwd=tree,
                                       text=True, env=self.environment(),
                                       stdout=subprocess.PIPE, stderr=out)
            for line in process.stdout:
                out.write(line)
                done += line.startswith("  CC ")
                if time.monotonic() > shown + SHOW_SECONDS:
                    shown = time.monotonic()
                    self.say(f"{done} files compiled, {shown - start:.0f} s")
        if process.wait():
            with open(log) as f:
                raise SystemExit(f"lab: make {' '.join(targets)} failed; the end of {log}:\n"
                                 + f.read()[-2000:])

    def configure(self, tree):
        wanted = os.path.join(os.path.dirname(tree), "wanted.config")
        with open(wanted, "w") as f:
            f.write(self.config())
        self.make(tree, f"KCONFIG_ALLCONFIG={wanted}", "allnoconfig")
        with open(os.path.join(tree, ".config")) as f:
            have = set(f.read().splitlines())
        lost = [line for line in self.config().splitlines()
                if not line.endswith("=n") and line not in have]
        if lost:
            raise SystemExit(f"lab: {SOURCE} does not take {', '.join(lost)} of {self.configs}")

    def build(self, final, package):
        tarball = glob.glob(os.path.join(package, "usr", "src", SOURCE + ".tar.*"))[0]
        tree, root = os.path.join(final, "src"), os.path.join(final, "root")
        os.makedirs(tree)
        self.say(f"unpacking {os.path.basename(tarball)}")
        fetch.run(["tar", "-xf", tarball, "-C", tree, "--strip-components=1", *LEAVE_OUT])
        self.configure(tree)
        self.say(self.effort)
        self.make(tree, self.target, "modules")
        self.make(tree, f"INSTALL_MOD_PATH={root}", "modules_install")
        release = os.listdir(os.path.join(root, "lib", "modules"))[0]
        os.makedirs(os.path.join(root, "boot"))
        shutil.copy(os.path.join(tree, self.image), os.path.join(root, "boot", "vmlinuz-" + release))
        prune(tree)
        with open(os.path.join(final, "complete"), "w") as f:
            f.write(release + "\n")
        self.say(f"{release} is in {final}")


KINDS = {kind.name: kind for kind in (
    Kind("uml", "um", "linux", "linux",
         "about 700 files to compile: some 4 minutes on two idle CPUs"),
    Kind("debug", "x86", "bzImage", "arch/x86/boot/bzImage",
         "about 1,350 files to compile: 10 to 20 minutes on two idle CPUs"))}


def prune(tree):
    """Leaves what building a module takes."""
    for where, directories, files in os.walk(tree):
        if where == tree:
            directories[:] = [d for d in directories if d not in ("scripts", "tools", ".git")]
        for name in files:
            if name.endswith(SPENT):
                os.unlink(os.path.join(where, name))


def kernel(name):
    kind = KINDS[name]
    for program in ("flex", "bison", "bc", "make", "gcc"):
        fetch.tool(program)
    package = fetch.package(SOURCE, fetch.BACKPORTS)
    key = hashlib.sha256((kind.config() + fetch.run(["gcc", "--version"])).encode()).hexdigest()
    final = os.path.join(fetch.cache(), f"{name}-{package.rsplit('_', 1)[1]}-{key[:16]}")
    with open(final + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = os.path.join(final, "complete")
        if not os.path.exists(complete):
            shutil.rmtree(final, ignore_errors=True)
            kind.build(final, package)
    with open(complete) as f:
        found = fetch.Kernel(f.read().strip(), os.path.join(final, "root"))
    found.build, found.arch = os.path.join(final, "src"), kind.arch
    return found


def module(built):
    path = os.path.join("build", "kmod", built.release, "vifswitch.ko")
    done = subprocess.run(["make", "-s", "KVERS=" + built.release, "KDIR=" + built.build,
                           "KARGS=ARCH=" + built.arch, path], cwd=TOP, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise SystemExit(f"lab: {path}: {done.stdout[-2000:]}")
    return os.path.join(TOP, path)


if __name__ == "__main__":
    print(kernel(sys.argv[1]).image)
