"""A TOML file as read: its path, its text and its values; and the faults found in it.

Must live here: what all readers of this folder share: reading a file, naming a key
(``project.optional-dependencies.web[2]``), pointing at it, and collecting faults so that one
run reports them all. Must not live here: what any key means.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from wheelright.errors import Excerpt, WheelrightError
from wheelright.project.errors import BadValue, ProjectFileError
from wheelright.project.names import without_credentials
from wheelright.project.positions import Keys, line_and_column, toml_positions

if TYPE_CHECKING:
    from pathlib import Path

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_PLACE: Final = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


class Document(Struct, frozen=True):
    """One TOML text. ``path`` is as shown to the user; ``data`` what ``tomllib`` reads.

    ``first_line`` is the line of the file on which ``text`` starts (a script's metadata is a part
    of its file), ``margin`` what was cut from the left of each of its lines.
    """

    path: Path
    text: str
    data: dict[str, Any]
    first_line: int = 1
    margin: str = ""

    def excerpt(
        self, keys: Keys, *, offset: int | None = None, length: int = 1, at_key: bool = False
    ) -> Excerpt | None:
        """Point at a value (or its key), or ``offset`` characters into a string value."""
        spans = toml_positions(self.text)
        span = spans.get(keys)
        while span is None and keys:
            keys = keys[:-1]
            span = spans.get(keys)
        if span is None:
            return None
        start, end = (span.key_start, span.key_end) if at_key else (span.start, span.end)
        raw = self.text[start:end]
        if offset is not None and _is_verbatim(raw):
            start, end = start + 1 + offset, start + 1 + offset + max(length, 1)
        return self.excerpt_at(start, end - start)

    def excerpt_at(self, offset: int, length: int = 1) -> Excerpt:
        """Point at ``length`` characters from an offset of the text, within their line."""
        line, column = line_and_column(self.text, offset)
        start = offset - column + 1
        content = self.text[start:].split("\n", 1)[0].rstrip("\r")
        content = without_credentials(content)
        length = max(1, min(length, len(content) - column + 1))
        return Excerpt(
            str(self.path),
            line + self.first_line - 1,
            column + len(self.margin),
            self.margin + content,
            length,
        )


class Place(Struct, frozen=True):
    """Where something is written: a key of a document."""

    document: Document
    keys: Keys

    def __str__(self) -> str:
        return key_text(self.keys)

    @property
    def path(self) -> Path:
        """The file."""
        return self.document.path

    def excerpt(self, offset: int | None = None, length: int = 1) -> Excerpt | None:
        """Return the place in the text, ``offset`` characters into the string where given."""
        return self.document.excerpt(self.keys, offset=offset, length=length)


class Fault(Struct, frozen=True):
    """One thing wrong with a document. ``message`` is a sentence that names the key."""

    message: str
    excerpt: Excerpt | None = None
    hint: str | None = None


class Faults:
    """Collects the faults of one document; raised together by :meth:`raise_if_any`."""

    def __init__(self, document: Document, error: type[WheelrightError] = ProjectFileError) -> None:
        self.document = document
        self._error = error
        self._faults: list[Fault] = []

    def add(self, bad: BadValue, *keys: str | int) -> None:
        """Record a fault found below ``keys``; its message follows the name of its key."""
        way = (*keys, *bad.keys)
        excerpt = self.document.excerpt(
            way, offset=bad.offset, length=bad.length, at_key=bad.at_key
        )
        subject = f"`{key_text(way)}` " if way else ""
        self._faults.append(Fault(subject + bad.message, excerpt, bad.hint))

    def raise_if_any(self) -> None:
        """Raise one error that tells all faults, in the order of the text."""
        if not self._faults:
            return
        path = self.document.path
        if len(self._faults) == 1:
            fault = self._faults[0]
            raise self._error(
                fault.message,
                where=str(path),
                hints=[fault.hint] if fault.hint else [],
                excerpt=fault.excerpt,
            )
        ordered = sorted(self._faults, key=lambda one: one.excerpt.line if one.excerpt else 0)
        raise self._error(
            f"`{path.name}` has {len(ordered)} faults",
            where=str(path),
            details=[_in_one_line(fault) for fault in ordered],
        )


def _is_verbatim(raw: str) -> bool:
    """Whether each character of a TOML string literal stands for itself, after one quote."""
    if raw[:3] in {'"""', "'''"}:
        return False
    return raw[:1] == "'" or (raw[:1] == '"' and "\\" not in raw)


def _in_one_line(fault: Fault) -> str:
    line = f"line {fault.excerpt.line}: " if fault.excerpt else ""
    return f"{line}{fault.message}" + (f" ({fault.hint})" if fault.hint else "")


def key_text(keys: Keys) -> str:
    """Return a key as a user would write it: ``project.optional-dependencies.web[2]``."""
    text = ""
    for key in keys:
        if isinstance(key, int):
            text += f"[{key}]"
        else:
            part = key if _BARE.fullmatch(key) else f'"{key}"'
            text += f".{part}" if text else part
    return text


def read_document(
    path: Path, error: type[WheelrightError] = ProjectFileError, *, text: str | None = None
) -> Document:
    """Read a TOML file (or ``text`` in its name); raise ``error`` where it cannot be read."""
    if text is None:
        text = _read_text(path, error)
    return parse_document(path, text, error)


@lru_cache(maxsize=8)
def read_toml(text: str) -> dict[str, Any]:
    """Parse TOML. The result is shared by all who read the same text, and must not be changed.

    A run reads a project's file for several things: to find it, for the project, for the settings.
    """
    return tomllib.loads(text)


def parse_document(
    path: Path,
    text: str,
    error: type[WheelrightError] = ProjectFileError,
    *,
    first_line: int = 1,
    margin: str = "",
) -> Document:
    """Parse TOML that stands in a file at ``first_line``, each line after ``margin``."""
    try:
        data = read_toml(text)
    except tomllib.TOMLDecodeError as problem:
        raise _broken(Document(path, text, {}, first_line, margin), str(problem), error) from None
    return Document(path, text, data, first_line, margin)


def _read_text(path: Path, error: type[WheelrightError]) -> str:
    try:
        return path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as problem:
        raise error(
            f"`{path.name}` is not UTF-8: its byte {problem.start} cannot be read",
            where=str(path),
            hints=["Save the file in UTF-8"],
        ) from None
    except FileNotFoundError:
        raise error(f"`{path.name}` does not exist", where=str(path)) from None
    except OSError as problem:
        reason = (problem.strerror or type(problem).__name__).lower()
        raise error(f"`{path.name}` cannot be read: {reason}", where=str(path)) from None


def _broken(document: Document, problem: str, error: type[WheelrightError]) -> WheelrightError:
    """Return the error for a text that is no TOML, from the message of ``tomllib``."""
    match = _PLACE.search(problem)
    reason = _PLACE.sub("", problem)
    text = document.text
    if match and match.group(1):
        lines = text.replace("\r\n", "\n").split("\n")
        line, column = int(match.group(1)), int(match.group(2))
        content = lines[line - 1] if line <= len(lines) else ""
        excerpt = Excerpt(
            str(document.path),
            line + document.first_line - 1,
            column + len(document.margin),
            document.margin + without_credentials(content),
        )
    else:
        excerpt = document.excerpt_at(len(text.rstrip()))
    hints = []
    if "tool.wheelright.targets" in text and ("targets'" in reason or "overwrite" in reason):
        hints.append(
            "TOML allows `targets` to be a list or a table, not both: describe the named targets "
            "in `[tool.wheelright.target.NAME]` and list them in `targets`"
        )
    return error(
        f"`{document.path.name}` is not valid TOML: {reason[:1].lower()}{reason[1:]}",
        where=str(document.path),
        hints=hints,
        excerpt=excerpt,
    )
