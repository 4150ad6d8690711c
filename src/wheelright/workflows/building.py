"""Builds as the verbs need them: for a target, with our own environments, results kept.

Which target a build is for is decided before it starts (:func:`~wheelright.builder.way_to`). What
comes out is measured: a wheel that needs more than its target has is refused and never kept, one
that serves is stamped with its floor and kept for exactly this source, Python, platform and floor.
"""

from __future__ import annotations

import dataclasses
import hashlib
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import msgspec
from msgspec.structs import replace

from wheelright import __version__
from wheelright.builder import (
    Builder,
    BuildFailedError,
    BuildPython,
    BuildSettings,
    BuildTarget,
    ForeignBuildError,
    NativeBuildForbiddenError,
    UnfitBuildError,
    WrongResultError,
    measure_wheel,
    misfit,
    misfit_in_tree,
    native_evidence,
    read_build_system,
    stamp_wheel,
    unpack_sdist,
    way_to,
)
from wheelright.outside import files
from wheelright.store import File, HashMismatch
from wheelright.targets import InvalidFileName, normalize_name, parse_sdist_name
from wheelright.workflows.build_environments import BuildEnvironments
from wheelright.workflows.build_wishes import build_wishes
from wheelright.workflows.crossing import cross_toolchain, no_toolchain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wheelright.builder import BuiltWheel, How, Measured, Way
    from wheelright.errors import WheelrightError
    from wheelright.index import Indexes
    from wheelright.store import StoredWheel
    from wheelright.targets import Interpreter
    from wheelright.venv import Venv
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.build_wishes import BuildWishes
    from wheelright.workflows.context import Context
    from wheelright.workflows.options import BuildingOptions

Kind = Literal["wheel", "editable"]


class BuildDetails(msgspec.Struct, frozen=True, rename="kebab"):
    """What built a wheel, kept in its ``.dist-info`` and beside it in the cache.

    ``source`` is its hash or commit, ``target`` what it was built for, ``floor`` what it was
    measured to need, ``compilers`` those that built it, ``requires`` the build environment.
    """

    project: str
    version: str
    source: str | None
    backend: str
    requires: tuple[str, ...]
    compilers: tuple[str, ...]
    python: str
    target: str
    floor: str | None
    needs: tuple[str, ...]
    config_settings: dict[str, list[str]]
    builder: str = f"wheelright {__version__}"


class Kept(msgspec.Struct, frozen=True):
    """What the cache remembers of a build: the wheel's ``file`` name, its hash, and the details."""

    file: str
    sha256: str
    details: BuildDetails | None = None


@dataclass(frozen=True)
class Builds:
    """Builds for what an environment is for, with results in the cache.

    Without an ``aim`` they are for this machine. ``runtime`` are the versions of what will be
    installed beside them, ``venv`` is where builds run that are not to be isolated.
    """

    context: Context
    indexes: Indexes
    interpreter: Interpreter
    aim: Aim | None = None
    options: BuildingOptions | None = None
    runtime: Mapping[str, str] = field(default_factory=dict)
    venv: Venv | None = None
    chain: tuple[str, ...] = ()
    pure: bool = False

    @cached_property
    def builder(self) -> Builder:
        """Return the builder, with the environment of this run."""
        settings = BuildSettings(
            environ=self.context.environ, timeout=self._timeout, keeps_logs=self._keeps_logs
        )
        return Builder(self.context.reporter, self.builder_root, settings)

    @cached_property
    def wishes(self) -> BuildWishes:
        """What settings and options ask of builds."""
        return build_wishes(self.context, self.options)

    @cached_property
    def python(self) -> Interpreter:
        """The Python that builds: of the version that the target has, where one is found."""
        if self.aim is None or self.aim.tags.python == self.interpreter.python:
            return self.interpreter
        from wheelright.interpreters import PythonNotFound, find
        from wheelright.workflows.pythons import search_in

        wanted = ".".join(map(str, self.aim.tags.python))
        try:
            return find(wanted, None, search=search_in(self.context, venvs=False))
        except PythonNotFound:
            return self.interpreter

    @cached_property
    def target(self) -> BuildTarget:
        """What builds are for."""
        if self.aim is None:
            return BuildTarget(self.python.platform)
        return BuildTarget(self.aim.platform, self.aim.name)

    @cached_property
    def way(self) -> Way:
        """How this machine builds for it."""
        if self.pure:
            return "pure"
        if self.aim is not None and self.aim.tags.python != self.python.python:
            return "pure"
        return way_to(self.target, self.python)

    @cached_property
    def environments(self) -> BuildEnvironments:
        """The environments that builds run in."""
        return BuildEnvironments(self.context, self.indexes, self.wishes, self._required)

    @property
    def builder_root(self) -> Path:
        """The folder that builds work in."""
        return self.context.cache_directory / "builds"

    @property
    def _timeout(self) -> float | None:
        return None if self.options is None else self.options.timeout

    @property
    def _keeps_logs(self) -> bool:
        """Whether the cache, and the logs in it, outlive the command."""
        return self.context.temporary_cache is None

    # -- what verbs ask for

    def editable(self, source: Path) -> StoredWheel:
        """Build an editable wheel of a source tree and store it."""
        return self._built("editable", source, None)

    def wheel(
        self, source: Path, identity: str | None = None, name: str | None = None
    ) -> StoredWheel:
        """Build a wheel of a source tree and store it; ``identity`` is the hash of the source.

        ``name`` is that of the project, where it is known already.

        Raises :class:`ForeignBuildError` and :class:`UnfitBuildError` where the target is not
        this machine, and what the builder raises.
        """
        return self._built("wheel", source, identity, name)

    def only_pure(self) -> Builds:
        """Return the same builds, which refuse native code (``NativeBuildForbiddenError``)."""
        return dataclasses.replace(self, pure=True)

    def metadata(self, source: Path, name: str | None = None) -> bytes:
        """Return the METADATA of a source tree, from its backend."""
        name = name or self._name(source)
        how = self.wishes.how(name, self.runtime, self._own_python())
        provide = self.environments.provide
        settings = self.wishes.settings_of(name)
        return self.builder.prepare_metadata(
            source, self.interpreter, provide, config_settings=settings, how=how
        )

    def source_distribution(self, source: Path, name: str, out: Path) -> Path:
        """Build an sdist of a source tree into a folder."""
        how = self.wishes.how(name, self.runtime, self._own_python())
        settings = self.wishes.settings_of(name)
        provide = self.environments.provide
        return self.builder.build_sdist(
            source, self.interpreter, provide, config_settings=settings, out=out, how=how
        )

    def sdist(self, file: File, subdirectory: str | None = None) -> StoredWheel:
        """Build a wheel of an sdist, or return the one built before from the same bytes.

        ``subdirectory`` is where the project lies in it.
        """
        digest = file.hashes.get("sha256")
        identity = f"sha256:{digest}" if digest else None
        name = None if subdirectory else _project_in(file.name)
        digest = digest or hashlib.sha256(file.url.encode()).hexdigest()
        if subdirectory is not None:
            digest = hashlib.sha256(f"{digest} {subdirectory}".encode()).hexdigest()

        def make() -> StoredWheel:
            with (
                self._shown(file.name),
                files.temporary_directory(self.builder_root) as place,
            ):
                return self.wheel(self._unpacked(file, place, subdirectory), identity, name)

        return self.once(digest, make, name)

    def once(
        self, digest: str, make: Callable[[], StoredWheel], name: str | None = None
    ) -> StoredWheel:
        """Return what was built before from what a digest stands for, else what ``make`` makes.

        What was built for another floor, platform or Python, or with other settings, is another.
        """
        note = self._note(digest, name)
        kept = self._kept(note)
        if kept is not None:
            return kept
        stored = make()
        document = Kept(stored.file.name, stored.sha256, read_details(stored))
        files.make_directory(note.parent)
        files.write_atomic(note, msgspec.json.encode(document))
        return stored

    def sdist_metadata(self, file: File) -> bytes:
        """Return the METADATA of an sdist whose own cannot be trusted, from its backend."""
        with self._shown(file.name), files.temporary_directory(self.builder_root) as place:
            return self.metadata(self._unpacked(file, place), _project_in(file.name))

    @contextmanager
    def _shown(self, what: str) -> Iterator[None]:
        """Show what is built from the first moment on: unpacking a large sdist takes seconds."""
        reporter = self.context.reporter
        reporter.begin("build")
        reporter.advance("build", 0, what)
        try:
            yield
        finally:
            reporter.end("build")

    # -- building for the target

    def _built(
        self, kind: Kind, source: Path, identity: str | None, name: str | None = None
    ) -> StoredWheel:
        known, name = name, name or self._name(source)
        with files.temporary_directory(self.builder_root) as out:
            built, measured, compiler = self.proved(kind, source, name, out)
            if known is not None and built.name != normalize_name(known):
                raise WrongResultError(
                    known,
                    built.backend,
                    f"build_{kind}",
                    f"`{built.path.name}` is of another project, `{built.name}`",
                    where=str(source),
                )
            details = None
            if kind == "wheel":
                details = self.details(built, measured, identity, compiler)
            path = stamp_wheel(built.path, measured, details)
            data = files.read_bytes(path)
            digest = hashlib.sha256(data).hexdigest()
            file = File(path.name, path.as_uri(), {"sha256": digest}, len(data))
            return self.context.store.add(file, [data])

    def proved(
        self, kind: Kind, source: Path, name: str, out: Path
    ) -> tuple[BuiltWheel, Measured, str | None]:
        """Build a wheel into ``out`` and measure it; the last is the compiler brought along.

        Raises :class:`ForeignBuildError`, :class:`UnfitBuildError`, and what the builder raises.
        """
        how = self.wishes.how(name, self.runtime, self._own_python())
        evidence = None if self.way == "native" else native_evidence(source)
        if self.way == "pure" and evidence is not None:
            raise self._refused(name, evidence, source)
        started = time.time()
        with files.temporary_directory(self.builder_root) as place:
            if self.way == "native":
                built, compiler = self._run(kind, source, how, name, out), None
            elif evidence is None:
                built, compiler = self._without_compiler(kind, source, how, name, place, out)
            else:
                built, compiler = self._crossed(kind, source, how, name, place, out)
        measured = measure_wheel(built.path, self.target)
        why = misfit(measured, self.target)
        if why is None and kind == "editable" and self.target.name is not None:
            why = misfit_in_tree(source, started, self.target)
        if why is None and self.way == "pure" and not measured.pure:
            why = f"`{built.path.name}` is not a pure wheel"
        if why is not None:
            files.remove_file(built.path)
            if self.pure:
                raise self._refused(name, why, source)
            raise UnfitBuildError(
                built.name,
                built.version,
                self.target,
                why,
                log=built.log,
                keeps_log=self._keeps_logs,
            )
        return built, measured, compiler

    def _without_compiler(
        self, kind: Kind, source: Path, how: How, name: str, place: Path, out: Path
    ) -> tuple[BuiltWheel, str | None]:
        """Build what shows no native code; where a compiler is called after all, with one."""
        toolchain = no_toolchain(self.target, place / "none")
        try:
            built = self._run(kind, source, replace(how, toolchain=toolchain), name, out)
        except BuildFailedError:
            if not toolchain.was_asked():
                raise
        else:
            if not toolchain.was_asked():
                return built, None
            files.remove_file(built.path)
        if self.way == "pure":
            raise self._refused(name, "its build calls a compiler", source)
        return self._crossed(kind, source, how, name, place, out)

    def _crossed(
        self, kind: Kind, source: Path, how: How, name: str, place: Path, out: Path
    ) -> tuple[BuiltWheel, str | None]:
        toolchain = cross_toolchain(self.environments, self.target, self.python, place / "cross")
        reporter = self.context.reporter
        reporter.note(f"compiling `{name}` for {self.target.words} with {toolchain.compiler}")
        built = self._run(kind, source, replace(how, toolchain=toolchain), name, out)
        return built, toolchain.compiler

    def _run(self, kind: Kind, source: Path, how: How, name: str, out: Path) -> BuiltWheel:
        build = self.builder.build_editable if kind == "editable" else self.builder.build_wheel
        settings = self.wishes.settings_of(name)
        provide = self.environments.provide
        return build(source, self.python, provide, config_settings=settings, out=out, how=how)

    def _refused(self, name: str, evidence: str, source: Path) -> WheelrightError:
        if self.pure:
            return NativeBuildForbiddenError(name, evidence, where=str(source))
        here = self.python.describe()
        if self.aim is not None and self.aim.tags.python != self.python.python:
            wanted = "Python " + ".".join(map(str, self.aim.tags.python))
            why = f"{wanted} would build it, and only {here} is at hand"
            return ForeignBuildError(name, self.target, evidence, why, [f"install {wanted} here"])
        why = f"{here} on {self.python.platform.describe()} compiles nothing for it"
        return ForeignBuildError(name, self.target, evidence, why)

    def details(
        self, built: BuiltWheel, measured: Measured, identity: str | None, compiler: str | None
    ) -> bytes:
        """Return what built a wheel, as the file for its ``.dist-info``."""
        native = bool(measured.needs.binaries)
        compilers = (*((compiler,) if compiler and native else ()), *measured.compilers)
        told = BuildDetails(
            project=built.name,
            version=built.version,
            source=identity,
            backend=built.backend,
            requires=built.installed,
            compilers=compilers,
            python=self.python.describe(),
            target=str(self.target.platform),
            floor=None if measured.floor is None else str(measured.floor),
            needs=measured.needs.versions,
            config_settings=self.wishes.settings_of(built.name),
        )
        return msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"

    # -- parts

    def _name(self, source: Path) -> str:
        return normalize_name(read_build_system(source).project)

    def _own_python(self) -> BuildPython:
        """Return the Python of builds that are not isolated."""
        if self.venv is not None:
            venv = self.venv
            return BuildPython(Path(venv.executable), Path(venv.path), Path(venv.scripts))
        here = self.interpreter
        return BuildPython(here.executable, here.prefix, here.paths.scripts)

    def _required(self, file: File) -> StoredWheel:
        """Build what a build requires and has no wheel: for this machine."""
        if file.name in self.chain:
            from wheelright.errors import RequestError

            names = ", ".join(f"`{name}`" for name in self.chain)
            raise RequestError(
                f"`{file.name}` is required to build itself",
                details=[f"being built: {names}"],
                hints=["give a wheel of it with `--find-links`"],
            )
        again = Builds(
            self.context,
            self.indexes,
            self.interpreter,
            options=self.options,
            chain=(*self.chain, file.name),
        )
        return again.sdist(file)

    def _unpacked(self, file: File, place: Path, subdirectory: str | None = None) -> Path:
        """Fetch an sdist, check its hash and unpack it."""
        archive = place / file.name
        digest = hashlib.sha256()
        reporter = self.context.reporter
        reporter.begin("download", file.size)
        try:
            with self.indexes.open(file) as chunks, files.writing(archive) as out:
                for chunk in chunks:
                    digest.update(chunk)
                    out.write(chunk)
                    reporter.advance("download", len(chunk), file.name)
        finally:
            reporter.end("download")
        expected = file.hashes.get("sha256")
        if expected is not None and digest.hexdigest() != expected:
            raise HashMismatch(file.name, "sha256", expected, digest.hexdigest())
        return unpack_sdist(archive, place / "source", subdirectory)

    def _note(self, digest: str, name: str | None) -> Path:
        """Return where it is noted what was built from a source, for this target and Python."""
        python = "".join(map(str, self.python.python)) + ("t" if self.python.free_threaded else "")
        kind = f"{self.python.implementation}{python}-{self.target.platform}"
        if self.target.name is None:
            kind += "-here"  # may use libraries of this machine, which a target cannot promise
        how = self.wishes.how(name or "", self.runtime, self._own_python())
        asked = self.wishes.key(name or "", how)
        kind += f"-{asked}" if asked else ""
        return self.context.cache_directory / "built" / digest[:2] / digest / f"{kind}.json"

    def _kept(self, note: Path) -> StoredWheel | None:
        try:
            known = msgspec.json.decode(note.read_bytes(), type=Kept)
        except (OSError, msgspec.MsgspecError):
            return None
        return self.context.store.get(File(known.file, "", {"sha256": known.sha256}))


def read_details(stored: StoredWheel) -> BuildDetails | None:
    """Return what a stored wheel says of its build; None where it was not built here."""
    from wheelright.builder import DETAILS

    path = Path(stored.path) / stored.facts.dist_info / DETAILS
    try:
        return msgspec.json.decode(path.read_bytes(), type=BuildDetails)
    except (OSError, msgspec.MsgspecError):
        return None


def _project_in(filename: str) -> str | None:
    """Return the project that the name of an sdist speaks of, where it can be told."""
    stem = filename.removesuffix(".zip").removesuffix(".tar.gz").rpartition("-")[0]
    try:
        known = stem and parse_sdist_name(filename, stem)
    except InvalidFileName:
        return None
    return normalize_name(stem) if known else None
