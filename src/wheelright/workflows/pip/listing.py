"""``pip list``, ``freeze``, ``show``, ``check`` and ``tree``: what an environment holds.

Everything is read from the environment; nothing is fetched and nothing runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from packaging.utils import canonicalize_name

from wheelright.targets import normalize_name
from wheelright.targets.specifiers import InvalidSpecifier, SpecifierSet
from wheelright.venv.inspect import read_record_paths
from wheelright.workflows.outcomes import TreeNode, TreeOutcome
from wheelright.workflows.pip.present import facts_of, parsed
from wheelright.workflows.pip.sites import find_site
from wheelright.workflows.pip_options import (
    CheckOutcome,
    ListedPackage,
    ShownPackage,
    ShowOutcome,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement

    from wheelright.index.metadata import Headers
    from wheelright.venv import Installed
    from wheelright.workflows.context import Context
    from wheelright.workflows.pip.sites import Site
    from wheelright.workflows.pip_options import PipListOptions


class Inventory(Struct, frozen=True):
    """What is installed, by name, with what each package requires here.

    ``extras`` holds the extras that other packages ask for: what these need counts too.
    """

    site: Site
    installed: tuple[Installed, ...]
    facts: dict[str, Headers] = {}
    extras: dict[str, set[str]] = {}

    @classmethod
    def of(cls, context: Context, options: PipListOptions) -> Inventory:
        """Read the environment that is meant."""
        site = find_site(context, options.place, changes=False)
        installed = site.installed()
        facts = {one.name: found for one in installed if (found := facts_of(site, one))}
        inventory = cls(site, installed, facts)
        inventory.ask_for_extras()
        return inventory

    def ask_for_extras(self) -> None:
        """Gather the extras that are asked for, and those that these ask for in turn."""
        waiting = list(self.facts)
        while waiting:
            for requirement in self.requires(waiting.pop()):
                name = str(canonicalize_name(requirement.name))
                fresh = {str(canonicalize_name(one)) for one in requirement.extras}
                known = self.extras.setdefault(name, set())
                if fresh - known:
                    known |= fresh
                    waiting.append(name)

    def named(self, name: str) -> Installed | None:
        """Return an installed package."""
        return next((one for one in self.installed if one.name == normalize_name(name)), None)

    def requires(self, name: str, extras: Iterable[str] | None = None) -> list[Requirement]:
        """Return what a package requires here, with these of its extras (None: all asked for)."""
        extras = self.extras.get(name, ()) if extras is None else extras
        facts = self.facts.get(name)
        found = {}
        values = self.site.interpreter.marker_values
        for text in () if facts is None else facts.requires_dist:
            requirement = parsed(text)
            if requirement is None:
                continue
            marker = requirement.marker
            if marker is None or any(
                marker.evaluate({**values, "extra": extra}) for extra in ("", *extras)
            ):
                found[text] = requirement
        return list(found.values())

    def required_by(self, name: str) -> list[str]:
        """Return the names of the packages that require one."""
        return [
            one.name
            for one in self.installed
            if any(canonicalize_name(r.name) == name for r in self.requires(one.name))
        ]


def list_packages(context: Context, options: PipListOptions) -> tuple[ListedPackage, ...]:
    """List what is installed, by name."""
    site = find_site(context, options.place, changes=False)
    left_out = {normalize_name(name) for name in options.exclude}
    return tuple(
        ListedPackage(one.name, one.version, one.direct_url, one.editable)
        for one in site.installed()
        if one.name not in left_out and options.editable in {None, one.editable}
    )


def show(context: Context, options: PipListOptions) -> ShowOutcome:
    """Tell more of the packages that are named."""
    inventory = Inventory.of(context, options)
    shown, missing = [], []
    for name in options.packages:
        installed = inventory.named(name)
        if installed is None:
            missing.append(name)
        else:
            shown.append(_shown(inventory, installed, files=options.files))
    return ShowOutcome(tuple(shown), tuple(missing))


def _shown(inventory: Inventory, installed: Installed, *, files: bool) -> ShownPackage:
    from wheelright.lockfile.model import path_of

    name, venv = installed.name, inventory.site.venv
    requires = {canonicalize_name(one.name) for one in inventory.requires(name, ())}
    source = installed.direct_url if installed.editable else None
    return ShownPackage(
        name,
        installed.version or "",
        venv.site_packages,
        None if source is None else str(path_of(source)),
        installed.installer,
        tuple(sorted(requires)),
        tuple(sorted(inventory.required_by(name))),
        tuple(sorted(read_record_paths(venv, installed) or ())) if files else (),
    )


def check(context: Context, options: PipListOptions) -> CheckOutcome:
    """Look whether everything that is required is there, in versions that satisfy."""
    inventory = Inventory.of(context, options)
    problems = []
    python = inventory.site.interpreter.version
    for one in inventory.installed:
        title = f"`{one.name}` {one.version or ''}".rstrip()
        if one.problem is not None:
            problems.append(f"{title} is damaged: {one.problem}")
        facts = inventory.facts.get(one.name)
        bound = None if facts is None else facts.requires_python
        if bound is not None and not _admits(bound, python):
            problems.append(f"{title} requires Python {bound}, and this is {python}")
        for requirement in inventory.requires(one.name):
            other = inventory.named(requirement.name)
            if other is None:
                problems.append(f"{title} requires `{_plain(requirement)}`, which is not installed")
            elif other.version is not None and not requirement.specifier.contains(
                other.version, prereleases=True
            ):
                problems.append(
                    f"{title} requires `{_plain(requirement)}`, and {other.version} is installed"
                )
    names = [one.name for one in inventory.installed]
    problems += [
        f"`{name}` is installed {names.count(name)} times"
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    ]
    return CheckOutcome(len(set(names)), tuple(problems))


def _plain(requirement: Requirement) -> str:
    return str(requirement).partition(";")[0].strip()


def _admits(bound: str, python: str) -> bool:
    try:
        return SpecifierSet(bound).contains(python, prereleases=True)
    except InvalidSpecifier:
        return True


def tree(context: Context, options: PipListOptions) -> TreeOutcome:
    """Return what depends on what; roots are what nothing requires, or the packages named.

    With ``invert`` the children of a package are those that require it.
    """
    inventory = Inventory.of(context, options)
    growing = _Growing(inventory, options)
    names = [normalize_name(name) for name in options.packages] or growing.tips()
    nodes = [growing.node(name, (), "", options.depth) for name in names]
    return TreeOutcome(tuple(node for node in nodes if node.version is not None))


class _Growing(Struct):
    """A tree being made; ``seen`` names what was shown with its children."""

    inventory: Inventory
    options: PipListOptions
    seen: set[str] = field(default_factory=set)

    def tips(self) -> list[str]:
        """Return where a tree starts: at what hangs on nothing, and once in each circle."""
        names = list(dict.fromkeys(one.name for one in self.inventory.installed))
        hanging = {below for name in names for below, _, _ in self._below(name, ())}
        found = [name for name in names if name not in hanging]
        reached = self._reached(found)
        for name in names:
            if name not in reached:
                found.append(name)
                reached |= self._reached([name])
        return found

    def _reached(self, names: list[str]) -> set[str]:
        reached = set(names)
        waiting = list(names)
        while waiting:
            fresh = {below for below, _, _ in self._below(waiting.pop(), ())} - reached
            reached |= fresh
            waiting += fresh
        return reached

    def node(self, name: str, extras: tuple[str, ...], asked: str, depth: int) -> TreeNode:
        """Return a package with what hangs on it."""
        installed = self.inventory.named(name)
        version = None if installed is None else installed.version
        below = self._below(name, extras)
        repeated = name in self.seen and bool(below)
        self.seen.add(name)
        children: tuple[TreeNode, ...] = ()
        if depth > 0 and not repeated:
            children = tuple(self.node(*one, depth - 1) for one in below)
        return TreeNode(name, version, extras, asked, children, repeated)

    def _below(self, name: str, extras: tuple[str, ...]) -> list[tuple[str, tuple[str, ...], str]]:
        if self.options.invert:
            found = {
                (other, (), str(one.specifier)): None
                for other in sorted(self.inventory.required_by(name))
                for one in self.inventory.requires(other)
                if canonicalize_name(one.name) == name
            }
            return list(found)
        return sorted(
            (
                str(canonicalize_name(one.name)),
                tuple(sorted(str(canonicalize_name(extra)) for extra in one.extras)),
                str(one.specifier),
            )
            for one in self.inventory.requires(name, extras or None)
        )
