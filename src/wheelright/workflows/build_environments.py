"""Environments to build in: resolved and installed by Wheelright itself, and kept.

An environment is kept under what is in it, so that the next build that requires the same starts at
once. Wheels are preferred; where a requirement has none that fits, its sdist is built here first.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from wheelright.builder import BuildPython
from wheelright.errors import RequestError
from wheelright.outside import files
from wheelright.outside.reporting import Silent
from wheelright.resolver import Policy, ResolutionFailure
from wheelright.venv import (
    ApplyOptions,
    BrokenVenv,
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
from wheelright.workflows.cutoffs import Cutoffs
from wheelright.workflows.fetching import Fetcher
from wheelright.workflows.machine import request_for, resolve_for_machine
from wheelright.workflows.options import ResolveOptions
from wheelright.workflows.policy import BuildPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wheelright.index import Indexes
    from wheelright.store import File, StoredWheel
    from wheelright.targets import Interpreter
    from wheelright.venv import Venv
    from wheelright.workflows.build_wishes import BuildWishes
    from wheelright.workflows.context import Context

_COMPLETE = ".complete"


class BuildHashesError(RequestError):
    """Something that a build requires has no pin with a hash, and hashes are required."""


class BuildEnvironments(Struct, frozen=True):
    """Provides Pythons for builds; ``build`` makes a wheel of an sdist that a build requires."""

    context: Context
    indexes: Indexes
    wishes: BuildWishes
    build: Callable[[File], StoredWheel]

    def provide(
        self, venv_dir: Path, interpreter: Interpreter, requirements: Sequence[str]
    ) -> BuildPython:
        """Return a Python that can import what a build requires, kept from before if it can be."""
        del venv_dir
        fetched = self.wheels(interpreter, requirements, "the build")
        root = self.context.cache_directory / "build-environments"
        key = hashlib.sha256(str(interpreter.executable).encode())
        for name in sorted(fetched):
            key.update(f"\n{name} {fetched[name].sha256}".encode())
        path = root / key.hexdigest()[:24]
        files.make_directory(root)
        with lock_venv(f"{path}", self.context.reporter):
            venv = _ready(path) or _furnished(path, interpreter, fetched)
        installed = tuple(
            f"{name}=={fetched[name].version} sha256:{fetched[name].sha256}"
            for name in sorted(fetched)
        )
        return BuildPython(Path(venv.executable), Path(venv.path), Path(venv.scripts), installed)

    def wheels(
        self, interpreter: Interpreter, requirements: Sequence[str], what: str
    ) -> dict[str, StoredWheel]:
        """Return the stored wheels that requirements lead to. Raises :class:`BuildHashesError`."""
        chosen = self._resolved(interpreter, requirements, what)
        if self.wishes.require_hashes:
            _insist_on_hashes(chosen, self.wishes)
        chosen = {name: self._hashed(name, file) for name, file in chosen.items()}
        return Fetcher(lambda: self.indexes, self.context.store, Silent(), self.build).wheels(
            chosen
        )

    def _resolved(
        self, interpreter: Interpreter, requirements: Sequence[str], what: str
    ) -> Mapping[str, File]:
        reporter = self.context.reporter
        cutoffs = Cutoffs.of(self.context.settings, ResolveOptions(), reporter)
        question = replace(
            request_for(interpreter, requirements, BuildPolicy(no_build=True), what),
            choice=Policy(constraints=self.wishes.constraints),
            restrict=cutoffs.apply,
        )
        try:
            return resolve_for_machine(question, self.indexes, Silent()).files
        except ResolutionFailure as failure:
            # What has no wheel here is built in turn, where that is all that stands in the way.
            try:
                question = replace(question, policy=BuildPolicy())
                return resolve_for_machine(question, self.indexes, Silent()).files
            except ResolutionFailure:
                raise failure from None

    def _hashed(self, name: str, file: File) -> File:
        """Return a file that is checked against the hash that was given for it, if one was."""
        allowed = self.wishes.hashes.get(name)
        if not allowed:
            return file
        given = dict(text.split(":", 1) for text in sorted(allowed))
        said = {f"{kind}:{digest}" for kind, digest in file.hashes.items()}
        if said & allowed:
            return file
        if given.keys() & file.hashes.keys():
            raise BuildHashesError(
                f"`{file.name}`, which a build requires, has none of the hashes given for it",
                details=[f"the index says {text}" for text in sorted(said)],
                hints=["correct the build constraints, or pin another version in them"],
            )
        kind, digest = next(iter(given.items()))
        return replace(file, hashes={**file.hashes, kind: digest})


def _insist_on_hashes(chosen: Mapping[str, File], wishes: BuildWishes) -> None:
    missing = sorted(name for name in chosen if not wishes.hashes.get(name))
    if missing:
        names = ", ".join(f"`{name}`" for name in missing)
        raise BuildHashesError(
            "hashes of build requirements are required, and some have none",
            details=[f"without a hash: {names}"],
            hints=["pin them with `--hash` in a file given with `--build-constraints`"],
        )


def _ready(path: Path) -> Venv | None:
    """Return the environment if it was finished and its Python is still there."""
    if not (path / _COMPLETE).is_file():
        return None
    try:
        venv = find_venv(path)
    except BrokenVenv:
        return None
    return venv if venv is not None and Path(venv.executable).exists() else None


def _furnished(path: Path, interpreter: Interpreter, fetched: Mapping[str, StoredWheel]) -> Venv:
    venv = create_venv(path, interpreter, clear=True)
    wanted = [
        Wanted(name, wheel.version, wheel.file, (wheel.file,)) for name, wheel in fetched.items()
    ]
    plan = make_plan(wanted, (), None, lambda *_: None, PlanOptions())
    record = Record(python=venv.version, platform=str(interpreter.platform))
    record = msgspec.structs.replace(record, packages=next_packages(None, plan, fetched))
    options = ApplyOptions(arch=interpreter.platform.arch)
    apply_plan(venv, plan, fetched, record, Silent(), options)
    files.write_atomic(path / _COMPLETE, b"")
    return venv
