"""What proving a lock answers: values for ``check``, ``floor`` and ``matrix``.

Must live here: the words for what a package gets on a target, as plain data that ``console``
renders and JSON documents hold as it is. Must not live here: finding any of it out (``proving``,
``floors``), nor printing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Sequence

Verdict = Literal["wheel", "pure", "built", "missing"]
"""``wheel``: one for the platform; ``pure``: for any; ``built``: from an sdist or a source tree."""

Kind = Literal[
    "floor",  # its wheels need a newer libc or macOS
    "platform",  # its wheels are for other systems, processors or libcs
    "python",  # its wheels are for other Pythons
    "abi",  # its wheels are for another build of this Python
    "sdist",  # it would have to be built, which is not allowed
    "binary",  # it has wheels only, which are not allowed
    "requires-python",  # its entry in the lock does not admit the Python
    "marker",  # it is needed, and its entry does not apply there
    "needs",  # its binaries need more than the target has
    "unmeasured",  # its binaries were to be read, and could not be fetched
]
"""What is wrong where something is missing."""


class Cell(Struct, frozen=True):
    """What one package gets on one target with one Python.

    ``file`` is the name of the wheel or sdist (``None`` for a source tree, and where there is
    none). ``floor`` is what the best fitting tag of a wheel asks for (``2.17``), ``tag`` that tag.
    ``reason`` says why it is built or missing, ``nearest`` the tag that comes nearest to fitting,
    ``fixes`` what would help; ``served_from`` is the platform with the lowest floor that is served.
    """

    package: str
    version: str | None
    python: str
    verdict: Verdict
    file: str | None = None
    tag: str | None = None
    floor: str | None = None
    kind: Kind | None = None
    reason: str = ""
    nearest: str | None = None
    fixes: tuple[str, ...] = ()
    served_from: str | None = None


class Measured(Struct, frozen=True):
    """What a wheel's binaries need, read from them.

    ``floor`` is the lowest platform that they run on, measured; ``versions`` the highest symbol
    versions asked of the system; ``broken`` the promises of its tags that its binaries break.
    """

    file: str
    package: str
    binaries: int
    floor: str | None = None
    versions: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()


class TargetProof(Struct, frozen=True):
    """One target, and what every package gets there.

    ``words`` describe the platform. ``hard``: what is missing is a failure. ``uncovered`` holds
    the Pythons that the lock does not cover there, ``left_out`` those that it says it cannot
    serve, which the target does not insist on. ``hints`` help with several cells at once.
    ``most`` is what the most demanding binary needs, in words, where binaries were read, and
    ``notes`` tell of binaries that cannot run there in wheels for any machine.
    """

    name: str
    platform: str
    words: str
    hard: bool
    pythons: tuple[str, ...]
    cells: tuple[Cell, ...] = ()
    uncovered: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    most: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def missing(self) -> tuple[Cell, ...]:
        """The cells without a usable file."""
        return tuple(cell for cell in self.cells if cell.verdict == "missing")

    @property
    def failed(self) -> bool:
        """Whether the target is hard and not served."""
        return self.hard and bool(self.uncovered or self.missing)


class Proof(Struct, frozen=True):
    """A lock against targets. ``stale`` says why the lock is not current; empty where it is.

    ``measured`` is ``None`` unless binaries were read. ``packages`` are name, version and marker
    of every entry of the lock, in its order.
    """

    lock: str
    targets: tuple[TargetProof, ...]
    packages: tuple[tuple[str, str | None, str | None], ...] = ()
    stale: tuple[str, ...] = ()
    declared: bool = True
    measured: tuple[Measured, ...] | None = None
    seconds: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether some hard target is not served."""
        return any(target.failed for target in self.targets)


def pythons_words(pythons: Sequence[str]) -> str:
    """``3.11``; ``3.11 and 3.12``; ``3.9 to 3.13``; ``3.9, 3.11 and 3.12``."""
    minors = [int(python.partition(".")[2]) for python in pythons]
    if len(minors) > 2 and minors == list(range(minors[0], minors[0] + len(minors))):
        return f"{pythons[0]} to {pythons[-1]}"
    if len(pythons) < 2:
        return "".join(pythons)
    return f"{', '.join(pythons[:-1])} and {pythons[-1]}"
