"""Following requirements through a lock: which lines count for which extras and environment.

Must live here: the meaning of a ``Requires-Dist`` line for a walk, with each text parsed once.
Must not live here: what a walk is for (``select`` and ``graph``).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.lockfile.errors import InvalidLockError
from wheelright.lockfile.markers import (
    Condition,
    assume,
    condition_text,
    normalised_name,
    parse_condition,
)
from wheelright.targets.conditions import holds_plainly
from wheelright.targets.specifiers import SpecifierSet, read_plain_requirement

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from packaging.markers import Marker

    from wheelright.lockfile.model import LockedPackage, LockInputs


class Line(Struct, frozen=True):
    """One requirement line, parsed: the name and the extras are normalised."""

    text: str
    name: str
    extras: tuple[str, ...]
    specifier: SpecifierSet
    marker: str | None
    condition: Condition

    def holds(self, values: Mapping[str, str] | None, extras: Collection[str]) -> bool:
        """Whether the line counts in an environment (``None``: in any), with these extras."""
        if self.marker is None:
            return True
        if values is None:
            return assume(self.condition, extra=extras) is not False
        return any(_holds(self.marker, {**values, "extra": extra}) for extra in ("", *extras))

    def open_marker(self, extras: Collection[str]) -> str | None:
        """Return what is left of the marker once the extras are known."""
        left = assume(self.condition, extra=extras)
        return None if left is False else condition_text(left)


def named_lines(table: Mapping[str, tuple[str, ...]], names: Collection[str]) -> Iterator[str]:
    """Yield the requirement lines of the extras or groups that have one of the names."""
    for name, lines in table.items():
        if normalised_name(name) in names:
            yield from lines


@lru_cache(maxsize=8192)
def parse_line(text: str) -> Line:
    """Return the parsed requirement line.

    :raises InvalidLockError: where it is no requirement.
    """
    plain = read_plain_requirement(text)
    if plain is not None:
        name, extras, specifier, marker = plain
        said = None if marker is None else str(marker)
    else:
        from packaging.requirements import InvalidRequirement, Requirement

        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            raise InvalidLockError(f"`{text}` in the lockfile is not a requirement") from None
        name, extras = requirement.name, tuple(requirement.extras)
        specifier = SpecifierSet(",".join(map(str, requirement.specifier)))
        said = None if requirement.marker is None else str(requirement.marker)
    return Line(
        text=text,
        name=normalised_name(name),
        extras=tuple(sorted(map(normalised_name, extras))),
        specifier=specifier,
        marker=said,
        condition=True if said is None else parse_condition(said),
    )


@lru_cache(maxsize=8192)
def _marker(text: str) -> Marker:
    from packaging.markers import Marker

    return Marker(text)


def _holds(text: str, values: Mapping[str, str]) -> bool:
    plain = holds_plainly(text, values)
    return _marker(text).evaluate({**values}) if plain is None else plain


def reached_names(
    inputs: LockInputs,
    entries: Mapping[str, tuple[LockedPackage, ...]],
    values: Mapping[str, str] | None,
    extras: Collection[str],
    groups: Collection[str],
) -> set[str]:
    """Return the package names that the groups' and extras' own requirements lead to.

    ``values`` are the marker values of one environment; ``None``: those of any environment.
    """
    roots = [*named_lines(inputs.groups, groups), *named_lines(inputs.extras, extras)]
    queue = list(_steps(roots, values, ()))
    seen: set[tuple[str, tuple[str, ...]]] = set()
    while queue:
        step = queue.pop()
        if step in seen:
            continue
        seen.add(step)
        name, asked = step
        if name == inputs.project:  # a group that asks for the project itself, or its extras
            own = [*inputs.requirements, *named_lines(inputs.extras, asked)]
            queue += _steps(own, values, ())
        for package in entries.get(name, ()):
            queue += _steps(package.requires, values, asked)
    return {name for name, _ in seen}


def _steps(
    lines: Iterable[str], values: Mapping[str, str] | None, extras: Collection[str]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    for text in lines:
        line = parse_line(text)
        if line.holds(values, extras):
            yield line.name, line.extras
