"""What a caller may ask of the verbs: frozen values, filled in by ``cli`` or by a test.

``None`` means "not said": the project's settings, the user's settings or the default decide.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

Resolution = Literal["highest", "lowest", "lowest-direct"]
Prerelease = Literal["disallow", "allow", "if-necessary", "explicit", "if-necessary-or-explicit"]
LinkMode = Literal["clone", "hardlink", "copy", "symlink"]
IndexStrategy = Literal["first-index", "unsafe-first-match", "unsafe-best-match"]
KeyringProvider = Literal["disabled", "subprocess", "import"]


class GlobalOptions(Struct, frozen=True):
    """What every command takes. Paths are as typed, relative to ``directory`` where given."""

    project: str | None = None
    directory: str | None = None
    config_file: str | None = None
    no_config: bool = False
    cache_dir: str | None = None
    no_cache: bool = False
    offline: bool = False
    python: str | None = None


class IndexOptions(Struct, frozen=True):
    """Where files are looked for."""

    default_index: str | None = None
    index: tuple[str, ...] = ()  # URL or NAME=URL, searched before the default
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    index_strategy: IndexStrategy | None = None
    keyring_provider: KeyringProvider | None = None
    allow_insecure_host: tuple[str, ...] = ()
    refresh: bool = False
    refresh_package: tuple[str, ...] = ()


class ResolveOptions(Struct, frozen=True):
    """How versions are chosen."""

    upgrade: bool = False
    upgrade_package: tuple[str, ...] = ()  # names or requirements
    resolution: Resolution | None = None
    prerelease: Prerelease | None = None
    prerelease_package: tuple[str, ...] = ()  # NAME=WHEN
    exclude_newer: str | None = None
    no_sources: bool = False


class BuildingOptions(Struct, frozen=True):
    """How builds run."""

    config_settings: tuple[str, ...] = ()  # KEY=VALUE
    config_settings_package: tuple[str, ...] = ()  # PACKAGE:KEY=VALUE
    no_build_isolation: bool = False
    no_build_isolation_package: tuple[str, ...] = ()
    build_constraints: tuple[str, ...] = ()  # requirements files
    require_build_hashes: bool = False
    timeout: float | None = None  # seconds for one hook


class BuildOptions(Struct, frozen=True):
    """Whether sdists may be built."""

    no_build: bool = False
    no_build_package: tuple[str, ...] = ()
    no_binary: bool = False
    no_binary_package: tuple[str, ...] = ()
    wheels: Literal["require", "prefer", "any"] | None = None  # for declared targets
    allow_build: tuple[str, ...] = ()
    how: BuildingOptions = field(default_factory=BuildingOptions)


class BuildCommandOptions(Struct, frozen=True):
    """``wheelright build``: neither ``sdist`` nor ``wheel`` means both, the wheel of the sdist."""

    source: str | None = None
    sdist: bool = False
    wheel: bool = False
    target: str | None = None  # --for: names of targets or platforms, joined by commas
    out: str | None = None
    package: str | None = None
    all_packages: bool = False
    how: BuildingOptions = field(default_factory=BuildingOptions)
    index: IndexOptions = field(default_factory=IndexOptions)


class Selection(Struct, frozen=True):
    """Which extras and groups of the project take part."""

    extras: tuple[str, ...] = ()
    all_extras: bool = False
    no_extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    no_groups: tuple[str, ...] = ()
    only_groups: tuple[str, ...] = ()  # non-empty: the project's own dependencies stay out
    all_groups: bool = False
    no_default_groups: bool = False
    packages: tuple[str, ...] = ()  # members of the workspace, in place of what is at hand
    all_packages: bool = False


class LockOptions(Struct, frozen=True):
    """``wheelright lock``."""

    check: bool = False
    check_exists: bool = False  # only that a lockfile is there, without looking at freshness
    dry_run: bool = False
    target: str | None = None  # --for: names of declared targets that the lock must serve
    resolve: ResolveOptions = field(default_factory=ResolveOptions)
    index: IndexOptions = field(default_factory=IndexOptions)
    build: BuildOptions = field(default_factory=BuildOptions)


class SyncOptions(Struct, frozen=True):
    """``wheelright sync``, and the syncing half of ``run``, ``add`` and ``remove``."""

    selection: Selection = field(default_factory=Selection)
    frozen: bool = False  # use the lock as it is, do not look whether it is current
    locked: bool = False  # fail where the lock is not current
    dry_run: bool = False
    check: bool = False
    inexact: bool = False  # leave alone what the lock does not name
    no_editable: bool = False
    no_install_project: bool = False
    no_install_packages: tuple[str, ...] = ()
    reinstall: bool = False
    reinstall_packages: tuple[str, ...] = ()
    link_mode: LinkMode | None = None
    compile_bytecode: bool = False
    python_platform: str | None = None
    target: str | None = None  # --for: names of targets or platforms, joined by commas
    exact_files: bool = False  # the very files that a fresh venv would get
    verify: bool = False  # read every installed file and compare it with RECORD
    resolve: ResolveOptions = field(default_factory=ResolveOptions)
    index: IndexOptions = field(default_factory=IndexOptions)
    build: BuildOptions = field(default_factory=BuildOptions)


class RunOptions(Struct, frozen=True):
    """``wheelright run``. ``command`` is what follows the options, unparsed.

    As with uv, what else was put into the venv stays in it unless ``sync`` is exact.
    """

    command: tuple[str, ...] = ()
    module: bool = False  # -m
    script: bool = False  # -s: read the command as a Python script, whatever its name ends in
    with_requirements: tuple[str, ...] = ()
    env_files: tuple[str, ...] = ()
    no_env_file: bool = False
    isolated: bool = False
    no_project: bool = False
    no_sync: bool = False
    sync: SyncOptions = field(default_factory=lambda: SyncOptions(inexact=True))


class AddOptions(Struct, frozen=True):
    """``wheelright add``."""

    requirements: tuple[str, ...] = ()
    requirement_files: tuple[str, ...] = ()  # -r
    group: str | None = None  # --dev is group "dev"
    optional: str | None = None
    extras: tuple[str, ...] = ()
    marker: str | None = None
    index_name: str | None = None  # pin the added packages to this index
    editable: bool | None = None
    raw: bool = False  # write the requirements as given, add no lower bound
    no_sync: bool = False
    sync: SyncOptions = field(default_factory=SyncOptions)


class RemoveOptions(Struct, frozen=True):
    """``wheelright remove``."""

    packages: tuple[str, ...] = ()
    group: str | None = None
    optional: str | None = None
    no_sync: bool = False
    sync: SyncOptions = field(default_factory=SyncOptions)


class InitOptions(Struct, frozen=True):
    """``wheelright init``."""

    path: str | None = None
    name: str | None = None
    description: str | None = None
    bare: bool = False  # only pyproject.toml
    library: bool = False
    package: bool | None = None
    no_readme: bool = False
    no_pin_python: bool = False
    no_workspace: bool = False  # do not become a member of the workspace around


class TreeOptions(Struct, frozen=True):
    """``wheelright tree``."""

    depth: int = 255
    prune: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    no_dedupe: bool = False
    invert: bool = False
    universal: bool = False
    python_platform: str | None = None
    python_version: str | None = None
    target: str | None = None  # --for
    frozen: bool = False
    locked: bool = False
    selection: Selection = field(default_factory=Selection)
    resolve: ResolveOptions = field(default_factory=ResolveOptions)
    index: IndexOptions = field(default_factory=IndexOptions)


class ExportOptions(Struct, frozen=True):
    """``wheelright export``."""

    format: Literal["requirements.txt", "pylock.toml"] = "requirements.txt"
    output_file: str | None = None
    no_hashes: bool = False
    no_annotate: bool = False
    no_header: bool = False
    no_editable: bool = False
    no_emit_project: bool = False
    no_emit_packages: tuple[str, ...] = ()
    target: str | None = None  # --for: names of targets or platforms, joined by commas
    frozen: bool = False
    locked: bool = False
    selection: Selection = field(default_factory=Selection)
    resolve: ResolveOptions = field(default_factory=ResolveOptions)
    index: IndexOptions = field(default_factory=IndexOptions)


class VenvOptions(Struct, frozen=True):
    """``wheelright venv``."""

    path: str | None = None
    prompt: str | None = None
    system_site_packages: bool = False
    clear: bool = False
    allow_existing: bool = False


class PythonOptions(Struct, frozen=True):
    """``wheelright python list`` and ``python find``."""

    request: str | None = None
    all_versions: bool = False  # every patch release found, not only the newest of each minor
    no_project: bool = False


class CheckOptions(Struct, frozen=True):
    """``wheelright check``, and what ``floor`` and ``matrix`` take of it.

    ``targets`` are names of declared targets or of platforms, all of them hard; without any, those
    declared count, and where there are none the common platforms, which never fail.
    """

    targets: tuple[str, ...] = ()
    all_targets: bool = False
    binaries: bool = False
    locked: bool = False
    frozen: bool = False
    html: str | None = None  # where `matrix` writes its page
    index: IndexOptions = field(default_factory=IndexOptions)


class ExplainOptions(Struct, frozen=True):
    """``wheelright explain``."""

    package: str
    targets: tuple[str, ...] = ()
    version: str | None = None
    index: IndexOptions = field(default_factory=IndexOptions)


class TargetOptions(Struct, frozen=True):
    """``wheelright target list`` and ``target show``."""

    name: str | None = None  # a declared target, a platform, or `native`


class DescribeOptions(Struct, frozen=True):
    """``wheelright target describe``."""

    output_file: str | None = None
    script: bool = False  # the describing script itself, to be run elsewhere


class TargetAddOptions(Struct, frozen=True):
    """``wheelright target add``: at most one of ``platform``, ``file`` and ``here``."""

    name: str
    platform: str | None = None
    file: str | None = None
    here: bool = False
    python: str | None = None  # a specifier
    dry_run: bool = False
