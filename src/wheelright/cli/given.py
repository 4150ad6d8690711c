"""What was given for one command, on the command line or by the environment, typed on access."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


class Given:
    """Values by ``dest``, and the arguments. What was not given is absent.

    ``typed`` are those of the values that the command line gave, and no variable.
    """

    __slots__ = ("arguments", "typed", "values")

    def __init__(
        self,
        values: Mapping[str, Any] | None = None,
        arguments: tuple[str, ...] = (),
        typed: frozenset[str] = frozenset(),
    ) -> None:
        self.values = values or {}
        self.arguments = arguments
        self.typed = typed

    def flag(self, dest: str) -> bool:
        """Tell a switch: off unless given."""
        return bool(self.values.get(dest, False))

    def maybe(self, dest: str) -> bool | None:
        """Tell a switch with two spellings: ``None`` where neither was given."""
        value = self.values.get(dest)
        return None if value is None else bool(value)

    def count(self, dest: str) -> int:
        """Tell how often a counted switch was given."""
        return int(self.values.get(dest, 0))

    def text(self, dest: str) -> Any:
        """Give a value or ``None``. Typed loosely: choices are checked when they are read."""
        return self.values.get(dest)

    def many(self, dest: str) -> tuple[str, ...]:
        """Give the values collected, in the order given."""
        return tuple(self.values.get(dest, ()))
