"""The finite universe of environments, and sets of them as integers.

Markers compare variables with literals, so they tell only finitely many environments apart.
A :class:`Universe` is a product of *axes*: Python (see ``pythons``), system, machine and
implementation, plus one two-valued axis for each comparison on a variable that nobody can list
(``platform_release``). Where targets are declared, one axis of targets stands for all but Python.
A declared conflict is an axis too: which of its sides is asked for, or none; what an entry of a
side requires holds at that value alone.
A set of environments is an int with one bit per point of the product; a marker is evaluated
once per axis value and combined with ``&`` and ``|`` on whole sets.

Literals that the universe cannot tell apart are learned by the :class:`Vocabulary`; the
universe is then built anew. Each axis has a value for "anything else", so that a lock holds
on systems nobody thought of.

What does not work: one bit per *seen* combination. Sets met early would have to be split
when a literal arrives later, and every stored mask would be wrong at once.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field
from packaging.version import Version

from wheelright.resolver.markers import All, Atom, MarkerTree, atoms, holds, parse_marker
from wheelright.resolver.pythons import (
    Release,
    atom_cuts,
    begins_piece,
    bound_cuts,
    lower_bound,
    pieces,
    release_of,
)
from wheelright.resolver.request import Entry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from wheelright.resolver.facts import Candidate, Origin
    from wheelright.resolver.request import Request, Side
    from wheelright.resolver.requirements import Dependency

PYTHON = "python"
SYSTEM = "system"
MACHINE = "machine"
IMPLEMENTATION = "implementation"
TARGET = "target"

AXIS_OF = {
    "python_version": PYTHON,
    "python_full_version": PYTHON,
    "os_name": SYSTEM,
    "sys_platform": SYSTEM,
    "platform_system": SYSTEM,
    "platform_machine": MACHINE,
    "implementation_name": IMPLEMENTATION,
    "platform_python_implementation": IMPLEMENTATION,
}
#: The variables of a lock's markers that tell which entries are asked for.
KINDS: dict[str, Literal["extra", "group"]] = {"extras": "extra", "dependency_groups": "group"}
#: Stands for every value that no marker mentions.
OTHER = "other"
SYSTEMS = (("posix", "linux", "Linux"), ("posix", "darwin", "Darwin"), ("nt", "win32", "Windows"))
SYSTEM_VARIABLES = ("os_name", "sys_platform", "platform_system")
IMPLEMENTATIONS = (("cpython", "CPython"), ("pypy", "PyPy"))
IMPLEMENTATION_VARIABLES = ("implementation_name", "platform_python_implementation")
MACHINES = ("x86_64", "aarch64", "arm64", "AMD64")
#: What differs between machines of one target, and on one machine from day to day.
VOLATILE = frozenset({"platform_release", "platform_version", "implementation_version"})
_WORDS = re.compile(r"[^\s,|]+")


class Axis(Struct, frozen=True):
    """One way in which environments differ. ``values`` map variables to strings, per point.

    ``atom`` is set on the two-valued axes of comparisons on variables that cannot be listed.
    ``sides`` is set on the axes of declared conflicts: value 0 stands for none of them.
    """

    name: str
    values: tuple[Mapping[str, str], ...]
    atom: Atom | None = None
    sides: tuple[Side, ...] = ()


class Vocabulary(Struct):
    """Every literal met so far that tells environments apart. Grows, never shrinks."""

    requires_python: str = ""
    exact: bool = False
    cuts: set[Release] = field(default_factory=set)
    literals: dict[str, set[str]] = field(default_factory=dict)
    free: dict[str, Atom] = field(default_factory=dict)
    known: dict[int, MarkerTree] = field(default_factory=dict)
    bounds: set[str] = field(default_factory=set)
    whole: tuple[Release, ...] = ()  # the pieces without any cut

    def learn(self, tree: MarkerTree, *, listed: bool) -> bool:
        """Take in a marker; return whether it told something new.

        ``listed`` says that targets are declared: all but Python is then fixed already.
        """
        # By identity, since to hash a tree takes long; what is kept beside keeps it alive.
        if id(tree) in self.known:
            return False
        self.known[id(tree)] = tree
        new = False
        for atom in atoms(tree):
            new |= self._learn_atom(atom, listed=listed)
        return new

    def learn_bound(self, requires_python: str) -> bool:
        """Take in the lower bound of a ``Requires-Python``; return whether it is a new cut."""
        if requires_python in self.bounds:
            return False
        self.bounds.add(requires_python)
        bound = lower_bound(requires_python)
        return bound is not None and self._learn_cuts({bound})

    def _learn_cuts(self, cuts: set[Release]) -> bool:
        fresh = cuts - self.cuts
        self.cuts |= fresh
        if self.exact or not fresh:
            return False
        if not self.whole:
            self.whole = pieces(self.requires_python, set())
        return any(begins_piece(self.requires_python, cut) for cut in fresh.difference(self.whole))

    def _learn_atom(self, atom: Atom, *, listed: bool) -> bool:
        axis = AXIS_OF.get(atom.variable)
        if axis == PYTHON:
            return self._learn_cuts(atom_cuts(atom))
        if listed or atom.variable in {"extra", "extras", "dependency_groups"}:
            return False
        if axis is None:
            new = str(atom) not in self.free
            self.free[str(atom)] = atom
            return new
        words = {atom.literal}
        if atom.operator in {"in", "not in"} and not atom.swapped:
            words = set(_WORDS.findall(atom.literal))
        seen = self.literals.setdefault(atom.variable, set())
        fresh = words - seen - _well_known(atom.variable)
        seen |= fresh
        return bool(fresh)


def _well_known(variable: str) -> set[str]:
    if variable == "platform_machine":
        return set(MACHINES)
    if variable in IMPLEMENTATION_VARIABLES:
        return {row[IMPLEMENTATION_VARIABLES.index(variable)] for row in IMPLEMENTATIONS}
    return {row[SYSTEM_VARIABLES.index(variable)] for row in SYSTEMS}


class Universe:
    """All environments of a request, for the literals of a vocabulary.

    ``everything`` is the set of declared environments; all masks lie within it.
    """

    def __init__(
        self,
        request: Request,
        vocabulary: Vocabulary,
        left_out: Iterable[tuple[int, int]] = (),
    ) -> None:
        starts = _python_starts(request, vocabulary)
        self.starts = starts
        python_values = [_python_values(start, request.python_exact) for start in starts]
        axes = [Axis(PYTHON, tuple(python_values))]
        if request.points:
            axes.append(Axis(TARGET, tuple(request.points)))
        else:
            axes += _universal_axes(vocabulary)
        for number, sides in enumerate(request.conflicts):
            axes.append(Axis(f"conflict {number}", ({},) * (len(sides) + 1), None, sides))
        self.axes = tuple(axes)
        self.index = {axis.name: number for number, axis in enumerate(self.axes)}
        self.size = 1
        for axis in self.axes:
            self.size *= len(axis.values)
        self.slices = self._slices()
        self._marks: dict[tuple[int, str], tuple[MarkerTree, int]] = {}
        self._bounds: dict[str, int] = {}
        self._served: dict[frozenset[tuple[int, int]], int] = {}
        self._alike = _alike(request.points)
        self.everything = (1 << self.size) - 1
        self._declare(request)
        self.everything &= ~self._cells_mask(left_out)
        self.optional = self.everything & self._cells_mask(
            (point, minor)
            for point, minors in enumerate(request.point_optional)
            for minor in minors
        )

    def _slices(self) -> tuple[tuple[int, ...], ...]:
        """Per axis and value: the set of all environments that have that value."""
        full = (1 << self.size) - 1
        slices = []
        stride = self.size
        for axis in self.axes:
            period, stride = stride, stride // len(axis.values)
            comb = full // ((1 << period) - 1) if period else 0
            block = (1 << stride) - 1
            slices.append(
                tuple((block << (stride * value)) * comb for value in range(len(axis.values)))
            )
        return tuple(slices)

    def _declare(self, request: Request) -> None:
        if request.environments:
            self.everything &= _union(
                self.mask(parse_marker(text)) for text in request.environments
            )
        if request.points and request.point_pythons:
            admitted = 0
            for number, spec in enumerate(request.point_pythons):
                allowed = set(pieces(spec, set(self.starts)))
                where = _union(
                    self.slices[0][at] for at, start in enumerate(self.starts) if start in allowed
                )
                admitted |= where & self.slices[1][number]
            self.everything &= admitted
        self._declare_conflicts()

    def _declare_conflicts(self) -> None:
        """Say where each entry of a conflict is asked for; leave out where a side is for nothing.

        An entry on sides of two conflicts is asked for where both axes say so.
        """
        self._asked: dict[Entry, int] = {}
        values = [
            (mask, side)
            for axis, masks in zip(self.axes, self.slices, strict=True)
            for mask, side in zip(masks[1:], axis.sides, strict=False)
        ]
        for mask, side in values:
            for entry in side:
                self._asked[entry] = self._asked.get(entry, self.everything) & mask
        for mask, side in values:
            self.everything &= ~mask | _union(self._asked[entry] for entry in side)
        for entry, mask in self._asked.items():
            self._asked[entry] = mask & self.everything

    def asked_mask(self, entry: Entry) -> int:
        """Return where an entry can be asked for: everywhere but for entries in conflicts."""
        return self._asked.get(entry, self.everything)

    def origin_mask(self, origin: Origin) -> int:
        """Return where an origin is on offer."""
        where = _union(self.mask(parse_marker(text)) for text in origin.where)
        unless = _union(self.mask(parse_marker(text)) for text in origin.unless)
        return (where if origin.where else self.everything) & ~unless

    def misfit_mask(self, candidate: Candidate) -> int:
        """Return where the files of a candidate do not serve."""
        serves = candidate.served
        misfit = 0 if serves is None else self.everything & ~self.serve_mask(serves)
        for text in candidate.unserved:
            misfit |= self.mask(parse_marker(text))
        if candidate.origin is not None:
            misfit |= self.everything & ~self.origin_mask(candidate.origin)
        return misfit

    def mask(self, tree: MarkerTree, extra: str = "") -> int:
        """Return the set of environments where a marker holds, with ``extra`` asked for."""
        # By identity, since to hash a tree takes long; what is kept beside keeps it alive.
        key = (id(tree), extra)
        known = self._marks.get(key)
        if known is None:
            known = self._marks[key] = (tree, self._evaluate(tree, extra) & self.everything)
        return known[1]

    def required_mask(self, dependency: Dependency, extra: str = "") -> int:
        """Return where a requirement holds; of an extra, where it does only because of that."""
        marker, only = dependency.marker, dependency.only
        if marker is None:
            return 0 if extra else self.everything
        if only:
            return self.mask(marker, extra) if only == extra else 0
        if not extra:
            return self.mask(marker)
        return 0 if only is None else self.mask(marker, extra) & ~self.mask(marker)

    def _evaluate(self, tree: MarkerTree, extra: str) -> int:
        if isinstance(tree, Atom):
            return self._atom_mask(tree, extra)
        if isinstance(tree, All):
            result = self.everything
            for part in tree.parts:
                result &= self._evaluate(part, extra)
            return result
        return _union(self._evaluate(part, extra) for part in tree.parts)

    def _atom_mask(self, atom: Atom, extra: str) -> int:
        if atom.variable == "extra":
            return self.everything if holds(atom, {"extra": extra}) else 0
        if atom.variable in KINDS:
            asked = self.asked_mask(Entry(KINDS[atom.variable], atom.literal))
            return asked if atom.operator == "in" else self.everything & ~asked
        axis = self.index.get(AXIS_OF.get(atom.variable, ""), -1)
        if axis < 0:
            axis = self.index.get(TARGET, -1)
        if axis < 0:
            # A comparison not met before counts as true until the universe is built anew.
            axis = self.index.get(str(atom), -1)
            return self.slices[axis][1] if axis >= 0 else (1 << self.size) - 1
        values = self.axes[axis].values
        return _union(
            self.slices[axis][number] for number, value in enumerate(values) if holds(atom, value)
        )

    def python_mask(self, requires_python: str | None) -> int:
        """Return the environments whose Python meets the lower bound of a ``Requires-Python``."""
        if not requires_python:
            return self.everything
        known = self._bounds.get(requires_python)
        if known is None:
            bound = lower_bound(requires_python) or (0, 0, 0)
            known = self.everything & _union(
                self.slices[0][at] for at, start in enumerate(self.starts) if start >= bound
            )
            self._bounds[requires_python] = known
        return known

    def serve_mask(self, serves: frozenset[tuple[int, int]] | None) -> int:
        """Return the environments that (point, Python minor) pairs name; None means all.

        Targets that no marker can tell apart share their versions: where one of them is not
        served, none is.
        """
        if serves is None or TARGET not in self.index:
            return self.everything
        known = self._served.get(serves)
        if known is None:
            named = self.everything & self._cells_mask(serves)
            known = self._served[serves] = named & ~self._beside(self.everything & ~named)
        return known

    def _cells_mask(self, cells: Iterable[tuple[int, int]]) -> int:
        """Return the environments that (point, Python minor) pairs name."""
        by_minor: dict[int, list[int]] = {}
        for at, start in enumerate(self.starts):
            by_minor.setdefault(start[1], []).append(at)
        return _union(
            self.slices[0][at] & self.slices[1][point]
            for point, minor in cells
            for at in by_minor.get(minor, ())
        )

    def cells(self, where: int) -> set[tuple[int, int]]:
        """Return the (point, Python minor) pairs that a set of environments touches."""
        if TARGET not in self.index:
            return set()
        return {
            (point, self.starts[at][1])
            for at in self.values_on(0, where)
            for point in self.values_on(1, where & self.slices[0][at])
        }

    def _beside(self, where: int) -> int:
        """Return the environments that no marker can tell from one of ``where``."""
        result = where
        for alike in self._alike:
            for python in self.slices[0]:
                cells = [python & self.slices[1][point] for point in alike]
                if any(cell & where for cell in cells):
                    result |= _union(cells)
        return result

    def values_on(self, axis: int, where: int) -> tuple[int, ...]:
        """Return which values of an axis a set of environments touches."""
        return tuple(at for at, mask in enumerate(self.slices[axis]) if mask & where)

    def box(self, axis: int, values: Iterable[int]) -> int:
        """Return the environments whose value on an axis is one of ``values``."""
        return _union(self.slices[axis][value] for value in values)

    def only_python(self, where: int, within: int) -> bool:
        """Whether ``where`` cuts ``within`` by the Python alone."""
        return self.box(0, self.values_on(0, where & within)) & within == where & within


def _alike(points: Sequence[Mapping[str, str]]) -> list[list[int]]:
    """Return the groups of targets that have the same marker values, two or more each.

    The release of a system changes with its updates: it must never decide between versions.
    """
    groups: dict[tuple[tuple[str, str], ...], list[int]] = {}
    for number, values in enumerate(points):
        lasting = sorted((name, text) for name, text in values.items() if name not in VOLATILE)
        groups.setdefault(tuple(lasting), []).append(number)
    return [group for group in groups.values() if len(group) > 1]


def _union(masks: Iterable[int]) -> int:
    result = 0
    for mask in masks:
        result |= mask
    return result


def _python_starts(request: Request, vocabulary: Vocabulary) -> tuple[Release, ...]:
    if request.python_exact is not None:
        return (release_of(Version(request.python_exact)),)
    cuts = set(vocabulary.cuts)
    for spec in request.point_pythons:
        cuts |= bound_cuts(spec)
    return pieces(request.requires_python, cuts)


def _python_values(start: Release, exact: str | None) -> Mapping[str, str]:
    full = exact or "{}.{}.{}".format(*start)
    return {"python_version": "{}.{}".format(*start), "python_full_version": full}


def _universal_axes(vocabulary: Vocabulary) -> list[Axis]:
    said = {name: sorted(literals) for name, literals in vocabulary.literals.items()}
    axes = [
        Axis(SYSTEM, _rows(SYSTEM_VARIABLES, _systems(said))),
        Axis(
            MACHINE,
            _rows(
                ("platform_machine",),
                [(name,) for name in (*MACHINES, *said.get("platform_machine", ()), OTHER)],
            ),
        ),
        Axis(IMPLEMENTATION, _rows(IMPLEMENTATION_VARIABLES, _implementations(said))),
    ]
    for text, atom in sorted(vocabulary.free.items()):
        axes.append(Axis(text, ({}, {}), atom))
    return axes


def _rows(variables: Sequence[str], rows: Iterable[Sequence[str]]) -> tuple[Mapping[str, str], ...]:
    return tuple(dict(zip(variables, row, strict=True)) for row in rows)


def _systems(said: Mapping[str, Sequence[str]]) -> list[tuple[str, str, str]]:
    rows = list(SYSTEMS)
    for os_name in ("posix", "nt", *said.get("os_name", ()), OTHER):
        for sys_platform in (*said.get("sys_platform", ()), OTHER):
            rows += [
                (os_name, sys_platform, platform_system)
                for platform_system in (*said.get("platform_system", ()), OTHER)
            ]
    return rows


def _implementations(said: Mapping[str, Sequence[str]]) -> list[tuple[str, str]]:
    rows = list(IMPLEMENTATIONS)
    for name in (*said.get("implementation_name", ()), OTHER):
        rows += [
            (name, implementation)
            for implementation in (*said.get("platform_python_implementation", ()), OTHER)
        ]
    return rows
