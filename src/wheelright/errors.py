"""The errors that Wheelright raises on purpose, as plain data.

Must live here: the two kinds that decide the exit code, and what every error can carry.
Must not live here: markup, colours or printing (``console`` renders), nor errors of one
capability (they live in that capability's ``errors`` module and derive from these).

The tree::

    WheelrightError            never raised itself
    ├── RequestError  exit 1   the project or the request cannot be met
    └── UsageError    exit 2   wrong usage, or a broken environment (disk, rights, network)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence


class Excerpt:
    """A place in a text file: ``line`` and ``column`` count from 1, ``text`` is that line."""

    __slots__ = ("column", "length", "line", "path", "text")

    def __init__(self, path: str, line: int, column: int, text: str, length: int = 1) -> None:
        self.path = path
        self.line = line
        self.column = column
        self.text = text
        self.length = length

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Excerpt) and all(
            getattr(self, name) == getattr(other, name) for name in self.__slots__
        )

    __hash__ = None  # type: ignore[assignment]


class WheelrightError(Exception):
    """Base of all errors that a user may see.

    ``message`` says what went wrong in one sentence without a final period; ``doing`` what was
    being done ("locking app"); ``where`` names the file, index or URL (never a secret);
    ``details`` are further lines of fact; ``hints`` say what to do; ``excerpt`` points into a text.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        doing: str | None = None,
        where: str | None = None,
        details: Sequence[str] = (),
        hints: Sequence[str] = (),
        excerpt: Excerpt | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.doing = doing
        self.where = where
        self.details = tuple(details)
        self.hints = tuple(hints)
        self.excerpt = excerpt

    def __str__(self) -> str:
        return self.message


class RequestError(WheelrightError):
    """The user's project or request cannot be met (exit code 1)."""

    exit_code = 1


class UsageError(WheelrightError):
    """Wrong usage or a broken environment: rights, disk, network (exit code 2)."""

    exit_code = 2
