# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian packages unpacked into a cache, never installed.

  package(name, suite=None)   directory with the package's files
  kernel(family)              Kernel for "6.1", "6.12" or an exact release
  tool(name)                  path of a program; one clear error if missing

The cache is $VIFSWITCH_LAB_CACHE, else $XDG_CACHE_HOME/vifswitch-lab, else
/var/cache/vifswitch-lab, with one directory for each package and version. A
directory appears by rename when complete, so runs side by side can share it.

apt is asked with the machine's own configuration first. A package that it does
not know (a kernel from backports on a machine without backports) is looked for
in the suite given, through a private apt state in the cache whose mirror is
that of the machine's own Debian sources.
"""
import fcntl
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

BACKPORTS = "bookworm-backports"


def cache():
    path = os.environ.get("VIFSWITCH_LAB_CACHE")
    if not path:
        base = os.environ.get("XDG_CACHE_HOME", "/var/cache")
        path = os.path.join(base, "vifswitch-lab")
    os.makedirs(path, exist_ok=True)
    return path


def tool(name, package=None):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path:
        raise SystemExit(f"lab: no program {name}: apt-get install {package or name}")
    return path


def complaint(text, limit=800):
    """The end of what a program said, after the errors that stand further up: one
    of dpkg's comes long before its last line."""
    lines = text.strip().splitlines()
    errors = [line.strip() for at, line in enumerate(lines)
              if any(re.search(r"\berror\b", other) for other in lines[max(at - 1, 0):at + 1])]
    return "; ".join(errors[:8]) + "\n" * bool(errors) + "\n".join(lines)[-limit:]


def run(argv, **kw):
    done = subprocess.run(argv, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kw)
    if done.returncode:
        raise RuntimeError(f"{' '.join(argv)}: exit {done.returncode}: {complaint(done.stderr)}")
    return done.stdout


def mirror():
    """URI and keyring of the machine's own Debian archive."""
    rows = run(["apt-get", "indextargets", "--format",
                "$(RELEASE)\t$(ORIGIN)\t$(REPO_URI)\t$(SIGNED_BY)", "Identifier: Packages"])
    for row in rows.splitlines():
        release, origin, uri, key = row.split("\t")
        if origin == "Debian" and release.startswith("bookworm") and "security" not in release:
            return uri, key if key.startswith("/") else None
    for path in ["/etc/apt/sources.list", *glob.glob("/etc/apt/sources.list.d/*")]:
        with open(path) as f:
            found = re.search(r"(?:URIs:|^deb(?: \[[^]]*\])?)\s+(\S+/debian)/?\s", f.read(), re.M)
        if found:
            return found.group(1), None
    raise SystemExit("lab: no Debian archive in /etc/apt/sources.list*: cannot fetch kernels")


def private_apt(suite):
    """apt options for a private state that knows only suite."""
    root = os.path.join(cache(), "apt-" + suite)
    for sub in ("lists/partial", "archives/partial", "empty.d"):
        os.makedirs(os.path.join(root, sub), exist_ok=True)
    sources = os.path.join(root, "sources.list")
    uri, key = mirror()
    key = key or "/usr/share/keyrings/debian-archive-keyring.gpg"
    with open(sources, "w") as f:
        f.write(f"deb [signed-by={key}] {uri} {suite} main\n")
    opts = []
    for item in (f"Dir::State::Lists={root}/lists", f"Dir::Cache={root}",
                 f"Dir::Etc::SourceList={sources}", f"Dir::Etc::SourceParts={root}/empty.d",
                 "Acquire::Languages=none", "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false"):
        opts += ["-o", item]
    run(["apt-get", *opts, "update"])
    return opts


def candidates(name, opts=()):
    """Versions of a package that apt can fetch, best first: (version, filename)."""
    try:
        shown = run(["apt-cache", *opts, "show", name])
    except RuntimeError:
        return []
    found = []
    for block in shown.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): (.*)$", block, re.M))
        if "Filename" in fields and "Version" in fields:
            found.append((fields["Version"], fields.get("Depends", "")))
    return found


def unpack(name, version, opts):
    final = os.path.join(cache(), f"{name}_{version.replace(':', '%')}")
    if os.path.isdir(final):
        return final
    print(f"lab: fetching {name} {version}", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(dir=cache(), prefix="new-") as work:
        os.chmod(work, 0o755)
        run(["apt-get", *opts, "-o", "APT::Sandbox::User=root", "download", f"{name}={version}"],
            cwd=work)
        deb = glob.glob(os.path.join(work, "*.deb"))[0]
        tree = os.path.join(work, "tree")
        run([tool("dpkg-deb", "dpkg"), "-x", deb, tree])
        os.rename(tree, final)
    return final


def package(name, suite=None, version=None):
    """Directory of the unpacked package; from suite when apt does not know it."""
    with open(os.path.join(cache(), ".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not version:
            had = sorted(glob.glob(os.path.join(cache(), name + "_*")), key=os.path.getmtime)
            if had:
                return had[-1]
        opts = ()
        versions = candidates(name)
        if not versions and suite:
            opts = private_apt(suite)
            versions = candidates(name, opts)
        if not versions:
            raise SystemExit(f"lab: apt knows no package {name}"
                             + (f", not in {suite} either" if suite else " (apt-get update?)"))
        return unpack(name, version or versions[0][0], opts)


def newest(family):
    """Release of the newest kernel of a family, from Debian's metapackage."""
    for opts in ((), None):
        if opts is None:
            opts = private_apt(BACKPORTS)
        for _, depends in candidates("linux-image-amd64", opts):
            found = re.search(r"linux-image-(\d\S+)", depends)
            if found and found.group(1).startswith(family + "."):
                return found.group(1)
    raise SystemExit(f"lab: no kernel {family} in the Debian archive of this machine")


# What begins a packed kernel in its image, and what unpacks it.
PACKED = {b"\xfd7zXZ\0": ("xz", "xz-utils"), b"\x28\xb5\x2f\xfd": ("zstd", "zstd"),
          b"\x02\x21\x4c\x18": ("lz4", "lz4")}


def unpacked(image):
    """The ELF kernel in a bzImage; what stands behind it there is no concern of the unpackers."""
    with open(image, "rb") as f:
        data = f.read()
    for magic, (name, debian) in PACKED.items():
        if magic in data:
            elf = subprocess.run([tool(name, debian), "-d", "-c"], stdout=subprocess.PIPE,
                                 input=data[data.index(magic):], stderr=subprocess.DEVNULL).stdout
            if elf.startswith(b"\x7fELF"):
                return elf
    raise SystemExit(f"lab: no kernel packed with xz, zstd or lz4 in {image}")


class Kernel:
    """image: bzImage; modules: directory lib/modules/RELEASE with modules.dep."""

    def __init__(self, release, root):
        self.release = release
        self.image = os.path.join(root, "boot", "vmlinuz-" + release)
        top = root if os.path.isdir(os.path.join(root, "lib", "modules")) \
            else os.path.join(root, "usr")
        self.modules = os.path.join(top, "lib", "modules", release)
        self.config = os.path.join(root, "boot", "config-" + release)
        if not os.path.exists(os.path.join(self.modules, "modules.dep.bin")):
            run([tool("depmod", "kmod"), "-b", top, release])

    def unpacked(self):
        """Path of the ELF kernel, so that no emulated machine has to unpack it."""
        path = os.path.join(os.path.dirname(self.image), "vmlinux-" + self.release)
        with open(os.path.join(cache(), ".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)    # machines are begun side by side
            if not os.path.exists(path):
                with open(path + ".new", "wb") as f:
                    f.write(unpacked(self.image))
                os.rename(path + ".new", path)
        return path


def kernel(want):
    """want: a family ("6.1", "6.12") or a release ("6.1.0-56-amd64").

    For a family, the release whose headers are installed is taken first, since
    that is what the module is built for.
    """
    release = want
    if not want.endswith("amd64"):
        built = [os.path.basename(os.path.dirname(p))
                 for p in glob.glob(f"/lib/modules/{want}.*/build")]
        built = [r for r in built if r.endswith("-amd64") and "-rt-" not in r and "-cloud-" not in r]
        built.sort(key=lambda r: [int(n) for n in re.findall(r"\d+", r)])
        release = built[-1] if built else newest(want)
    return Kernel(release, package("linux-image-" + release, BACKPORTS))


if __name__ == "__main__":
    for arg in sys.argv[1:]:
        print(kernel(arg).image)
