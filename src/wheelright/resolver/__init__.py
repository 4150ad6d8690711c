"""The resolver: PubGrub over integer sets, for a set of environments at once. Pure.

Must live here: markers and environments as bit masks (``markers``, ``universe``, ``simplify``),
candidates and version sets as integers (``candidates``), the solver (``search``, on ``known`` and
``assignments``), splitting and the joining of parts (``resolve``, ``split``, ``join``), the proof
as prose (``explain``, on ``chain``, ``proof`` and ``words``) and what would help (``hints``).
Must not live here: I/O, the clock, paths, threads. ``resolve()`` is a generator: it yields
:class:`NeedCandidates` or :class:`NeedDependencies` and is sent facts, as values; a driver in
``workflows`` answers from caches and fetches the rest.

Three kinds of integers carry it, and are never mixed:

- a *version set* of one project: bit 0 is "not selected", bit *i* is its candidate *i*;
- an *environment set* (always named ``mask`` or ``where``): bit *e* is one point of the universe;
- a *level*: how many decisions stood when an assignment was made.

What else changes with it: the words of ``docs/design/resolver.md``.
"""

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
from wheelright.resolver.request import Edit, Entry, Policy, Request, RootRequirement
from wheelright.resolver.requirements import InvalidRequirement
from wheelright.resolver.resolve import resolve
from wheelright.resolver.result import Package, Resolution, Statistics

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
