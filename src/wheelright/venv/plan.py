"""The plan: what a sync will do and why, as data, before anything is touched.

Pure: no file is read here. ``inspect`` says what is installed, ``record`` where it came from,
the caller what is wanted and what fits.

How an installed package is judged, first answer wins:

1. asked to reinstall, interrupted, damaged, or installed twice: reinstall
2. another source (directory, editable or not, index) or a changed source tree: reinstall
3. another version: reinstall
4. its file is known (recorded): not among the locked files: reinstall; the very file that would
   be installed: stays; does not fit the target: reinstall
5. another tool installed it: its WHEEL tags decide the same, and what its binaries need. One that
   fits is adopted: the record knows it from then on
6. another tool installed it over a file of ours: reinstall

The recorded file name comes before the tags in WHEEL because some wheels' tags disagree with
their names: judged by its inner tag such a wheel would be replaced by itself at every sync.
A wheel built here is tagged `linux_x86_64`, which promises nothing: its needs decide.
A file that fits stays, though a fresh venv might get a better one, unless `exact_files`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

from msgspec import Struct, field

from wheelright.store import File, same_version
from wheelright.venv.record import RecordedPackage

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from wheelright.venv.inspect import Installed
    from wheelright.venv.record import Record


class Fits(Protocol):
    """Says why a wheel does not fit the target, by its file name; ``None`` where it does.

    ``needs`` are its measured needs as plain data, where they are known.
    """

    def __call__(self, wheel: str, needs: Any = None, /) -> str | None:
        """Judge one wheel."""


class Look(Protocol):
    """Looks at what other tools installed."""

    def needs(self, installed: Installed) -> Any:
        """Measure what the binaries of a package need, as plain data; ``None``: not to be told."""

    def why_not(self, needs: Any) -> str | None:
        """Say why binaries with these needs do not fit the target; ``None`` where they do."""


def anything_fits(_wheel: str, _needs: Any = None, /) -> str | None:
    """Say that a wheel fits: for what was resolved for this very venv."""
    return None


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
    """``inexact`` leaves alone what is not wanted; ``reinstall`` takes all or the named ones.

    ``exact_files`` replaces files that fit where a fresh venv would get others.
    """

    inexact: bool = False
    reinstall: bool = False
    reinstall_packages: frozenset[str] = frozenset()
    exact_files: bool = False


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
    """What a sync does, sorted by name, and the packages that stay as they are.

    ``adopted`` is what the record shall say of those of them that it does not know.
    """

    actions: tuple[Action, ...] = ()
    kept: tuple[Installed, ...] = field(default=())
    adopted: tuple[RecordedPackage, ...] = ()

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
    look: Look | None = None,
) -> Plan:
    """Compare what is wanted with what is installed.

    ``pending`` names the packages that an interrupted sync had in hand. With ``look`` what other
    tools installed is adopted; without, its tags alone are judged.
    """
    planning = _Planning(record, fits, options, frozenset(pending), look)
    present: dict[str, list[Installed]] = {}
    for found in installed:
        present.setdefault(found.name, []).append(found)
    names = {package.name for package in wanted}
    for name, packages in present.items():
        if name not in names:
            planning.unwanted(name, packages)
    for package in wanted:
        planning.wanted(package, tuple(present.get(package.name, ())))
    return Plan(
        tuple(sorted(planning.actions, key=lambda action: action.name)),
        tuple(sorted(planning.kept, key=lambda found: found.name)),
        tuple(sorted(planning.adopted, key=lambda found: found.name)),
    )


class _Planning:
    """One plan while it is made."""

    def __init__(
        self,
        record: Record | None,
        fits: Fits,
        options: PlanOptions,
        pending: frozenset[str],
        look: Look | None,
    ) -> None:
        packages = () if record is None else record.packages
        self.recorded: Mapping[str, RecordedPackage] = {one.name: one for one in packages}
        self.fits = fits
        self.options = options
        self.pending = pending
        self.look = look
        self.actions: list[Action] = []
        self.kept: list[Installed] = []
        self.adopted: list[RecordedPackage] = []

    def unwanted(self, name: str, packages: Sequence[Installed]) -> None:
        """Plan for what is installed and not wanted."""
        if not self.options.inexact or name in self.pending:
            version = packages[0].version
            self.actions.append(
                Action("remove", name, version, "not in the lock", old=tuple(packages))
            )
            return
        self.kept.extend(packages)
        for one in packages:
            if self.look is not None and self._known(one) is None and one.problem is None:
                self.adopted.append(_adopt(one, self.look.needs(one), None))

    def wanted(self, package: Wanted, old: tuple[Installed, ...]) -> None:
        """Plan for what is wanted, and maybe installed."""
        if not old:
            self.actions.append(_installation(package, "install", "new"))
            return
        reason = self._why_replace(package, old)
        if reason is None:
            self.kept.extend(old)
        else:
            self.actions.append(_installation(package, "reinstall", reason, old))

    def _known(self, installed: Installed) -> RecordedPackage | None:
        """Return what is recorded of a package; what was installed since is not what was."""
        known = self.recorded.get(installed.name)
        if known is None or not _same(installed.version, known.version):
            return None
        alike = known.is_of(installed.installer)
        if known.installer is not None:
            alike = alike and known.seal == installed.seal
        return known if alike else None

    def _why_replace(self, package: Wanted, old: tuple[Installed, ...]) -> str | None:
        if self.options.reinstall or package.name in self.options.reinstall_packages:
            return "asked to reinstall"
        if package.name in self.pending:
            return "an earlier sync was interrupted"
        if len(old) > 1:
            versions = ", ".join(item.version or "unknown" for item in old)
            return f"installed {len(old)} times ({versions})"
        installed = old[0]
        if installed.problem is not None:
            return f"damaged: {installed.problem}"
        known = self._known(installed)
        reason = _other_origin(package, installed, known) or _other_version(package, installed)
        if reason is not None:
            return reason
        if known is not None and known.sha256:
            return self._other_file(package, known)
        return self._stranger(package, installed, known)

    def _other_file(self, package: Wanted, known: RecordedPackage) -> str | None:
        """Judge a package whose file is known."""
        hashes = {digest for file in package.files for digest in file.hashes.values()}
        if package.origin is None and hashes and not hashes & {known.sha256, known.source}:
            # A lock may name only a hash that was not recorded: the file name then decides.
            comparable = any("sha256" in file.hashes for file in package.files)
            if comparable or known.file not in {file.name for file in package.files}:
                return "the locked file has another hash"
        best = package.file
        if best is not None and best.is_wheel and best.name == known.file:
            return None  # whatever is wrong with it, a fresh venv would get the same
        reason = self.fits(known.file, known.needs)
        if reason is None and self.options.exact_files and best is not None and best.is_wheel:
            return f"a fresh environment gets {best.name}"
        return reason

    def _stranger(
        self, package: Wanted, installed: Installed, known: RecordedPackage | None
    ) -> str | None:
        """Judge a package of another tool, and adopt it where it may stay."""
        needs = known.needs if known is not None else None
        if known is None and self.look is not None:
            needs = self.look.needs(installed)
        # Any of the tags that WHEEL lists may fit.
        reasons = [self.fits(wheel_name(installed, tag), needs) for tag in installed.tags]
        if reasons and None not in reasons:
            return reasons[0]
        if self.look is not None and (reason := self.look.why_not(needs)) is not None:
            return reason
        if self.options.exact_files and package.origin is None:
            return f"{_tool(installed)} installed it, from a file that nobody knows"
        before = self.recorded.get(package.name)
        if (
            before is not None
            and before.installer is None
            and _same(before.version, package.version)
        ):
            return f"{_tool(installed)} installed it anew"
        if self.look is not None and known is None:
            self.adopted.append(_adopt(installed, needs, package.origin))
        return None


def _tool(installed: Installed) -> str:
    return installed.installer or "another tool"


def _adopt(installed: Installed, needs: Any, origin: Origin | None) -> RecordedPackage:
    """Say what is known of a package that another tool installed: its file's hash is not."""
    return RecordedPackage(
        name=installed.name,
        version=installed.version or "",
        file=wheel_name(installed, _compressed(installed.tags)) if installed.tags else "",
        sha256="",
        tags=installed.tags,
        url=installed.direct_url,
        editable=installed.editable,
        fingerprint=None if origin is None else origin.fingerprint,
        needs=needs,
        installer=installed.installer or "",
        seal=installed.seal,
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


def _compressed(tags: Sequence[str]) -> str:
    """Return the tags of WHEEL as one, as they stand in a file name."""
    parts = [dict.fromkeys(part) for part in zip(*(tag.split("-") for tag in tags), strict=True)]
    return "-".join(".".join(part) for part in parts)


def wheel_name(installed: Installed, tag: str) -> str:
    """Return the file name that a wheel of this package with only this tag would have."""
    name = installed.name.replace("-", "_")
    version = (installed.version or "0").replace("-", "_")
    return f"{name}-{version}-{tag}.whl"
