"""The plan: what a sync will do and why, as data, before anything is touched.

Pure: no file is read here. ``inspect`` says what is installed, ``record`` where it came from,
the caller what is wanted and what fits.

How an installed package is judged, first answer wins:

1. asked to reinstall, interrupted, damaged, or installed twice: reinstall
2. another source (directory, editable or not, index) or a changed source tree: reinstall
3. another version: reinstall
4. its file is known (recorded): not among the locked files, or does not fit the target: reinstall
5. its file is not known (another tool installed it): its WHEEL tags decide the same

The recorded file name comes before the tags in WHEEL because some wheels' tags disagree with
their names: judged by its inner tag such a wheel would be replaced by itself at every sync.
A file that fits stays, though a fresh venv might get a better one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct, field

from wheelright.store import File, same_version

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from wheelright.venv.inspect import Installed
    from wheelright.venv.record import Record, RecordedPackage

    # Takes the file name of a wheel; why it does not fit the target, or `None` where it does.
    Fits = Callable[[str], str | None]

ActionKind = Literal["install", "remove", "reinstall"]


class Origin(Struct, frozen=True):
    """A source that is not an index: ``url`` of a directory (``file:``), archive or repository.

    ``fingerprint`` is any text that changes when the source does; ``None`` is never compared.
    ``commit`` and the ``revision`` that was asked for are those of a Git repository;
    ``subdirectory`` is where the project lies in an archive or a repository.
    """

    url: str
    editable: bool = False
    fingerprint: str | None = None
    is_directory: bool = True
    subdirectory: str | None = None
    commit: str | None = None
    revision: str | None = None


class Wanted(Struct, frozen=True):
    """A package that the venv shall hold.

    ``file`` is the best file for the target (``None`` for a directory that must be built first),
    ``files`` all that the lock names for this version: any of them may already be installed.
    ``version`` is ``None`` where only a build can tell. ``requested`` says that the user named it.
    """

    name: str
    version: str | None
    file: File | None = None
    files: tuple[File, ...] = ()
    origin: Origin | None = None
    requested: bool = False


class PlanOptions(Struct, frozen=True):
    """``inexact`` leaves alone what is not wanted; ``reinstall`` takes all or the named ones."""

    inexact: bool = False
    reinstall: bool = False
    reinstall_packages: frozenset[str] = frozenset()


_PLAIN: Final = PlanOptions()


class Action(Struct, frozen=True):
    """One step. ``old`` is what it removes, ``wanted`` what it installs.

    ``version`` is the version that is installed (removed, for a removal), ``old_version`` the one
    replaced, ``file`` the file's name. ``reason`` has no final period.
    """

    kind: ActionKind
    name: str
    version: str | None
    reason: str
    old_version: str | None = None
    file: str | None = None
    wanted: Wanted | None = None
    old: tuple[Installed, ...] = ()


class Plan(Struct, frozen=True):
    """What a sync does, sorted by name, and the packages that stay as they are."""

    actions: tuple[Action, ...] = ()
    kept: tuple[Installed, ...] = field(default=())

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.actions


def make_plan(
    wanted: Sequence[Wanted],
    installed: Sequence[Installed],
    record: Record | None,
    fits: Fits,
    options: PlanOptions = _PLAIN,
    pending: Collection[str] = (),
) -> Plan:
    """Compare what is wanted with what is installed.

    ``fits`` takes a wheel's file name and says why it does not fit the target. ``pending`` names
    the packages that an interrupted sync had in hand.
    """
    present: dict[str, list[Installed]] = {}
    for found in installed:
        present.setdefault(found.name, []).append(found)
    recorded = {} if record is None else {package.name: package for package in record.packages}
    actions: list[Action] = []
    kept: list[Installed] = []
    names = {package.name for package in wanted}
    for name, packages in present.items():
        if name in names:
            continue
        if options.inexact and name not in pending:
            kept.extend(packages)
        else:
            actions.append(_removal(name, packages))
    for package in wanted:
        old = tuple(present.get(package.name, ()))
        if not old:
            actions.append(_installation(package, "install", "new"))
            continue
        reason = _why_replace(package, old, recorded, fits, options, pending)
        if reason is None:
            kept.extend(old)
        else:
            actions.append(_installation(package, "reinstall", reason, old))
    actions.sort(key=lambda action: action.name)
    kept.sort(key=lambda found: found.name)
    return Plan(tuple(actions), tuple(kept))


def _removal(name: str, packages: Sequence[Installed]) -> Action:
    return Action(
        "remove", name, packages[0].version, "not in the lock", file=None, old=tuple(packages)
    )


def _installation(
    package: Wanted, kind: ActionKind, reason: str, old: tuple[Installed, ...] = ()
) -> Action:
    return Action(
        kind,
        package.name,
        package.version,
        reason,
        old_version=old[0].version if old else None,
        file=package.file.name if package.file is not None else None,
        wanted=package,
        old=old,
    )


def _why_replace(
    package: Wanted,
    old: tuple[Installed, ...],
    recorded: Mapping[str, RecordedPackage],
    fits: Fits,
    options: PlanOptions,
    pending: Collection[str],
) -> str | None:
    if options.reinstall or package.name in options.reinstall_packages:
        return "asked to reinstall"
    if package.name in pending:
        return "an earlier sync was interrupted"
    if len(old) > 1:
        versions = ", ".join(item.version or "unknown" for item in old)
        return f"installed {len(old)} times ({versions})"
    installed = old[0]
    if installed.problem is not None:
        return f"damaged: {installed.problem}"
    known = recorded.get(package.name)
    # What another tool installed since is not what was recorded.
    if known is not None and (
        installed.installer != "wheelright" or not _same(installed.version, known.version)
    ):
        known = None
    return (
        _other_origin(package, installed, known)
        or _other_version(package, installed)
        or _other_file(package, installed, known, fits)
    )


def _same(one: str | None, other: str | None) -> bool:
    return one == other or (one is not None and other is not None and same_version(one, other))


def _other_version(package: Wanted, installed: Installed) -> str | None:
    if package.version is None or _same(package.version, installed.version):
        return None
    return f"{installed.version} -> {package.version}"


def _other_origin(
    package: Wanted, installed: Installed, known: RecordedPackage | None
) -> str | None:
    origin, url = package.origin, installed.direct_url
    if origin is None:
        return None if url is None else "was not installed from an index"
    if url is None:
        return "was not installed from its source"
    if origin.editable != installed.editable:
        return "now editable" if origin.editable else "no longer editable"
    if origin.url.rstrip("/") != url.rstrip("/"):
        return "its source is another one"
    if known is None or origin.fingerprint is None or known.fingerprint is None:
        return None
    return None if origin.fingerprint == known.fingerprint else "its source changed"


def _other_file(
    package: Wanted, installed: Installed, known: RecordedPackage | None, fits: Fits
) -> str | None:
    if known is not None:
        hashes = {digest for file in package.files for digest in file.hashes.values()}
        if package.origin is None and hashes and not hashes & {known.sha256, known.source}:
            # A lock may name only a hash that was not recorded: the file name then decides.
            comparable = any("sha256" in file.hashes for file in package.files)
            if comparable or known.file not in {file.name for file in package.files}:
                return "the locked file has another hash"
        return fits(known.file)
    if not installed.tags:
        return None
    # Any of the tags that WHEEL lists may fit.
    reasons = [fits(wheel_name(installed, tag)) for tag in installed.tags]
    return None if None in reasons else reasons[0]


def wheel_name(installed: Installed, tag: str) -> str:
    """Return the file name that a wheel of this package with only this tag would have."""
    name = installed.name.replace("-", "_")
    version = (installed.version or "0").replace("-", "_")
    return f"{name}-{version}-{tag}.whl"
