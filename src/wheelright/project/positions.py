"""Where every key and value of a TOML text stands, for carets and for edits that touch one spot.

``tomllib`` gives values without places. :func:`toml_positions` walks a text that ``tomllib`` has
already accepted (https://toml.io/en/v1.0.0) and gives the span of every key and value, so it may
trust the grammar and stays short. It is called only to report an error or to edit.
"""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

Keys = tuple[str | int, ...]
"""The way to a value: table keys and list indices, from the top of the document."""

_BLANK: Final = re.compile(r"[ \t\r\n]*(?:#[^\n]*[ \t\r\n]*)*")
_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN_VALUE: Final = re.compile(r"[^,\]}#\r\n]*[^,\]}#\r\n \t]")
_BASIC: Final = re.compile(r'"((?:[^"\\\n]|\\.)*)"')
_LITERAL: Final = re.compile(r"'([^'\n]*)'")
_LONG_BASIC: Final = re.compile(r'"""(?:[^\\]|\\.)*?"""(?:"{1,2}(?!"))?', re.DOTALL)
_LONG_LITERAL: Final = re.compile(r"'''.*?'''(?:'{1,2}(?!'))?", re.DOTALL)


class Span(Struct, frozen=True):
    """Offsets into the text: the key (or list element) and its value, ends exclusive.

    For a table that is opened by a header, both are the header's key.
    """

    key_start: int
    key_end: int
    start: int
    end: int


class Section(Struct, frozen=True):
    """What stands under one header, up to the next; the first, without a header, is at the top.

    ``start`` and ``body`` are the offsets of the header and of what follows it, ``pairs`` the full
    keys of its ``key = value`` pairs in order, dotted keys taken apart.
    """

    keys: Keys
    start: int
    body: int
    pairs: tuple[Keys, ...]


def toml_positions(text: str) -> dict[Keys, Span]:
    """Return the span of every key and value of ``text``, which must be valid TOML."""
    return _Scanner(text).scan()[0]


def toml_outline(text: str) -> tuple[dict[Keys, Span], tuple[Section, ...]]:
    """Return the spans as :func:`toml_positions`, and the sections of ``text`` in order."""
    return _Scanner(text).scan()


def line_and_column(text: str, offset: int) -> tuple[int, int]:
    """Line and column of an offset, both counted from 1."""
    start = text.rfind("\n", 0, offset) + 1
    return text.count("\n", 0, offset) + 1, offset - start + 1


class _Scanner:
    """One walk over one text; ``_at`` is the only state besides what was found."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._spans: dict[Keys, Span] = {}
        self._lists: dict[Keys, int] = {}  # arrays of tables: index of the newest

    def scan(self) -> tuple[dict[Keys, Span], tuple[Section, ...]]:
        sections: list[Section] = []
        base: Keys = ()
        start = body = 0
        pairs: list[Keys] = []
        self._blank()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                sections.append(Section(base, start, body, tuple(pairs)))
                start, pairs = self._at, []
                base = self._header()
                body = self._at
            else:
                pairs.append(self._pair(base))
            self._blank()
        sections.append(Section(base, start, body, tuple(pairs)))
        return self._spans, tuple(sections)

    def _blank(self) -> None:
        match = _BLANK.match(self._text, self._at)
        assert match is not None
        self._at = match.end()

    def _header(self) -> Keys:
        many = self._text.startswith("[[", self._at)
        self._at += 2 if many else 1
        parts = self._key()
        self._at = self._text.index("]", self._at) + (2 if many else 1)
        base: Keys = ()
        for number, (part, start, end) in enumerate(parts):
            base = (*base, part)
            self._spans.setdefault(base, Span(start, end, start, end))
            if many and number == len(parts) - 1:
                self._lists[base] = self._lists.get(base, -1) + 1
                index = (*base, self._lists[base])
                self._spans[index] = Span(start, end, start, end)
            if base in self._lists:
                base = (*base, self._lists[base])
        return base

    def _key(self) -> list[tuple[str, int, int]]:
        parts = []
        while True:
            self._inline_blank()
            start = self._at
            if self._text[start] in "\"'":
                name = self._quoted()
            else:
                match = _BARE_KEY.match(self._text, start)
                assert match is not None
                name, self._at = match.group(), match.end()
            parts.append((name, start, self._at))
            self._inline_blank()
            if self._text[self._at] != ".":
                return parts
            self._at += 1

    def _inline_blank(self) -> None:
        while self._text[self._at] in " \t":
            self._at += 1

    def _quoted(self) -> str:
        pattern = _BASIC if self._text[self._at] == '"' else _LITERAL
        match = pattern.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        inner = match.group(1)
        if pattern is _LITERAL or "\\" not in inner:
            return inner
        import tomllib

        return next(iter(tomllib.loads(f"{match.group()} = 0")))

    def _pair(self, base: Keys) -> Keys:
        parts = self._key()
        self._at = self._text.index("=", self._at) + 1
        self._inline_blank()
        keys = base
        for part, start, end in parts[:-1]:
            keys = (*keys, part)
            self._spans.setdefault(keys, Span(start, end, start, end))
        name, key_start, key_end = parts[-1]
        keys = (*keys, name)
        start = self._at
        self._value(keys)
        self._spans[keys] = Span(key_start, key_end, start, self._at)
        return keys

    def _value(self, keys: Keys) -> None:
        opening = self._text[self._at]
        if opening == "[":
            self._elements(keys)
        elif opening == "{":
            self._inline_table(keys)
        else:
            self._at = _scalar_end(self._text, self._at)

    def _elements(self, keys: Keys) -> None:
        self._at += 1
        index = 0
        while True:
            self._blank()
            if self._text[self._at] == "]":
                self._at += 1
                return
            start = self._at
            self._value((*keys, index))
            self._spans[*keys, index] = Span(start, self._at, start, self._at)
            index += 1
            self._separator()

    def _inline_table(self, keys: Keys) -> None:
        self._at += 1
        while True:
            self._blank()
            if self._text[self._at] == "}":
                self._at += 1
                return
            self._pair(keys)
            self._separator()

    def _separator(self) -> None:
        self._blank()
        if self._text[self._at] == ",":
            self._at += 1


def _scalar_end(text: str, start: int) -> int:
    """Return the end of a string, number, boolean or date that starts at ``start``."""
    if text.startswith('"""', start):
        pattern = _LONG_BASIC
    elif text.startswith("'''", start):
        pattern = _LONG_LITERAL
    elif text[start] == '"':
        pattern = _BASIC
    elif text[start] == "'":
        pattern = _LITERAL
    else:
        pattern = _PLAIN_VALUE
    match = pattern.match(text, start)
    assert match is not None
    return match.end()
