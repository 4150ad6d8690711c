"""Where a requirement comes from when not from the indexes in their order.

Must live here: the entries of ``[tool.wheelright.sources]`` (and ``[tool.uv.sources]``), parsed and
typed, and the reading of PEP 508 direct references as the same values. Must not live here:
fetching, building or resolving any of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit, urlunsplit

from msgspec import Struct

from wheelright.project.errors import BadValue
from wheelright.project.names import hint_for_name
from wheelright.project.values import BOOLEAN, MARKER, NAME, STRING, Kind, type_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wheelright.project.requirement import Requirement
    from wheelright.targets.conditions import Marker


class _Condition(Struct, frozen=True, kw_only=True):
    """When a source counts: in environments of ``marker``; for one extra or one group only."""

    marker: Marker | None = None
    extra: str | None = None
    group: str | None = None

    @property
    def is_conditional(self) -> bool:
        """Whether the source counts only sometimes."""
        return self.marker is not None or self.extra is not None or self.group is not None


class IndexSource(_Condition, frozen=True, kw_only=True):
    """The index of this name, and no other."""

    index: str


class PathSource(_Condition, frozen=True, kw_only=True):
    """A directory, wheel or sdist on disk. ``path`` is as written, relative to the file it is in.

    ``editable`` is ``None`` where nothing is said. ``package = false`` installs only what a
    directory depends on.
    """

    path: str
    editable: bool | None = None
    package: bool | None = None

    def located(self, root: Path) -> Path:
        """Return the absolute path, seen from the directory of the file that names it."""
        import os

        return Path(os.path.normpath(root / Path(self.path).expanduser()))


class WorkspaceSource(_Condition, frozen=True, kw_only=True):
    """A member of the same workspace."""

    editable: bool | None = None


class GitSource(_Condition, frozen=True, kw_only=True):
    """A Git repository, at most one of ``rev``, ``tag`` and ``branch``, and a directory in it."""

    git: str
    rev: str | None = None
    tag: str | None = None
    branch: str | None = None
    subdirectory: str | None = None
    lfs: bool | None = None


class UrlSource(_Condition, frozen=True, kw_only=True):
    """A wheel or sdist behind a URL; ``subdirectory`` inside an sdist."""

    url: str
    subdirectory: str | None = None


Source = IndexSource | PathSource | WorkspaceSource | GitSource | UrlSource

_CONDITIONS: Final[dict[str, Kind[Any]]] = {"marker": MARKER, "extra": NAME, "group": NAME}
_KEYS: Final[dict[str, dict[str, Kind[Any]]]] = {
    "index": {"index": STRING},
    "path": {"path": STRING, "editable": BOOLEAN, "package": BOOLEAN},
    "workspace": {"workspace": BOOLEAN, "editable": BOOLEAN},
    "git": {
        "git": STRING,
        "rev": STRING,
        "tag": STRING,
        "branch": STRING,
        "subdirectory": STRING,
        "lfs": BOOLEAN,
    },
    "url": {"url": STRING, "subdirectory": STRING},
}
_CLASSES: Final[dict[str, type[Source]]] = {
    "index": IndexSource,
    "path": PathSource,
    "git": GitSource,
    "url": UrlSource,
}
_KINDS_TEXT: Final = "`index`, `path`, `workspace`, `git` or `url`"


def parse_source(value: Any) -> Source:
    """One source table; raise :class:`BadValue` where it is none."""
    if not isinstance(value, dict):
        raise BadValue(f'must be a table such as `{{ index = "NAME" }}`, not {type_name(value)}')
    kinds = [kind for kind in _KEYS if kind in value]
    if not kinds:
        raise BadValue(f"needs one of {_KINDS_TEXT}", hint=_nearest_kind(value))
    if len(kinds) > 1:
        raise BadValue(
            f"names both `{kinds[0]}` and `{kinds[1]}`; a source is one of {_KINDS_TEXT}"
        )
    kind = kinds[0]
    allowed = _KEYS[kind] | _CONDITIONS
    fields = {}
    for key, one in value.items():
        if key not in allowed:
            raise BadValue(
                f"is not a key of a source of kind `{kind}`",
                [key],
                hint=hint_for_name(key, allowed),
                at_key=True,
            )
        try:
            fields[key] = allowed[key].parse(one)
        except BadValue as bad:
            raise bad.under(key) from None
    if kind == "workspace":
        if not fields.pop("workspace"):
            raise BadValue("must be `true`", ["workspace"], hint="Leave the source out instead")
        return WorkspaceSource(**fields)
    if kind == "git" and len(set(fields) & {"rev", "tag", "branch"}) > 1:
        raise BadValue("takes one of `rev`, `tag` and `branch`, not several")
    return _CLASSES[kind](**fields)


def _nearest_kind(value: Mapping[str, Any]) -> str | None:
    for key in value:
        if hint := hint_for_name(key, _KEYS):
            return hint
    return None


def _parse_entry(value: Any) -> tuple[Source, ...]:
    if not isinstance(value, list):
        return (parse_source(value),)
    found = []
    for index, one in enumerate(value):
        try:
            source = parse_source(one)
            if len(value) > 1 and not source.is_conditional:
                raise BadValue("is one of several sources and needs a `marker`, `extra` or `group`")
        except BadValue as bad:
            raise bad.under(index) from None
        found.append(source)
    if not found:
        raise BadValue("must not be an empty list")
    return tuple(found)


SOURCES: Final = Kind("a table, or a list of tables with markers", _parse_entry)


def check_index_names(
    sources: Mapping[str, tuple[Source, ...]], known: Iterable[str]
) -> list[BadValue]:
    """Return the faults of sources whose index is not defined; keys start at the project's name."""
    names = sorted(known)
    faults = []
    for name, entries in sources.items():
        for number, source in enumerate(entries):
            if isinstance(source, IndexSource) and source.index not in names:
                listed = ", ".join(f"`{one}`" for one in names)
                hint = hint_for_name(source.index, names) or (
                    f"Defined are {listed}"
                    if names
                    else "Define it under `[[tool.wheelright.index]]`"
                )
                keys = (name, number, "index") if len(entries) > 1 else (name, "index")
                faults.append(
                    BadValue(
                        f"names the index `{source.index}`, which is not defined", keys, hint=hint
                    )
                )
    return faults


def source_of_reference(requirement: Requirement) -> Source | None:
    """Return what a direct reference (``name @ URL``) points at; ``None`` where there is none.

    ``git+https://host/repo@rev#subdirectory=x`` is a :class:`GitSource`, ``file:`` a
    :class:`PathSource` unless it names a folder of an archive, anything else a
    :class:`UrlSource`.
    """
    if requirement.url is None:
        return None
    return source_of_url(requirement.url)


def source_of_url(url: str) -> Source:
    """As :func:`source_of_reference`, for a bare URL (a path without a scheme is a path)."""
    parts = urlsplit(url)
    fragment = dict(one.partition("=")[::2] for one in parts.fragment.split("&") if one)
    subdirectory = fragment.get("subdirectory")
    if parts.scheme.startswith("git+") or parts.scheme == "git":
        path, at, revision = parts.path.rpartition("@")
        if not at:
            path, revision = parts.path, ""
        scheme = parts.scheme.removeprefix("git+")
        repository = urlunsplit((scheme, parts.netloc, path, parts.query, ""))
        return GitSource(git=repository, rev=revision or None, subdirectory=subdirectory)
    if parts.scheme == "file" and subdirectory is None:
        from urllib.request import url2pathname  # noqa: TID251 - a pure function of text

        path = url2pathname(parts.path)
        host = unquote(parts.netloc)
        return PathSource(path=f"//{host}{path}" if host not in {"", "localhost"} else path)
    if len(parts.scheme) <= 1:  # a path, on Windows with its drive
        return PathSource(path=url)
    return UrlSource(
        url=urlunsplit(parts) if "subdirectory" not in fragment else _without_subdirectory(url),
        subdirectory=subdirectory,
    )


def _without_subdirectory(url: str) -> str:
    base, _, fragment = url.partition("#")
    kept = "&".join(one for one in fragment.split("&") if not one.startswith("subdirectory="))
    return f"{base}#{kept}" if kept else base
