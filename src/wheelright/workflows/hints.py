"""What helps after a conflict: names nearby, which indexes were asked, what was left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.index import upkeep
from wheelright.outside.urls import redact
from wheelright.resolver import ResolutionFailure
from wheelright.resolver.candidates import specifiers_of, version_of
from wheelright.resolver.requirements import parse_dependency

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.workflows.driver import Driver


def with_hints(failure: ResolutionFailure, driver: Driver, pages: Path) -> ResolutionFailure:
    """Return a failure with hints on the projects that it speaks of.

    ``pages`` is the cache of the indexes: it knows names of projects that exist.
    """
    hints = list(failure.hints)
    for name in failure.culprits:
        fixed = driver.fixed.get(name)
        if fixed is not None and fixed.place:
            alone = f"the only version of `{name}` is {fixed.version}"
            hints = [hint for hint in hints if hint != alone]
            hints.append(f"`{name}` comes from `{fixed.place}`, which holds {fixed.version}")
        left_out = _left_out(name, failure, driver)
        if left_out:
            hints = [hint for hint in hints if not _tells_versions(hint, name)]
            hints.append(left_out)
        unknown = driver.unknown.get(name)
        if unknown is not None:
            asked = ", ".join(f"`{url}`" for url in unknown.asked)
            hints.append(f"`{name}` was looked for on {asked}" if asked else "no index is asked")
            near = _near(name, driver, pages) if asked else []
            meant = " or ".join(f"`{other}`" for other in near)
            helpful = (f"did you mean {meant}?",) if near else unknown.hints
            hints += [hint for hint in helpful if hint not in hints]
        elif name in driver.foreign:
            there = driver.foreign[name]
            hints.append(
                f"name `{there.name} @ {redact(there.url or '')}` yourself to use `{name}`"
            )
        elif name in driver.cut:
            hints.append(
                f"`exclude-newer` leaves out newer versions of `{name}`, up to {driver.cut[name]}"
            )
        elif name in driver.pages and name not in driver.pinned_index:
            hints += _further(name, driver)
    return ResolutionFailure(
        failure.message,
        details=failure.details,
        hints=tuple(hints),
        culprits=failure.culprits,
        premises=failure.premises,
        marker=failure.marker,
    )


def _tells_versions(hint: str, name: str) -> bool:
    """Whether a hint of the resolver says which versions of a project there are."""
    starts = (f"the only version of `{name}`", f"the versions of `{name}`", f"`{name}` has no vers")
    return hint.startswith(starts)


def _left_out(name: str, failure: ResolutionFailure, driver: Driver) -> str | None:
    """Say why the newest version that would match was not even offered to the resolver."""
    if not any(_tells_versions(hint, name) for hint in failure.hints):
        return None
    parts = [
        part
        for premise in failure.premises
        if premise.kind == "requires"
        for dependency in [parse_dependency(premise.text)]
        if dependency.name == name
        for part in specifiers_of(dependency.specifier or "")
    ]
    for version, why in driver.left_out.get(name, {}).items():  # newest first
        if all(part.contains(version_of(version), prereleases=True) for part in parts):
            return f"`{name}` {version} cannot be used: {why}"
    return None


def _further(name: str, driver: Driver) -> list[str]:
    """Say that the index which has a project is asked alone, though others may have it too."""
    page = driver.pages[name]
    later = driver.indexes.not_asked(page.index)
    if not later:
        return []
    first = f"`{page.index_name or redact(page.index)}`"
    known = [label for label in driver.indexes.also_known_on(name) if label in later]
    shown = " and ".join(f"`{redact(label)}`" for label in known or later)
    has = ("has" if len(known) == 1 else "have") if known else "may have"
    alone = (
        f"{shown} {has} other versions of `{name}`, but only {first}, which comes first, is asked"
    )
    ways = "name another index in `sources`, or trust all: `--index-strategy unsafe-best-match`"
    return [f"{alone}; {ways}"]


def _near(name: str, driver: Driver, pages: Path) -> list[str]:
    """Return names like this one of projects that are known to exist."""
    known = {*driver.pages, *upkeep.known_projects(pages, like=name)} - driver.unknown.keys()
    from difflib import get_close_matches

    return get_close_matches(name, sorted(known), 2, 0.75)
