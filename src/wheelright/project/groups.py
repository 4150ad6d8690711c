"""Dependency groups: PEP 735 with its includes.

The rules: https://packaging.python.org/en/latest/specifications/dependency-groups/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wheelright.project.document import Document, Faults, Place
from wheelright.project.errors import BadValue
from wheelright.project.names import hint_for_name, is_valid_name, normal_name
from wheelright.project.requirement import parse_requirement
from wheelright.project.values import type_name, wrong_type

if TYPE_CHECKING:
    from wheelright.project.requirement import Requirement

_TABLE = "dependency-groups"


def read_groups(
    document: Document, faults: Faults, legacy_dev: tuple[Requirement, ...] = ()
) -> dict[str, tuple[Requirement, ...]]:
    """Return the groups of a document, flat, with normalised names in the order written.

    ``legacy_dev`` are added to the group ``dev``. Faults: a value that is no table, two names that
    are one when normalised, bad elements, an include of a missing group, and a cycle, each with
    the path of names that leads to it.
    """
    table = document.data.get(_TABLE, {})
    if not isinstance(table, dict):
        faults.add(wrong_type("a table", table), _TABLE)
        return {}
    reader = _Groups(document, faults, table, legacy_dev)
    return {name: reader.resolve(name, ()) for name in reader.names()}


class _Groups:
    """Resolves one document's groups; ``_done`` remembers those already flat."""

    def __init__(
        self,
        document: Document,
        faults: Faults,
        table: dict[str, Any],
        legacy_dev: tuple[Requirement, ...],
    ) -> None:
        self._document = document
        self._faults = faults
        self._table = table
        self._legacy_dev = legacy_dev
        self._done: dict[str, tuple[Requirement, ...]] = {}
        self._written: dict[str, str] = {}
        for name in table:
            normal = normal_name(name)
            if not is_valid_name(name):
                faults.add(BadValue("is not a valid group name", [name], at_key=True), _TABLE)
            elif normal in self._written:
                bad = BadValue(
                    f"is the same group as `{self._written[normal]}`", [name], at_key=True
                )
                faults.add(bad, _TABLE)
            else:
                self._written[normal] = name

    def names(self) -> list[str]:
        """Return the normalised names, the legacy group last."""
        found = list(self._written)
        if self._legacy_dev and "dev" not in found:
            found.append("dev")
        return found

    def resolve(self, name: str, path: tuple[str, ...]) -> tuple[Requirement, ...]:
        """Return the requirements of one group, which the groups of ``path`` include."""
        if name in self._done:
            return self._done[name]
        found: list[Requirement] = []
        written = self._written.get(name)
        elements = self._table[written] if written is not None else []
        if not isinstance(elements, list):
            self._faults.add(wrong_type("a list", elements), _TABLE, written or name)
            elements = []
        for index, element in enumerate(elements):
            keys = (_TABLE, written or name, index)
            try:
                found += self._element(element, Place(self._document, keys), (*path, name))
            except BadValue as bad:
                self._faults.add(bad, *keys)
        if name == "dev":
            found += self._legacy_dev
        self._done[name] = tuple(found)
        return self._done[name]

    def _element(
        self, element: Any, place: Place, path: tuple[str, ...]
    ) -> tuple[Requirement, ...]:
        if isinstance(element, str):
            return (parse_requirement(element, place),)
        if not isinstance(element, dict):
            raise BadValue(
                f'must be a requirement or `{{ include-group = "NAME" }}`, not {type_name(element)}'
            )
        if list(element) != ["include-group"]:
            wrong = next((key for key in element if key != "include-group"), None)
            keys = [wrong] if wrong else []
            raise BadValue(
                'is not known here; a table in a group is `{ include-group = "NAME" }`'
                if wrong
                else 'must be `{ include-group = "NAME" }`, not an empty table',
                keys,
                at_key=bool(wrong),
            )
        included = element["include-group"]
        if not isinstance(included, str):
            raise wrong_type("a string", included).under("include-group")
        return self._include(included, path)

    def _include(self, included: str, path: tuple[str, ...]) -> tuple[Requirement, ...]:
        name = normal_name(included)
        if name in path:
            cycle = [*path[path.index(name) :], name]
            raise BadValue(
                "includes itself: " + " -> ".join(f"`{one}`" for one in cycle), ["include-group"]
            )
        if name not in self.names():
            raise BadValue(
                f"includes the group `{included}`, which does not exist",
                ["include-group"],
                hint=hint_for_name(included, self._written.values())
                or "Groups are defined in `[dependency-groups]`",
            )
        return self.resolve(name, path)
