"""Choosing the file of a locked package that one Python on one platform gets.

Must live here: rank, ties, and what is said when nothing fits; offline, from the lock alone.
Must not live here: what tags a platform accepts, and why one misfits (``targets``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from msgspec import Struct

from wheelright.lockfile.errors import InvalidLockError, NoFileFitsError
from wheelright.targets.filenames import WheelName, parse_wheel_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from wheelright.lockfile.model import LockedPackage
    from wheelright.store.file import File
    from wheelright.targets.misfit import Misfit
    from wheelright.targets.tags import TagSet


class Ranks(Protocol):
    """What accepts wheels: a ``targets`` tag set. A lower rank is better, ``None`` is no fit."""

    def rank(self, wheel: WheelName) -> int | None:
        """Return the place of the wheel's best tag."""


class NoFile(Struct, frozen=True):
    """A locked package without a usable file.

    ``kind``: ``unfit`` (no wheel fits, and there is no sdist), ``build`` (no wheel fits, and
    building the sdist is not allowed), ``binary`` (wheels are not allowed, and there is no sdist).
    """

    package: LockedPackage
    kind: Literal["unfit", "build", "binary"]

    @property
    def wheels(self) -> tuple[WheelName, ...]:
        """The names of the wheels that there are, in lock order."""
        return tuple(parse_wheel_name(file.name) for file in self.package.wheels)

    def nearest(self, tags: TagSet) -> Misfit | None:
        """Return how far the nearest wheel is from fitting; ``None`` without wheels."""
        from wheelright.targets.misfit import nearest_wheel

        return nearest_wheel(self.wheels, tags)

    def __str__(self) -> str:
        name = f"`{self.package.name}` {self.package.version or ''}".rstrip()
        match self.kind:
            case "unfit":
                return f"{name} has no wheel that fits and no sdist"
            case "build":
                return f"{name} has no wheel that fits, and its sdist may not be built"
            case "binary":
                return f"{name} has no sdist, and its wheels may not be used"


def choose_file(
    package: LockedPackage, tag_set: Ranks, *, no_build: bool = False, no_binary: bool = False
) -> File | NoFile:
    """Return the best wheel, else the sdist, of a package that has wheels or an sdist.

    Equal ranks are decided by the higher build tag, then by name, so the answer does not depend
    on the order of the files.

    :raises InvalidLockError: where a wheel belongs to another package.
    """
    best: tuple[int, tuple[int, str], str] | None = None
    found: File | None = None
    for file in () if no_binary else package.wheels:
        wheel = parse_wheel_name(file.name)
        if wheel.name != package.name:
            raise InvalidLockError(
                f"`{file.name}` is locked as a wheel of `{package.name}`, which it is not"
            )
        rank = tag_set.rank(wheel)
        if rank is None:
            continue
        number, text = wheel.build or (-1, "")
        order = (rank, (-number, text), file.name)
        if best is None or order < best:
            best, found = order, file
    if found is not None:
        return found
    if package.sdist is not None:
        return NoFile(package, "build") if no_build else package.sdist
    return NoFile(package, "binary" if no_binary and package.wheels else "unfit")


def choose_files(
    packages: Iterable[LockedPackage],
    tag_set: Ranks,
    *,
    no_build: Callable[[str], bool] = lambda _: False,
    no_binary: Callable[[str], bool] = lambda _: False,
) -> tuple[dict[str, File], list[NoFile]]:
    """Return the file of each package by name, and the packages that have none, all of them.

    ``no_build`` and ``no_binary`` answer for a package name. Source trees have no file and are
    left out; a direct archive is its own file.
    """
    files: dict[str, File] = {}
    failures: list[NoFile] = []
    for package in packages:
        name = package.name
        if package.archive is not None:
            files[name] = package.archive.file
        elif package.files:
            chosen = choose_file(
                package, tag_set, no_build=no_build(name), no_binary=no_binary(name)
            )
            if isinstance(chosen, NoFile):
                failures.append(chosen)
            else:
                files[name] = chosen
    return files, failures


def no_file_fits(
    failures: Sequence[NoFile],
    platform: str,
    *,
    tags: TagSet | None = None,
    hints: Sequence[str] = (),
) -> NoFileFitsError:
    """Return the error that lists every package without a file for ``platform`` (in words).

    With ``tags``, each line adds what the nearest wheel lacks.
    """
    details = []
    for failure in failures:
        misfit = None if tags is None else failure.nearest(tags)
        details.append(str(failure) if misfit is None else f"{failure}: {misfit.text}")
    if len(failures) == 1:
        package = failures[0].package
        name = f"`{package.name}` {package.version or ''}".rstrip()
        message = f"the locked {name} has no file for {platform}"
    else:
        message = f"{len(failures)} locked packages have no file for {platform}"
    return NoFileFitsError(message, details=details, hints=hints)
