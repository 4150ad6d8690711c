"""From a set of environments back to a marker: short, and true exactly where it must be.

The set is covered by *boxes* (one set of values per axis), found by cutting along one axis after
the other, then each box is grown as far as the set and the don't-cares allow, and boxes that
the others cover are dropped. A box becomes one ``and`` of conditions, the cover one ``or``.
Environments outside ``within`` are don't-cares: they are never asked about.
"""

from __future__ import annotations

from functools import reduce
from operator import and_
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from wheelright.resolver.universe import (
    IMPLEMENTATION,
    IMPLEMENTATION_VARIABLES,
    MACHINE,
    OTHER,
    PYTHON,
    SYSTEM,
    TARGET,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wheelright.resolver.pythons import Release
    from wheelright.resolver.request import Side
    from wheelright.resolver.universe import Axis, Universe

#: A marker that holds nowhere.
NEVER = "python_version < '0'"

Box: TypeAlias = tuple[frozenset[int], ...]

#: Variables that may express a condition on an axis, best known first.
VARIABLES = {
    SYSTEM: ("sys_platform", "platform_system", "os_name"),
    MACHINE: ("platform_machine",),
    IMPLEMENTATION: IMPLEMENTATION_VARIABLES,
    TARGET: (
        "sys_platform",
        "platform_machine",
        "platform_system",
        "os_name",
        *IMPLEMENTATION_VARIABLES,
        "platform_release",
        "platform_version",
    ),
}


class Text(Struct, frozen=True):
    """A condition in words, and whether its outermost joint is ``or``, ``and`` or none."""

    words: str
    joint: str = ""

    def inside(self, joint: str) -> str:
        """Return the words, in brackets where they would bind otherwise than meant."""
        return f"({self.words})" if joint == "and" and self.joint == "or" else self.words


def join(parts: Sequence[Text], joint: str) -> Text:
    """Join conditions with ``and`` or ``or``; one condition stays as it is."""
    if len(parts) == 1:
        return parts[0]
    return Text(f" {joint} ".join(part.inside(joint) for part in parts), joint)


def marker_for(universe: Universe, where: int, within: int, dont_care: int = 0) -> str | None:
    """Return a marker that holds on ``where`` and not on the rest of ``within``.

    None means that it always holds. ``dont_care`` may be true or false as suits.
    """
    wanted = where & within
    allowed = wanted | dont_care | (universe.everything & ~within)
    if within & ~allowed == 0:
        return None
    if wanted == 0:
        return NEVER
    boxes = [_grow(universe, box, allowed) for box in _cover(universe, wanted, within, 0)]
    boxes = sorted(_needed(universe, boxes, wanted), key=lambda box: _first_limit(universe, box))
    texts = [_box_text(universe, box, within) for box in boxes]
    unique = sorted(set(texts), key=texts.index)
    return join(unique, "or").words


def _cover(universe: Universe, wanted: int, within: int, axis: int) -> Iterator[Box]:
    """Yield disjoint boxes that cover ``wanted``, cutting along ``axis`` and those after it."""
    if wanted == 0:
        return
    if axis == len(universe.axes):
        yield ()
        return
    groups: dict[tuple[int, int], list[int]] = {}
    for value, mask in enumerate(universe.slices[axis]):
        if mask & within:
            shift = (mask & -mask).bit_length() - 1
            cofactor = ((wanted & mask) >> shift, (within & mask) >> shift)
            groups.setdefault(cofactor, []).append(value)
    for values in groups.values():
        part = universe.box(axis, values)
        for rest in _cover(universe, wanted & part, within & part, axis + 1):
            yield (frozenset(values), *rest)


def _first_limit(universe: Universe, box: Box) -> int:
    """Return the first axis that a box limits: conditions on Python are written first."""
    limits = (n for n, values in enumerate(box) if len(values) < len(universe.slices[n]))
    return next(limits, len(box))


def _mask(universe: Universe, box: Box) -> int:
    return reduce(
        and_, (universe.box(axis, values) for axis, values in enumerate(box)), universe.everything
    )


def _grow(universe: Universe, box: Box, allowed: int) -> Box:
    """Widen a box as far as it stays within ``allowed``: whole axes first, then single values."""
    grown = list(box)
    for axis in reversed(range(len(grown))):
        everyone = frozenset(range(len(universe.slices[axis])))
        attempt = [*grown]
        attempt[axis] = everyone
        if _mask(universe, tuple(attempt)) & ~allowed == 0:
            grown = attempt
            continue
        for value in sorted(everyone - grown[axis]):
            attempt = [*grown]
            attempt[axis] = grown[axis] | {value}
            if _mask(universe, tuple(attempt)) & ~allowed == 0:
                grown = attempt
    return tuple(grown)


def _needed(universe: Universe, boxes: Iterable[Box], wanted: int) -> list[Box]:
    """Drop boxes that others cover, smallest first; keep the order of the rest."""
    kept = list(dict.fromkeys(boxes))
    masks = {box: _mask(universe, box) for box in kept}
    for box in sorted(kept, key=lambda box: masks[box].bit_count()):
        others = [masks[other] for other in kept if other != box]
        covered = 0
        for mask in others:
            covered |= mask
        if wanted & ~covered == 0:
            kept.remove(box)
    return kept


def _box_text(universe: Universe, box: Box, within: int) -> Text:
    parts = []
    for number in _text_order(universe):
        axis, chosen = universe.axes[number], box[number]
        present = universe.values_on(number, within)
        if chosen.issuperset(present):
            continue
        parts.append(_condition(axis, chosen, present, universe.starts))
    return join(parts, "and")


def _text_order(universe: Universe) -> Iterator[int]:
    """Entries first, then Python as people write it, then the other axes."""
    yield from sorted(range(len(universe.axes)), key=lambda at: not universe.axes[at].sides)


def _condition(
    axis: Axis, chosen: frozenset[int], present: Sequence[int], starts: Sequence[Release]
) -> Text:
    if axis.name == PYTHON:
        return _python_condition(chosen, present, starts)
    if axis.sides:
        return _asked_condition(axis.sides, chosen, present)
    if axis.atom is not None:
        return Text(str(axis.atom)) if 1 in chosen else _negated(axis)
    inside = [axis.values[value] for value in present if value in chosen]
    outside = [axis.values[value] for value in present if value not in chosen]
    names = VARIABLES[axis.name]
    single = [text for name in names if (text := _by_variable(name, inside, outside))]
    if single:
        return min(single, key=lambda text: text.words.count(" == ") + text.words.count(" != "))
    return _by_variables(names, inside, outside)


def _asked_condition(sides: Sequence[Side], chosen: frozenset[int], present: Sequence[int]) -> Text:
    """Tell which sides of a conflict are asked for, or which are not where none may be."""
    variables = {"extra": "extras", "group": "dependency_groups"}
    none = 0 in chosen
    return join(
        [
            Text(f"'{entry.name}' {'not in' if none else 'in'} {variables[entry.kind]}")
            for value in present
            if (value in chosen) is not none
            for entry in sides[value - 1]
        ],
        "and" if none else "or",
    )


def _by_variables(
    names: Sequence[str], inside: Sequence[Mapping[str, str]], outside: Sequence[Mapping[str, str]]
) -> Text:
    """Tell ``inside`` from ``outside`` by several variables: boxes grown from its points.

    The same as for whole axes, with the variables of one compound axis in their place.
    """
    used = [name for name in names if any(name in value for value in inside)]
    present = {name: list(dict.fromkeys(v[name] for v in (*inside, *outside))) for name in used}

    def holds(box: Mapping[str, frozenset[str]], value: Mapping[str, str]) -> bool:
        return all(value[name] in box[name] for name in used)

    boxes: list[dict[str, frozenset[str]]] = []
    for point in inside:
        if any(holds(box, point) for box in boxes):
            continue
        box = {name: frozenset({point[name]}) for name in used}
        for name in reversed(used):
            for words in (present[name], *([word] for word in present[name])):
                wider = {**box, name: box[name].union(words)}
                if not any(holds(wider, other) for other in outside):
                    box = wider
        boxes.append(box)
    for box in [*boxes]:
        others = [other for other in boxes if other is not box]
        if all(any(holds(other, point) for other in others) for point in inside):
            boxes = others
    return join([_words_of(box, present) for box in boxes], "or")


def _words_of(box: Mapping[str, frozenset[str]], present: Mapping[str, Sequence[str]]) -> Text:
    parts = []
    for name, words in box.items():
        wanted = [{name: word} for word in present[name] if word in words]
        barred = [{name: word} for word in present[name] if word not in words]
        if barred:
            text = _by_variable(name, wanted, barred)
            assert text is not None, "values of one variable are always told apart by it"
            parts.append(text)
    return join(parts, "and")


def _by_variable(
    name: str, inside: Sequence[Mapping[str, str]], outside: Sequence[Mapping[str, str]]
) -> Text | None:
    """Tell ``inside`` from ``outside`` by one variable, by what it is or by what it is not."""
    wanted = list(dict.fromkeys(value.get(name, "") for value in inside))
    barred = list(dict.fromkeys(value.get(name, "") for value in outside))
    if set(wanted) & set(barred):
        return None
    forms = []
    if OTHER not in wanted:
        forms.append(join([Text(f"{name} == '{value}'") for value in wanted], "or"))
    if OTHER not in barred:
        forms.append(join([Text(f"{name} != '{value}'") for value in barred], "and"))
    return min(forms, key=lambda text: text.words.count("'"), default=None)


def _negated(axis: Axis) -> Text:
    opposite = {
        "==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
        "in": "not in", "not in": "in",
    }  # fmt: skip
    assert axis.atom is not None
    atom = axis.atom
    operator = opposite.get(atom.operator, "!=")
    return Text(str(type(atom)(atom.variable, operator, atom.literal, atom.swapped)))


def _python_condition(
    chosen: frozenset[int], present: Sequence[int], starts: Sequence[Release]
) -> Text:
    runs: list[tuple[int, int]] = []
    for position, value in enumerate(present):
        if value not in chosen:
            continue
        if runs and runs[-1][1] == position - 1:
            runs[-1] = (runs[-1][0], position)
        else:
            runs.append((position, position))
    return join([_run_text(first, last, present, starts) for first, last in runs], "or")


def _run_text(first: int, last: int, present: Sequence[int], starts: Sequence[Release]) -> Text:
    """Express the pieces ``present[first..last]`` by their two ends, as far as they matter."""
    low = starts[present[first]] if first > 0 else None
    high = starts[present[last + 1]] if last + 1 < len(present) else None
    if low and high and low[2] == 0 and high == (low[0], low[1] + 1, 0):
        return Text(f"python_version == '{low[0]}.{low[1]}'")
    parts = []
    if low:
        parts.append(Text(_end_text(">=", low)))
    if high:
        parts.append(Text(_end_text("<", high)))
    return join(parts, "and")


def _end_text(operator: str, release: Release) -> str:
    major, minor, micro = release
    if micro == 0:
        return f"python_version {operator} '{major}.{minor}'"
    return f"python_full_version {operator} '{major}.{minor}.{micro}'"
