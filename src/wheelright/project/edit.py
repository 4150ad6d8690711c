"""Edits of ``pyproject.toml``: texts in, texts out; the caller writes the file.

Must live here: adding, replacing and removing requirements in the three kinds of lists, sources,
and ``requires-python``, with the merging that users of uv know. Must not live here: choosing
versions, writing files, and the cutting of TOML texts (``toml_edit``).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from wheelright.project.document import parse_document
from wheelright.project.errors import (
    AmbiguousRequirementError,
    BadValue,
    ProjectFileError,
    RequirementNotFoundError,
)
from wheelright.project.model import RequirementHome
from wheelright.project.names import hint_for_name, normal_name
from wheelright.project.requirement import Requirement, parse_requirement
from wheelright.project.toml_edit import (
    insert_element,
    remove_element,
    remove_key,
    replace_element,
    set_value,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wheelright.project.positions import Keys

_PARTS: Final = re.compile(
    r"\s*(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[(?P<extras>[^\]]*)\])?\s*(?P<rest>.*)",
    re.DOTALL,
)
_PATH: Final = Path("pyproject.toml")
MAIN: Final = RequirementHome()


class Edit(Struct, frozen=True):
    """The new ``text``; what is written in it now, and what stood there before, if anything."""

    text: str
    written: str
    previous: str | None = None


def tidy_requirement(text: str) -> str:
    """Return a requirement as ``add`` writes it: normal name, sorted extras, no idle spaces.

    The order of a specifier's parts stays. Raise :class:`ProjectFileError` where it is none.
    """
    return _compose(_parsed(text), _what(text))


def add_requirement(
    text: str, requirement: str, home: RequirementHome = MAIN, *, has_source: bool = False
) -> Edit:
    """Add a requirement to a list, or merge it into the entry of the same name and marker.

    Merging adds the extras, and takes the new specifier or URL if there is one; ``has_source``
    drops the old URL, because ``sources`` say it now. A list that is sorted stays sorted. Raise
    :class:`AmbiguousRequirementError` where several entries have that name and marker.
    """
    new = _parsed(requirement)
    data = _data(text)
    keys = _list_keys(data, home, create=True)
    entries = _entries(data, keys)
    matching = [
        (index, old, written)
        for index, old, written in entries
        if old.name == new.name and old.marker == new.marker
    ]
    if len(matching) > 1:
        raise AmbiguousRequirementError(
            f"`{new.name}` stands {len(matching)} times in {home}",
            details=[f"`{written}`" for _, _, written in matching],
            hints=["Remove all but one of them, then add it again"],
        )
    if matching:
        index, old, written = matching[0]
        merged = _merged(old, written, new, requirement, has_source=has_source)
        if merged == written:
            return Edit(text, written, written)
        return Edit(replace_element(text, keys, index, merged), merged, written)
    written = tidy_requirement(requirement)
    if not _exists(data, keys):
        return Edit(set_value(text, keys, [written], multiline=True), written)
    index = _place_for(entries, new, written, len(_value(data, keys)))
    return Edit(insert_element(text, keys, index, written), written)


def replace_requirement(
    text: str, old: str, requirement: str, home: RequirementHome = MAIN
) -> Edit:
    """Replace the entry that is written exactly as ``old`` (as ``add`` bounds what it wrote)."""
    data = _data(text)
    keys = _list_keys(data, home)
    written = tidy_requirement(requirement)
    for index, _, found in _entries(data, keys):
        if found == old:
            return Edit(replace_element(text, keys, index, written), written, old)
    raise RequirementNotFoundError(f"`{old}` is not in {home}")


def remove_requirement(text: str, name: str, home: RequirementHome = MAIN) -> Edit:
    """Remove every entry of a project from a list, and its source once nothing requires it.

    Raise :class:`RequirementNotFoundError`, which says where the project is required instead.
    """
    data = _data(text)
    wanted = normal_name(name)
    keys = _list_keys(data, home)
    found = [(index, written) for index, old, written in _entries(data, keys) if old.name == wanted]
    if not found:
        raise _not_found(data, name, home)
    for index, _ in reversed(found):
        text = remove_element(text, keys, index)
    after = _data(text)
    if not any(wanted == entry.name for _, _, entry in _all_entries(after)):
        text = _remove_source(text, after, wanted)
    return Edit(text, "", found[0][1])


def set_source(text: str, name: str, source: Mapping[str, Any]) -> str:
    """Set the source of a project, in ``[tool.uv.sources]`` only if it stands there already."""
    data = _data(text)
    table = "wheelright"
    own = _get(data, ("tool", "wheelright", "sources"))
    inherited = _get(data, ("tool", "uv", "sources"))
    if own is None and inherited is not None:
        table = "uv"  # a table of our own would hide all of uv's
    existing = _get(data, ("tool", table, "sources")) or {}
    written = next((key for key in existing if normal_name(key) == normal_name(name)), None)
    return set_value(text, ("tool", table, "sources", written or normal_name(name)), dict(source))


def add_member(text: str, path: str) -> str:
    """Add a directory to the members of the workspace that a file states."""
    data = _data(text)
    table = "wheelright" if _get(data, ("tool", "wheelright", "workspace")) else "uv"
    keys = ("tool", table, "workspace", "members")
    listed = _get(data, keys)
    if listed is None:
        return set_value(text, keys, [path])
    return insert_element(text, keys, len(listed), path)


def _data(text: str) -> dict[str, Any]:
    return parse_document(_PATH, text).data


def _parsed(text: str) -> Requirement:
    try:
        return parse_requirement(text)
    except BadValue as bad:
        raise ProjectFileError(
            f"This {bad.message}", hints=[bad.hint] if bad.hint else []
        ) from None


def _what(text: str) -> str:
    """Return the specifier or ``@ URL`` of a requirement, in its own order, without idle spaces."""
    match = _PARTS.fullmatch(text)
    assert match is not None
    rest = match["rest"].strip()
    if rest.startswith("@"):
        return re.split(r"\s+;", rest[1:].strip(), maxsplit=1)[0].strip()
    return re.sub(r"\s+", "", rest.partition(";")[0].strip().strip("()"))


def _compose(requirement: Requirement, what: str, name: str | None = None) -> str:
    extras = f"[{','.join(requirement.extras)}]" if requirement.extras else ""
    is_url = requirement.url is not None
    marker = f" ; {requirement.marker}" if requirement.marker is not None else ""
    marker = marker if is_url else marker.replace(" ;", ";", 1)
    marker = marker.replace('"', "'") if "'" not in marker else marker
    return f"{name or requirement.name}{extras}{' @ ' if is_url else ''}{what}{marker}"


def _merged(
    old: Requirement, written: str, new: Requirement, requirement: str, *, has_source: bool
) -> str:
    """Return the text of an entry into which another requirement for its project went."""
    from msgspec.structs import replace

    extras = tuple(sorted({*old.extras, *new.extras}))
    match = _PARTS.fullmatch(written)
    assert match is not None
    url, what = old.url, _what(written)
    if has_source and url is not None:
        url, what = None, ""
    if new.url is not None or len(new.specifier) > 0:
        url, what = new.url, _what(requirement)
    if extras == old.extras and url == old.url and what == _what(written):
        return written
    return _compose(replace(old, extras=extras, url=url), what, match["name"])


def _list_keys(data: dict[str, Any], home: RequirementHome, *, create: bool = False) -> Keys:
    """Return the keys of a home's list, with the spelling of an existing extra or group."""
    if home.kind != "group" and "project" not in data and create:
        raise ProjectFileError(
            "`pyproject.toml` has no `[project]` table to add to",
            hints=["Write one, or add to a group with `--group`"],
        )
    field = "dependencies" if home.kind == "dependencies" else "optional-dependencies"
    if create and home.kind != "group" and field in (_get(data, ("project", "dynamic")) or ()):
        raise ProjectFileError(
            f"`project.{field}` is dynamic: the build backend decides what it holds",
            hints=["Add it where the backend reads it, or add to a group with `--group`"],
        )
    if home.kind == "dependencies":
        return ("project", "dependencies")
    where: Keys = (
        ("project", "optional-dependencies") if home.kind == "extra" else ("dependency-groups",)
    )
    table = _get(data, where) or {}
    for key in table:
        if normal_name(key) == normal_name(home.name):
            return (*where, key)
    if home == RequirementHome("group", "dev"):
        for tool in ("wheelright", "uv"):
            if _get(data, ("tool", tool, "dev-dependencies")) is not None:
                return ("tool", tool, "dev-dependencies")
    return (*where, normal_name(home.name))


def _get(data: Any, keys: Keys) -> Any:
    for key in keys:
        if not isinstance(data, dict) or key not in data:
            return None
        data = data[key]
    return data


def _exists(data: dict[str, Any], keys: Keys) -> bool:
    return isinstance(_get(data, keys), list)


def _value(data: dict[str, Any], keys: Keys) -> list[Any]:
    value = _get(data, keys)
    return value if isinstance(value, list) else []


def _entries(data: dict[str, Any], keys: Keys) -> list[tuple[int, Requirement, str]]:
    """Return the requirements of a list (includes left out): index, parsed, as written."""
    return [
        (index, _parsed(element), element)
        for index, element in enumerate(_value(data, keys))
        if isinstance(element, str)
    ]


def _homes(data: dict[str, Any]) -> Iterator[RequirementHome]:
    yield MAIN
    for extra in _get(data, ("project", "optional-dependencies")) or {}:
        yield RequirementHome("extra", normal_name(extra))
    groups = [normal_name(group) for group in _get(data, ("dependency-groups",)) or {}]
    if "dev" not in groups:
        groups.append("dev")
    for group in groups:
        yield RequirementHome("group", group)


def _all_entries(data: dict[str, Any]) -> Iterator[tuple[RequirementHome, int, Requirement]]:
    for home in _homes(data):
        for index, requirement, _ in _entries(data, _list_keys(data, home)):
            yield home, index, requirement


def _place_for(
    entries: list[tuple[int, Requirement, str]], new: Requirement, written: str, length: int
) -> int:
    """Return where a sorted list takes a new entry; the end of one that is not sorted."""
    keys = [(old.name, text.lower()) for _, old, text in entries]
    if not entries:
        return length
    names = [name for name, _ in keys]
    if names != sorted(names):
        return length
    for (index, _, _), key in zip(entries, keys, strict=True):
        if key > (new.name, written.lower()):
            return index
    return entries[-1][0] + 1


def _not_found(data: dict[str, Any], name: str, home: RequirementHome) -> RequirementNotFoundError:
    wanted = normal_name(name)
    elsewhere = list(
        dict.fromkeys(place for place, _, entry in _all_entries(data) if entry.name == wanted)
    )
    hints = [_flag_hint(wanted, place) for place in elsewhere]
    if not elsewhere:
        known = {entry.name for place, _, entry in _all_entries(data) if place == home}
        if hint := hint_for_name(name, known):
            hints.append(hint)
    return RequirementNotFoundError(f"`{name}` is not in {home}", hints=hints)


def _flag_hint(name: str, place: RequirementHome) -> str:
    match place.kind:
        case "dependencies":
            return f"`{name}` is in {place}: leave out `--group` and `--optional`"
        case "extra":
            return f"`{name}` is in {place}: use `--optional {place.name}`"
        case "group":
            return f"`{name}` is in {place}: use `--group {place.name}`"


def _remove_source(text: str, data: dict[str, Any], name: str) -> str:
    for table in ("wheelright", "uv"):
        for written in _get(data, ("tool", table, "sources")) or {}:
            if normal_name(written) == name:
                text = remove_key(text, ("tool", table, "sources", written))
    return text
