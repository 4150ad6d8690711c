"""Builds of one source tree: the environment is provided, the hooks called, the result checked."""

from __future__ import annotations

import hashlib
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from wheelright.builder.environment import build_variables
from wheelright.builder.hooks import HookMissingError, Hooks
from wheelright.builder.system import read_build_system
from wheelright.builder.wheel import UnreadableWheelError, header, read_wheel_metadata
from wheelright.outside import files
from wheelright.targets.errors import InvalidFileName
from wheelright.targets.filenames import normalize_name, parse_sdist_name, parse_wheel_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from wheelright.builder.crossing import Toolchain
    from wheelright.builder.system import BuildSystem
    from wheelright.outside.reporting import Reporter
    from wheelright.targets.interpreter import Interpreter

WheelKind = Literal["wheel", "editable"]
Kind = Literal["wheel", "editable", "sdist"]

KEPT_LOGS = 100


class BuildPython(Struct, frozen=True):
    """The Python of a build: its ``executable``, ``prefix`` and folder of scripts.

    ``installed`` are the lines that say what a venv made for the build holds.
    """

    executable: Path
    prefix: Path
    scripts: Path
    installed: tuple[str, ...] = ()


class Provide(Protocol):
    """Gives a Python in which ``requirements`` (PEP 508 lines) can be imported, and little else.

    It is asked once with what ``[build-system]`` requires, and where the backend requires more,
    again with all of it and the same ``venv_dir``, a path in a temporary folder. Whoever provides
    may answer with another place, such as one kept from an earlier build.
    """

    def __call__(
        self, venv_dir: Path, interpreter: Interpreter, requirements: Sequence[str]
    ) -> BuildPython:
        """Make or find the environment."""


class BuildSettings(Struct, frozen=True):
    """How builds run.

    ``environ`` is what variables are taken from (without secrets, see ``environment``), and
    ``extra_variables`` are set on top. ``timeout`` bounds one hook, in seconds.
    ``keeps_logs`` says that the build root is there after the command too.
    """

    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    extra_variables: Mapping[str, str] = field(default_factory=dict)
    timeout: float | None = None
    keeps_logs: bool = True


class How(Struct, frozen=True):
    """What is said of one build, beyond the settings of all.

    ``variables`` are set on top of all others. ``requires`` is wanted in the environment beside
    what the tree requires. ``toolchain`` makes it a build for another machine. ``python`` is given
    where the build is not to be isolated: it runs there, with what is installed there.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    requires: tuple[str, ...] = ()
    toolchain: Toolchain | None = None
    python: BuildPython | None = None


_PLAIN = How()


class BuiltWheel(Struct, frozen=True):
    """A wheel that a backend delivered: ``name`` is normalized, ``tags`` are expanded.

    ``metadata`` is its ``METADATA``, and ``log`` what the build said. ``backend`` built it, in an
    environment with what ``installed`` says.
    """

    path: Path
    name: str
    version: str
    tags: tuple[str, ...]
    metadata: bytes
    log: Path
    backend: str = ""
    installed: tuple[str, ...] = ()


class Builder:
    """Builds source trees below ``build_root``, which holds logs, results and temporary folders.

    It keeps no state, so that several threads may build at once, each its own source.
    """

    def __init__(
        self, reporter: Reporter, build_root: Path, settings: BuildSettings | None = None
    ) -> None:
        self._reporter = reporter
        self._root = build_root.absolute()
        self._settings = settings or BuildSettings()

    def build_wheel(
        self,
        source: Path,
        interpreter: Interpreter,
        provide: Provide,
        *,
        config_settings: Mapping[str, Any] | None = None,
        out: Path | None = None,
        how: How = _PLAIN,
    ) -> BuiltWheel:
        """Build a wheel of the tree at ``source`` into ``out`` (a folder below the build root).

        Raises BuildSystemError, BackendNotFoundError, BuildFailedError, WrongResultError.
        """
        return self._wheel("wheel", source, interpreter, provide, config_settings or {}, out, how)

    def build_editable(
        self,
        source: Path,
        interpreter: Interpreter,
        provide: Provide,
        *,
        config_settings: Mapping[str, Any] | None = None,
        out: Path | None = None,
        how: How = _PLAIN,
    ) -> BuiltWheel:
        """Build an editable wheel (PEP 660), as :meth:`build_wheel` does; also NoEditableError."""
        settings = config_settings or {}
        return self._wheel("editable", source, interpreter, provide, settings, out, how)

    def build_sdist(
        self,
        source: Path,
        interpreter: Interpreter,
        provide: Provide,
        *,
        config_settings: Mapping[str, Any] | None = None,
        out: Path | None = None,
        how: How = _PLAIN,
    ) -> Path:
        """Build an sdist of the tree at ``source`` and return its path."""
        settings = config_settings or {}
        out = out or self._results(source)
        with self._hooks("sdist", source, interpreter, provide, settings, how) as hooks:
            with files.temporary_directory(out, ".building-") as inside:
                told = _told(hooks, settings, how)
                arguments = {"sdist_directory": str(inside), "config_settings": told}
                made = _delivered(hooks, "build_sdist", inside, arguments)
                stem = made.name.removesuffix(".tar.gz").removesuffix(".zip")
                name = stem.rpartition("-")[0]
                if not name or parse_sdist_name(made.name, name) is None:
                    raise hooks.wrong("build_sdist", f"`{made.name}` is not the name of an sdist")
                files.replace(made, out / made.name)
            return out / made.name

    def prepare_metadata(
        self,
        source: Path,
        interpreter: Interpreter,
        provide: Provide,
        *,
        editable: bool = False,
        config_settings: Mapping[str, Any] | None = None,
        how: How = _PLAIN,
    ) -> bytes:
        """Return the ``METADATA`` that a wheel of ``source`` would have.

        The backend's metadata hook answers; a backend without one builds the wheel.
        """
        settings = config_settings or {}
        kind: WheelKind = "editable" if editable else "wheel"
        hook = f"prepare_metadata_for_build_{kind}"
        with (
            self._hooks(kind, source, interpreter, provide, settings, how) as hooks,
            files.temporary_directory(self._root) as inside,
        ):
            settings = _told(hooks, settings, how)
            try:
                folder = hooks.call(
                    hook,
                    metadata_directory=str(inside),
                    config_settings=dict(settings),
                    _allow_fallback=False,
                )
            except HookMissingError:
                return _checked_wheel(hooks, kind, inside, settings).metadata
            return _read_dist_info(hooks, hook, inside, folder)

    def _wheel(
        self,
        kind: WheelKind,
        source: Path,
        interpreter: Interpreter,
        provide: Provide,
        config_settings: Mapping[str, Any],
        out: Path | None,
        how: How,
    ) -> BuiltWheel:
        out = out or self._results(source)
        with (
            self._hooks(kind, source, interpreter, provide, config_settings, how) as hooks,
            files.temporary_directory(out, ".building-") as inside,
        ):
            built = _checked_wheel(hooks, kind, inside, _told(hooks, config_settings, how))
            final = out / built.path.name
            files.replace(built.path, final)
            return replace(built, path=final)

    @contextmanager
    def _hooks(
        self,
        kind: Kind,
        source: Path,
        interpreter: Interpreter,
        provide: Provide,
        config_settings: Mapping[str, Any],
        how: How,
    ) -> Iterator[Hooks]:
        """Yield the backend's hooks in a Python that has all that this kind of build requires."""
        source = source.absolute()
        system = read_build_system(source)
        log = self._new_log(source)
        self._reporter.begin("build", 1)
        self._reporter.advance("build", 0, system.project)
        self._reporter.debug(f"building `{system.project}` ({kind}), log in `{log}`")
        try:
            with files.temporary_directory(self._root) as inside:
                venv_dir = inside / "venv"
                wanted = tuple(dict.fromkeys((*system.requires, *how.requires)))
                python = how.python or provide(venv_dir, interpreter, wanted)
                hooks = self._hooks_in(python, source, system, log, how)
                settings = _told(hooks, config_settings, how)
                more = hooks.requires(f"get_requires_for_build_{kind}", settings)
                if how.python is None and set(more) - set(wanted):
                    everything = tuple(dict.fromkeys((*wanted, *more)))
                    python = provide(venv_dir, interpreter, everything)
                    hooks = self._hooks_in(python, source, system, log, how)
                yield hooks
            self._reporter.advance("build", 1, system.project)
        finally:
            self._reporter.end("build")

    def _hooks_in(
        self, python: BuildPython, source: Path, system: BuildSystem, log: Path, how: How
    ) -> Hooks:
        """Return the backend's hooks in one Python."""
        toolchain = how.toolchain
        told: Mapping[str, str] = {} if toolchain is None else toolchain.variables
        without = frozenset[str]() if toolchain is None else toolchain.without
        environ = self._settings.environ
        variables = build_variables(
            {name: value for name, value in environ.items() if name not in without},
            prefix=python.prefix,
            scripts=python.scripts,
            extra={**told, **self._settings.extra_variables, **how.variables},
            in_tree=bool(system.backend_path),
        )
        return Hooks(
            source=source,
            system=system,
            python=python.executable,
            variables=variables,
            log=log,
            timeout=self._settings.timeout,
            heard=self._reporter.debug,
            installed=python.installed,
            isolated=how.python is None,
            crossing=toolchain is not None,
            keeps_log=self._settings.keeps_logs,
        )

    def _new_log(self, source: Path) -> Path:
        """Return the source's log, empty; the newest logs are kept for a look afterwards."""
        log = self._root / "logs" / f"{_key(source)}.log"
        files.make_directory(log.parent)
        by_age = sorted(log.parent.glob("*.log"), key=_changed)
        for old in by_age[: 1 - KEPT_LOGS]:
            files.remove_file(old)
        files.write_atomic(log, b"")
        return log

    def _results(self, source: Path) -> Path:
        return self._root / "built" / _key(source.absolute())


def _told(hooks: Hooks, settings: Mapping[str, Any], how: How) -> dict[str, Any]:
    """Return the config settings of a backend: those given, and those of the toolchain."""
    if how.toolchain is None:
        return dict(settings)
    return how.toolchain.config_settings(hooks.system.backend, settings)


def _changed(path: Path) -> float:
    """Return when a file was changed; one that another build has just removed is the oldest."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _key(source: Path) -> str:
    """Return a folder name for one source tree: its own name, told apart by its path."""
    digest = hashlib.sha256(os.fsencode(source)).hexdigest()[:12]
    return f"{source.name[:60]}-{digest}"


def _delivered(hooks: Hooks, hook: str, inside: Path, arguments: dict[str, Any]) -> Path:
    """Call a hook that delivers a file in ``inside`` and return its path, proved to be there."""
    name = hooks.call(hook, **arguments)
    if not isinstance(name, str):
        raise hooks.wrong(hook, "it is not a file name")
    if Path(name).name != name:
        raise hooks.wrong(hook, f"`{name}` is a path, not a file name")
    if not (inside / name).is_file():
        there = ", ".join(f"`{path.name}`" for path in sorted(inside.iterdir())) or "nothing"
        raise hooks.wrong(hook, f"it names `{name}`, but wrote {there}")
    return inside / name


def _checked_wheel(
    hooks: Hooks,
    kind: WheelKind,
    inside: Path,
    config_settings: Mapping[str, Any],
) -> BuiltWheel:
    """Have a wheel built into ``inside`` and compare its name with what it holds."""
    hook = f"build_{kind}"
    arguments = {"wheel_directory": str(inside), "config_settings": dict(config_settings)}
    path = _delivered(hooks, hook, inside, arguments)
    try:
        name = parse_wheel_name(path.name)
        metadata = read_wheel_metadata(path)
    except InvalidFileName as error:
        raise hooks.wrong(hook, error.message) from None
    except UnreadableWheelError as error:
        raise hooks.wrong(hook, f"in `{path.name}`, {error}") from None
    for field_name, expected in (("Name", name.name), ("Version", name.version)):
        got = header(metadata, field_name) or ""
        if not _same(field_name, expected, got):
            raise hooks.wrong(
                hook, f"`{path.name}` holds metadata of another {field_name.lower()}, `{got}`"
            )
    _check_project(hooks, hook, metadata, path.name)
    tags = tuple(
        f"{python}-{abi}-{platform}"
        for python in name.pythons
        for abi in name.abis
        for platform in name.platforms
    )
    return BuiltWheel(
        path,
        name.name,
        header(metadata, "Version") or "",
        tags,
        metadata,
        hooks.log,
        hooks.system.backend,
        hooks.installed,
    )


def _check_project(hooks: Hooks, hook: str, metadata: bytes, result: str) -> None:
    """Refuse a result for another project than the one that ``[project]`` states."""
    if not hooks.system.stated:
        return
    got = header(metadata, "Name") or ""
    if normalize_name(got) != normalize_name(hooks.system.project):
        raise hooks.wrong(hook, f"`{result}` is of another project, `{got}`")


def _same(field_name: str, expected: str, got: str) -> bool:
    if field_name == "Name":
        return normalize_name(got) == expected
    from packaging.version import InvalidVersion, Version

    try:
        return Version(got) == Version(expected.replace("_", "-"))
    except InvalidVersion:
        return False


def _read_dist_info(hooks: Hooks, hook: str, inside: Path, folder: object) -> bytes:
    if not isinstance(folder, str) or Path(folder).name != folder:
        raise hooks.wrong(hook, "it is not the name of a `.dist-info` folder")
    path = inside / folder / "METADATA"
    if not path.is_file():
        raise hooks.wrong(hook, f"there is no `METADATA` in `{folder}`")
    metadata = files.read_bytes(path)
    _check_project(hooks, hook, metadata, folder)
    return metadata
