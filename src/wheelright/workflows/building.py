"""Builds as the verbs need them: isolated Pythons from our own resolver and store, wheels kept.

``builder`` runs backends; it is given here the environments that they require, resolved for the
building Python, installed from the store and kept in the cache for the next build.
"""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from wheelright.builder import Builder, BuildPython, BuildSettings, unpack_sdist
from wheelright.outside import files
from wheelright.outside.reporting import Silent
from wheelright.store import File
from wheelright.venv import (
    ApplyOptions,
    PlanOptions,
    Record,
    Wanted,
    apply_plan,
    create_venv,
    find_venv,
    lock_venv,
    make_plan,
    next_packages,
)
from wheelright.workflows.fetching import Fetcher
from wheelright.workflows.judges import BuildPolicy
from wheelright.workflows.machine import request_for, resolve_for_machine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wheelright.builder import BuiltWheel
    from wheelright.index import Indexes
    from wheelright.store import StoredWheel
    from wheelright.targets import Interpreter
    from wheelright.venv import Venv
    from wheelright.workflows.context import Context


class Builds(Struct, frozen=True, dict=True):
    """Builds for one interpreter on this machine, with results in the cache."""

    context: Context
    indexes: Indexes
    interpreter: Interpreter
    config_settings: Mapping[str, Sequence[str]]

    @cached_property
    def builder(self) -> Builder:
        """Return the builder, with the environment of this run."""
        root = self.context.cache_directory / "builds"
        return Builder(self.context.reporter, root, BuildSettings(environ=self.context.environ))

    def editable(self, source: Path) -> StoredWheel:
        """Build an editable wheel of a source tree and store it."""
        built = self.builder.build_editable(
            source, self.interpreter, self.provide, config_settings=self._settings()
        )
        return self._keep(built)

    def wheel(self, source: Path) -> StoredWheel:
        """Build a wheel of a source tree and store it."""
        built = self.builder.build_wheel(
            source, self.interpreter, self.provide, config_settings=self._settings()
        )
        return self._keep(built)

    def metadata(self, source: Path) -> bytes:
        """Return the METADATA of a source tree, from its backend."""
        return self.builder.prepare_metadata(
            source, self.interpreter, self.provide, config_settings=self._settings()
        )

    def sdist(self, file: File, subdirectory: str | None = None) -> StoredWheel:
        """Build a wheel of an sdist, or return the one built before from the same bytes.

        ``subdirectory`` is where the project lies in it.
        """
        digest = file.hashes.get("sha256") or hashlib.sha256(file.url.encode()).hexdigest()
        if subdirectory is not None:
            digest = hashlib.sha256(f"{digest} {subdirectory}".encode()).hexdigest()

        def make() -> StoredWheel:
            with files.temporary_directory(self.builder_root) as place:
                return self.wheel(self._unpacked(file, place, subdirectory))

        return self.once(digest, make)

    def once(self, digest: str, make: Callable[[], StoredWheel]) -> StoredWheel:
        """Return what was built before from what a digest stands for, else what ``make`` makes."""
        note = self._note(digest)
        kept = self._kept(note)
        if kept is not None:
            return kept
        stored = make()
        document = {"file": stored.file.name, "sha256": stored.sha256}
        files.make_directory(note.parent)
        files.write_atomic(note, msgspec.json.encode(document))
        return stored

    def sdist_metadata(self, file: File) -> bytes:
        """Return the METADATA of an sdist whose own cannot be trusted, from its backend."""
        with files.temporary_directory(self.builder_root) as place:
            return self.metadata(self._unpacked(file, place))

    @property
    def builder_root(self) -> Path:
        """The folder that builds work in."""
        return self.context.cache_directory / "builds"

    def _settings(self) -> dict[str, list[str]]:
        return {name: list(values) for name, values in self.config_settings.items()}

    def _unpacked(self, file: File, place: Path, subdirectory: str | None = None) -> Path:
        """Fetch an sdist, check its hash and unpack it."""
        archive = place / file.name
        digest = hashlib.sha256()
        with self.indexes.open(file) as chunks, files.writing(archive) as out:
            for chunk in chunks:
                digest.update(chunk)
                out.write(chunk)
        expected = file.hashes.get("sha256")
        if expected is not None and digest.hexdigest() != expected:
            from wheelright.store import HashMismatch

            raise HashMismatch(file.name, "sha256", expected, digest.hexdigest())
        return unpack_sdist(archive, place / "source", subdirectory)

    def _note(self, digest: str) -> Path:
        """Return where it is noted what was built from a source, for this kind of Python."""
        python = "".join(map(str, self.interpreter.python))
        kind = f"{self.interpreter.implementation}{python}-{self.interpreter.platform}"
        return self.context.cache_directory / "built" / digest[:2] / digest / f"{kind}.json"

    def _kept(self, note: Path) -> StoredWheel | None:
        try:
            known = msgspec.json.decode(note.read_bytes(), type=dict[str, str])
        except (OSError, msgspec.MsgspecError):
            return None
        return self.context.store.get(File(known["file"], "", {"sha256": known["sha256"]}))

    def _keep(self, built: BuiltWheel) -> StoredWheel:
        data = files.read_bytes(built.path)
        digest = hashlib.sha256(data).hexdigest()
        file = File(built.path.name, built.path.as_uri(), {"sha256": digest}, len(data))
        stored = self.context.store.add(file, [data])
        files.remove_file(built.path)
        return stored

    # -- environments to build in

    def provide(
        self, venv_dir: Path, interpreter: Interpreter, requirements: Sequence[str]
    ) -> BuildPython:
        """Return a Python that can import what a build requires, kept from before if it can be."""
        del venv_dir
        root = self.context.cache_directory / "build-environments"
        wanted = resolve_for_machine(
            request_for(interpreter, requirements, BuildPolicy(no_build=True), "the build"),
            self.indexes,
            Silent(),
        )
        fetched = Fetcher(self.indexes, self.context.store, Silent()).wheels(wanted.files)
        key = hashlib.sha256(str(interpreter.executable).encode())
        for name in sorted(fetched):
            key.update(f"\n{name} {fetched[name].sha256}".encode())
        path = root / key.hexdigest()[:24]
        files.make_directory(root)
        with lock_venv(f"{path}", self.context.reporter):
            venv = self._ready(path)
            if venv is None:
                venv = self._furnished(path, interpreter, fetched)
        return BuildPython(Path(venv.executable), Path(venv.path), Path(venv.scripts))

    def _ready(self, path: Path) -> Venv | None:
        """Return the environment if it was finished and its Python is still there."""
        if not (path / ".complete").is_file():
            return None
        venv = find_venv(path)
        return venv if venv is not None and Path(venv.executable).exists() else None

    def _furnished(
        self, path: Path, interpreter: Interpreter, fetched: Mapping[str, StoredWheel]
    ) -> Venv:
        venv = create_venv(path, interpreter, clear=True)
        wanted = [
            Wanted(name, wheel.version, wheel.file, (wheel.file,))
            for name, wheel in fetched.items()
        ]
        plan = make_plan(wanted, (), None, lambda _: None, PlanOptions())
        record = Record(python=venv.version, platform=str(interpreter.platform))
        record = msgspec.structs.replace(record, packages=next_packages(None, plan, fetched))
        options = ApplyOptions(arch=interpreter.platform.arch)
        apply_plan(venv, plan, fetched, record, Silent(), options)
        files.write_atomic(path / ".complete", b"")
        return venv
