"""Whether a lock is still current, and if not, why, in words.

Must live here: comparing the inputs that a lock records with those of now, one sentence per
difference. Must not live here: collecting the inputs (``workflows``), or asking an index.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from wheelright.lockfile.markers import door_words, normalised_name
from wheelright.lockfile.model import Lock, LockInputs, canonical_inputs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME = re.compile(r"[A-Za-z0-9._-]+")
_SCALARS = {
    "project": "the project's name",
    "requires_python": "`requires-python`",
    "resolution": "`resolution`",
    "prerelease": "`prerelease`",
    "exclude_newer": "`exclude-newer`",
}
_OF_PROJECTS = frozenset({"requirement", "constraint", "override"})
_LISTS = {
    "constraints": ("constraint", ""),
    "overrides": ("override", ""),
    "environments": ("environment", ""),
    "required_environments": ("required environment", ""),
    "conflicts": ("conflict", ""),
}
_TABLES = {
    "targets": "target",
    "indexes": "index",
    "sources": "source of",
    "options": "setting",
}


class Stale(Struct, frozen=True):
    """A lock that is not current; ``reasons`` has at least one sentence, without full stop."""

    reasons: tuple[str, ...]

    @property
    def reason(self) -> str:
        """The first reason."""
        return self.reasons[0]


def staleness(lock: Lock, inputs: LockInputs) -> Stale | None:
    """Return why the lock does not belong to these inputs; ``None``: it is current."""
    if lock.inputs is None:
        return Stale((f"it was written by `{lock.created_by}`, which records no inputs",))
    if not lock.intact:
        return Stale(("it was merged or edited: its digest does not belong to its inputs",))
    old, new = canonical_inputs(lock.inputs), canonical_inputs(inputs)
    if old == new:
        return None
    return Stale(tuple(_differences(old, new)))


def _differences(old: LockInputs, new: LockInputs) -> Iterator[str]:
    for field, words in _SCALARS.items():
        yield from _changed(words, getattr(old, field), getattr(new, field))
    yield from _lists("requirement", "", old.requirements, new.requirements)
    for words, before, after in (
        ("extra", old.extras, new.extras),
        ("group", old.groups, new.groups),
    ):
        yield from _lists_by_name(words, before, after)
    for field, (words, place) in _LISTS.items():
        yield from _lists(words, place, getattr(old, field), getattr(new, field))
    for field, words in _TABLES.items():
        before, after = getattr(old, field), getattr(new, field)
        for name in sorted({*before, *after}):
            yield from _changed(f"{words} `{name}`", before.get(name), after.get(name))
    for name in sorted({*old.metadata, *new.metadata}):
        if old.metadata.get(name) != new.metadata.get(name):
            yield f"`dependency-metadata` of `{name}` changed"


def _changed(words: str, old: str | None, new: str | None) -> Iterator[str]:
    if old == new:
        return
    if old is None:
        yield f"{words} was set to `{new}`"
    elif new is None:
        yield f"{words} is no longer set (it was `{old}`)"
    else:
        yield f"{words} changed from `{old}` to `{new}`"


def _lists_by_name(
    words: str, old: Mapping[str, tuple[str, ...]], new: Mapping[str, tuple[str, ...]]
) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if name.startswith("@"):  # the door of a workspace's member
            yield from _member(name[1:], old.get(name), new.get(name))
        elif name not in old:
            yield f"{words} `{name}` was added"
        elif name not in new:
            yield f"{words} `{name}` was removed"
        else:
            yield from _lists("requirement", f" {words} `{name}`", old[name], new[name])


def _member(name: str, old: tuple[str, ...] | None, new: tuple[str, ...] | None) -> Iterator[str]:
    """Tell how a member, an extra or a group of it changed; its own line says nothing."""
    words = door_words(name)
    if old is None or new is None:
        yield f"{words} was {'added' if old is None else 'removed'}"
    else:
        yield from _lists("requirement", f" {words}", old, new)


def _lists(words: str, place: str, old: tuple[str, ...], new: tuple[str, ...]) -> Iterator[str]:
    """Tell what came and went; the same project once on each side is one change."""
    gone = [text for text in old if text not in new]
    come = [text for text in new if text not in old]
    for text in tuple(gone):
        partners = [other for other in come if _project(other) == _project(text)]
        alone = sum(_project(other) == _project(text) for other in gone) == 1
        if words in _OF_PROJECTS and len(partners) == 1 and alone:
            gone.remove(text)
            come.remove(partners[0])
            inside = f" in{place}" if place else ""
            yield f"{words} `{text}` became `{partners[0]}`{inside}"
    for text in come:
        yield f"{words} `{text}` was added{f' to{place}' if place else ''}"
    for text in gone:
        yield f"{words} `{text}` was removed{f' from{place}' if place else ''}"


def _project(requirement: str) -> str:
    found = _NAME.match(requirement)
    return normalised_name(found[0]) if found else requirement
