"""A real old machine: Debian bullseye (glibc 2.31, Python 3.9) in a folder of its own; newer too.

    from support.old_machine import old_machine

    @pytest.mark.hosts
    @pytest.mark.network          # debootstrap fetches packages the first time
    def test_it(tmp_path):
        machine = old_machine()   # made once per computer; skips the test where it cannot be
        done = machine.run([machine.python, "-c", "print(1)"], binds=[tmp_path])
        assert done.stdout == "1\n"

It is made by ``debootstrap`` (half a minute, root needed) below the folder that
``WHEELRIGHT_TESTS_CACHE`` names, by default the user's cache; others wait for who makes it. What
runs in it sees only itself: its system is read-only, the rest is empty memory, and all of it is
gone with the last process, as the mounts belong to a namespace that no one else is in.
"""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import platformdirs
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

SUITE = "bullseye"
GLIBC = (2, 31)

# By suite of Debian: the packages, the version of glibc and that of Python.
_SUITES = {
    SUITE: ("python3,python3-distutils", GLIBC, "3.9"),
    "trixie": ("python3", (2, 41), "3.13"),
}
_FORMAT = 1
"""To be raised when what is made changes."""

_ENTER = r"""
set -e
new=$1; system=$2; shift 2
mount -t tmpfs -o mode=755 tmpfs "$new"
for part in usr etc; do
    mkdir "$new/$part"
    mount --bind "$system/$part" "$new/$part"
    mount -o remount,bind,ro "$new/$part"
done
for part in "$system"/*; do
    if [ -L "$part" ]; then cp -P "$part" "$new/"; else mkdir -p "$new/${part##*/}"; fi
done
chmod 1777 "$new/tmp"
mount --rbind /dev "$new/dev"
mount -t proc proc "$new/proc"
while [ "$1" != -- ]; do
    if [ -e "$new$3" ]; then
        :
    elif [ -d "$2" ]; then
        mkdir -p "$new$3"
    else
        mkdir -p "$(dirname "$new$3")"
        : >"$new$3"
    fi
    mount --bind "$2" "$new$3"
    [ "$1" = rw ] || mount -o remount,bind,ro "$new$3"
    shift 3
done
shift
exec chroot "$new" "$@"
"""


def _default_cache() -> Path:
    # Tests have another HOME and none of the variables of Wheelright, so this is asked at import.
    if named := os.environ.get("WHEELRIGHT_TESTS_CACHE"):
        return Path(named)
    if sys.platform != "linux":
        return Path(platformdirs.user_cache_dir("wheelright-tests"))
    base = os.environ.get("XDG_CACHE_HOME") or Path(pwd.getpwuid(os.getuid()).pw_dir) / ".cache"
    return Path(base) / "wheelright-tests"


CACHE = _default_cache()
"""Where tests keep what is costly to make or to fetch, between runs: ``WHEELRIGHT_TESTS_CACHE``."""


@dataclass(frozen=True, slots=True)
class OldMachine:
    """A system in a folder. ``root`` is that folder, which nobody may change.

    ``python`` is its own Python as seen inside. ``shared_python`` is the same Python at a path
    outside of it that exists inside too: one that both machines have, as on a network drive (it
    lacks ``ssl`` and ``ctypes`` out here). ``glibc`` is the version of its C library.
    """

    root: Path
    shared_python: Path
    glibc: tuple[int, int]
    python: str = "/usr/bin/python3"

    def run(
        self,
        args: Sequence[str | Path],
        *,
        binds: Iterable[Path | tuple[Path, str | Path]] = (),
        read_only: Iterable[Path | tuple[Path, str | Path]] = (),
        env: Mapping[str, str] | None = None,
        cwd: str | Path = "/",
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program on it, as root, and give its code and what it printed.

        ``binds`` are folders or files of this machine that it sees too, at the same path or, as
        ``(path, path inside)``, elsewhere; it may write there, but not into ``read_only``. Below
        its ``/usr`` and ``/etc`` only what exists can be bound over (a file that is no program, to
        hide one). ``env`` is its whole environment besides
        ``PATH``, ``HOME`` (``/root``, empty) and ``LC_ALL``. A program that is not done in
        ``timeout`` seconds is ended with all that it started; raises
        ``subprocess.TimeoutExpired`` then.
        """
        shared = self.shared_python.parents[1]
        mounts = ["ro", str(shared), str(shared)]
        for mode, pairs in (("rw", binds), ("ro", read_only)):
            for pair in pairs:
                source, place = pair if isinstance(pair, tuple) else (pair, pair)
                mounts += [mode, str(source), str(place)]
        given = {"PATH": "/usr/bin:/usr/sbin", "HOME": "/root", "LC_ALL": "C.UTF-8", **(env or {})}
        inside = ["/usr/bin/env", "-i", f"--chdir={cwd}"]
        inside += [f"{name}={value}" for name, value in given.items()]
        return subprocess.run(
            [
                *("unshare", "--mount", "--propagation", "private", "--pid", "--fork"),
                *("--kill-child", "sh", "-c", _ENTER, "sh", str(_mount_point()), str(self.root)),
                *(*mounts, "--", *inside, *map(str, args)),
            ],
            check=False,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=timeout,
        )


@lru_cache
def _obstacle() -> str | None:
    """Say why no old machine can be made or entered here; ``None`` where it can."""
    if sys.platform != "linux":
        return "needs Linux"
    if os.geteuid() != 0:
        return "needs root, to make and enter a system of its own"
    if missing := [name for name in ("debootstrap", "unshare") if shutil.which(name) is None]:
        return f"needs `{missing[0]}` (Debian and Ubuntu: apt-get install {missing[0]})"
    entered = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/tmp"],
        check=False,
        capture_output=True,
        text=True,
    )
    return f"needs the right to mount: {entered.stderr.strip()}" if entered.returncode else None


@lru_cache
def old_machine(arch: str = "amd64", suite: str = SUITE) -> OldMachine:
    """Give the old machine, made the first time; skips the test where that cannot be.

    ``arch`` is Debian's word: ``i386`` gives one with a 32-bit Python, on the same kernel.
    ``suite`` may be ``trixie`` (glibc 2.41, Python 3.13), a machine that Wheelright itself runs on.
    """
    if obstacle := _obstacle():
        pytest.skip(obstacle)
    home = CACHE / f"{suite}-{arch}-{_FORMAT}"
    with _alone(home):
        if not home.is_dir():
            _make(home, arch, suite)
    _, glibc, version = _SUITES[suite]
    return OldMachine(home / "root", home / "shared" / "bin" / f"python{version}", glibc)


def _make(home: Path, arch: str, suite: str) -> None:
    packages, _, version = _SUITES[suite]
    making = home.with_name(f"{home.name}.making")
    if making.exists():
        shutil.rmtree(making)
    making.mkdir()
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", f"--arch={arch}", f"--include={packages}", suite,
         making / "root"],
        check=False,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=900,
    )  # fmt: skip
    if done.returncode:
        said = done.stdout.strip().splitlines()[-3:]
        shutil.rmtree(making)
        pytest.skip(f"debootstrap made no {suite}: {' / '.join(said)}")
    system, shared = making / "root" / "usr", making / "shared"
    (shared / "bin").mkdir(parents=True)
    name = f"python{version}"
    shutil.copy2(system / "bin" / name, shared / "bin")
    shutil.copytree(system / "lib" / name, shared / "lib" / name, symlinks=True)
    making.rename(home)


def _mount_point() -> Path:
    """Give an empty folder; what is mounted on it is seen by who mounts it only."""
    place = CACHE / "mount-point"
    place.mkdir(parents=True, exist_ok=True)
    return place


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    home.parent.mkdir(parents=True, exist_ok=True)
    with home.with_name(f"{home.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
