"""What can go wrong with a build: whose fault it is, where the log is, and what would help.

The tree::

    RequestError
    ├── BuildSystemError      the source tree does not say properly how it is built
    ├── BackendNotFoundError  the backend cannot be imported from what it requires
    ├── BuildFailedError      the backend failed in a hook
    │   └── BuildTimeoutError     it took longer than it may
    ├── NoEditableError       the backend cannot build editable wheels (PEP 660)
    ├── WrongResultError      the backend delivered something else than it was asked for
    ├── ForeignBuildError     native code cannot be built here for what it is wanted for
    ├── NativeBuildForbiddenError  native code on disk where only what is pure may be built
    ├── UnfitBuildError       what was built needs more than its target has
    └── BrokenSdistError      an sdist cannot be unpacked safely
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wheelright.builder.target import BuildTarget


class BuildSystemError(RequestError):
    """A source tree whose ``[build-system]`` is missing, malformed or points outside the tree."""

    def __init__(self, name: str, cause: str, *, where: str, hints: Sequence[str] = ()) -> None:
        super().__init__(f"`{name}` cannot be built: {cause}", where=where, hints=hints)
        self.cause = cause


class BackendNotFoundError(RequestError):
    """The backend, or something that it imports, is not among what the build requires."""

    def __init__(
        self, name: str, backend: str, *, where: str, details: Sequence[str], hints: Sequence[str]
    ) -> None:
        super().__init__(
            f"The build backend `{backend}` of `{name}` could not be imported",
            where=where,
            details=details,
            hints=hints,
        )
        self.backend = backend


def _whole(log: Path, kept: bool) -> str:
    return f"The whole log is in `{log}`" if kept else "Without `--no-cache` the log is kept"


class BuildFailedError(RequestError):
    """The backend failed in ``hook``; ``log`` is the file with all that it said.

    ``keeps_log`` says that it is there after the command too.
    """

    def __init__(
        self,
        message: str,
        *,
        hook: str,
        where: str,
        log: Path,
        details: Sequence[str] = (),
        hints: Sequence[str] = (),
        keeps_log: bool = True,
    ) -> None:
        hints = (*hints, _whole(log, keeps_log))
        super().__init__(message, where=where, details=details, hints=hints)
        self.hook = hook
        self.log = log


class BuildTimeoutError(BuildFailedError):
    """The backend took longer than it may and was ended, with all that it had started."""


class NoEditableError(RequestError):
    """The backend has no ``build_editable`` hook."""

    def __init__(self, name: str, backend: str, *, where: str) -> None:
        super().__init__(
            f"The build backend `{backend}` of `{name}` cannot make editable installs",
            where=where,
            hints=["Install it as a normal wheel with `--no-editable`"],
        )


class WrongResultError(RequestError):
    """The backend's answer is not what its specification (PEP 517) or the request demands."""

    def __init__(self, name: str, backend: str, hook: str, cause: str, *, where: str) -> None:
        super().__init__(
            f"The build backend `{backend}` of `{name}` delivered a wrong result: {cause}",
            where=f"{where} ({hook})",
            hints=["This is a fault of the backend or of the project's metadata; tell its authors"],
        )
        self.cause = cause


class ForeignBuildError(RequestError):
    """Native code that cannot be built on this machine for a target; ``evidence`` shows it.

    ``why`` says what is lacking here, ``hints`` what would help besides.
    """

    def __init__(
        self, name: str, target: BuildTarget, evidence: str, why: str, hints: Sequence[str] = ()
    ) -> None:
        super().__init__(
            f"`{name}` cannot be built on this machine for {target.words}",
            details=[
                f"it holds native code: {evidence}",
                why,
            ],
            hints=[
                *hints,
                (
                    f"ask for an older version of `{name}` that has a wheel for {target.called}:"
                    f" `--no-build-package {name}` considers only those"
                ),
                "build it on such a machine, and give the wheel with `--find-links DIRECTORY`",
            ],
        )
        self.evidence = evidence


class NativeBuildForbiddenError(RequestError):
    """Native code in a project on disk, where only what is pure may be built."""

    def __init__(self, name: str, evidence: str, *, where: str) -> None:
        super().__init__(
            f"`{name}` holds native code, and builds are not allowed",
            where=where,
            details=[f"what shows it: {evidence}"],
            hints=["leave `--no-build` and its like out; a pure project is built all the same"],
        )
        self.evidence = evidence


class UnfitBuildError(RequestError):
    """A wheel that was built for a target and needs more than the target has; ``why`` says what."""

    def __init__(
        self,
        name: str,
        version: str,
        target: BuildTarget,
        why: str,
        *,
        log: Path,
        keeps_log: bool = True,
    ) -> None:
        super().__init__(
            f"`{name}` {version} was built, and the result does not serve {target.words}",
            details=[why],
            hints=[
                (
                    f"ask for a version of `{name}` that has a wheel for {target.called}:"
                    f" `--no-build-package {name}` considers only those"
                ),
                _whole(log, keeps_log),
            ],
        )
        self.why = why
        self.log = log


class BrokenSdistError(RequestError):
    """An sdist that cannot or must not be unpacked: ``file`` names it, ``cause`` says why."""

    def __init__(self, file: str, cause: str) -> None:
        super().__init__(f"The sdist `{file}` cannot be unpacked: {cause}")
        self.file = file
        self.cause = cause
