"""The published manylinux and musllinux policies, and what Windows and macOS provide, as data.

The facts are in ``policies.toml``; this reads them, once, when first asked for.
References: PEP 513, 571, 599, 600, 656.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from wheelright.targets.needs.binary import numeric

if TYPE_CHECKING:
    from wheelright.targets.needs.binary import Version

Family = Literal["glibc", "musl"]
Number = tuple[int, ...]
_MUSL_LIBRARY = re.compile(r"libc\.musl-[a-z0-9_]+\.so\.1|ld-musl-[a-z0-9_]+\.so\.1")
# The loader itself, under its many names, is there wherever the libc is.
_GLIBC_LOADER = re.compile(r"ld-linux[a-z0-9-]*\.so\.[0-9]+|ld64\.so\.[12]|ld\.so\.1")


class Policy(Struct, frozen=True):
    """What every machine with this libc ``version`` (or newer) and of one of ``arches`` has.

    ``libraries`` are allowed to come from the machine. ``ceilings`` has, by architecture (or ``""``
    for all others) and namespace, the highest symbol version; ``words`` are versions that are not
    numbers (``CXXABI_TM_1``). ``forbidden`` has, by library, symbols that must not be imported.
    """

    family: Family
    version: Version
    arches: frozenset[str]
    libraries: frozenset[str]
    ceilings: dict[str, dict[str, Number]]
    words: frozenset[str]
    forbidden: dict[str, frozenset[str]]

    @property
    def name(self) -> str:
        """How the policy is named in tags: ``manylinux_2_17``."""
        family = "manylinux" if self.family == "glibc" else "musllinux"
        return f"{family}_{self.version[0]}_{self.version[1]}"

    def provides(self, library: str) -> bool:
        """Say whether a machine has the library, by the name binaries need it by."""
        if self.family == "musl":
            return library in self.libraries or _MUSL_LIBRARY.fullmatch(library) is not None
        return library in self.libraries or _GLIBC_LOADER.fullmatch(library) is not None

    def ceiling(self, namespace: str, arch: str) -> Number | None:
        """Give the highest version of ``GLIBC`` or another namespace; ``None`` for no such one."""
        return self.ceilings.get(arch, {}).get(namespace) or self.ceilings[""].get(namespace)

    def allows(self, version: str, arch: str) -> bool:
        """Say whether a machine of ``arch`` has the symbol version, e.g. ``GLIBCXX_3.4.21``.

        Namespaces that the policy does not speak of are allowed.
        """
        namespace, _, rest = version.partition("_")
        ceiling = self.ceiling(namespace, arch)
        if ceiling is None:
            return True
        number = numeric(rest)
        return version in self.words if number is None else number <= ceiling


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    import tomllib
    from importlib import resources

    text = resources.files(__package__).joinpath("policies.toml").read_text("utf-8")
    return tomllib.loads(text)


@lru_cache(maxsize=2)
def policies(family: Family) -> tuple[Policy, ...]:
    """Give every policy for a libc family, oldest first."""
    found = []
    arches = libraries = words = frozenset[str]()
    forbidden: dict[str, frozenset[str]] = {}
    for raw in _data()["manylinux" if family == "glibc" else "musllinux"]:
        arches |= frozenset(raw.get("arches", ()))
        libraries |= frozenset(raw.get("libraries", ()))
        words |= frozenset(raw.get("named", ()))
        for library, symbols in raw.get("forbidden", {}).items():
            forbidden = {**forbidden, library: frozenset(symbols)}
        for library, symbols in raw.get("released", {}).items():
            forbidden = {**forbidden, library: forbidden[library] - frozenset(symbols)}
        found.append(
            Policy(
                family,
                (raw["version"][0], raw["version"][1]),
                arches,
                libraries,
                _ceilings(raw.get("ceilings", {})),
                words,
                forbidden,
            )
        )
    return tuple(found)


def _ceilings(raw: dict[str, Any]) -> dict[str, dict[str, Number]]:
    found: dict[str, dict[str, Number]] = {"": {}}
    for key, value in raw.items():
        if isinstance(value, dict):
            found[key] = {namespace: _number(version) for namespace, version in value.items()}
        else:
            found[""][key] = _number(value)
    return found


def _number(version: str) -> Number:
    number = numeric(version)
    assert number is not None
    return number


def policy_for(family: Family, floor: Version) -> Policy:
    """Give the newest policy that a libc of version ``floor`` keeps; the oldest for older ones."""
    known = policies(family)
    return max(
        (policy for policy in known if policy.version <= floor), key=_version, default=known[0]
    )


def _version(policy: Policy) -> Version:
    return policy.version


@lru_cache(maxsize=1)
def watched_symbols() -> dict[str, frozenset[str]]:
    """Give every symbol that some policy speaks of, by library.

    Under ``musl`` stand those that tell its version.
    """
    watched: dict[str, frozenset[str]] = {"musl": frozenset(_data()["musl-since"]["symbols"])}
    for family in ("glibc", "musl"):
        for policy in policies(family):
            for library, symbols in policy.forbidden.items():
                watched[library] = watched.get(library, frozenset()) | symbols
    return watched


@lru_cache(maxsize=1)
def _windows() -> tuple[frozenset[str], re.Pattern[str]]:
    data = _data()["windows"]
    return frozenset(data["libraries"]), re.compile("|".join(data["patterns"]))


def windows_provides(library: str) -> bool:
    """Say whether Windows or Python brings the DLL."""
    names, pattern = _windows()
    lowered = library.lower()
    return lowered in names or pattern.fullmatch(lowered) is not None


def macos_provides(library: str) -> bool:
    """Say whether a library, named by its path, comes with macOS."""
    return library.startswith(tuple(_data()["macos"]["prefixes"]))
