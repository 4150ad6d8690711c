r"""Files of environment variables (``.env``): one ``NAME=value`` a line.

As others read them: ``export`` before the name, comments, values bare or in quotes. Single quotes
keep all as it is; in double quotes ``\n``, ``\t``, ``\r``, ``\"``, ``\\`` and ``\$`` are one
character, and both may span lines. ``${NAME}`` and ``$NAME`` stand for a variable, outside single
quotes. Pure: texts in, variables out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wheelright.errors import Excerpt, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_START = re.compile(r"[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][A-Za-z0-9_.]*)[ \t]*=[ \t]*")
_SINGLE = re.compile(r"'(?P<value>[^']*)'")
_DOUBLE = re.compile(r'"(?P<value>(?:[^"\\]|\\.)*)"', re.DOTALL)
_BARE = re.compile(r"(?P<value>(?:[^\n#]|(?<![ \t\n=])#)*)")
_END = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")
_EMPTY = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)|[ \t]*export[ \t]+[A-Za-z_][\w.]*[ \t]*(?:\n|\Z)")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_PART = re.compile(
    r"\\(?P<escaped>.)|\$\{(?P<braced>[A-Za-z_][A-Za-z0-9_.]*)\}|\$(?P<plain>[A-Za-z_][A-Za-z0-9_]*)",
    re.DOTALL,
)


def parse_dotenv(
    path: str, text: str, environ: Mapping[str, str], earlier: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return the variables of a file.

    In ``${NAME}``, what ``environ`` has wins over the file, and the file over ``earlier`` ones.
    ``path`` is for errors. Raises ``UsageError`` that points at a line that is none of this.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    before = earlier or {}
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        empty = _EMPTY.match(text, at)
        if empty is not None:
            at = empty.end()
            continue
        start = _START.match(text, at)
        if start is None:
            raise _bad(path, text, at, "it is not `NAME=value`")
        value, at = _value(path, text, start.end(), {**before, **found, **environ})
        found[start["name"]] = value
        end = _END.match(text, at)
        if end is None:
            raise _bad(path, text, at, "there is more after the closing quotation mark")
        at = end.end()
    return found


def _value(path: str, text: str, at: int, known: Mapping[str, str]) -> tuple[str, int]:
    """Read the value at a place of the text; return it and where it ends."""
    quote = text[at : at + 1]
    if quote == "'":
        match = _SINGLE.match(text, at)
        if match is None:
            raise _bad(path, text, at, "its quotation mark is never closed")
        return match["value"], match.end()
    if quote == '"':
        match = _DOUBLE.match(text, at)
        if match is None:
            raise _bad(path, text, at, "its quotation mark is never closed")
        return _expanded(match["value"], known), match.end()
    match = _BARE.match(text, at)
    assert match is not None
    return _expanded(match["value"].rstrip(), known), match.end()


def _expanded(value: str, known: Mapping[str, str]) -> str:
    def one(match: re.Match[str]) -> str:
        escaped = match["escaped"]
        if escaped is None:
            return known.get(match["braced"] or match["plain"], "")
        if escaped in _ESCAPES:
            return _ESCAPES[escaped]
        return escaped if escaped in "\"'\\$ " else f"\\{escaped}"

    return _PART.sub(one, value)


def _bad(path: str, text: str, at: int, why: str) -> UsageError:
    line = text.count("\n", 0, at) + 1
    start = text.rfind("\n", 0, at) + 1
    whole = text[start:].partition("\n")[0]
    return UsageError(
        f"line {line} of the environment file cannot be read: {why}",
        where=f"{path}:{line}",
        excerpt=Excerpt(path, line, at - start + 1, whole, max(len(whole) - (at - start), 1)),
    )
