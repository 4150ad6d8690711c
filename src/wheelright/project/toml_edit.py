"""Small edits of a TOML text that leave every other character as it is.

Must live here: inserting, replacing and removing an element of a list or a key of a table, in the
style that the text already has (one line or many, indentation, trailing comma, line ends), and
creating missing tables where a person would look for them. Must not live here: what requirements
or tables mean (``edit``).

The text is cut at the offsets that ``positions`` finds, so what is not edited cannot change;
``tomlkit`` writes the new values. Every function ends by reading its result back: an edit that says
anything but what was meant is refused, never written.
"""

from __future__ import annotations

import copy
import re
import tomllib
from typing import Any, Final

from msgspec import Struct

from wheelright.project.document import key_text
from wheelright.project.errors import ProjectFileError
from wheelright.project.positions import Keys, Section, Span, toml_outline, toml_positions

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_REST_OF_LINE: Final = re.compile(r"[ \t]*(#[^\n]*?)?(?=\r?\n|\Z)")
_COMMA: Final = re.compile(r"[ \t]*,")


def literal(value: Any) -> str:
    """Return a value as TOML, tables inline with spaces inside their braces."""
    import tomlkit

    if isinstance(value, dict):
        inner = ", ".join(f"{_key_literal(key)} = {literal(one)}" for key, one in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(literal(one) for one in value) + "]"
    if isinstance(value, str) and '"' in value and "'" not in value and value.isprintable():
        return f"'{value}'"
    return str(tomlkit.item(value).as_string())


def insert_element(text: str, keys: Keys, index: int, value: Any) -> str:
    """Insert ``value`` into the list at ``keys`` before ``index`` (its length: at the end)."""
    array = _array(text, keys)
    written = literal(value)
    if not array.elements:
        edited = _insert_first(array, written)
    elif index == 0:
        edited = _insert_front(array, written)
    else:
        edited = _insert_after(array, index - 1, written)
    return _checked(text, edited, keys, lambda data: data.insert(index, value))


def replace_element(text: str, keys: Keys, index: int, value: Any) -> str:
    """Replace one element of the list at ``keys``, keeping the kind of its quotes if possible."""
    span = toml_positions(text)[*keys, index]
    written = literal(value)
    if text[span.start] == "'" and isinstance(value, str) and "'" not in value:
        written = f"'{value}'" if value.isprintable() else written
    edited = text[: span.start] + written + text[span.end :]

    def change(data: Any) -> None:
        data[index] = value

    return _checked(text, edited, keys, change)


def remove_element(text: str, keys: Keys, index: int) -> str:
    """Remove one element of the list at ``keys`` with the rest of its line, if it has its own."""
    array = _array(text, keys)
    span = array.elements[index]
    edited = _remove_line(array, index) or _remove_inline(array, index)
    assert span.end <= len(text)
    return _checked(text, edited, keys, lambda data: data.pop(index))


def set_value(text: str, keys: Keys, value: Any, *, multiline: bool = False) -> str:
    """Set the key at ``keys`` (all of them names), creating what is missing above it.

    ``multiline`` writes a new list with one element on each line.
    """
    spans, sections = toml_outline(text)
    written = _lines(text, value) if multiline and value else literal(value)
    if keys in spans and not _is_header(spans[keys]):
        span = spans[keys]
        edited = text[: span.start] + written + text[span.end :]
    else:
        edited = _insert_key(text, spans, sections, keys, written)

    def change(data: Any) -> None:
        data[keys[-1]] = value

    return _checked(text, edited, keys[:-1], change)


def remove_key(text: str, keys: Keys) -> str:
    """Remove a ``key = value`` with its line; a section that is left empty goes with it."""
    spans, sections = toml_outline(text)
    span = spans[keys]
    start, end = _whole_lines(text, span.key_start, span.end)
    if text[start:end].strip() == "" or not _owns_line(text, span.key_start, span.end):
        edited = _remove_inline_key(text, spans, keys)
    else:
        edited = text[:start] + text[end:]
        section = next(one for one in sections if keys in one.pairs)
        if len(section.pairs) == 1 and section.keys == keys[:-1]:
            edited = _drop_section(text, section, start, end)
    data = tomllib.loads(text)
    expected = copy.deepcopy(data)
    _prune(expected, keys)
    return _verified(edited, expected, keys)


class _Array(Struct, frozen=True):
    """A list in a text: its brackets' offsets and its elements' spans."""

    text: str
    start: int
    end: int
    elements: tuple[Span, ...]

    @property
    def is_multiline(self) -> bool:
        """Whether a line ends between the brackets outside of the elements."""
        at = self.start
        for span in self.elements:
            if "\n" in self.text[at : span.start]:
                return True
            at = span.end
        return "\n" in self.text[at : self.end]

    @property
    def indent(self) -> str:
        """What stands before the elements on their lines."""
        for span in self.elements:
            before = self.text[self.text.rfind("\n", 0, span.start) + 1 : span.start]
            if before.strip() == "" and self.text.rfind("\n", 0, span.start) > self.start:
                return before
        return _indent_of(self.text)


def _array(text: str, keys: Keys) -> _Array:
    spans = toml_positions(text)
    whole = spans[keys]
    elements: list[Span] = []
    while (*keys, len(elements)) in spans:
        elements.append(spans[*keys, len(elements)])
    return _Array(text, whole.start, whole.end, tuple(elements))


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _indent_of(text: str) -> str:
    """Return the indentation that the lists of a text have: four spaces where it shows none."""
    spans = toml_positions(text)
    for keys, span in spans.items():
        if not isinstance(keys[-1], int):
            continue
        line = text.rfind("\n", 0, span.start) + 1
        before = text[line : span.start]
        if before and before.strip() == "":
            return before
    return "    "


def _lines(text: str, values: Any) -> str:
    newline, indent = _newline(text), _indent_of(text)
    return "[" + newline + "".join(f"{indent}{literal(one)},{newline}" for one in values) + "]"


def _insert_first(array: _Array, written: str) -> str:
    """Into a list without elements, which may hold comments."""
    text, newline = array.text, _newline(array.text)
    if "#" not in text[array.start : array.end]:
        return (
            f"{text[: array.start]}[{newline}{array.indent}{written},{newline}]{text[array.end :]}"
        )
    line = text.rfind("\n", 0, array.end) + 1
    return f"{text[:line]}{array.indent}{written},{newline}{text[line:]}"


def _insert_front(array: _Array, written: str) -> str:
    """Before the first element, above the comments that stand over it."""
    text, first = array.text, array.elements[0]
    rest = _REST_OF_LINE.match(text, array.start + 1)
    if rest is not None and "\n" in text[array.start : first.start]:
        at = rest.end()
        return f"{text[:at]}{_newline(text)}{array.indent}{written},{text[at:]}"
    return f"{text[: first.start]}{written}, {text[first.start :]}"


def _insert_after(array: _Array, index: int, written: str) -> str:
    """After an element: on a line of its own in a list of many lines."""
    text, end = array.text, array.elements[index].end
    comma = _COMMA.match(text, end)
    after = comma.end() if comma else end
    rest = _REST_OF_LINE.match(text, after)
    is_last = index == len(array.elements) - 1
    own_line = f"{_newline(text)}{array.indent}{written}"
    if array.is_multiline and rest is not None and (comma or is_last):
        at = rest.end()
        if comma:
            return f"{text[:at]}{own_line},{text[at:]}"
        if text[after : array.end].lstrip(" \t\r\n").startswith(",") is False:
            return f"{text[:end]},{text[end:at]}{own_line}{text[at:]}"
    if array.is_multiline and is_last and text[after : array.end].strip() == "]":
        return f"{text[:end]},{own_line}{text[end:]}"
    return f"{text[:end]}, {written}{text[end:]}"


def _owns_line(text: str, start: int, end: int) -> bool:
    """Whether nothing but white space, a comma and a comment stands beside ``start:end``."""
    line = text.rfind("\n", 0, start) + 1
    comma = _COMMA.match(text, end)
    rest = _REST_OF_LINE.match(text, comma.end() if comma else end)
    return text[line:start].strip() == "" and rest is not None


def _whole_lines(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the offsets of the lines that ``start:end`` stands on, the last line end included."""
    line = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    return line, len(text) if stop < 0 else stop + 1


def _remove_line(array: _Array, index: int) -> str | None:
    """Remove an element with its line, or ``None`` where it shares it."""
    text, span = array.text, array.elements[index]
    if not _owns_line(text, span.start, span.end):
        return None
    start, end = _whole_lines(text, span.start, span.end)
    if start <= array.start or end > array.end:
        return None
    had_comma = _COMMA.match(text, span.end) is not None
    edited_end = text[end:]
    head = text[:start]
    if index == len(array.elements) - 1 and not had_comma and index > 0:
        previous = array.elements[index - 1].end
        comma = _COMMA.match(text, previous)
        if comma:
            head = head[: comma.end() - 1] + head[comma.end() :]
    inner = head[array.start + 1 :] + text[end : array.end - 1]
    if len(array.elements) == 1 and inner.strip() == "":
        return f"{text[: array.start]}[]{text[array.end :]}"
    return head + edited_end


def _remove_inline(array: _Array, index: int) -> str:
    """Remove an element among others on its line."""
    text, span = array.text, array.elements[index]
    if len(array.elements) == 1:
        comma = re.compile(r"\s*,?\s*").match(text, span.end)
        before = text[: span.start].rstrip(" \t\r\n")
        if comma is not None and comma.end() == array.end - 1 and len(before) == array.start + 1:
            return f"{text[: array.start]}[]{text[array.end :]}"
    elif index < len(array.elements) - 1:
        following = array.elements[index + 1].start
        if "\n" not in text[span.end : following]:
            return text[: span.start] + text[following:]
    else:
        previous = array.elements[index - 1].end
        if "#" not in text[previous : span.start]:
            return text[:previous] + text[span.end :]
    comma = re.compile(r"\s*(?:#[^\n]*\s*)*,").match(text, span.end)
    if comma is None:
        return text[: span.start] + text[span.end :]
    return text[: span.start] + text[span.end : comma.end() - 1] + text[comma.end() :]


def _is_header(span: Span) -> bool:
    return span.start == span.key_start


def _key_literal(key: str) -> str:
    if _BARE.fullmatch(key):
        return key
    return literal(key) if '"' not in key else str(literal(key))


def _insert_key(
    text: str,
    spans: dict[Keys, Span],
    sections: tuple[Section, ...],
    keys: Keys,
    written: str,
) -> str:
    """Add ``keys`` where its table is, or make the table."""
    parent, name = keys[:-1], _key_literal(str(keys[-1]))
    for depth in range(len(parent), 0, -1):  # inside braces, wherever they open
        span = spans.get(parent[:depth])
        if span is not None and not _is_header(span) and text[span.start] == "{":
            value = written.replace("\r\n", " ").replace("\n", " ")
            for key in reversed(parent[depth:]):
                name, value = _key_literal(str(key)), f"{{ {name} = {value} }}"
            return _insert_into_braces(text, span, f"{name} = {value}")
    newline = _newline(text)
    for section in sections:
        if section.keys == parent and (section.start != section.body or not parent):
            return _insert_line(text, _end_of_section(spans, section), f"{name} = {written}")
    for section in reversed(sections):
        dotted = [one for one in section.pairs if one[: len(parent)] == parent]
        if dotted and len(section.keys) < len(parent):
            span = spans[dotted[-1]]
            prefix = ".".join(_key_literal(str(key)) for key in parent[len(section.keys) :])
            line = f"{_line_indent(text, span.key_start)}{prefix}.{name} = {written}"
            return _insert_line(text, span.end, line)
    header = ".".join(_key_literal(str(key)) for key in parent)
    block = f"[{header}]{newline}{name} = {written}{newline}"
    return _insert_block(text, sections, spans, parent, block)


def _insert_into_braces(text: str, span: Span, pair: str) -> str:
    inner = text[span.start + 1 : span.end - 1]
    if inner.strip() == "":
        return f"{text[: span.start]}{{ {pair} }}{text[span.end :]}"
    body = inner.rstrip()
    return f"{text[: span.start]}{{{body}, {pair}{inner[len(body) :]}}}{text[span.end :]}"


def _line_indent(text: str, at: int) -> str:
    line = text.rfind("\n", 0, at) + 1
    before = text[line:at]
    return before if before.strip() == "" else ""


def _end_of_section(spans: dict[Keys, Span], section: Section) -> int:
    """Return the offset after the last pair of a section, or after its header."""
    ends = [spans[keys].end for keys in section.pairs]
    return max(ends, default=section.body)


def _insert_line(text: str, after: int, line: str) -> str:
    """Return a new line below the one that holds the offset ``after``; at the top for offset 0."""
    newline = _newline(text)
    if after == 0:
        return f"{line}{newline}{text}"
    stop = text.find("\n", after)
    if stop < 0:
        return f"{text}{newline}{line}{newline}"
    return f"{text[: stop + 1]}{line}{newline}{text[stop + 1 :]}"


def _insert_block(
    text: str, sections: tuple[Section, ...], spans: dict[Keys, Span], keys: Keys, block: str
) -> str:
    """Add a section: after its nearest relatives, else before the ``tool`` tables, else last."""
    newline = _newline(text)
    relatives = [one for one in sections[1:] if one.keys[:1] == keys[:1]]
    closest = max((_common(one.keys, keys) for one in relatives), default=0)
    near = [one for one in relatives if _common(one.keys, keys) == closest]
    if near:
        at = _end_of_section(spans, near[-1])
        stop = text.find("\n", at)
        if stop < 0 or text[stop:].strip() == "":
            return _append(text, block)
        return f"{text[: stop + 1]}{newline}{block}{text[stop + 1 :]}"
    tools = [one for one in sections[1:] if one.keys[0] == "tool"]
    if keys[0] != "tool" and tools:
        at = _above_comments(text, text.rfind("\n", 0, tools[0].start) + 1)
        return f"{text[:at]}{block}{newline}{text[at:]}"
    return _append(text, block)


def _append(text: str, block: str) -> str:
    newline = _newline(text)
    if text.strip() == "":
        return block
    end = "" if text.endswith("\n") else newline
    return f"{text}{end}{newline}{block}"


def _above_comments(text: str, at: int) -> int:
    """Return the start of the comment lines that stand directly above the line at ``at``."""
    while at > 0:
        line = text.rfind("\n", 0, at - 1) + 1
        if not text[line:at].lstrip().startswith("#"):
            break
        at = line
    return at


def _common(first: Keys, second: Keys) -> int:
    count = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        count += 1
    return count


def _remove_inline_key(text: str, spans: dict[Keys, Span], keys: Keys) -> str:
    """Remove a pair from an inline table."""
    span, table = spans[keys], spans[keys[:-1]]
    after = re.compile(r"\s*,\s*").match(text, span.end)
    if after is not None:
        return text[: span.key_start] + text[after.end() :]
    head = text[: span.key_start].rstrip()
    if head.endswith(","):
        return head[:-1] + text[span.end :]
    return f"{text[: table.start]}{{}}{text[table.end :]}"


def _drop_section(text: str, section: Section, start: int, end: int) -> str:
    """Remove a section whose only pair stands on ``start:end``, unless it holds comments."""
    header = text.rfind("\n", 0, section.start) + 1
    if text[section.body : start].strip() or "#" in text[start:end]:
        return text[:start] + text[end:]
    before, after = text[:header], text[end:]
    if before.endswith(("\n\n", "\r\n\r\n")) and after.startswith(("\n", "\r\n")):
        after = after.split("\n", 1)[1]
    return before.rstrip("\r\n") + _newline(text) + after if not after.strip() else before + after


def _prune(data: Any, keys: Keys) -> None:
    for key in keys[:-1]:
        data = data[key]
    del data[keys[-1]]


def _checked(text: str, edited: str, keys: Keys, change: Any) -> str:
    """Return ``edited`` if it reads as ``text`` with ``change`` made to what is at ``keys``."""
    data = tomllib.loads(text)
    expected = copy.deepcopy(data)
    target: Any = expected
    for key in keys:
        if not isinstance(target, dict):
            raise _refusal(keys)
        target = target.setdefault(key, {})
    change(target)
    return _verified(edited, expected, keys)


def _verified(edited: str, expected: Any, keys: Keys) -> str:
    try:
        found = tomllib.loads(edited)
    except tomllib.TOMLDecodeError:
        found = None
    if found is not None and _without_empty(found) == _without_empty(expected):
        return edited
    raise _refusal(keys)


def _refusal(keys: Keys) -> ProjectFileError:
    return ProjectFileError(
        f"`{key_text(keys)}` is written in a way that cannot be edited safely",
        hints=["Change it by hand; nothing was written"],
    )


def _without_empty(data: Any) -> Any:
    """Return the data without empty tables, which may be left out as well as written."""
    if not isinstance(data, dict):
        return data
    pruned = {key: _without_empty(value) for key, value in data.items()}
    return {key: value for key, value in pruned.items() if value != {}}
