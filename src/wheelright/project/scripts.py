"""Inline metadata of a single-file script: PEP 723.

The rules: https://packaging.python.org/en/latest/specifications/inline-script-metadata/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from wheelright.errors import Excerpt
from wheelright.project.document import Document, Faults, Place, parse_document
from wheelright.project.errors import BadValue, ProjectFileError
from wheelright.project.requirement import Requirement, parse_requirement
from wheelright.project.settings_read import script_settings
from wheelright.project.values import SPECIFIER, wrong_type

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.project.settings import Settings
    from wheelright.targets.specifiers import SpecifierSet

_OPENING: Final = re.compile(r"^# /// ([a-zA-Z0-9-]+)[ \t]*$")
_KEYS: Final = ("dependencies", "requires-python", "tool")


@dataclass(frozen=True, slots=True)
class Script:
    """What a script says it needs; ``settings`` are those of its ``[tool]`` tables."""

    path: Path
    dependencies: tuple[Requirement, ...]
    requires_python: SpecifierSet | None
    settings: Settings
    document: Document = field(repr=False, compare=False)


def read_script(path: Path) -> Script | None:
    """Read a script's metadata, ``None`` where it has none.

    Raise :class:`ProjectFileError` where the file cannot be read or the metadata has faults.
    """
    try:
        text = path.read_bytes().decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise ProjectFileError(f"`{path.name}` is not UTF-8", where=str(path)) from None
    except OSError as problem:
        reason = (problem.strerror or type(problem).__name__).lower()
        raise ProjectFileError(f"`{path.name}` cannot be read: {reason}", where=str(path)) from None
    return script_from_text(path, text)


def script_from_text(path: Path, text: str) -> Script | None:
    """As :func:`read_script`, for a text that is (to be) the file's."""
    found = _find_block(path, text)
    if found is None:
        return None
    first_line, content = found
    document = parse_document(path, content, ProjectFileError, first_line=first_line, margin="# ")
    faults = Faults(document)
    for key in document.data:
        if key not in _KEYS:
            faults.add(BadValue("is not a known key", [key], at_key=True))
    requires_python = None
    if "requires-python" in document.data:
        try:
            requires_python = SPECIFIER.parse(document.data["requires-python"])
        except BadValue as bad:
            faults.add(bad, "requires-python")
    dependencies = _dependencies(document, faults)
    settings = script_settings(document, faults)
    faults.raise_if_any()
    return Script(path, dependencies, requires_python, settings, document)


def _dependencies(document: Document, faults: Faults) -> tuple[Requirement, ...]:
    value: Any = document.data.get("dependencies", [])
    if not isinstance(value, list):
        faults.add(wrong_type("a list of requirements", value), "dependencies")
        return ()
    found = []
    for index, one in enumerate(value):
        try:
            if not isinstance(one, str):
                raise wrong_type("a requirement in a string", one)
            found.append(parse_requirement(one, Place(document, ("dependencies", index))))
        except BadValue as bad:
            faults.add(bad, "dependencies", index)
    return tuple(found)


def _find_block(path: Path, text: str) -> tuple[int, str] | None:
    """Find the ``script`` block: the number of its first line of content, and the content.

    A block runs to the last ``# ///`` of the comment lines that follow its opening.
    """
    lines = text.replace("\r\n", "\n").split("\n")
    found: tuple[int, str] | None = None
    at = 0
    while at < len(lines):
        opening = _OPENING.match(lines[at])
        at += 1
        if opening is None:
            continue
        start = at
        while at < len(lines) and (lines[at] == "#" or lines[at].startswith("# ")):
            at += 1
        closing = at - 1
        while closing >= start and lines[closing].rstrip() != "# ///":
            closing -= 1
        if closing < start:
            at = start
            if opening[1] == "script":
                raise _block_error(path, lines, start - 1, "is never closed by a line `# ///`")
            continue
        at = closing + 1
        if opening[1] != "script":
            continue
        if found is not None:
            raise _block_error(path, lines, start - 1, "is the second one; a script has one")
        content = "\n".join(line[2:] for line in lines[start:closing])
        found = (start + 1, content + "\n")
    return found


def _block_error(path: Path, lines: list[str], index: int, what: str) -> ProjectFileError:
    return ProjectFileError(
        f"The metadata block `# /// script` of `{path.name}` {what}",
        where=str(path),
        excerpt=Excerpt(str(path), index + 1, 1, lines[index], len(lines[index])),
    )
