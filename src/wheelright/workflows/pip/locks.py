"""``pylock.toml`` as a list of what to install: selected and matched with files, not resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wheelright.errors import RequestError
from wheelright.lockfile import read_lock
from wheelright.lockfile.choose import choose_files, no_file_fits
from wheelright.lockfile.select import select
from wheelright.targets import normalize_name
from wheelright.venv import Origin, Wanted
from wheelright.workflows.direct.origin import archive_origin, git_origin
from wheelright.workflows.fingerprints import fingerprint
from wheelright.workflows.pip.errors import UnsupportedReferenceError, WrongReferenceError

if TYPE_CHECKING:
    from pathlib import Path

    from wheelright.lockfile import Lock, LockedPackage
    from wheelright.store import File
    from wheelright.workflows.aims import Aim
    from wheelright.workflows.context import Context
    from wheelright.workflows.pip.asking import Wishes
    from wheelright.workflows.pip_options import PipInstallOptions
    from wheelright.workflows.policy import BuildPolicy


def wanted_by_lock(
    context: Context, wishes: Wishes, aim: Aim, policy: BuildPolicy, options: PipInstallOptions
) -> list[Wanted]:
    """Return what a lock says this environment shall hold.

    Raises the errors of reading and selecting, and ``NoFileFitsError``.
    """
    if len(wishes.locks) > 1 or wishes.requirements:
        raise RequestError(
            "a `pylock.toml` stands alone: it says all that is to be installed",
            where=str(wishes.locks[0]),
            hints=["install from the lock and from the other requirements one after the other"],
        )
    path = wishes.locks[0]
    lock = _read(context, path)
    requests = options.requests
    extras = lock.extras if requests.all_extras else requests.extras
    groups = (*lock.default_groups, *requests.groups)
    packages = select(lock, aim.values, extras, groups)
    with_wheels = {package.name for package in packages if package.wheels}
    files, failures = choose_files(
        packages,
        aim.tags,
        no_build=lambda name: not policy.may_build(name) or (aim.foreign and name in with_wheels),
        no_binary=lambda name: not policy.may_use_wheels(name),
    )
    if failures:
        raise no_file_fits(failures, aim.words, tags=aim.tags)
    return [_wanted(package, files.get(normalize_name(package.name)), path) for package in packages]


def _read(context: Context, path: Path) -> Lock:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise WrongReferenceError(
            "there is no such lockfile",
            where=str(path),
            hints=["correct the path, or make the file with `wheelright lock`"],
        ) from None
    reading = read_lock(text, path)
    for warning in reading.warnings:
        context.reporter.warn(warning)
    return reading.lock


def _wanted(package: LockedPackage, file: File | None, path: Path) -> Wanted:
    if package.vcs is not None:
        if package.vcs.kind != "git":
            raise UnsupportedReferenceError(
                f"the place of `{package.name}` is a {package.vcs.kind} repository, which this"
                " version cannot install from",
                where=str(path),
                hints=["lock an index's version of it instead"],
            )
        at = git_origin(package.vcs, path.parent)
        return Wanted(package.name, package.version, None, (), at)
    origin: Origin | None = None
    if package.directory is not None:
        source = (path.parent / package.directory.path).resolve()
        if not source.is_dir():
            raise WrongReferenceError(
                f"the directory of `{package.name}` does not exist", where=str(source)
            )
        editable = package.directory.editable
        origin = Origin(source.as_uri(), editable, fingerprint(source, editable=editable))
    elif package.archive is not None:
        origin = archive_origin(package.archive)
    return Wanted(package.name, package.version, file, package.files, origin)
