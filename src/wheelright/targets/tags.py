"""The wheel tags a platform and a Python accept, best first.

The order is that of ``packaging.tags.sys_tags`` (PEP 425, 600, 656, 703, 730, 738, 803); tests hold
the two against each other. A tag set never lists its thousand tags to rank a wheel: the tags
are a few (python, abi) rows, each over all platform tags, so two small dicts answer.
"""

from __future__ import annotations

from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wheelright.targets.filenames import WheelName
    from wheelright.targets.platform import Platform, Version

_LEGACY_GLIBC: dict[Version, str] = {
    (2, 17): "manylinux2014",
    (2, 12): "manylinux2010",
    (2, 5): "manylinux1",
}
_SHORT_NAMES = {"cpython": "cp", "pypy": "pp", "ironpython": "ip", "jython": "jy", "python": "py"}
_OLDEST_GLIBC = {"x86_64": 5, "i686": 5}
_GLIBC_ARCHS = frozenset({
    "x86_64", "i686", "aarch64", "armv7l", "armv8l", "ppc64", "ppc64le", "s390x", "loongarch64",
    "riscv64",
})  # fmt: skip
_ANDROID_ABIS = {"aarch64": "arm64_v8a", "armv7l": "armeabi_v7a", "i686": "x86"}
_WINDOWS_TAGS = {"x86_64": "win_amd64", "arm64": "win_arm64", "x86": "win32"}


class TagSet:
    """The tags that one Python on one platform accepts, in order of preference.

    Two sets of the same parts are one object (see :func:`compatible_tags`).
    """

    def __init__(
        self,
        platform: Platform,
        python: Version,
        implementation: str = "cpython",
        *,
        free_threaded: bool = False,
        debug: bool = False,
        abi: str | None = None,
        native: bool = False,
        refused: frozenset[Version] = frozenset(),
    ) -> None:
        self.platform = platform
        self.python = python
        self.implementation = implementation
        self.free_threaded = free_threaded
        self.native = native
        self.platform_tags = tuple(platform_tags(platform, native=native, refused=refused))
        self._abis = _abis(python, implementation, abi, free_threaded=free_threaded, debug=debug)
        self._ranks: dict[str, int | None] = {}

    @cached_property
    def interpreter(self) -> str:
        """The tag of the implementation and version: ``cp312``, ``pp310``."""
        return _interpreter(self.python, self.implementation)

    @cached_property
    def rows(self) -> tuple[tuple[str, str], ...]:
        """The (python, abi) pairs that go with every platform tag, best first."""
        return tuple(dict.fromkeys(self._platform_rows()))

    @cached_property
    def pure_rows(self) -> tuple[str, ...]:
        """The python tags accepted with ``none-any``, best first."""
        own = {"cpython": self.interpreter, "pypy": "pp3"}.get(self.implementation)
        pythons = _pythons(self.python)
        return (own, *pythons) if own else tuple(pythons)

    @property
    def tags(self) -> tuple[str, ...]:
        """All tags, best first, as ``cp312-cp312-manylinux_2_17_x86_64``."""
        bound = [f"{py}-{abi}-{p}" for py, abi in self.rows for p in self.platform_tags]
        return (*bound, *(f"{python}-none-any" for python in self.pure_rows))

    def rank(self, wheel: WheelName) -> int | None:
        """Find the place of the wheel's best tag in :attr:`tags` (0 is best); ``None``: unfit."""
        try:
            return self._ranks[wheel.tag]
        except KeyError:
            rank = self._ranks[wheel.tag] = self._compute_rank(wheel)
            return rank

    def __contains__(self, wheel: WheelName) -> bool:
        return self.rank(wheel) is not None

    def __repr__(self) -> str:
        return f"<TagSet {self.interpreter} on {self.platform}>"

    @cached_property
    def _row_places(self) -> dict[tuple[str, str], int]:
        width = len(self.platform_tags)
        return {row: at * width for at, row in enumerate(self.rows)}

    @cached_property
    def _platform_places(self) -> dict[str, int]:
        return {tag: at for at, tag in enumerate(self.platform_tags)}

    @cached_property
    def _pure_places(self) -> dict[str, int]:
        start = len(self.rows) * len(self.platform_tags)
        return {python: start + at for at, python in enumerate(self.pure_rows)}

    def _compute_rank(self, wheel: WheelName) -> int | None:
        ranks = []
        places = [self._platform_places[p] for p in wheel.platforms if p in self._platform_places]
        if places:
            rows = (
                self._row_places.get((python, abi))
                for python in wheel.pythons
                for abi in wheel.abis
            )
            ranks = [row for row in rows if row is not None]
        if ranks:
            return min(ranks) + min(places)
        if "any" in wheel.platforms and "none" in wheel.abis:
            pure = (self._pure_places.get(python) for python in wheel.pythons)
            return min((place for place in pure if place is not None), default=None)
        return None

    def _platform_rows(self) -> Iterator[tuple[str, str]]:
        interpreter = self.interpreter
        yield from ((interpreter, abi) for abi in self._abis)
        if self.implementation == "cpython":
            stable = "abi3t" if self.free_threaded else "abi3"
            major, minor = self.python
            if self.python >= (3, 2):
                yield interpreter, stable
            yield interpreter, "none"
            for older in range(minor - 1, 1, -1):
                yield f"cp{major}{older}", stable
        else:
            yield interpreter, "none"
        yield from ((python, "none") for python in _pythons(self.python))


@lru_cache(maxsize=512)
def compatible_tags(
    platform: Platform,
    python: Version,
    implementation: str = "cpython",
    *,
    free_threaded: bool = False,
    debug: bool = False,
    abi: str | None = None,
    native: bool = False,
    refused: frozenset[Version] = frozenset(),
) -> TagSet:
    """Give the tags that a Python accepts on a platform; built once for the same arguments.

    ``python`` is ``(3, 12)``. ``abi`` is the ABI tag of a Python that is not CPython
    (``pypy310_pp73``), guessed for PyPy. ``native`` says that the platform is the machine at hand:
    only it accepts wheels tagged plain ``linux_x86_64``, which promise nothing about any other.
    ``refused`` are glibc versions that the machine's ``_manylinux`` module declines (PEP 600).
    """
    return TagSet(
        platform,
        python,
        implementation,
        free_threaded=free_threaded,
        debug=debug,
        abi=abi,
        native=native,
        refused=refused,
    )


def platform_tags(
    platform: Platform, *, native: bool = False, refused: frozenset[Version] = frozenset()
) -> Iterator[str]:
    """Give the platform parts of the tags, best first; without ``any``."""
    match platform.os:
        case "linux":
            yield from _linux_tags(platform, native=native, refused=refused)
        case "macos":
            yield from _macos_tags(platform)
        case "windows":
            yield _WINDOWS_TAGS[platform.arch]
        case "android":
            abi = _ANDROID_ABIS.get(platform.arch, platform.arch)
            level = platform.floor[0] if platform.floor else 0
            yield from (f"android_{older}_{abi}" for older in range(level, 15, -1))
        case "ios":
            yield from _ios_tags(platform)
        case "pyodide":
            year = f"{platform.floor[0]}_{platform.floor[1]}" if platform.floor else "0_0"
            yield f"pyemscripten_{year}_wasm32"
            yield f"pyodide_{year}_wasm32"


def _linux_tags(platform: Platform, *, native: bool, refused: frozenset[Version]) -> Iterator[str]:
    # A 64-bit ARM processor in 32-bit mode runs what was built for the older one.
    archs = ("armv8l", "armv7l") if platform.arch == "armv8l" else (platform.arch,)
    if native:
        yield from (f"linux_{arch}" for arch in archs)
    if platform.floor is None:
        return
    major, newest = platform.floor
    for arch in archs:
        if platform.libc == "musl":
            yield from (f"musllinux_{major}_{minor}_{arch}" for minor in range(newest, -1, -1))
        elif platform.arch in _GLIBC_ARCHS:
            for minor in range(newest, _OLDEST_GLIBC.get(arch, 17) - 1, -1):
                if (major, minor) in refused:
                    continue
                yield f"manylinux_{major}_{minor}_{arch}"
                if legacy := _LEGACY_GLIBC.get((major, minor)):
                    yield f"{legacy}_{arch}"


def _macos_tags(platform: Platform) -> Iterator[str]:
    assert platform.floor is not None
    intel = ("x86_64", "intel", "fat64", "fat3", "universal2", "universal")
    formats = intel if platform.arch == "x86_64" else (platform.arch, "universal2")
    major, minor = platform.floor
    # Since macOS 11 the minor number is no longer part of the binary interface.
    for version in range(major, 10, -1):
        yield from (f"macosx_{version}_0_{binary}" for binary in formats)
    # Binaries for 10.x run on every later Intel machine; on ARM only the name of a universal
    # binary may speak of 10.x, for the sake of its Intel half.
    older = formats if platform.arch == "x86_64" else ("universal2",)
    for version in range(minor if major == 10 else 16, -1, -1):
        if version >= 4:
            yield from (f"macosx_10_{version}_{binary}" for binary in older)


def _ios_tags(platform: Platform) -> Iterator[str]:
    assert platform.floor is not None
    kind = f"{platform.arch}_iphone{'simulator' if platform.simulator else 'os'}"
    major, minor = platform.floor
    yield from (f"ios_{major}_{older}_{kind}" for older in range(minor, -1, -1))
    for version in range(major - 1, 11, -1):
        yield from (f"ios_{version}_{older}_{kind}" for older in range(9, -1, -1))


def _interpreter(python: Version, implementation: str) -> str:
    return f"{_SHORT_NAMES.get(implementation, implementation)}{python[0]}{python[1]}"


def _pythons(python: Version) -> list[str]:
    major, minor = python
    older = (f"py{major}{version}" for version in range(minor - 1, -1, -1))
    return [f"py{major}{minor}", f"py{major}", *older]


def _abis(
    python: Version, implementation: str, abi: str | None, *, free_threaded: bool, debug: bool
) -> tuple[str, ...]:
    if implementation == "cpython":
        plain = f"cp{python[0]}{python[1]}{'t' if free_threaded else ''}"
        if python < (3, 8):
            return (f"{plain}{'d' if debug else ''}m",)
        return (f"{plain}d", plain) if debug else (plain,)
    if abi is None and implementation == "pypy":
        abi = f"pypy{python[0]}{python[1]}_pp73"
    return (abi,) if abi else ()
