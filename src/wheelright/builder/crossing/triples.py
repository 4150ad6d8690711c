"""What compilers, Rust and CPython call a Linux platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from wheelright.targets.platform import Platform, Version

# The newest glibc that the compiler is asked for. An older one is always right for a newer floor.
_NEWEST_GLIBC = (2, 38)
# CPython told musl apart in the names of its modules from this version on (bpo-43112).
_MUSL_NAMED_SINCE = (3, 11)

_ZIG = {"i686": "x86", "armv7l": "arm", "ppc64le": "powerpc64le"}
_GNU = {"i686": "i386", "armv7l": "arm", "ppc64le": "powerpc64le"}
_RUST = {"armv7l": "armv7", "ppc64le": "powerpc64le", "riscv64": "riscv64gc"}
_BIG_ENDIAN = frozenset({"s390x"})
_NARROW = frozenset({"i686", "armv7l"})


class Triples(Struct, frozen=True):
    """The names of one platform.

    ``compiler`` is the target of ``zig cc`` with its libc and version, ``gnu`` what configure
    scripts and CPython's own ``MULTIARCH`` say, ``rust`` the target of ``rustc``. ``cpu`` is the
    processor as ``uname`` names it, ``bits`` the size of its pointers.
    """

    compiler: str
    gnu: str
    rust: str
    cpu: str
    bits: int
    big_endian: bool
    musl: bool

    def soabi(self, python: Version, *, free_threaded: bool) -> str:
        """Return CPython's name for its binary interface, as in module file names."""
        gnu = self.gnu
        if self.musl and python < _MUSL_NAMED_SINCE:
            gnu = gnu.replace("-musl", "-gnu")
        return f"cpython-{python[0]}{python[1]}{'t' if free_threaded else ''}-{gnu}"


def triples_for(platform: Platform) -> Triples:
    """Return the names of a Linux platform whose libc and floor are known."""
    assert platform.floor is not None
    cpu = platform.cpu
    suffix = "eabihf" if cpu == "armv7l" else ""
    libc = f"{'gnu' if platform.libc == 'glibc' else 'musl'}{suffix}"
    version = ""
    if platform.libc == "glibc":
        major, minor = min(platform.floor, _NEWEST_GLIBC)
        version = f".{major}.{minor}"
    return Triples(
        compiler=f"{_ZIG.get(cpu, cpu)}-linux-{libc}{version}",
        gnu=f"{_GNU.get(cpu, cpu)}-linux-{libc}",
        rust=f"{_RUST.get(cpu, cpu)}-unknown-linux-{libc}",
        cpu=cpu,
        bits=32 if cpu in _NARROW else 64,
        big_endian=cpu in _BIG_ENDIAN,
        musl=platform.libc == "musl",
    )
