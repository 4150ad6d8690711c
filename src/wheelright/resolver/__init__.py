"""The resolver: PubGrub over integer sets, for a set of environments at once. Pure.

Must live here: markers and environments as bit masks (``markers``, ``universe``, ``simplify``),
candidates and version sets as integers (``candidates``), the solver (``search``, on ``known`` and
``assignments``; ``foresight`` of what it will ask), splitting and the joining of parts (``parts``,
``split``, ``join``), the proof as prose (``explain``, on ``chain``, ``proof`` and ``words``) and
what would help (``hints``).
Must not live here: I/O, the clock, paths, threads. ``resolve()`` is a generator: it yields
:class:`NeedCandidates` or :class:`NeedDependencies` and is sent facts, as values; a driver in
``workflows`` answers from caches and fetches the rest.

Three kinds of integers carry it, and are never mixed:

- a *version set* of one project: bit 0 is "not selected", bit *i* is its candidate *i*;
- an *environment set* (always named ``mask`` or ``where``): bit *e* is one point of the universe;
- a *level*: how many decisions stood when an assignment was made.

What else changes with it: the words of ``docs/design/resolver.md``.

The names are imported when they are first asked for: whether a lock is current is known without
the solver.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wheelright.resolver.apart import compare_markers
    from wheelright.resolver.errors import Premise, ResolutionFailure
    from wheelright.resolver.facts import (
        Answer,
        Candidate,
        Dependencies,
        Files,
        Listing,
        Need,
        NeedCandidates,
        NeedDependencies,
        Origin,
        Unavailable,
    )
    from wheelright.resolver.markers import InvalidMarker, parse_marker
    from wheelright.resolver.parts import resolve
    from wheelright.resolver.request import Edit, Entry, Policy, Request, RootRequirement
    from wheelright.resolver.requirements import InvalidRequirement
    from wheelright.resolver.result import Package, Resolution, Statistics
else:
    _PLACES = {
        "Answer": "facts",
        "Candidate": "facts",
        "Dependencies": "facts",
        "Edit": "request",
        "Entry": "request",
        "Files": "facts",
        "InvalidMarker": "markers",
        "InvalidRequirement": "requirements",
        "Listing": "facts",
        "Need": "facts",
        "NeedCandidates": "facts",
        "NeedDependencies": "facts",
        "Origin": "facts",
        "Package": "result",
        "Policy": "request",
        "Premise": "errors",
        "Request": "request",
        "Resolution": "result",
        "ResolutionFailure": "errors",
        "RootRequirement": "request",
        "Statistics": "result",
        "Unavailable": "facts",
        "compare_markers": "apart",
        "parse_marker": "markers",
        "resolve": "parts",
    }

    def __getattr__(name: str) -> object:
        if name not in _PLACES:
            raise AttributeError(f"module `{__name__}` has no `{name}`")
        from importlib import import_module

        found = getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
        globals()[name] = found
        return found


__all__ = [
    "Answer",
    "Candidate",
    "Dependencies",
    "Edit",
    "Entry",
    "Files",
    "InvalidMarker",
    "InvalidRequirement",
    "Listing",
    "Need",
    "NeedCandidates",
    "NeedDependencies",
    "Origin",
    "Package",
    "Policy",
    "Premise",
    "Request",
    "Resolution",
    "ResolutionFailure",
    "RootRequirement",
    "Statistics",
    "Unavailable",
    "compare_markers",
    "parse_marker",
    "resolve",
]
