"""The typed values of settings that are tables or more than a word, and how each is read."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from msgspec import Struct, field
from msgspec.structs import replace

from wheelright.project.errors import BadValue
from wheelright.project.values import (
    BOOLEAN,
    MARKER,
    NAME,
    NAMES,
    REQUIREMENT,
    REQUIREMENTS,
    SPECIFIER,
    STRING,
    STRINGS,
    VERSION,
    Kind,
    choice,
    either,
    list_of,
    one_or_many,
    record,
    table_of,
    type_name,
    wrong_type,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from packaging.version import Version

    from wheelright.project.requirement import Requirement
    from wheelright.targets.conditions import Marker
    from wheelright.targets.specifiers import SpecifierSet


class Target(Struct, frozen=True):
    """A declared target: a platform name, or a file captured on a machine, and its Pythons.

    ``platform`` is as written (``targets.parse_platform`` reads it); a target that is listed but
    not described is the platform of its name. ``file`` is relative to ``pyproject.toml``.
    """

    name: str
    platform: str | None = None
    file: str | None = None
    python: SpecifierSet | None = None


class IndexSetting(Struct, frozen=True):
    """An index as configured. ``url`` is absolute and may hold credentials: never print it.

    ``explicit``: only for packages whose source names it. ``default``: takes the place of PyPI.
    ``format`` is that of a simple repository or of one flat page or folder of links.
    """

    url: str
    name: str | None = None
    explicit: bool = False
    default: bool = False
    format: Literal["simple", "flat"] = "simple"
    authenticate: Literal["auto", "always", "never"] = "auto"
    ignore_error_codes: tuple[int, ...] = ()
    publish_url: str | None = None
    cache_control: Mapping[str, str] = field(default_factory=dict)
    exclude_newer: Cutoff | None = None

    def __repr__(self) -> str:
        return f"IndexSetting(name={self.name!r})"


class Cutoff(Struct, frozen=True):
    """The moment after which uploads are ignored: fixed (``instant``), or this long ago (``age``).

    A bare date stands for its end in UTC, so that one text means one moment on every machine.
    """

    text: str
    instant: datetime | None = None
    age: timedelta | None = None

    def moment(self, now: datetime) -> datetime:
        """Return the moment, in UTC; ``now`` is aware."""
        if self.instant is not None:
            return self.instant
        return now.astimezone(UTC) - (self.age or timedelta())


class StatedMetadata(Struct, frozen=True):
    """Metadata that is taken as given for a project (for one version, or for all)."""

    name: str
    version: Version | None = None
    requires_dist: tuple[Requirement, ...] = ()
    requires_python: SpecifierSet | None = None
    provides_extra: tuple[str, ...] = ()


class PackageEdit(Struct, frozen=True):
    """An override or an exclusion that counts only for what one project asks for itself.

    ``version`` limits it to that one. ``dependencies`` are requirements, or names.
    """

    package: str
    dependencies: tuple[Any, ...]
    version: Version | None = None


class ConflictMember(Struct, frozen=True):
    """One side of a declared conflict: an extra or a group (of another package where named)."""

    package: str | None = None
    extra: str | None = None
    group: str | None = None


class WorkspaceSetting(Struct, frozen=True):
    """Which directories are members of the workspace: globs, relative to ``pyproject.toml``."""

    members: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


class GroupSetting(Struct, frozen=True):
    """What is said of one dependency group."""

    requires_python: SpecifierSet | None = None


class CacheKey(Struct, frozen=True):
    """One thing that makes a local project be built again when it changes."""

    kind: Literal["file", "dir", "env", "git"]
    value: str = ""
    git: Mapping[str, bool] = field(default_factory=dict)


class ExtraBuildRequirement(Struct, frozen=True):
    """One more requirement for the build of a project."""

    requirement: Requirement
    match_runtime: bool = False


def _target_table(name: str, value: Any) -> Target:
    if isinstance(value, str):
        return Target(name, platform=value)
    target = _TARGET_RECORD.parse(value)
    if target.platform is not None and target.file is not None:
        raise BadValue("takes `platform` or `file`, not both")
    return replace(target, name=name)


_TARGET_RECORD: Final = record(
    lambda **fields: Target(name="", **fields),
    {"platform": STRING, "file": STRING, "python": SPECIFIER},
    'a table such as `{ platform = "x86_64-manylinux_2_28" }`',
)


def _parse_target_table(value: Any) -> tuple[Target, ...]:
    if not isinstance(value, dict):
        raise wrong_type("a table", value)
    found = []
    for name, one in value.items():
        try:
            found.append(_target_table(name, one))
        except BadValue as bad:
            raise bad.under(name) from None
    return tuple(found)


def _parse_targets(value: Any) -> tuple[Target, ...]:
    if isinstance(value, dict):
        return _parse_target_table(value)
    names = _TARGET_NAMES.parse(value)
    for index, name in enumerate(names):
        if name in names[:index]:
            raise BadValue(f"names `{name}` twice", [index])
    return tuple(Target(name) for name in names)


_TARGET_NAMES: Final = list_of(STRING, "a list of names, or a table")
TARGETS: Final = Kind("a list of names, or a table", _parse_targets, str.split)
TARGET_TABLE: Final = Kind("a table", _parse_target_table)


def _error_code(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 100 <= value <= 599:
        raise BadValue("must be an HTTP status such as 403")
    return value


_DURATION: Final = r"\s*(\d+)\s*(second|minute|hour|day|week)s?(?:\s+ago)?\s*"
_ISO_DURATION: Final = r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"


def parse_cutoff(text: Any) -> Cutoff:
    """``2026-01-31``, an RFC 3339 moment, ``30 days`` or ``P30D``; raise :class:`BadValue`."""
    if isinstance(text, date):  # a TOML date or datetime
        text = text.isoformat()
    if not isinstance(text, str):
        raise wrong_type("a date, a moment or a duration", text)
    if match := re.fullmatch(_DURATION, text, re.IGNORECASE):
        return Cutoff(text, age=_age(text, **{f"{match[2].lower()}s": int(match[1])}))
    match = re.fullmatch(_ISO_DURATION, text, re.IGNORECASE)
    if match and any(match.groups()):
        units = ("weeks", "days", "hours", "minutes", "seconds")
        counts = (int(part or 0) for part in match.groups())
        return Cutoff(text, age=_age(text, **dict(zip(units, counts, strict=True))))
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            day = date.fromisoformat(text)
            return Cutoff(text, datetime(day.year, day.month, day.day, tzinfo=UTC) + _ONE_DAY)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise BadValue(
            f"is not a date, a moment or a duration: `{text}`",
            hint="Write `2026-01-31`, `2026-01-31T12:00:00Z` or `30 days`",
        ) from None
    if moment.tzinfo is None:
        raise BadValue(f"needs a time zone: `{text}`", hint=f"Write `{text}Z` for UTC")
    return Cutoff(text, moment.astimezone(UTC))


def _age(text: str, **units: int) -> timedelta:
    """Return a duration of at most a century, before which nothing was uploaded."""
    try:
        age = timedelta(**units)
    except OverflowError:
        age = timedelta.max
    if age > timedelta(days=36_525):
        raise BadValue(f"is longer than a century: `{text}`")
    return age


_ONE_DAY: Final = timedelta(days=1)
CUTOFF: Final = Kind("a date, a moment or a duration", parse_cutoff, lambda text: text)

_INDEX_RECORD: Final = record(
    IndexSetting,
    {
        "name": STRING,
        "url": STRING,
        "explicit": BOOLEAN,
        "default": BOOLEAN,
        "format": choice("simple", "flat"),
        "authenticate": choice("auto", "always", "never"),
        "ignore-error-codes": list_of(Kind("a status", _error_code), "a list of HTTP statuses"),
        "publish-url": STRING,
        "cache-control": table_of(STRING, "a table of strings"),
        "exclude-newer": CUTOFF,
    },
    'a table such as `{ name = "NAME", url = "URL" }`',
    required=("url",),
)


def _parse_index(value: Any) -> IndexSetting:
    index = _INDEX_RECORD.parse(value)
    if index.explicit and index.name is None:
        raise BadValue("is `explicit` and needs a `name`, by which sources can ask for it")
    return index


def _index_from_text(text: str) -> dict[str, Any]:
    name, equals, url = text.partition("=")
    if equals and re.fullmatch(r"[A-Za-z0-9._-]+", name):
        return {"name": name, "url": url}
    return {"url": text}


def _parse_indexes(value: Any) -> tuple[IndexSetting, ...]:
    found = _INDEX_LIST.parse(value)
    for number, one in enumerate(found):
        if one.name is not None and any(one.name == other.name for other in found[:number]):
            raise BadValue(f"is the second index with the name `{one.name}`", [number])
        if one.default and any(other.default for other in found[:number]):
            raise BadValue("is the second index with `default = true`", [number])
    return found


_INDEX_LIST: Final = list_of(Kind("a table", _parse_index, _index_from_text), "a list of tables")
INDEXES: Final = Kind(
    "a list of tables with `url`, `name`, ...", _parse_indexes, _INDEX_LIST.from_text, joins=True
)


def _parse_package_cutoff(value: Any) -> Cutoff | None:
    if value is False:
        return None
    return parse_cutoff(value)


PACKAGE_CUTOFFS: Final = table_of(
    Kind("a date, a moment, a duration or `false`", _parse_package_cutoff),
    "a table of dates",
    normal=True,
)

STATED_METADATA: Final = list_of(
    record(
        StatedMetadata,
        {
            "name": NAME,
            "version": VERSION,
            "requires-dist": REQUIREMENTS,
            "requires-python": SPECIFIER,
            "provides-extra": NAMES,
        },
        'a table such as `{ name = "NAME", requires-dist = [] }`',
        required=("name",),
    ),
    "a list of tables with `name`, `version`, `requires-dist`, ...",
)


class _EditedPackage(Struct, frozen=True):
    name: str
    version: Version | None = None


_EDITED: Final = either(
    NAME,
    record(
        _EditedPackage,
        {"name": NAME, "version": VERSION},
        'a name, or a table such as `{ name = "NAME" }`',
        required=("name",),
    ),
    'a name, or a table such as `{ name = "NAME" }`',
    str,
)


def _package_edit(package: str | _EditedPackage, dependencies: tuple[Any, ...]) -> PackageEdit:
    if isinstance(package, str):
        return PackageEdit(package, dependencies)
    return PackageEdit(package.name, dependencies, package.version)


def _edits(one: Kind[Any], listed: Kind[Any], takes: str, example: str) -> Kind[tuple[Any, ...]]:
    """Return a list whose elements are of a kind, or tables that count for one project."""
    edit = record(
        _package_edit,
        {"package": _EDITED, "dependencies": listed},
        f'a table such as `{{ package = "NAME", dependencies = ["{example}"] }}`',
        required=("package", "dependencies"),
    )
    element = either(edit, one, takes, dict)
    return list_of(element, takes)


OVERRIDES: Final = _edits(
    REQUIREMENT, REQUIREMENTS, "a list of requirements, or of tables for one package", "OTHER<2"
)
EXCLUDES: Final = _edits(NAME, NAMES, "a list of names, or of tables for one package", "OTHER")


def _parse_conflict_member(value: Any) -> ConflictMember:
    member = _CONFLICT_RECORD.parse(value)
    if member.extra is not None and member.group is not None:
        raise BadValue("takes `extra` or `group`, not both")
    if member.extra is None and member.group is None and member.package is None:
        raise BadValue("needs an `extra` or a `group`")
    return member


_CONFLICT_RECORD: Final = record(
    ConflictMember,
    {"package": NAME, "extra": NAME, "group": NAME},
    'a table such as `{ extra = "NAME" }`',
)


def _parse_conflict_set(value: Any) -> tuple[ConflictMember, ...]:
    members = _CONFLICT_SET.parse(value)
    if len(members) < 2:
        raise BadValue("needs at least two members that conflict")
    return members


_CONFLICT_SET: Final = list_of(
    Kind("a table", _parse_conflict_member), "a list of tables with `extra` or `group`"
)
CONFLICTS: Final = list_of(
    Kind("a list of tables", _parse_conflict_set), "a list of lists of tables"
)
WORKSPACE: Final = record(
    WorkspaceSetting, {"members": STRINGS, "exclude": STRINGS}, "a table with `members`"
)
GROUP_SETTINGS: Final = table_of(
    record(
        GroupSetting,
        {"requires-python": SPECIFIER},
        'a table such as `{ requires-python = ">=3.12" }`',
    ),
    "a table of tables",
    normal=True,
)
MARKERS: Final[Kind[tuple[Marker, ...]]] = one_or_many(MARKER, "a marker or a list of markers")
CONFIG_SETTINGS: Final = table_of(one_or_many(STRING, "a string or a list of strings"), "a table")
PACKAGE_CONFIG_SETTINGS: Final = table_of(CONFIG_SETTINGS, "a table of tables", normal=True)
BUILD_VARIABLES: Final = table_of(
    table_of(STRING, "a table of strings"), "a table of tables", normal=True
)


def _parse_default_groups(value: Any) -> tuple[str, ...] | Literal["all"]:
    if value == "all":
        return "all"
    if isinstance(value, str):
        raise BadValue(f'must be a list of group names or `"all"`, not `"{value}"`')
    return NAMES.parse(value)


def _default_groups_from_text(text: str) -> Any:
    return "all" if text.strip() == "all" else text.split()


DEFAULT_GROUPS: Final = Kind(
    'a list of group names, or `"all"`', _parse_default_groups, _default_groups_from_text
)


def _parse_cache_key(value: Any) -> CacheKey:
    if isinstance(value, str):
        return CacheKey("file", value)
    if not isinstance(value, dict) or len(value) != 1:
        raise BadValue(
            f'must be a path or a table such as `{{ file = "setup.py" }}`, not {type_name(value)}'
        )
    (kind, one), *_ = value.items()
    if kind not in {"file", "dir", "env", "git"}:
        raise BadValue("is not one of `file`, `dir`, `env` and `git`", [kind], at_key=True)
    if kind == "git":
        flags = either(
            Kind("a boolean", lambda flag: {"commit": BOOLEAN.parse(flag)}),
            table_of(BOOLEAN, "a boolean or a table of booleans"),
            "a boolean or a table of booleans",
            bool,
        )
        return CacheKey("git", git=flags.parse(one))
    return CacheKey(kind, STRING.parse(one))


_DOWNLOADS: Final = choice("automatic", "manual", "never")


def _parse_downloads(value: Any) -> Any:
    if isinstance(value, bool):
        return "automatic" if value else "never"
    return _DOWNLOADS.parse(value)


DOWNLOADS: Final[Kind[Any]] = Kind(_DOWNLOADS.takes, _parse_downloads, _DOWNLOADS.from_text)

CACHE_KEYS: Final = list_of(Kind("a path or a table", _parse_cache_key), "a list of tables")


def _parse_extra_build(value: Any) -> ExtraBuildRequirement:
    if isinstance(value, str):
        return ExtraBuildRequirement(REQUIREMENT.parse(value))
    return _EXTRA_BUILD_RECORD.parse(value)


_EXTRA_BUILD_RECORD: Final = record(
    ExtraBuildRequirement,
    {"requirement": REQUIREMENT, "match-runtime": BOOLEAN},
    "a requirement or a table",
    required=("requirement",),
)
EXTRA_BUILD: Final = table_of(
    list_of(Kind("a requirement or a table", _parse_extra_build), "a list of requirements"),
    "a table of lists of requirements",
    normal=True,
)


def absolute_url(text: str, directory: Path) -> str:
    """Return a URL as it is, and a path (seen from ``directory``) as a ``file:`` URL."""
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:", text):
        return text
    path = (directory / Path(text).expanduser()).absolute()
    import os

    uri = Path(os.path.normpath(path)).as_uri()
    return uri + "/" if text.endswith("/") else uri


def absolute_indexes(indexes: Sequence[IndexSetting], directory: Path) -> tuple[IndexSetting, ...]:
    """Return the same indexes with their paths turned into URLs."""
    return tuple(replace(one, url=absolute_url(one.url, directory)) for one in indexes)
