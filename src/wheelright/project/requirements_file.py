"""Reading ``requirements.txt`` and constraint files, as pip defines them.

The rules: https://pip.pypa.io/en/stable/reference/requirements-file-format/
Must live here: the text format, its includes and options, as one typed value. Must not live here:
fetching (a ``fetch`` function reads what an include names by URL), and what options do.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

from msgspec import Struct

from wheelright.errors import Excerpt
from wheelright.project.errors import BadValue, ProjectFileError
from wheelright.project.names import hint_for_name, normal_name, without_credentials
from wheelright.project.requirement import Requirement, parse_requirement
from wheelright.project.settings_types import absolute_url
from wheelright.project.sources import Source, source_of_reference, source_of_url
from wheelright.project.values import MARKER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wheelright.targets.conditions import Marker

Fetch = Callable[[str], str]
"""Reads the text behind the URL of an included file."""

_COMMENT: Final = re.compile(r"(^|\s+)#.*$")
_VARIABLE: Final = re.compile(r"\$\{([A-Z0-9_]+)\}")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://|git\+|file:")
_NAMED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]]*\])?\s*@")
_EXTRAS: Final = re.compile(r"(?P<path>.*?)\s*\[(?P<extras>[^\]]*)\]")
_HASH: Final = re.compile(r"(sha256|sha384|sha512):[0-9a-fA-F]+")
_ARCHIVES: Final = (".whl", ".tar.gz", ".zip", ".tar.bz2", ".tgz", ".tar.xz")


class RequirementLine(Struct, frozen=True):
    """One requirement of a file.

    ``requirement`` is ``None`` where only a path or URL is given; then ``source``, ``extras`` and
    ``marker`` say all. ``source`` paths are absolute. ``hashes`` are ``sha256:...``.
    ``path`` is the file or its URL. ``line`` counts from 1 and is the first of a continued line;
    ``text`` is its start, with variables unexpanded.
    """

    path: str
    line: int
    text: str
    requirement: Requirement | None = None
    source: Source | None = None
    extras: tuple[str, ...] = ()
    marker: Marker | None = None
    editable: bool = False
    hashes: tuple[str, ...] = ()
    config_settings: tuple[str, ...] = ()


class RequirementsFile(Struct, frozen=True):
    """All that a file and its includes say, in reading order."""

    path: Path
    requirements: tuple[RequirementLine, ...] = ()
    constraints: tuple[RequirementLine, ...] = ()
    index_url: str | None = None
    extra_index_urls: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    no_binary: tuple[str, ...] = ()  # names, ":all:" or ":none:"
    only_binary: tuple[str, ...] = ()
    pre: bool = False
    prefer_binary: bool = False
    require_hashes: bool = False
    trusted_hosts: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"RequirementsFile({str(self.path)!r})"  # URLs may hold credentials


_TAKES: Final = {
    "-r": "--requirement",
    "--requirement": "--requirement",
    "-c": "--constraint",
    "--constraint": "--constraint",
    "-e": "--editable",
    "--editable": "--editable",
    "-i": "--index-url",
    "--index-url": "--index-url",
    "--pypi-url": "--index-url",
    "--extra-index-url": "--extra-index-url",
    "-f": "--find-links",
    "--find-links": "--find-links",
    "--no-binary": "--no-binary",
    "--only-binary": "--only-binary",
    "--trusted-host": "--trusted-host",
    "--use-feature": "--use-feature",
    "--config-settings": "--config-settings",
    "--config-setting": "--config-settings",
    "-C": "--config-settings",
    "--hash": "--hash",
    "--global-option": "--global-option",
}
_FLAGS: Final = {
    "--no-index": "no_index",
    "--pre": "pre",
    "--prefer-binary": "prefer_binary",
    "--require-hashes": "require_hashes",
}
_OF_A_REQUIREMENT: Final = {"--hash", "--config-settings", "--global-option"}


def read_requirements_file(
    path: Path,
    environ: Mapping[str, str],
    *,
    fetch: Fetch | None = None,
    constraint: bool = False,
) -> RequirementsFile:
    """Read a file and what it includes; ``constraint``: its lines are constraints.

    ``${NAME}`` is expanded from ``environ`` where it is set. Raise
    :class:`ProjectFileError` with file and line for anything that pip would not take.
    """
    reader = _Reader(environ, fetch)
    reader.read(str(path), (), constraint=constraint)
    return RequirementsFile(path, **reader.result())


def parse_requirements_text(
    path: Path, text: str, environ: Mapping[str, str], *, constraint: bool = False
) -> RequirementsFile:
    """As :func:`read_requirements_file`, for a text in the name of a file."""
    reader = _Reader(environ, None)
    reader.parse(str(path), text, (str(path),), constraint=constraint)
    return RequirementsFile(path, **reader.result())


class _Line(Struct, frozen=True):
    """One logical line: where it starts, as written, and with comments and variables resolved."""

    path: str
    number: int
    raw: str
    text: str

    @property
    def where(self) -> str:
        """The file and line, without credentials."""
        return f"{without_credentials(self.path)}:{self.number}"

    def point(self, column: int, length: int) -> Excerpt:
        """Point into the line, from a column that counts from 0."""
        raw = without_credentials(self.raw)
        path = without_credentials(self.path)
        return Excerpt(path, self.number, column + 1, raw, max(length, 1))

    def fail(self, message: str, hint: str | None = None, at: str = "") -> NoReturn:
        """Raise an error that points at this line, at the text ``at`` within it."""
        column = self.raw.find(at) if at else -1
        if column < 0:
            column = len(self.raw) - len(self.raw.lstrip())
            at = self.raw.strip()
        raise ProjectFileError(
            message,
            where=self.where,
            hints=[hint] if hint else [],
            excerpt=self.point(column, len(at)),
        )


def _logical_lines(path: str, text: str, environ: Mapping[str, str]) -> Iterator[_Line]:
    """Join continued lines, drop comments and empty lines, expand variables."""
    parts: list[str] = []
    start = 0
    raw = ""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines, 1):
        if not parts:
            start, raw = number, line
        is_comment = _COMMENT.match(line) is not None and line.lstrip().startswith("#")
        if line.endswith("\\") and not is_comment and number < len(lines):
            parts.append(line[:-1])
            continue
        # a comment ends a continued line, as in pip, without being joined to the word before it
        parts.append(f" {line}" if is_comment else line)
        joined = _COMMENT.sub("", "".join(parts)).strip()
        parts = []
        if joined:
            expanded = _VARIABLE.sub(lambda one: environ.get(one[1]) or one[0], joined)
            yield _Line(path, start, raw, expanded)


class _Reader:
    """Reads a tree of files; what is found so far is its state."""

    def __init__(self, environ: Mapping[str, str], fetch: Fetch | None) -> None:
        self._environ = environ
        self._fetch = fetch
        self._requirements: list[RequirementLine] = []
        self._constraints: list[RequirementLine] = []
        self._lists: dict[str, list[str]] = {}
        self._flags: dict[str, bool] = {}
        self._index_url: str | None = None

    def result(self) -> dict[str, Any]:
        """Return what was read, as the fields of a :class:`RequirementsFile`."""
        lists = {name: tuple(values) for name, values in self._lists.items()}
        return {
            "requirements": tuple(self._requirements),
            "constraints": tuple(self._constraints),
            "index_url": self._index_url,
            **lists,
            **self._flags,
        }

    def read(
        self, path: str, including: tuple[str, ...], *, constraint: bool, line: _Line | None = None
    ) -> None:
        """Read one file; ``including`` are the files that lead to it, ``line`` asks for it."""
        key = path if _URL.match(path) else str(Path(path).absolute())
        if key in including:
            assert line is not None
            cycle = " -> ".join(
                f"`{without_credentials(one)}`" for one in (*including[including.index(key) :], key)
            )
            line.fail(f"The file includes itself: {cycle}")
        self.parse(path, self._text(path, line), (*including, key), constraint=constraint)

    def _text(self, path: str, line: _Line | None) -> str:
        if _URL.match(path) and not path.startswith("file:"):
            if self._fetch is not None:
                return self._fetch(path)
            message = f"`{without_credentials(path)}` is a URL, and no file can be fetched here"
            if line is not None:
                line.fail(message)
            raise ProjectFileError(message)
        try:
            return Path(path).read_bytes().decode("utf-8").removeprefix("\ufeff")
        except UnicodeDecodeError:
            reason = "is not UTF-8"
        except FileNotFoundError:
            reason = "does not exist"
        except OSError as problem:
            reason = f"cannot be read: {(problem.strerror or type(problem).__name__).lower()}"
        if line is not None:
            line.fail(f"The included file `{path}` {reason}")
        raise ProjectFileError(f"The requirements file `{path}` {reason}", where=path)

    def parse(self, path: str, text: str, including: tuple[str, ...], *, constraint: bool) -> None:
        """Read the lines of one file."""
        for line in _logical_lines(path, text, self._environ):
            if line.text.startswith("-"):
                self._option(line, including, constraint=constraint)
            else:
                self._add(_requirement_line(line), constraint=constraint)

    def _add(self, found: RequirementLine, *, constraint: bool) -> None:
        (self._constraints if constraint else self._requirements).append(found)

    def _option(self, line: _Line, including: tuple[str, ...], *, constraint: bool) -> None:
        options = _options(line, line.text)
        for position, (name, value) in enumerate(options):
            if name in _FLAGS:
                self._flags[_FLAGS[name]] = True
                continue
            match name:
                case "--requirement" | "--constraint":
                    target = _included(line.path, value)
                    is_constraint = constraint or name == "--constraint"
                    self.read(target, including, constraint=is_constraint, line=line)
                case "--editable":
                    found = _requirement_line(line, value, options[position + 1 :], editable=True)
                    self._add(found, constraint=constraint)
                    return
                case _:
                    self._setting(line, name, value)

    def _setting(self, line: _Line, name: str, value: str) -> None:
        """Take an option that says where or how files are looked for."""
        directory = Path() if _URL.match(line.path) else Path(line.path).parent
        match name:
            case "--index-url":
                self._index_url = absolute_url(value, directory)
            case "--extra-index-url":
                url = absolute_url(value, directory)
                self._lists.setdefault("extra_index_urls", []).append(url)
            case "--find-links":
                self._lists.setdefault("find_links", []).append(absolute_url(value, directory))
            case "--no-binary" | "--only-binary":
                self._formats(name[2:].replace("-", "_"), value)
            case "--trusted-host":
                self._lists.setdefault("trusted_hosts", []).append(value)
            case "--use-feature":
                pass  # pip's own
            case _:
                line.fail(f"`{name}` belongs to a requirement and stands alone here")

    def _formats(self, key: str, value: str) -> None:
        names = self._lists.setdefault(key, [])
        for name in value.split(","):
            if name.strip() == ":none:":
                names.clear()
            elif name.strip():
                names.append(name.strip() if name.strip() == ":all:" else normal_name(name.strip()))


def _included(path: str, target: str) -> str:
    """Return the path or URL of an included file, seen from the file that includes it."""
    if _URL.match(target):
        if target.startswith("file:"):
            source = source_of_url(target)
            return getattr(source, "path", target)
        return target
    if _URL.match(path):
        from urllib.parse import urljoin

        return urljoin(path, target)
    return str(Path(path).parent / Path(target).expanduser())


def _options(line: _Line, text: str) -> list[tuple[str, str]]:
    """Options and their values, by their long names; flags have an empty value."""
    try:
        words = shlex.split(text)
    except ValueError:
        line.fail("A quotation mark is not closed")
    found = []
    at = 0
    while at < len(words):
        word = words[at]
        at += 1
        name, equals, value = word.partition("=")
        if not word.startswith("--") and len(word) > 2 and word[:2] in _TAKES:
            name, equals, value = word[:2], "=", word[2:].removeprefix("=")
        if name in _FLAGS and not equals:
            found.append((name, ""))
            continue
        if name not in _TAKES:
            hint = hint_for_name(name, [*_TAKES, *_FLAGS]) if name.startswith("-") else None
            line.fail(f"`{name}` is not an option of a requirements file", hint, name)
        if not equals:
            if at == len(words):
                line.fail(f"`{name}` needs a value", at=name)
            value = words[at]
            at += 1
        found.append((_TAKES[name], value))
    return found


def _requirement_line(
    line: _Line,
    text: str | None = None,
    options: list[tuple[str, str]] | None = None,
    *,
    editable: bool = False,
) -> RequirementLine:
    """Type one requirement with the options that follow it."""
    if text is None:
        text, after = _split_options(line.text)
        options = _options(line, after)
    hashes: list[str] = []
    config: list[str] = []
    for name, value in options or []:
        if name not in _OF_A_REQUIREMENT:
            line.fail(f"`{name}` cannot stand on the line of a requirement", at=name)
        if name == "--hash":
            if not _HASH.fullmatch(value):
                line.fail(
                    f"`{value}` is not a hash",
                    "Write `--hash=sha256:` and the hexadecimal digest (sha256, sha384 or sha512)",
                    value,
                )
            algorithm, _, digest = value.partition(":")
            hashes.append(f"{algorithm}:{digest.lower()}")
        elif name == "--config-settings":
            config.append(value)
    fields = _what(line, text)
    return RequirementLine(
        line.path,
        line.number,
        line.raw.strip(),
        editable=editable,
        hashes=tuple(hashes),
        config_settings=tuple(config),
        **fields,
    )


def _split_options(text: str) -> tuple[str, str]:
    """Return a requirement, and the options behind it."""
    match = re.search(r"\s+-", text)
    if match is None:
        return text, ""
    return text[: match.start()].rstrip(), text[match.start() :].strip()


def _what(line: _Line, text: str) -> dict[str, Any]:
    """Return the fields of a line that say what is required."""
    if _is_location(text):
        return _location(line, text)
    try:
        requirement = parse_requirement(text)
    except BadValue as bad:
        unset = _VARIABLE.search(text)
        hint = f"the variable `{unset[1]}` is not set, or empty" if unset else bad.hint
        at = text[bad.offset or 0 :][: bad.length] if bad.offset is not None else ""
        start = line.raw.find(text)
        if start >= 0 and bad.offset is not None:
            excerpt = line.point(start + bad.offset, bad.length)
            raise ProjectFileError(
                f"The line {bad.message}",
                where=line.where,
                hints=[hint] if hint else [],
                excerpt=excerpt,
            ) from None
        line.fail(f"The line {bad.message}", hint, at)
    return {
        "requirement": requirement,
        "source": _located(line, source_of_reference(requirement)),
        "extras": requirement.extras,
        "marker": requirement.marker,
    }


def _is_location(text: str) -> bool:
    if _NAMED.match(text):
        return False
    what = re.split(r"\s;|;\s", text, maxsplit=1)[0].strip()
    bare = _EXTRAS.fullmatch(what)
    path = bare["path"] if bare else what
    return (
        _URL.match(path) is not None
        or path.startswith((".", "/", "~", "\\"))
        or re.match(r"[A-Za-z]:[\\/]", path) is not None
        or "/" in path
        or path.lower().endswith(_ARCHIVES)
    )


def _location(line: _Line, text: str) -> dict[str, Any]:
    """Return a bare path or URL, perhaps with extras and a marker."""
    parts = re.split(r"\s+;\s*|;\s+", text, maxsplit=1)
    where = parts[0].strip()
    fields: dict[str, Any] = {}
    if len(parts) > 1:
        try:
            fields["marker"] = MARKER.parse(parts[1].strip())
        except BadValue as bad:
            line.fail(f"The marker {bad.message}", bad.hint, parts[1].strip())
    extras = _EXTRAS.fullmatch(where)
    if extras:
        where = extras["path"]
        names = [normal_name(one.strip()) for one in extras["extras"].split(",") if one.strip()]
        fields["extras"] = tuple(sorted(set(names)))
    egg = re.search(r"[#&]egg=([A-Za-z0-9._-]+)", where)
    if egg:  # the way in which old files name what a URL holds
        fields["requirement"] = parse_requirement(egg[1])
        where = re.sub(r"egg=[^&]*&?", "", where).rstrip("#&")
    return fields | {"source": _located(line, source_of_url(where))}


def _located(line: _Line, source: Source | None) -> Source | None:
    """Return the same source with its path absolute, seen from the file that names it."""
    from msgspec.structs import replace

    from wheelright.project.sources import PathSource

    if not isinstance(source, PathSource):
        return source
    directory = Path() if _URL.match(line.path) else Path(line.path).parent
    return replace(source, path=str(source.located(directory.absolute())))
