"""What a caller may ask of the ``pip`` verbs, and what they answer: frozen values.

``None`` means "not said", as in ``options``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from wheelright.workflows.options import BuildingOptions, IndexOptions, LinkMode, ResolveOptions

if TYPE_CHECKING:
    from wheelright.workflows.outcomes import Action

CompileFormat = Literal["requirements.txt", "pylock.toml"]


class PipRequests(Struct, frozen=True):
    """What is asked for, as typed: requirements, and files that hold more.

    ``requirement_files`` may be requirements files, ``pyproject.toml`` or ``pylock.toml``; ``-``
    is standard input. ``groups`` are names or ``PATH:NAME``.
    """

    requirements: tuple[str, ...] = ()
    editables: tuple[str, ...] = ()
    requirement_files: tuple[str, ...] = ()
    constraint_files: tuple[str, ...] = ()
    override_files: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    all_extras: bool = False
    groups: tuple[str, ...] = ()


class PipBuildOptions(Struct, frozen=True):
    """Whether sdists may be built and wheels used; names, ``:all:`` or ``:none:`` as in pip."""

    no_build: bool = False
    only_binary: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    how: BuildingOptions = field(default_factory=BuildingOptions)


class PipPlace(Struct, frozen=True):
    """Which environment is meant, and for which machine it is.

    ``targets`` are names of targets, joined by commas; they exclude ``python_platform``.
    """

    system: bool = False
    break_system_packages: bool = False
    target: str | None = None
    prefix: str | None = None
    python_version: str | None = None
    python_platform: str | None = None
    targets: str | None = None


class PipInstallOptions(Struct, frozen=True):
    """``wheelright pip install`` and ``pip sync``; ``command`` is the one that is meant."""

    command: Literal["pip install", "pip sync"] = "pip install"
    requests: PipRequests = field(default_factory=PipRequests)
    place: PipPlace = field(default_factory=PipPlace)
    no_deps: bool = False
    exact: bool = False  # remove what was not asked for
    allow_empty: bool = True  # whether exact may remove everything
    dry_run: bool = False
    require_hashes: bool = False
    no_verify_hashes: bool = False
    reinstall: bool = False
    reinstall_packages: tuple[str, ...] = ()
    link_mode: LinkMode | None = None
    compile_bytecode: bool = False
    resolve: ResolveOptions = field(default_factory=ResolveOptions)
    index: IndexOptions = field(default_factory=IndexOptions)
    build: PipBuildOptions = field(default_factory=PipBuildOptions)


class PipCompileOptions(Struct, frozen=True):
    """``wheelright pip compile``. ``command`` is shown in the header of the file."""

    requests: PipRequests = field(default_factory=PipRequests)
    output_file: str | None = None
    format: CompileFormat = "requirements.txt"
    universal: bool = False
    python_version: str | None = None
    python_platform: str | None = None
    generate_hashes: bool = False
    no_deps: bool = False
    no_annotate: bool = False
    no_header: bool = False
    no_strip_extras: bool = False
    no_strip_markers: bool = False
    annotation_style: Literal["split", "line"] = "split"
    emit_index_url: bool = False
    no_emit_packages: tuple[str, ...] = ()
    command: str = "wheelright pip compile"
    resolve: ResolveOptions = field(default_factory=ResolveOptions)
    index: IndexOptions = field(default_factory=IndexOptions)
    build: PipBuildOptions = field(default_factory=PipBuildOptions)


class PipOutcome(Struct, frozen=True):
    """What was done to an environment. ``target`` is the platform it serves, as text.

    ``unchanged`` counts what was asked for, directly or not, and was there already.
    """

    environment_path: str
    target: str
    actions: tuple[Action, ...] = ()
    notes: tuple[str, ...] = ()
    unchanged: int = 0
    seconds: float = 0.0
    dry_run: bool = False


class CompileOutcome(Struct, frozen=True):
    """The compiled text, and the path it was written to (``None``: it goes to stdout).

    ``packages`` counts what was chosen; ``wrote`` says that the file's bytes changed.
    """

    text: str
    output_file: str | None = None
    packages: int = 0
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    wrote: bool = False


class PipListOptions(Struct, frozen=True):
    """``pip list``, ``freeze``, ``show``, ``check``, ``tree`` and ``uninstall``.

    ``packages`` are those to show or remove; ``exclude`` those to leave out. ``editable`` lists
    editable packages only (``False``: none of them). ``depth`` bounds a tree.
    """

    place: PipPlace = field(default_factory=PipPlace)
    packages: tuple[str, ...] = ()
    requirement_files: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    editable: bool | None = None
    files: bool = False
    dry_run: bool = False
    invert: bool = False
    depth: int = 255


class ListedPackage(Struct, frozen=True):
    """One installed package; ``url`` where it came from instead of an index."""

    name: str
    version: str | None = None
    url: str | None = None
    editable: bool = False


class ShownPackage(Struct, frozen=True):
    """One installed package in detail. ``files`` are relative to ``location``."""

    name: str
    version: str
    location: str
    editable_location: str | None = None
    installer: str | None = None
    requires: tuple[str, ...] = ()
    required_by: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class ShowOutcome(Struct, frozen=True):
    """What ``pip show`` found, and the names of which nothing is installed."""

    packages: tuple[ShownPackage, ...] = ()
    missing: tuple[str, ...] = ()


class CheckOutcome(Struct, frozen=True):
    """How many packages there are, and what is wrong with them, one sentence each."""

    packages: int = 0
    problems: tuple[str, ...] = ()
