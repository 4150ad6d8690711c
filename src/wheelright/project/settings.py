"""Every setting, once: its type, its meaning, its default and where it may be written.

The fields of :class:`Settings` are the declarative table. Each names its key (the field's name
with ``-``), what it takes, one sentence of documentation, the key of ``[tool.uv]`` that means the
same, and its environment variable. The configuration reference is generated from it, so a new
setting appears there by itself. ``settings_read`` merges the levels.

Must not live here: reading files (``settings_read``), and acting on any setting (``workflows``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct, field

from wheelright.project import settings_types as types
from wheelright.project.sources import SOURCES, Source
from wheelright.project.values import (
    BOOLEAN,
    INTEGER,
    NAMES,
    REQUIREMENTS,
    SPECIFIER,
    STRING,
    STRINGS,
    Kind,
    choice,
    table_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wheelright.project.requirement import Requirement
    from wheelright.targets.conditions import Marker
    from wheelright.targets.specifiers import SpecifierSet

Level = Literal["default", "system", "user", "project", "uv", "file", "environment"]


class SettingOrigin(Struct, frozen=True):
    """Where a setting's value comes from; ``name`` is the file or the variable."""

    level: Level
    name: str = ""

    def __str__(self) -> str:
        match self.level:
            case "default":
                return "the default"
            case "environment":
                return f"the variable `{self.name}`"
            case "project":
                return f"`[tool.wheelright]` in `{self.name}`"
            case "uv":
                return f"`[tool.uv]` in `{self.name}`"
            case "system" | "user" | "file":
                return f"`{self.name}`"


class _Row(Struct, frozen=True):
    """What the table says of a key, without its name."""

    kind: Kind[Any]
    doc: str
    default: Any
    uv: bool
    environment: bool
    project_only: bool


#: The rows of the table in the order of the first fields of :class:`Settings`.
_ROWS: list[_Row] = []


class Key(Struct, frozen=True):
    """One row of the table; ``project_only``: not for a user's file."""

    name: str
    kind: Kind[Any]
    doc: str
    uv: str | None
    environment: str | None
    project_only: bool


class KeyDoc(Struct, frozen=True):
    """One setting as the reference documents it; every field is text to print."""

    name: str
    takes: str
    doc: str
    default: str
    uv: str | None
    environment: str | None
    project_only: bool


def _key(
    kind: Kind[Any],
    doc: str,
    *,
    default: Any = None,
    uv: bool = True,
    environment: bool = True,
    project_only: bool = False,
) -> Any:
    """Return a field of :class:`Settings`; its name is filled in by :func:`keys`."""
    _ROWS.append(_Row(kind, doc, default, uv, environment, project_only))
    return field(default_factory=dict) if isinstance(default, dict) else field(default=default)


def _project(kind: Kind[Any], doc: str, *, default: Any = None, uv: bool = True) -> Any:
    """Return a field that only a project may set."""
    return _key(kind, doc, default=default, uv=uv, environment=False, project_only=True)


Resolution = Literal["highest", "lowest", "lowest-direct"]
Prerelease = Literal["disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit"]
LinkMode = Literal["clone", "hardlink", "copy", "symlink"]
IndexStrategy = Literal["first-index", "unsafe-first-match", "unsafe-best-match"]
KeyringProvider = Literal["disabled", "subprocess", "import"]
PythonPreference = Literal["only-managed", "managed", "system", "only-system"]


class Settings(Struct, frozen=True):
    """All settings, merged from every level. ``None`` means that nothing was said.

    ``origins`` says for each key that was set where it was set last; see :meth:`origin`.
    ``package_overrides`` and ``package_excludes`` are what stands in ``override-dependencies`` and
    ``exclude-dependencies`` for single packages.
    """

    targets: tuple[types.Target, ...] = _project(
        types.TARGETS, "The targets that the lock must serve by wheels.", default=(), uv=False
    )
    target: tuple[types.Target, ...] = _project(
        types.TARGET_TABLE,
        "Descriptions of targets by name, where `targets` is a list.",
        default=(),
        uv=False,
    )
    default_target: str | None = _project(
        STRING, "What `sync`, `run` and `add` install for; absent, this machine.", uv=False
    )
    wheels: Literal["require", "prefer", "any"] = _project(
        choice("require", "prefer", "any"),
        "Whether a target must be served by a wheel, should be, or need not be.",
        default="prefer",
        uv=False,
    )
    allow_build: tuple[str, ...] = _project(
        NAMES, "Projects that may be built for a target that no wheel serves.", default=(), uv=False
    )
    index: tuple[types.IndexSetting, ...] = _key(
        types.INDEXES, "The indexes to ask, first to last, before the default one.", default=()
    )
    index_url: str | None = _key(STRING, "The URL of the default index, in place of PyPI.")
    extra_index_url: tuple[str, ...] = _key(
        STRINGS, "URLs of further indexes, asked before the default one.", default=()
    )
    find_links: tuple[str, ...] = _key(
        STRINGS, "Folders, or pages of links, with more files.", default=()
    )
    no_index: bool = _key(BOOLEAN, "Ask no index, only `find-links`.", default=False)
    index_strategy: IndexStrategy = _key(
        choice("first-index", "unsafe-first-match", "unsafe-best-match"),
        "Whether the first index that knows a project is the only one asked for it.",
        default="first-index",
    )
    keyring_provider: KeyringProvider = _key(
        choice("disabled", "subprocess", "import"),
        "How credentials are asked of a keyring.",
        default="disabled",
    )
    allow_insecure_host: tuple[str, ...] = _key(
        STRINGS, "Hosts whose certificates are not checked.", default=()
    )
    sources: Mapping[str, tuple[Source, ...]] = _project(
        table_of(SOURCES, "a table of sources", normal=True),
        "Where single projects come from: an index, a path, the workspace, Git or a URL.",
        default={},
    )
    no_sources: bool = _key(BOOLEAN, "Ignore `sources`.", default=False)
    constraint_dependencies: tuple[Requirement, ...] = _project(
        REQUIREMENTS, "Requirements that bind a project wherever it is required.", default=()
    )
    override_dependencies: tuple[Requirement, ...] = _project(
        types.OVERRIDES,
        "Requirements that replace what anything, or one package, asks of a project.",
        default=(),
    )
    exclude_dependencies: tuple[str, ...] = _project(
        types.EXCLUDES,
        "Projects that are left out wherever they, or where one package, requires them.",
        default=(),
    )
    build_constraint_dependencies: tuple[Requirement, ...] = _project(
        REQUIREMENTS, "Requirements that bind what builds require.", default=()
    )
    require_build_hashes: bool = _key(
        BOOLEAN,
        "Install for builds only what `--build-constraints` pins with hashes.",
        default=False,
    )
    dev_dependencies: tuple[Requirement, ...] = _project(
        REQUIREMENTS, "Further requirements of the group `dev`; better written there.", default=()
    )
    default_groups: tuple[str, ...] | Literal["all"] | None = _project(
        types.DEFAULT_GROUPS, "The groups that a sync installs unasked; absent, `dev`."
    )
    dependency_groups: Mapping[str, types.GroupSetting] = _project(
        types.GROUP_SETTINGS, "The `requires-python` of single groups.", default={}
    )
    environments: tuple[Marker, ...] = _project(
        types.MARKERS, "Markers of the environments that the lock is limited to.", default=()
    )
    required_environments: tuple[Marker, ...] = _project(
        types.MARKERS, "Markers of environments that must be served by wheels.", default=()
    )
    conflicts: tuple[tuple[types.ConflictMember, ...], ...] = _project(
        types.CONFLICTS, "Extras and groups that are never installed together.", default=()
    )
    dependency_metadata: tuple[types.StatedMetadata, ...] = _project(
        types.STATED_METADATA, "Metadata to be taken as given instead of asked for.", default=()
    )
    exclude_newer: types.Cutoff | None = _key(
        types.CUTOFF, "Ignore files uploaded after this moment, or within this time."
    )
    exclude_newer_package: Mapping[str, types.Cutoff | None] = _key(
        types.PACKAGE_CUTOFFS,
        "The same for single projects; `false` lifts it.",
        default={},
        environment=False,
    )
    resolution: Resolution = _key(
        choice("highest", "lowest", "lowest-direct"),
        "Which of the versions that fit is preferred.",
        default="highest",
    )
    prerelease: Prerelease = _key(
        choice("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit"),
        "When pre-releases are considered.",
        default="if-necessary-or-explicit",
    )
    prerelease_package: Mapping[str, Prerelease] = _key(
        table_of(
            choice("disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit"),
            "a table of such words",
            normal=True,
        ),
        "The same for single projects.",
        default={},
        environment=False,
    )
    fork_strategy: Literal["requires-python", "fewest"] = _key(
        choice("requires-python", "fewest"),
        "Whether each Python gets its newest versions, or all share the fewest.",
        default="requires-python",
    )
    no_build: bool = _key(BOOLEAN, "Never build an sdist.", default=False)
    no_build_package: tuple[str, ...] = _key(
        NAMES, "Projects whose sdists are never built.", default=()
    )
    no_binary: bool = _key(BOOLEAN, "Never use a wheel, always build.", default=False)
    no_binary_package: tuple[str, ...] = _key(
        NAMES, "Projects whose wheels are never used.", default=()
    )
    no_build_isolation: bool = _key(
        BOOLEAN, "Build in the venv instead of in an environment of its own.", default=False
    )
    no_build_isolation_package: tuple[str, ...] = _key(
        NAMES, "The same for single projects.", default=()
    )
    config_settings: Mapping[str, tuple[str, ...]] = _key(
        types.CONFIG_SETTINGS, "Settings handed to build backends.", default={}, environment=False
    )
    config_settings_package: Mapping[str, Mapping[str, tuple[str, ...]]] = _key(
        types.PACKAGE_CONFIG_SETTINGS,
        "The same for single projects.",
        default={},
        environment=False,
    )
    extra_build_dependencies: Mapping[str, tuple[types.ExtraBuildRequirement, ...]] = _project(
        types.EXTRA_BUILD, "Further build requirements of single projects.", default={}
    )
    extra_build_variables: Mapping[str, Mapping[str, str]] = _project(
        types.BUILD_VARIABLES, "Environment variables for the builds of projects.", default={}
    )
    cache_keys: tuple[types.CacheKey, ...] = _project(
        types.CACHE_KEYS, "What makes this project be built again when it changes.", default=()
    )
    package: bool | None = _project(
        BOOLEAN, "Whether the project is itself installed; absent, if it has a build system."
    )
    managed: bool = _project(
        BOOLEAN, "Whether `run` and `sync` may manage the project at all.", default=True
    )
    workspace: types.WorkspaceSetting | None = _project(
        types.WORKSPACE, "The members that share this project's lock."
    )
    link_mode: LinkMode | None = _key(
        choice("clone", "hardlink", "copy", "symlink"),
        "How files get from the store into a venv; absent, the best that works.",
    )
    compile_bytecode: bool = _key(
        BOOLEAN, "Compile Python files when they are installed.", default=False
    )
    python_preference: PythonPreference = _key(
        choice("only-managed", "managed", "system", "only-system"),
        "Whether managed Pythons or those of the system are preferred.",
        default="managed",
    )
    python_downloads: Literal["automatic", "manual", "never"] = _key(
        types.DOWNLOADS,
        "When a missing Python may be downloaded.",
        default="automatic",
    )
    offline: bool = _key(BOOLEAN, "Use only what is cached.", default=False)
    no_cache: bool = _key(BOOLEAN, "Keep nothing in the cache.", default=False)
    cache_dir: str | None = _key(STRING, "Where the cache is; absent, the platform's place.")
    concurrent_downloads: int | None = _key(INTEGER, "How many downloads run at once.")
    concurrent_builds: int | None = _key(INTEGER, "How many builds run at once.")
    required_version: SpecifierSet | None = _key(
        SPECIFIER, "The versions of this tool that may be used.", uv=False
    )
    add_bounds: Literal["lower", "major", "minor", "exact"] = _key(
        choice("lower", "major", "minor", "exact"),
        "Which bounds `add` writes for a requirement given without.",
        default="lower",
    )
    guard: Literal["warn", "error", "off"] = _key(
        choice("warn", "error", "off"),
        "What a venv does when a machine starts it that it does not fit.",
        default="warn",
        uv=False,
    )
    venv: Literal["single", "per-target"] = _key(
        choice("single", "per-target"),
        "Whether the project has one venv, or one for each target.",
        default="single",
        uv=False,
    )
    package_overrides: tuple[types.PackageEdit, ...] = ()
    package_excludes: tuple[types.PackageEdit, ...] = ()
    origins: Mapping[str, SettingOrigin] = field(default_factory=dict)

    def origin(self, name: str) -> SettingOrigin:
        """Where the value of a key (``link-mode``) comes from."""
        return self.origins.get(name, SettingOrigin("default"))

    @property
    def indexes(self) -> tuple[types.IndexSetting, ...]:
        """Every configured index in the order in which they are asked, the default one last.

        ``index`` first, then ``extra-index-url``, then what takes the place of PyPI: an index with
        ``default = true``, else ``index-url``. Without either the caller adds PyPI.
        """
        if self.no_index:
            return ()
        listed = [one for one in self.index if not one.default]
        listed += [types.IndexSetting(url=url) for url in self.extra_index_url]
        default = [one for one in self.index if one.default][:1]
        if not default and self.index_url is not None:
            default = [types.IndexSetting(url=self.index_url, default=True)]
        return tuple(listed + default)


def keys() -> dict[str, Key]:
    """Return the table: every key by its name."""
    return dict(_KEYS)


def _all_keys() -> dict[str, Key]:
    found = {}
    for attribute, row in zip(Settings.__struct_fields__, _ROWS, strict=False):
        name = attribute.replace("_", "-")
        by_text = row.environment and row.kind.from_text is not None
        found[name] = Key(
            name,
            row.kind,
            row.doc,
            name if row.uv else None,
            f"WHEELRIGHT_{attribute.upper()}" if by_text else None,
            row.project_only,
        )
    return found


_KEYS = _all_keys()


def configuration_reference() -> list[KeyDoc]:
    """Every setting as text, in the order of the table."""
    return [
        KeyDoc(
            key.name,
            key.kind.takes,
            key.doc,
            _default_text(row.default),
            key.uv,
            key.environment,
            key.project_only,
        )
        for key, row in zip(_KEYS.values(), _ROWS, strict=True)
    ]


def _default_text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{value}"'
    return ""
